"""What a projection (read model) is: a pure fold of one key's events into one row, and the rows of its
journal.

The key of an event is known without decoding it: it is the event's customer, or its stream. So every
engine (live, bulk, as of a date, one key alone) can sort, split, park and skip events by their metadata,
and the events of one key are always folded in the order of the log.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Generic, Literal, TypeVar

import msgspec

from domain.messages import Event

State = TypeVar("State")
Keying = Literal["customer", "stream"]


@dataclass(frozen=True)
class Journal:
    """Rows that are only ever added: `columns` after (key, position, n), in the order a journal row gives
    them.
    """

    suffix: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Projection(Generic[State]):
    """One question and the table that answers it.

    `name` names the projection and its view.
    `keyed_by`: "customer" folds what concerns a customer (other events are skipped), "stream" what belongs to
    an aggregate.
    `consumes`: the classes of events it folds; every other one is skipped.
    `state_type`: a struct that comes back from JSON as it went in: dicts have text keys and mean nothing by
    their order, and the only defaults that are left out (`omit_defaults`) are None, 0, False and empty ones.
    `empty(key)`: the state before the first event.
    `fold(state, event, position)`: folds the event into `state`, in place, and returns the journal rows it
    leads to, each a tuple in the order of `journal.columns`. The engine owns the state and throws it away
    when fold raises. No I/O, no clock.
    `columns`: names of the query columns of the row beside key, position and state; `values(state)` gives
    them: None, text, numbers, truth values, dates, instants, lists of text, and JSON as text.
    `ddl`: the statements of table.sql; `{table}` is replaced by the qualified table of one generation,
    `{name}` for its bare name (for index names), `{schema}` for the schema.
    `numbered`: each row has a `change_no`, which the database gives anew whenever it is written, for whoever
    follows the rows.
    """

    name: str
    keyed_by: Keying
    consumes: tuple[type[Event], ...]
    state_type: type[State]
    empty: Callable[[str], State]
    fold: Callable[[State, Any, int], Sequence[tuple[Any, ...]]]
    columns: tuple[str, ...]
    values: Callable[[State], tuple[Any, ...]]
    ddl: str
    journal: Journal | None = None
    numbered: bool = False

    def key_of(self, stream_id: str, customer_id: str | None) -> str | None:
        """The row an event belongs to, or None when it concerns no row of this projection."""
        return customer_id if self.keyed_by == "customer" else stream_id

    def encode(self, state: State) -> bytes:
        """The state as it is stored in its row: JSON, the same bytes for the same state on every machine."""
        return _encoder.encode(state)

    def decode(self, row: bytes | str) -> State:
        """The state back from its row."""
        return msgspec.json.decode(row, type=self.state_type)


_encoder = msgspec.json.Encoder(order="deterministic")


def table_ddl(package: str) -> str:
    """The table.sql that lies beside a fold."""
    return files(package).joinpath("table.sql").read_text()

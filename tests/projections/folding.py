"""Folds events the way an engine does, in memory: given events, then these rows."""

from collections.abc import Iterable
from typing import Any

from domain.messages import Event
from projections.kernel import Projection

#: A journal row: key, position, number within the event, and the columns.
JournalRow = tuple[Any, ...]


class Tables:
    """The rows of one projection. `round_trip` says before which events a row is written and read back."""

    def __init__(self, projection: Projection[Any]) -> None:
        self.projection = projection
        self.states: dict[str, Any] = {}
        self.journal: list[JournalRow] = []
        self.position = 0

    def take(self, event: Event, *, round_trip: bool = False) -> None:
        """Folds the next event of the log, if it is one of the projection's."""
        self.position += 1
        projection = self.projection
        key = projection.key_of(event.stream_id, getattr(event, "customer_id", None))
        if key is None or type(event) not in projection.consumes:
            return
        state = self.states.get(key)
        state = projection.empty(key) if state is None else state
        if round_trip:
            state = projection.decode(projection.encode(state))
        rows = projection.fold(state, event, self.position)
        self.states[key] = state
        self.journal.extend((key, self.position, n, *row) for n, row in enumerate(rows))

    @property
    def rows(self) -> dict[str, tuple[Any, ...]]:
        """Per key: the bytes of the state and the query columns."""
        return {
            key: (self.projection.encode(state), *self.projection.values(state))
            for key, state in self.states.items()
        }

    def entries(self) -> list[dict[str, Any]]:
        """The journal's rows by column name."""
        journal = self.projection.journal
        assert journal is not None
        names = ("key", "position", "n", *journal.columns)
        return [dict(zip(names, row, strict=True)) for row in self.journal]


def folded(projection: Projection[Any], *events: Event) -> Tables:
    """The rows that a history leads to."""
    tables = Tables(projection)
    for event in events:
        tables.take(event)
    return tables


def state_after(projection: Projection[Any], *events: Event) -> Any:
    """The one state that events about one key lead to."""
    (state,) = folded(projection, *events).states.values()
    return state


def columns_after(projection: Projection[Any], *events: Event) -> dict[str, Any]:
    """The query columns of the one row that events about one key lead to."""
    state = state_after(projection, *events)
    return dict(zip(projection.columns, projection.values(state), strict=True))


def concatenated(histories: Iterable[Iterable[Event]]) -> list[Event]:
    """Several histories, one after the other."""
    return [event for history in histories for event in history]

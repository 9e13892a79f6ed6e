"""What one transaction is going to write, while it is being decided: events, results, and each pending state."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec

from domain.customer.events import CustomerForgotten
from domain.evolve import evolve
from domain.messages import Command, CommandWarning, Event
from domain.state_reader import StateReader
from infra.event_store.answers import Answer, StoredAnswer
from infra.event_store.mapper import Record
from infra.event_store.states import States
from infra.vault import SubjectKeys


class Decided(msgspec.Struct, frozen=True):
    """A command that has been decided in this commit; `last` is the place of its last fact among the commit's records."""

    digest: bytes
    ids: dict[str, str | int]
    events: tuple[str, ...]
    last: int | None
    replayed: bool = False
    warnings: tuple[CommandWarning, ...] = ()

    def answer(self, positions: list[int], end: int) -> Answer:
        """The answer, now that the positions are known."""
        position = end if self.last is None else positions[self.last]
        return Answer(
            ids=self.ids,
            events=self.events,
            position=position,
            replayed=self.replayed,
            warnings=self.warnings,
        )


class Commit:
    """What one transaction is going to write: facts, answers, erasures, and the states they lead to.

    `about_to_be` are states that another transaction is writing at this moment.
    """

    def __init__(
        self,
        states: States,
        known: dict[str, tuple[bytes, Answer]],
        about_to_be: Mapping[str, tuple[int, Any]],
    ) -> None:
        self.states = states
        self.about_to_be = about_to_be
        self.known = known
        self.ready: dict[str, Command] = {}
        self.decided: dict[str, Decided] = {}
        self.changed: dict[str, tuple[int, Any]] = {}
        self.records: list[Record] = []
        self.answers: list[StoredAnswer] = []
        self.keys: dict[str, SubjectKeys] = {}
        self.forgotten: list[str] = []
        self.looked_at: set[str] = set()

    def get(self, stream_id: str) -> tuple[int, Any]:
        return self.changed.get(stream_id) or self.about_to_be.get(stream_id) or self.states.get(stream_id)

    def state_reader(self) -> tuple[StateReader, Collection[str]]:
        """A reader of the states as this commit would leave them now, and the streams that were looked at through it."""
        looked_at: dict[str, Any] = {}

        def load(stream_id: str) -> Any:
            if stream_id not in looked_at:
                looked_at[stream_id] = self.get(stream_id)[1]
            return looked_at[stream_id]

        return StateReader(load), looked_at.keys()

    def add(self, events: Sequence[Event], looked_at: Collection[str]) -> Record | None:
        record: Record | None = None
        self.looked_at.update(looked_at)
        for event in events:
            stream_id = event.stream_id
            if stream_id not in looked_at:
                raise RuntimeError(
                    f"{type(event).__name__} writes to {stream_id}, which the decision never read"
                )
            version, state = self.get(stream_id)
            self.changed[stream_id] = (version + 1, evolve(state, event))
            record = Record(stream_id, version + 1, event)
            self.records.append(record)
            if isinstance(event, CustomerForgotten):
                self.forgotten.append(event.customer_id)
        return record

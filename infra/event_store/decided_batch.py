"""What one commit writes: the events and results of its commands, and the pending state of each stream."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from domain.evolve import evolve
from domain.messages import Command, CommandWarning, Event, Refused
from domain.state_reader import StateReader
from infra.event_store.command_context import CommandContext
from infra.event_store.command_results import CommandResult, StoredResult
from infra.event_store.encryption import DataKeys
from infra.event_store.mapper import Record
from infra.event_store.states import States

#: A command with its idempotency key, and who gives it.
KeyedCommand = tuple[Command, str, CommandContext]
#: Version and state of a stream.
VersionedState = tuple[int, Any]


class DecidedCommand(msgspec.Struct, frozen=True):
    """A command that is decided; `last` is the place of its last event among the batch's records."""

    digest: bytes
    ids: dict[str, str | int]
    events: tuple[str, ...]
    last: int | None
    replayed: bool = False
    warnings: tuple[CommandWarning, ...] = ()

    def result(self, positions: list[int], end: int) -> CommandResult:
        """The command's result, now that the positions are known."""
        return CommandResult(
            ids=self.ids,
            events=self.events,
            position=end if self.last is None else positions[self.last],
            replayed=self.replayed,
            warnings=self.warnings,
        )


class DecidedBatch:
    """Commands, what each came to, and what is to be appended for them.

    `known`: digest and result of those that were handled before. `pending_states`: states that a commit under
    way leads to. `changed`: the states that this one leads to. `read_set`: the versions of the streams that
    decisions have read, as they found them.
    """

    def __init__(
        self,
        commands: Sequence[KeyedCommand],
        states: States,
        keys: DataKeys,
        known: Mapping[str, tuple[bytes, CommandResult]],
        pending_states: Mapping[str, VersionedState],
    ) -> None:
        self.commands = commands
        self.keys = keys
        self.known = known
        self.identified: dict[str, Command] = {}
        self.decided: dict[str, DecidedCommand] = {}
        self.outcomes: list[DecidedCommand | CommandResult | Refused] = []
        self.changed: dict[str, VersionedState] = {}
        self.records: list[Record] = []
        self.results: list[StoredResult] = []
        self.read_set: dict[str, int] = {}
        self._states = states
        self._pending_states = pending_states

    @property
    def erased_subjects(self) -> list[str]:
        """The data subjects whose data keys are destroyed in the same commit."""
        return [subject for record in self.records if (subject := record.event.erases) is not None]

    def state_of(self, stream_id: str) -> VersionedState:
        """Version and state of a stream as this batch leaves it so far."""
        return (
            self.changed.get(stream_id) or self._pending_states.get(stream_id) or self._states.get(stream_id)
        )

    def state_reader(self) -> tuple[StateReader, Collection[str]]:
        """A reader of those states, and the streams that were read through it."""
        read: dict[str, Any] = {}

        def load(stream_id: str) -> Any:
            if stream_id not in read:
                read[stream_id] = self.state_of(stream_id)[1]
            return read[stream_id]

        def load_history(stream_id: str) -> Iterator[Event]:
            load(stream_id)
            return self._history_of(stream_id)

        return StateReader(load, load_history, self._states.last_of), read.keys()

    def _history_of(self, stream_id: str) -> Iterator[Event]:
        """The events of a stream in the log, and those of this batch. Raises Refused where a commit under way
        has others, whose events are not in the log yet: then the batch is decided anew after it, and nobody
        is told.
        """
        yield from self._states.history_of(stream_id)
        if stream_id in self._pending_states:
            raise Refused("history_unreadable", f"{stream_id} is being written to.")
        yield from (record.event for record in self.records if record.originator_id == stream_id)

    def add(
        self, events: Sequence[Event], read_set: Collection[str], context: CommandContext
    ) -> Record | None:
        """Take in the events of one decision, which may only write to its read set; the last record."""
        record: Record | None = None
        for stream_id in read_set:
            if stream_id not in self.read_set:
                self.read_set[stream_id] = self.state_of(stream_id)[0]
        for event in events:
            stream_id = event.stream_id
            if stream_id not in read_set:
                raise RuntimeError(
                    f"{type(event).__name__} writes to {stream_id}, which the decision never read"
                )
            version, state = self.state_of(stream_id)
            self.changed[stream_id] = (version + 1, evolve(state, event))
            record = Record(stream_id, version + 1, event, context)
            self.records.append(record)
        return record

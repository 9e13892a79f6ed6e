"""States of aggregates, remembered and kept fresh by following the end of the log."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import structlog
from eventsourcing.persistence import PersistenceError

from domain.evolve import evolve
from domain.messages import Event, Refused
from domain.state_reader import PlacedEvent
from infra.event_store.codec import decode
from infra.event_store.log import END_OF_LOG, EventLog, LoggedEvent
from infra.event_store.mapper import Record
from infra.event_store.recorder import Known
from infra.event_store.snapshots import Snapshot, Snapshots, is_due

_logger = structlog.get_logger(__name__)

#: Following more than this many events costs more than loading what is needed afresh.
FOLLOW_EVENTS_MAX = 20_000


class Unreadable(NamedTuple):
    """In the place of a state: the first event of the history that this version cannot read or evolve."""

    topic: str
    position: int


class HistoryUnreadable(Refused):
    """A command needs an aggregate whose history cannot be read. Other commands are not concerned."""

    def __init__(self, stream_id: str, topic: str, position: int) -> None:
        super().__init__(
            "history_unreadable",
            f"The history of {stream_id} cannot be read: this version does not understand the event at "
            f"position {position} ({topic}). Nothing has happened. Deploy a version that does, or have every "
            f"reader leave the event out with `clienteling dead-letters discard log {position}`; "
            "then send it again.",
        )


class States:
    """The newest known (version, state) of streams, at most `size_max` of them, least recently used first
    out.

    `refresh` reads what was appended since the last time and takes it into the states it concerns, so that
    everything remembered is as new as the log at that moment. Not for use by several threads at once. Whoever
    only reads saves no snapshots (`saves` False).
    """

    def __init__(self, log: EventLog, size_max: int, *, saves: bool = True) -> None:
        self._log = log
        self._saves = saves
        self._snapshots = Snapshots(log)
        self._size_max = size_max
        self._states: OrderedDict[str, tuple[int, Any]] = OrderedDict()
        self._unreadable: set[str] = set()
        self._left_out = log.left_out()
        self._end = log.last_until(END_OF_LOG)
        #: Whether nobody else was seen to write since everything was refreshed.
        self.undisturbed = False

    @property
    def position(self) -> int:
        """Up to where everything remembered is known; some of it may be newer."""
        return 0 if self._end is None else self._end.position

    def known(self, versions: Mapping[str, int]) -> Known:
        """What holds while everything remembered does, for an append to make sure of."""
        if self._end is None:
            return Known(left_out=self._left_out, versions=versions)
        end = self._end.position, self._end.stream_id, self._end.version, self._end.state
        return Known(end, self._left_out, versions)

    def refresh(self) -> None:
        """Bring every remembered state up to the end of the log, without events that are left out by now.

        The last known event is read again: when the log has another one there, or none, it was set back under
        us, and nothing that is remembered holds.
        """
        for stream_id in self._unreadable:
            self._states.pop(stream_id, None)
        self._unreadable.clear()
        if not self._states:
            self.forget_all()
            return
        self.undisturbed = True
        while events := self._behind_end():
            self.undisturbed = False
            if len(events) >= FOLLOW_EVENTS_MAX:
                self.forget_all()
                return
            for logged in events:
                known = self._states.get(logged.stream_id)
                if known is not None and known[0] + 1 == logged.version:
                    self._states[logged.stream_id] = (logged.version, self._evolved(known[1], logged))
            self._end = events[-1]

    def _behind_end(self) -> list[LoggedEvent]:
        """The next events behind the last known one.

        Everything is forgotten when that one is not there any more, or when others are left out by now.
        """
        left_out, events = self._log.read_from(self.position, FOLLOW_EVENTS_MAX + 1)
        if left_out != self._left_out:
            self.forget_all()
            return []
        if self._end is None:
            return events
        if not events or not _is_same(events[0], self._end):
            self.forget_all()
            return []
        return events[1:]

    def get(self, stream_id: str) -> tuple[int, Any]:
        """Version and state of a stream; (0, None) when it has no history. Raises HistoryUnreadable."""
        if stream_id not in self._states:
            self.load([stream_id])
        self._states.move_to_end(stream_id)
        version, state = self._states[stream_id]
        if isinstance(state, Unreadable):
            raise HistoryUnreadable(stream_id, state.topic, state.position)
        return version, state

    def load(self, stream_ids: Iterable[str]) -> None:
        """Get the states of those streams that are not remembered, in one query."""
        missing = [stream_id for stream_id in stream_ids if stream_id not in self._states]
        if not missing:
            return
        due: list[Snapshot] = []
        for history in self._snapshots.load(missing):
            state = history.state
            for logged in history.events:
                state = self._evolved(state, logged)
            version, position = history.end
            self._states[history.stream_id] = (version, state)
            if is_due(history.version, version) and not isinstance(state, Unreadable):
                due.append(Snapshot(history.stream_id, version, position, state))
        if self._saves:
            self._snapshots.save(due, self._left_out)

    def history_of(self, stream_id: str) -> Iterator[Event]:
        """The events of a stream up to the version that `get` gives. Raises HistoryUnreadable."""
        version, _ = self.get(stream_id)
        for logged in self._log.read_stream(stream_id):
            if logged.version > version or logged.position in self._left_out:
                continue
            try:
                event = decode(logged.topic, logged.state)
            except Exception as error:
                raise HistoryUnreadable(stream_id, logged.topic, logged.position) from error
            if event is not None:
                yield event

    def last_of(self, stream_id: str, up_to: int) -> PlacedEvent | None:
        """The last event of a stream up to a position of the log, and its position. Raises
        HistoryUnreadable.
        """
        for logged in self._log.read_back(stream_id, up_to):
            if logged.position in self._left_out:
                continue
            try:
                event = decode(logged.topic, logged.state)
            except Exception as error:
                raise HistoryUnreadable(stream_id, logged.topic, logged.position) from error
            if event is not None:
                return logged.position, event
        return None

    def begin(self, stream_ids: Iterable[str]) -> None:
        """Take streams of which nothing is remembered for ones without history. Were it not so, appending to
        them would be a conflict.
        """
        for stream_id in stream_ids:
            self._states.setdefault(stream_id, (0, None))

    def put(
        self, changed: dict[str, tuple[int, Any]], positions: list[int], records: Sequence[Record]
    ) -> None:
        """Remember what was just appended at these positions: the records, and the states they lead to."""
        at = {record.originator_id: position for record, position in zip(records, positions, strict=True)}
        due = [
            Snapshot(stream_id, version, at[stream_id], state)
            for stream_id, (version, state) in changed.items()
            if is_due(self._states.get(stream_id, (0, None))[0], version)
        ]
        self._states.update(changed)
        self._snapshots.save(due, self._left_out)
        if positions and positions[0] == self.position + 1:
            last = self._log.mapper.to_stored_event(records[-1])  # type: ignore[arg-type]
            at, stream_id = positions[-1], str(last.originator_id)
            self._end = LoggedEvent(at, 0, stream_id, last.originator_version, last.topic, None, last.state)
        else:
            self.undisturbed = False
        while len(self._states) > self._size_max:
            self._states.popitem(last=False)

    def forget_all(self) -> None:
        """Start from nothing; the next look-up loads from the log."""
        self._states.clear()
        self._unreadable.clear()
        self._left_out = self._log.left_out()
        self._end = self._log.last_until(END_OF_LOG)

    def _evolved(self, state: Any, logged: LoggedEvent) -> Any:
        # An event that is left out counts in the version alone.
        if isinstance(state, Unreadable) or logged.position in self._left_out:
            return state
        try:
            event = decode(logged.topic, logged.state)
            # An event that only a newer writer knows changes nothing that this one decides by.
            return state if event is None else evolve(state, event)
        except PersistenceError:  # A page of the state could not be fetched, whatever the event is.
            raise
        except Exception as error:  # Whatever is wrong with one history concerns the commands on it alone.
            self._unreadable.add(logged.stream_id)
            _logger.error(
                "An event cannot be read; commands on its history are refused",
                stream=logged.stream_id,
                position=logged.position,
                reason=f"{type(error).__name__}: {error}",
            )
            return Unreadable(logged.topic, logged.position)


def _is_same(one: LoggedEvent, other: LoggedEvent) -> bool:
    return (one.position, one.stream_id, one.version, one.topic, one.state) == (
        other.position,
        other.stream_id,
        other.version,
        other.topic,
        other.state,
    )

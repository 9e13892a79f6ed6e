"""Decoding stored events for a reader that respects the quarantine, and reports what it leaves out."""

from collections.abc import Collection, Iterable, Iterator

from domain.messages import Event
from infra.event_store.codec import UndecodableEvent, decode
from infra.event_store.log import LoggedEvent
from infra.event_store.states import HistoryUnreadable


class DecodedEvents:
    """Each stored event with what it says, without those in quarantine and those of a newer writer.

    `quarantine`: the positions that the reader leaves out (EventLog.left_out). `left_out`: those of them that
    were met. Raises HistoryUnreadable for an event that cannot be decoded and is not in quarantine.
    """

    def __init__(self, stored: Iterable[LoggedEvent], quarantine: Collection[int]) -> None:
        self._stored = stored
        self._quarantine = quarantine
        self.left_out: list[int] = []

    def __iter__(self) -> Iterator[tuple[LoggedEvent, Event]]:
        for one in self._stored:
            if one.position in self._quarantine:
                self.left_out.append(one.position)
                continue
            try:
                event = decode(one.topic, one.state)
            except UndecodableEvent as error:
                raise HistoryUnreadable(one.stream_id, one.topic, one.position) from error
            if event is not None:
                yield one, event

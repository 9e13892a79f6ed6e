"""The clock of a store: its own since it was opened, as the log has it."""

from domain.ids import store_stream_id_of
from domain.store.events import StoreOpened
from infra.event_store.codec import decode
from infra.event_store.log import END_OF_LOG, EventLog


def store_time_zone(log: EventLog, store_id: str, *, up_to: int = END_OF_LOG) -> str | None:
    """The time zone that a store was opened, or corrected, with up to a position; None while nobody opened
    it.
    """
    for event in reversed(log.read_stream(store_stream_id_of(store_id), up_to=up_to)):
        opened = decode(event.topic, event.state)
        if isinstance(opened, StoreOpened):
            return opened.time_zone
    return None

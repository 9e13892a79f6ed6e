"""What stores are like, as the log has it: each is a stream of a few events, the last of which holds."""

from collections.abc import Sequence

from domain.ids import store_stream_id_of
from domain.store.events import StoreOpened
from infra.event_store.codec import decode
from infra.event_store.log import EventLog


def opened_stores(log: EventLog, store_ids: Sequence[str]) -> dict[str, StoreOpened]:
    """Those of these stores that were opened, as they are now."""
    found: dict[str, StoreOpened] = {}
    for logged in log.read_histories([store_stream_id_of(store_id) for store_id in store_ids]):
        opened = decode(logged.topic, logged.state)
        if isinstance(opened, StoreOpened):
            found[opened.store_id] = opened
    return found

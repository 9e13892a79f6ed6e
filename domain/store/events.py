"""Events of a store."""

from domain.ids import store_stream_id_of
from domain.messages import Event
from domain.sale.commands import SaleChannel


class StoreOpened(Event, frozen=True, kw_only=True):
    """A store as it is from now on; a later one of the same store corrects it."""

    store_id: str
    """The store, as the shop calls it."""
    name: str
    """Name for people."""
    time_zone: str
    """IANA time zone by whose clock its days begin."""
    currency: str
    """ISO 4217 code of the currency that it sells in."""
    channel: SaleChannel = "store"
    """Channel: store, outlet or online."""

    @property
    def stream_id(self) -> str:
        return store_stream_id_of(self.store_id)


TOPICS: dict[str, type[Event]] = {"store.opened.v1": StoreOpened}

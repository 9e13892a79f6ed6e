"""Events of a store."""

from domain.ids import store_stream_id_of
from domain.messages import Event
from domain.sale.commands import SaleChannel


class StoreOpened(Event, frozen=True, kw_only=True):
    """A store as it is from now on; a later one of the same store corrects it."""

    store_id: str
    name: str
    time_zone: str
    currency: str
    channel: SaleChannel = "store"

    @property
    def stream_id(self) -> str:
        return store_stream_id_of(self.store_id)


TOPICS: dict[str, type[Event]] = {"store.opened.v1": StoreOpened}

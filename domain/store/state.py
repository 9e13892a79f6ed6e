"""What decisions need to know about a store."""

import msgspec

from domain.messages import Event, UnknownEvent, made_of
from domain.sale.commands import SaleChannel
from domain.store.events import StoreOpened


class StoreState(msgspec.Struct, frozen=True, kw_only=True):
    """A known store."""

    store_id: str
    name: str
    time_zone: str
    currency: str
    channel: SaleChannel


def evolve(state: StoreState | None, event: Event) -> StoreState:
    """The state after one more event. Raises UnknownEvent for one that is not a store's."""
    match event:
        case StoreOpened():
            return made_of(StoreState, event)
        case _:
            raise UnknownEvent(state, event)

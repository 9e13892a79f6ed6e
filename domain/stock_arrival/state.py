"""What decisions need to know about a stock arrival: that it has been recorded."""

import msgspec

from domain.messages import Event, UnknownEvent
from domain.stock_arrival.events import StockArrived


class StockArrivalState(msgspec.Struct, frozen=True, kw_only=True):
    """Goods that came in. What follows for those who wait for them follows outside."""

    arrival_id: str


def evolve(state: StockArrivalState | None, event: Event) -> StockArrivalState:
    """The state after the fact; UnknownEvent when it is none of an arrival's, or a second one."""
    match event:
        case StockArrived() if state is None:
            return StockArrivalState(arrival_id=event.arrival_id)
        case _:
            raise UnknownEvent(state, event)

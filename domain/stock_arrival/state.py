"""What decisions need to know about a stock arrival: that it has been recorded."""

import msgspec

from domain.messages import Event, UnknownEvent
from domain.stock_arrival.events import StockArrived


class StockArrivalState(msgspec.Struct, frozen=True, kw_only=True):
    """Goods that came in."""

    arrival_id: str


def evolve(state: StockArrivalState | None, event: Event) -> StockArrivalState:
    """The state after the event. Raises UnknownEvent for any other, and for a second one."""
    match event:
        case StockArrived() if state is None:
            return StockArrivalState(arrival_id=event.arrival_id)
        case _:
            raise UnknownEvent(state, event)

"""What decisions need to know about a return: whose it is, what came back, and whether it has been traced to
a sale.
"""

import msgspec
from msgspec.structs import replace

from domain.messages import Event, UnknownEvent
from domain.return_.events import (
    ExchangeLinked,
    ReturnAccepted,
    ReturnedLine,
    ReturnMatched,
    SpendRestored,
)


class ReturnState(msgspec.Struct, frozen=True, kw_only=True):
    """Goods taken back. `sale_id` is the sale they came from, by receipt or by a later match; None until
    then.

    `customer_id` is whose spend they came off when they were taken in, `exchanged_for` the sale that replaced
    them.
    """

    return_id: str
    customer_id: str | None
    currency: str
    lines: tuple[ReturnedLine, ...]
    sale_id: str | None
    matched: bool = False
    exchanged_for: str | None = None


def evolve(state: ReturnState | None, event: Event) -> ReturnState:
    """The state after one more event. Raises UnknownEvent for one that is not a return's."""
    if state is None:
        if isinstance(event, ReturnAccepted):
            return ReturnState(
                return_id=event.return_id,
                customer_id=event.customer_id,
                currency=event.currency,
                lines=event.lines,
                sale_id=event.sale_id,
            )
        raise UnknownEvent(state, event)
    match event:
        case ReturnMatched():
            return replace(state, sale_id=event.sale_id, customer_id=event.customer_id, matched=True)
        case SpendRestored():
            return state
        case ExchangeLinked():
            return replace(state, exchanged_for=event.sale_id)
        case _:
            raise UnknownEvent(state, event)

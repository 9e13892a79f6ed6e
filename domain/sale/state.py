"""What decisions need to know about a sale: its lines as sold, who is credited, and how many units have come
back.
"""

from datetime import datetime

import msgspec
from msgspec.structs import replace

from domain.messages import Event, UnknownEvent
from domain.sale import events
from domain.sale.commands import SaleChannel


class LineState(msgspec.Struct, frozen=True, gc=False):
    """A line as sold, with the credits that hold now, and how many of its units have come back."""

    sold: events.SoldLine
    returned: int = 0

    @property
    def left(self) -> int:
        """Units the customer still has."""
        return self.sold.quantity - self.returned


class SaleState(msgspec.Struct, frozen=True, kw_only=True):
    """A receipt.

    `sold` is in the order of the line numbers, from 1; `returned` has the units that came back of each line,
    `came_back` the returns they came by, `settled` the returns before a price was allowed on such a
    line: what is left of it stands apart since then.
    """

    sale_id: str
    store_id: str
    channel: SaleChannel
    currency: str
    sold_at: datetime
    customer_id: str | None
    sold: tuple[events.SoldLine, ...]
    returned: dict[int, int] = {}
    came_back: frozenset[tuple[int, str]] = frozenset()
    settled: frozenset[str] = frozenset()

    @property
    def lines(self) -> tuple[LineState, ...]:
        """Every line as it is now."""
        return tuple([LineState(line, self.returned.get(line.line_no, 0)) for line in self.sold])

    def line(self, line_no: int) -> LineState | None:
        """The line of that number, or None."""
        if not 1 <= line_no <= len(self.sold):
            return None
        return LineState(self.sold[line_no - 1], self.returned.get(line_no, 0))


class ReceiptNumberState(msgspec.Struct, frozen=True, kw_only=True):
    """A receipt number of a store, and the latest sale that carries it."""

    number_id: str
    sale_id: str


def evolve(state: SaleState | None, event: Event) -> SaleState:
    """The state after one more event. Raises UnknownEvent for one that is not a sale's."""
    if state is None:
        if isinstance(event, events.SaleRecorded):
            return SaleState(
                sale_id=event.sale_id,
                store_id=event.store_id,
                channel=event.channel,
                currency=event.currency,
                sold_at=event.occurred_at,
                customer_id=event.customer_id,
                sold=event.lines,
            )
        raise UnknownEvent(state, event)
    match event:
        case events.CustomerAttached():
            return replace(state, customer_id=event.customer_id)
        case events.CustomerDetached():
            return replace(state, customer_id=None)
        case events.AttributionCorrected():
            sold = [
                replace(line, credits=event.after) if line.line_no == event.line_no else line
                for line in state.sold
            ]
            return replace(state, sold=tuple(sold))
        case events.PriceAllowed():
            sold = [event.line if line.line_no == event.line_no else line for line in state.sold]
            settled = {return_id for line_no, return_id in state.came_back if line_no == event.line_no}
            return replace(
                state,
                sold=tuple(sold),
                returned={**state.returned, event.line_no: 0},
                settled=state.settled | settled,
            )
        case events.UnitsReturned() | events.UnitsRestored():
            sign = 1 if isinstance(event, events.UnitsReturned) else -1
            returned = dict(state.returned)
            for units in event.lines:
                returned[units.line_no] = returned.get(units.line_no, 0) + sign * units.quantity
            these = {(units.line_no, event.return_id) for units in event.lines}
            came_back = state.came_back | these if sign > 0 else state.came_back - these
            return replace(state, returned=returned, came_back=came_back)
        case _:
            raise UnknownEvent(state, event)


def evolve_receipt_number(state: ReceiptNumberState | None, event: Event) -> ReceiptNumberState:
    """The state of a number after one more sale. Raises UnknownEvent for any other event."""
    match event:
        case events.ReceiptNumbered():
            return ReceiptNumberState(number_id=event.number_id, sale_id=event.sale_id)
        case _:
            raise UnknownEvent(state, event)

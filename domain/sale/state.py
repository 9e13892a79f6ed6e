"""What decisions need to know about a sale: its lines as sold, who is credited, and how many units have come back."""

from datetime import datetime

import msgspec
from msgspec.structs import replace

from domain.messages import Event, UnknownEvent
from domain.sale.commands import SaleChannel
from domain.sale.events import AttributionCorrected, CustomerAttached, SaleRecorded, SoldLine, UnitsReturned


class LineState(msgspec.Struct, frozen=True, gc=False):
    """A line as sold, with the credits that hold now, and how many of its units have come back."""

    sold: SoldLine
    returned: int = 0

    @property
    def left(self) -> int:
        """Units the customer still has."""
        return self.sold.quantity - self.returned


class SaleState(msgspec.Struct, frozen=True, kw_only=True):
    """A receipt. `lines` stand in the order of their numbers, which count from 1."""

    sale_id: str
    store_id: str
    channel: SaleChannel
    currency: str
    sold_at: datetime
    customer_id: str | None
    lines: tuple[LineState, ...]

    def line(self, line_no: int) -> LineState | None:
        """The line of that number, or None."""
        return self.lines[line_no - 1] if 1 <= line_no <= len(self.lines) else None


def evolve(state: SaleState | None, event: Event) -> SaleState:
    """The state after one more fact; UnknownEvent when it is none of a sale's."""
    if state is None:
        if isinstance(event, SaleRecorded):
            return SaleState(
                sale_id=event.sale_id,
                store_id=event.store_id,
                channel=event.channel,
                currency=event.currency,
                sold_at=event.occurred_at,
                customer_id=event.customer_id,
                lines=tuple(LineState(line) for line in event.lines),
            )
        raise UnknownEvent(state, event)
    match event:
        case CustomerAttached():
            return replace(state, customer_id=event.customer_id)
        case AttributionCorrected():
            corrected = {
                line.sold.line_no: replace(line, sold=replace(line.sold, credits=event.after))
                for line in state.lines
                if line.sold.line_no == event.line_no
            }
            return _with(state, corrected)
        case UnitsReturned():
            taken = {units.line_no: units.quantity for units in event.lines}
            used_up = {
                line.sold.line_no: replace(line, returned=line.returned + taken[line.sold.line_no])
                for line in state.lines
                if line.sold.line_no in taken
            }
            return _with(state, used_up)
        case _:
            raise UnknownEvent(state, event)


def _with(state: SaleState, changed: dict[int, LineState]) -> SaleState:
    return replace(state, lines=tuple(changed.get(line.sold.line_no, line) for line in state.lines))

"""Command reconstruction: from an event back to its command, as far as pay depends on it.

Customers are left out: pay does not depend on whom goods were sold to.
"""

from collections.abc import Callable
from typing import Any

from domain.commission_account.commands import RecordHours
from domain.commission_account.events import HoursRecorded, LateHoursRecorded
from domain.commission_account.recomputing import PAY_PLAN
from domain.messages import Command, Event, made_of
from domain.return_.commands import AcceptReturn, LineToReturn, MatchReturn, UnmatchReturn
from domain.return_.events import ReturnAccepted, ReturnMatched, ReturnUnmatched
from domain.return_.state import ReturnState
from domain.sale.commands import AllowPrice, CorrectAttribution, LineToSell, RecordSale, Share
from domain.sale.events import AttributionCorrected, Credit, PriceAllowed, SaleRecorded, SoldLine
from domain.state_reader import StateReader


def reconstruct_command(event: Event, states: StateReader) -> Command | None:
    """The command behind an event that pay depends on; None for every other event, and for what a plan that
    was computed anew corrected.
    """
    reconstruct = _RECONSTRUCT.get(type(event))
    return None if reconstruct is None else reconstruct(event, states)


def _shares(credits: tuple[Credit, ...]) -> tuple[Share, ...]:
    return tuple(Share(credit.associate_id, credit.share_bp) for credit in credits)


def _line(line: SoldLine) -> LineToSell:
    """The line as it was sold. Its part of the order's discount is its own discount."""
    return made_of(LineToSell, line, kind="goods", attribution=_shares(line.credits))


def _record_sale(event: SaleRecorded, states: StateReader) -> RecordSale:
    lines = tuple(_line(line) for line in event.lines)
    return made_of(RecordSale, event, customer_id=None, receipt_no=None, lines=lines)


def _correct_attribution(event: AttributionCorrected, states: StateReader) -> CorrectAttribution | None:
    if event.reason == PAY_PLAN:
        return None
    return made_of(CorrectAttribution, event, attribution=_shares(event.after))


def _accept_return(event: ReturnAccepted, states: StateReader) -> AcceptReturn:
    lines = tuple(
        LineToReturn(
            line_no=line.line_no,
            sku=line.sku,
            quantity=line.quantity,
            refund_minor=line.refund_minor,
        )
        for line in event.lines
    )
    return AcceptReturn(
        occurred_at=event.occurred_at,
        return_id=event.return_id,
        sale_id=event.sale_id,
        store_id=event.store_id,
        currency=event.currency,
        lines=lines,
    )


def _match_return(event: ReturnMatched, states: StateReader) -> MatchReturn:
    return_: ReturnState | None = states.return_(event.return_id)
    returned = len(return_.lines) if return_ is not None else 0
    # Each line of the return was traced to one line of the sale; what was traced to more was matched by SKU.
    # Older events do not name the lines of the return: as many lines as came back are one each.
    traced = {line.return_line or place: line.line_no for place, line in enumerate(event.lines, start=1)}
    one_each = len(traced) == len(event.lines) and (event.lines[0].return_line or len(traced) == returned)
    lines = tuple(traced.get(place) for place in range(1, returned + 1)) if one_each else ()
    return made_of(MatchReturn, event, lines=lines)


def _unmatch_return(event: ReturnUnmatched, states: StateReader) -> UnmatchReturn:
    return made_of(UnmatchReturn, event)


def _allow_price(event: PriceAllowed, states: StateReader) -> AllowPrice:
    return made_of(AllowPrice, event)


def _record_hours(event: HoursRecorded | LateHoursRecorded, states: StateReader) -> RecordHours | None:
    if isinstance(event, HoursRecorded) and event.reason == PAY_PLAN:
        return None
    return made_of(RecordHours, event)


_RECONSTRUCT: dict[type[Event], Callable[[Any, StateReader], Command | None]] = {
    SaleRecorded: _record_sale,
    AttributionCorrected: _correct_attribution,
    PriceAllowed: _allow_price,
    ReturnAccepted: _accept_return,
    ReturnMatched: _match_return,
    ReturnUnmatched: _unmatch_return,
    HoursRecorded: _record_hours,
    LateHoursRecorded: _record_hours,
}
#: The events whose commands are reconstructed.
RECONSTRUCTED_EVENTS = tuple(_RECONSTRUCT)

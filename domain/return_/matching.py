"""Tracing the lines of a return to lines of a sale, sharing the refund out over them, and undoing that."""

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from domain.commission_account.earning import UnitRange, commission_restored
from domain.messages import Event, Refused, made_of
from domain.money import cumulative_share
from domain.return_.commands import MatchReturn
from domain.return_.events import MatchedLine, RefundPart, ReturnUnmatched, SpendTakenOff
from domain.return_.finding_units import Counter, UnitRequest, units_by_hand, units_by_sku
from domain.return_.state import ReturnState
from domain.sale.events import UnitsRestored, UnitsTakenBack
from domain.sale.parts import money_between
from domain.sale.state import SaleState
from domain.state_reader import StateReader


def found_by_match(return_: ReturnState, sale: SaleState, command: MatchReturn) -> list[list[UnitRange]]:
    """For each line of the return the units of the sale that it was: as many of those untraced as are left.

    Lines named by hand say where the goods came from, whatever SKU was read off them at the counter. Refused
    where a line that is named has no units left, or nothing at all is found.
    """
    counter = Counter(sale)
    if command.lines:
        found = [
            units_by_hand(counter, line_no, untraced, f"lines[{index}]") if line_no and untraced else []
            for index, (line_no, untraced) in enumerate(zip(command.lines, return_.untraced, strict=True))
        ]
        if not any(found):
            raise Refused(
                "already_matched",
                "The lines that are named have been traced already: use UnmatchReturn if that is wrong.",
                "lines",
            )
        return found
    return units_by_sku(
        counter,
        [
            UnitRequest(None, line.sku, untraced, "lines", "sale_id")
            for line, untraced in zip(return_.lines, return_.untraced, strict=True)
        ],
    )


def matched_lines(return_: ReturnState, place: int, found: Sequence[UnitRange]) -> list[MatchedLine]:
    """The refund of a line of the return (counted from 1), spread over the units it turned out to be.

    Cumulative over the units that are traced, less what the matches that hold have had of it: they add up to
    the whole, whichever was taken back in between.
    """
    returned = return_.lines[place - 1]
    lines: list[MatchedLine] = []
    traced = returned.quantity - return_.untraced[place - 1]
    spread_minor = sum(
        line.refund_minor for match in return_.matches for line in match.lines if line.return_line == place
    )
    for units in found:
        traced += units.quantity
        up_to_minor = cumulative_share(returned.refund_minor, 1, traced, returned.quantity)
        refund_minor = max(up_to_minor - spread_minor, 0)
        spread_minor += refund_minor
        lines.append(
            made_of(
                MatchedLine,
                units.line,
                quantity=units.quantity,
                refund_minor=refund_minor,
                sold_minor=money_between(units.line, units.first, units.last).net_minor,
                return_line=place,
            )
        )
    return lines


def refunds_of(return_: ReturnState, lines: Sequence[MatchedLine]) -> tuple[RefundPart, ...]:
    """What came off a spend for matched units, by what the goods were called when they were taken in."""
    return tuple(
        RefundPart(line.refund_minor if goods.kind == "goods" else 0, goods.label, goods.department)
        for line in lines
        for goods in (return_.lines[line.return_line - 1],)
    )


def undone(states: StateReader, return_: ReturnState, sale: SaleState, at: datetime) -> list[Event]:
    """What follows when a match holds no longer: the reverse of all that it led to."""
    lines = tuple(line for match in return_.matches if match.sale_id == sale.sale_id for line in match.lines)
    refund_minor = sum(line.refund_minor for line in lines)
    sold_minor = sum(line.sold_minor for line in lines)
    restored = _latest_units(sale, lines)
    kept = _with_prices_of(restored, lines)
    unmatched = ReturnUnmatched(
        occurred_at=at,
        return_id=return_.return_id,
        customer_id=sale.customer_id,
        sale_id=sale.sale_id,
        currency=return_.currency,
        lines=lines,
        refund_minor=refund_minor,
        sold_minor=sold_minor,
        goodwill_minor=refund_minor - sold_minor,
        restored=() if kept == lines else kept,
    )
    taken_off = SpendTakenOff(
        occurred_at=at,
        return_id=return_.return_id,
        customer_id=return_.taken_off,
        currency=return_.currency,
        refund_minor=refund_minor,
        refunds=refunds_of(return_, lines),
    )
    units_restored = UnitsRestored(
        occurred_at=at,
        sale_id=sale.sale_id,
        customer_id=sale.customer_id,
        return_id=return_.return_id,
        lines=tuple(taken_back(units) for units in restored),
    )
    return [
        unmatched,
        *([taken_off] if return_.taken_off is not None else []),
        units_restored,
        *commission_restored(states, sale, return_.return_id, restored, at),
    ]


def _latest_units(sale: SaleState, lines: Sequence[MatchedLine]) -> list[UnitRange]:
    """As many units of each line as the match had used up: the latest that came back, so that whatever comes
    back later still adds up to the whole.
    """
    quantities: dict[int, int] = {}
    for line in lines:
        quantities[line.line_no] = quantities.get(line.line_no, 0) + line.quantity
    ranges: list[UnitRange] = []
    for line_no, quantity in quantities.items():
        returned = sale.returned.get(line_no, 0)
        ranges.append(UnitRange(sale.sold[line_no - 1], returned - quantity, returned))
    return ranges


def _with_prices_of(restored: Sequence[UnitRange], lines: Sequence[MatchedLine]) -> tuple[MatchedLine, ...]:
    """The lines of a match, each for what its part of the restored units had been sold for."""
    ranges = {units.line.line_no: units for units in restored}
    first = {line_no: units.first for line_no, units in ranges.items()}
    priced: list[MatchedLine] = []
    for line in lines:
        begin = first[line.line_no]
        first[line.line_no] = end = begin + line.quantity
        sold_minor = money_between(ranges[line.line_no].line, begin, end).net_minor
        priced.append(replace(line, sold_minor=sold_minor))
    return tuple(priced)


def taken_back(units: UnitRange) -> UnitsTakenBack:
    """Units of a sale, as its history notes that they came back."""
    money = money_between(units.line, units.first, units.last)
    return UnitsTakenBack(units.line.line_no, units.quantity, money.net_minor, money.tax_minor)

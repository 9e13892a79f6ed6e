"""Tracing the lines of a return to lines of a sale, and sharing the refund out over them."""

from collections.abc import Sequence

from domain.commission_account.earning import UnitRange
from domain.money import cumulative_share
from domain.return_.commands import MatchReturn
from domain.return_.events import MatchedLine, ReturnedLine
from domain.return_.finding_units import UnitRequest
from domain.return_.state import ReturnState
from domain.sale.parts import money_between


def wanted_by_match(return_: ReturnState, command: MatchReturn) -> list[UnitRequest]:
    """Lines named by hand say where the goods came from, whatever SKU was read off them at the counter."""
    return [
        UnitRequest(
            line_no=command.lines[index] if command.lines else None,
            sku=None if command.lines else line.sku,
            quantity=line.quantity,
            line_field=f"lines[{index}]" if command.lines else "lines",
            quantity_field=f"lines[{index}]" if command.lines else "sale_id",
        )
        for index, line in enumerate(return_.lines)
    ]


def matched_lines(returned: ReturnedLine, found: Sequence[UnitRange]) -> list[MatchedLine]:
    """The refund of a returned line, spread over the units it turned out to be (cumulative, so that it adds
    up).
    """
    lines: list[MatchedLine] = []
    units_before = 0
    for units in found:
        units_after = units_before + units.quantity
        lines.append(
            MatchedLine(
                line_no=units.line.line_no,
                sku=units.line.sku,
                label=units.line.label,
                department=units.line.department,
                quantity=units.quantity,
                refund_minor=cumulative_share(returned.refund_minor, 1, units_after, returned.quantity)
                - cumulative_share(returned.refund_minor, 1, units_before, returned.quantity),
                sold_minor=money_between(units.line, units.first, units.last).net_minor,
            )
        )
        units_before = units_after
    return lines

"""What is taken back: the units of a receipt that the goods are, and the goods that are on none."""

from collections.abc import Sequence

import msgspec

from domain.commission_account.earning import UnitRange
from domain.messages import made_of
from domain.money import largest_remainder
from domain.return_.commands import AcceptReturn, LineToReturn
from domain.return_.events import ReturnedLine
from domain.return_.finding_units import UnitRequest, find_units, merged_ranges
from domain.sale.parts import money_between
from domain.sale.state import SaleState
from domain.state_reader import StateReader


class TakenLine(msgspec.Struct, frozen=True):
    """A line of the command, and the units of the receipt that it turned out to be; none: it is on none."""

    line: LineToReturn
    units: tuple[UnitRange, ...]

    @property
    def sold_minor(self) -> int:
        """What its units had been sold for."""
        return sum(money_between(units.line, units.first, units.last).net_minor for units in self.units)

    @property
    def refund_minor(self) -> int:
        """What is given for it: as the counter says, else what was paid."""
        given_minor = self.line.refund_minor
        return self.sold_minor if given_minor is None else given_minor


def sale_on_receipt(command: AcceptReturn, states: StateReader) -> SaleState | None:
    """The sale that the receipt is of; None also for one that nobody has recorded."""
    return states.sale(command.sale_id) if command.sale_id is not None else None


def taken_lines(command: AcceptReturn, sale: SaleState | None) -> list[TakenLine]:
    """Each line of the command with its units. Refused where fewer are left than come back."""
    if sale is None:
        return [TakenLine(line, ()) for line in command.lines]
    found = find_units(sale, [wanted(line, index) for index, line in enumerate(command.lines)])
    return [TakenLine(line, tuple(units)) for line, units in zip(command.lines, found, strict=True)]


def wanted(line: LineToReturn, index: int) -> UnitRequest:
    """What a line of the command asks of the receipt."""
    named_by = "line_no" if line.line_no is not None or line.sku is None else "sku"
    return UnitRequest(
        line_no=line.line_no,
        sku=line.sku,
        quantity=line.quantity,
        line_field=f"lines[{index}].{named_by}",
        quantity_field=f"lines[{index}].quantity",
    )


def returned_lines(taken: Sequence[TakenLine]) -> tuple[ReturnedLine, ...]:
    """The lines of the event: each line of the receipt with all its units, then what is on no receipt."""
    refunds_minor: dict[int, int] = {}
    for each in taken:
        for units, refund_minor in zip(each.units, _refund_by_units(each), strict=True):
            line_no = units.line.line_no
            refunds_minor[line_no] = refunds_minor.get(line_no, 0) + refund_minor
    on_receipt = [
        _on_receipt(units, refunds_minor[units.line.line_no])
        for units in merged_ranges([each.units for each in taken])
    ]
    return (*on_receipt, *(_on_no_receipt(each.line) for each in taken if not each.units))


def _refund_by_units(taken: TakenLine) -> Sequence[int]:
    """What is given for a line of the command, shared out over its units by what they were sold for."""
    sold_minor = [money_between(units.line, units.first, units.last).net_minor for units in taken.units]
    if taken.refund_minor == sum(sold_minor):
        return sold_minor
    weights = sold_minor if any(sold_minor) else [units.quantity for units in taken.units]
    return largest_remainder(taken.refund_minor, weights)


def _on_receipt(units: UnitRange, refund_minor: int) -> ReturnedLine:
    money = money_between(units.line, units.first, units.last)
    return made_of(
        ReturnedLine,
        units.line,
        quantity=units.quantity,
        refund_minor=refund_minor,
        tax_minor=money.tax_minor,
        sold_minor=None if refund_minor == money.net_minor else money.net_minor,
    )


def _on_no_receipt(line: LineToReturn) -> ReturnedLine:
    return made_of(ReturnedLine, line, line_no=None, refund_minor=line.refund_minor or 0)

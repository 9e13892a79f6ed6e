"""Which units of a sale the returned goods are. A unit is found once: it can never come back again."""

from collections.abc import Sequence

import msgspec

from domain.commission_account.earning import UnitRange
from domain.messages import Refused
from domain.sale.policies import known_line
from domain.sale.state import LineState, SaleState


class UnitRequest(msgspec.Struct, frozen=True):
    """So many units of a line of the receipt, or of an item wherever it is on it.

    `line_field` and `quantity_field` are the paths by which a refusal names the line and its quantity.
    """

    line_no: int | None
    sku: str | None
    quantity: int
    line_field: str
    quantity_field: str


class _Counter:
    """How many units of each line are used up while the lines of one return are gone through."""

    def __init__(self, sale: SaleState) -> None:
        self.sale = sale
        self._returned: dict[int, int] = {}

    def left(self, line: LineState) -> int:
        return line.sold.quantity - self._first(line)

    def take(self, line: LineState, quantity: int) -> UnitRange:
        first = self._first(line)
        self._returned[line.sold.line_no] = first + quantity
        return UnitRange(line.sold, first, first + quantity)

    def _first(self, line: LineState) -> int:
        return self._returned.get(line.sold.line_no, line.returned)


def find_units(sale: SaleState, wanted: Sequence[UnitRequest]) -> list[list[UnitRange]]:
    """The units for each wanted line, in the order of the receipt.

    Refused when there are not as many left.
    """
    counter = _Counter(sale)
    return [
        _of_item(counter, each) if each.line_no is None else _of_line(counter, each, each.line_no)
        for each in wanted
    ]


def merged_ranges(found: Sequence[Sequence[UnitRange]]) -> list[UnitRange]:
    """All units found, once per line of the receipt, in the order in which the lines were first named."""
    spans: dict[int, UnitRange] = {}
    for units in (units for of_line in found for units in of_line):
        before = spans.get(units.line.line_no)
        spans[units.line.line_no] = UnitRange(units.line, before.first if before else units.first, units.last)
    return list(spans.values())


def _of_line(counter: _Counter, wanted: UnitRequest, line_no: int) -> list[UnitRange]:
    line = known_line(counter.sale, line_no, wanted.line_field)
    if wanted.sku is not None and wanted.sku != line.sold.sku:
        raise Refused(
            "sku_differs", f"Line {line_no} is {line.sold.sku}, not {wanted.sku}.", wanted.line_field
        )
    if counter.left(line) < wanted.quantity:
        what = f"line {line_no} ({line.sold.sku})"
        raise _more_than_left(wanted, counter.left(line), line.sold.quantity, what)
    return [counter.take(line, wanted.quantity)]


def _of_item(counter: _Counter, wanted: UnitRequest) -> list[UnitRange]:
    if wanted.sku is None:
        raise Refused(
            "line_unnamed", "Name the line of the receipt, or the SKU of the goods.", wanted.line_field
        )
    lines = [line for line in counter.sale.lines if line.sold.sku == wanted.sku]
    if not lines:
        raise Refused("not_on_receipt", f"There is no {wanted.sku} on this receipt.", wanted.line_field)
    left = sum(counter.left(line) for line in lines)
    if left < wanted.quantity:
        raise _more_than_left(wanted, left, sum(line.sold.quantity for line in lines), wanted.sku)
    found: list[UnitRange] = []
    missing = wanted.quantity
    for line in lines:
        quantity = min(missing, counter.left(line))
        if quantity:
            found.append(counter.take(line, quantity))
            missing -= quantity
    return found


def _more_than_left(wanted: UnitRequest, left: int, sold: int, what: str) -> Refused:
    return Refused(
        "more_than_left",
        f"Of {what}, {left} of {sold} sold are left; {wanted.quantity} cannot come back.",
        wanted.quantity_field,
    )

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


class Counter:
    """How many units of each line of a sale are used up while the lines of one return are gone through."""

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
    """The units for each wanted line, in the order of the receipt; none for goods that are not on it.

    Refused when there are not as many left. Where the number of a line and the SKU contradict each other, the
    SKU counts: it was read off the goods.
    """
    counter = Counter(sale)
    return [
        _of_item(counter, each) if (line := named_line(sale, each)) is None else _of_line(counter, each, line)
        for each in wanted
    ]


def named_line(sale: SaleState, wanted: UnitRequest) -> LineState | None:
    """The line of the receipt that is named by its number, unless it is another article."""
    line = sale.line(wanted.line_no) if wanted.line_no is not None else None
    return line if line is not None and wanted.sku in (None, line.sold.sku) else None


def merged_ranges(found: Sequence[Sequence[UnitRange]]) -> list[UnitRange]:
    """All units found, once per line of the receipt, in the order in which the lines were first named."""
    spans: dict[int, UnitRange] = {}
    for units in (units for of_line in found for units in of_line):
        before = spans.get(units.line.line_no)
        spans[units.line.line_no] = UnitRange(units.line, before.first if before else units.first, units.last)
    return list(spans.values())


def _of_line(counter: Counter, wanted: UnitRequest, line: LineState) -> list[UnitRange]:
    if counter.left(line) < wanted.quantity:
        what = f"line {line.sold.line_no} ({line.sold.sku})"
        raise _more_than_left(wanted, counter.left(line), line.sold.quantity, what)
    return [counter.take(line, wanted.quantity)]


def _of_item(counter: Counter, wanted: UnitRequest) -> list[UnitRange]:
    lines = _lines_of(counter, wanted)
    left = sum(counter.left(line) for line in lines)
    if lines and left < wanted.quantity:
        raise _more_than_left(wanted, left, sum(line.sold.quantity for line in lines), lines[0].sold.sku)
    return _take(counter, lines, wanted.quantity)


def _lines_of(counter: Counter, wanted: UnitRequest) -> list[LineState]:
    return [line for line in counter.sale.lines if line.sold.sku == wanted.sku]


def _take(counter: Counter, lines: Sequence[LineState], missing: int) -> list[UnitRange]:
    """Units of these lines, one line after the other: so many, or as many as are left."""
    found: list[UnitRange] = []
    for line in lines:
        quantity = min(missing, counter.left(line))
        if quantity:
            found.append(counter.take(line, quantity))
            missing -= quantity
    return found


def units_by_hand(counter: Counter, line_no: int, untraced: int, field: str) -> list[UnitRange]:
    """Units of the line that is named. Refused when there is no such line, or nothing of it is left."""
    line = known_line(counter.sale, line_no, field)
    found = _take(counter, [line], untraced)
    if not found:
        wanted = UnitRequest(line_no, None, untraced, field, field)
        raise _more_than_left(wanted, 0, line.sold.quantity, f"line {line_no} ({line.sold.sku})")
    return found


def units_by_sku(counter: Counter, wanted: Sequence[UnitRequest]) -> list[list[UnitRange]]:
    """For each request the units of that SKU, as many as are left. Refused when nothing at all is found."""
    found = [_take(counter, _lines_of(counter, each), each.quantity) for each in wanted]
    if any(found):
        return found
    for each in wanted:
        if each.quantity and (lines := _lines_of(counter, each)):
            raise _more_than_left(each, 0, sum(line.sold.quantity for line in lines), lines[0].sold.sku)
    raise Refused("not_on_receipt", "None of these goods is on this receipt: name its lines.", "sale_id")


def _more_than_left(wanted: UnitRequest, left: int, sold: int, what: str) -> Refused:
    return Refused(
        "more_than_left",
        f"Of {what}, {left} of {sold} sold are left; {wanted.quantity} cannot be from this receipt. "
        "Take the others back without a receipt.",
        wanted.quantity_field,
    )

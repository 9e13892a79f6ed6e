"""Quantity and amounts of one row of a mapped file."""

from decimal import Decimal
from typing import NamedTuple

from domain.money import minor_digits_of
from services.importing.formats.mapped_csv.cells import Cells, MappedCells
from services.importing.formats.mapped_csv.mapping import Mapping
from services.importing.pipeline.amounts import EXACT, ZERO, decimal_of, whole_of
from services.importing.pipeline.source_documents import AMOUNT_MINOR_MAX, QUANTITY_MAX


class Unreadable(ValueError):
    """Raised for a cell that cannot be read: its column (as the mapping calls it), its text and the
    reason.
    """

    def __init__(self, column: str, text: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column
        self.text = text
        self.reason = reason


class Amounts(NamedTuple):
    """Amounts in major units. `exact` is what the line comes to, without tax, with the sign of the file."""

    quantity: int
    exact: Decimal
    unit_price: Decimal
    tax: Decimal
    order_discount: Decimal
    refunded: Decimal


def amounts_of(cells: Cells, columns: MappedCells, mapping: Mapping, *, decimal_comma: bool) -> Amounts:
    """The amounts of a row. Raises Unreadable."""
    return _RowAmounts(cells, columns, decimal_comma).read(mapping)


class _RowAmounts:
    def __init__(self, cells: Cells, columns: MappedCells, decimal_comma: bool) -> None:
        self._cells = cells
        self._columns = columns
        self._comma = decimal_comma

    def read(self, mapping: Mapping) -> Amounts:
        amount, unit_price = self._number("amount"), self._number("unit_price")
        quantity = self._quantity(amount)
        if amount is None:
            if unit_price is None:
                raise Unreadable(
                    "unit_price" if self._columns.has("unit_price") else "amount", "", "is no price"
                )
            amount = self._discounted(EXACT.multiply(unit_price, Decimal(quantity)))
        largest = max(abs(amount), abs(unit_price or ZERO) * max(abs(quantity), 1))
        too_large = EXACT.scaleb(largest, minor_digits_of(mapping.currency)) > AMOUNT_MINOR_MAX
        if abs(quantity) > QUANTITY_MAX or too_large:
            raise Unreadable("quantity", self._text("quantity"), "is too large to be true")
        tax = abs(self._number("tax") or ZERO)
        if mapping.prices_include_tax:
            amount = self._without("tax", amount, tax)
        return Amounts(
            quantity=quantity,
            exact=self._without("shipping", amount, abs(self._number("shipping") or ZERO)),
            unit_price=abs(unit_price or ZERO),
            tax=tax,
            order_discount=abs(self._number("order_discount") or ZERO),
            refunded=abs(self._number("refunded") or ZERO),
        )

    def _quantity(self, amount: Decimal | None) -> int:
        if not self._columns.has("quantity"):
            return 1
        text = self._text("quantity")
        if not text and amount is not None and amount < 0:
            # Money back, and no goods.
            return 0
        try:
            return whole_of(text, self._comma)
        except ValueError as error:
            raise Unreadable("quantity", text, str(error)) from error

    def _discounted(self, amount: Decimal) -> Decimal:
        percent = self._number("discount_percent")
        off = self._number("discount")
        if percent is not None:
            off = EXACT.divide(EXACT.multiply(abs(amount), percent), Decimal(100))
        return self._without("discount" if percent is None else "discount_percent", amount, abs(off or ZERO))

    def _without(self, name: str, amount: Decimal, off: Decimal) -> Decimal:
        """Take something off an amount, whatever its sign."""
        if off > abs(amount):
            raise Unreadable(name, self._text(name), "is more than the line comes to")
        return EXACT.copy_sign(EXACT.subtract(abs(amount), off), amount)

    def _number(self, name: str) -> Decimal | None:
        text = self._text(name)
        if name == "discount_percent":
            text = text.removesuffix("%").strip()
        try:
            return decimal_of(text, self._comma) if text else None
        except ValueError as error:
            raise Unreadable(name, text, str(error)) from error

    def _text(self, name: str) -> str:
        return self._columns.text(self._cells, name)

"""Rows of Online Retail, and why some are skipped."""

from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

import msgspec

from services.importing.pipeline.amounts import EXACT, decimal_of, minor
from services.importing.pipeline.source_documents import (
    AMOUNT_MINOR_MAX,
    CODE_LENGTH_MAX,
    NAME_LENGTH_MAX,
    QUANTITY_MAX,
    DocumentKind,
)


class Price(NamedTuple):
    """The price of one piece: `exact` in pounds, `rounded_up` to whole pence."""

    exact: Decimal
    rounded_up: int


class Amount(NamedTuple):
    """The amount of a line: `exact` in pounds, `minor` in whole pence, halves away from zero."""

    exact: Decimal
    minor: int


@lru_cache(maxsize=65_536)
def price_of(text: str, decimal_comma: bool = False) -> Price:
    """Parse a price. Raises ValueError."""
    exact = decimal_of(text, decimal_comma)
    return Price(exact, rounded_up=-int(-exact * 100 // 1))


@lru_cache(maxsize=65_536)
def amount_of(price: Price, quantity: int) -> Amount:
    """The amount of a quantity. Cached: the same ones come again and again (benchmarks/imports.py)."""
    exact = EXACT.multiply(price.exact, quantity)
    return Amount(exact, minor(exact))


class Row(msgspec.Struct, frozen=True, gc=False):
    """One invoice line. `customer` is empty when nobody is named; `file` counts the files."""

    place: int
    file: int
    line_of_file: int
    invoice: str
    sku: str
    description: str
    quantity: int
    at: datetime
    price: Price
    customer: str

    @property
    def amount(self) -> Decimal:
        """The amount of the row, with the sign of the file."""
        return amount_of(self.price, self.quantity).exact

    @property
    def kind(self) -> DocumentKind:
        """A cancellation, or a negative quantity on a customer's invoice, is a return."""
        return "return" if self.quantity < 0 else "sale"


def skip_reason_of(row: Row) -> str | None:
    """Why a readable row is skipped; None when it is imported."""
    if 0 < row.quantity < 10**5 and 0 < row.price.rounded_up < 10**7 and row.sku and row.invoice.isdecimal():
        return "out_of_range" if _too_long(row) else None
    amount_minor_max = abs(row.quantity) * abs(row.price.exact) * 100
    if abs(row.quantity) > QUANTITY_MAX or amount_minor_max > AMOUNT_MINOR_MAX:
        return "out_of_range"
    if not row.invoice or not row.sku:
        return "no_invoice_or_stock_code"
    if _too_long(row):
        return "out_of_range"
    first = row.invoice[0]
    if first in "Aa":
        return "bad_debt_adjustment"
    if row.quantity == 0:
        return "quantity_zero"
    if first in "Cc":
        return _skip_reason_of_cancellation(row)
    if row.quantity < 0:
        # With a price and a customer it is a return; without, stock was lost, damaged or corrected.
        return None if row.customer and row.price.exact > 0 else "stock_write_off"
    if row.price.exact < 0:
        return "price_not_positive"
    # A row with no price and no customer is no sale (stock found, samples, typing errors); with one, a gift.
    return "price_zero" if row.price.exact == 0 and not row.customer else None


def _too_long(row: Row) -> bool:
    return (
        len(row.invoice) > NAME_LENGTH_MAX
        or len(row.customer) > NAME_LENGTH_MAX
        or len(row.sku) > CODE_LENGTH_MAX
    )


def _skip_reason_of_cancellation(row: Row) -> str | None:
    if row.quantity > 0:
        return "cancellation_of_nothing"
    return "price_not_positive" if row.price.exact <= 0 else None

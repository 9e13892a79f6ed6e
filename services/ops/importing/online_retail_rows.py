"""A row of Online Retail, and why some rows are left out."""

from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

import msgspec

from services.ops.importing.amounts import EXACT, decimal_of, minor
from services.ops.importing.slips import (
    AMOUNT_MINOR_MAX,
    CODE_LENGTH_MAX,
    NAME_LENGTH_MAX,
    QUANTITY_MAX,
    SlipKind,
)


class Price(NamedTuple):
    """What one piece costs: `exact` in pounds, `rounded_up` to whole pence."""

    exact: Decimal
    rounded_up: int


class Amount(NamedTuple):
    """What pieces come to: `exact` in pounds, `minor` in whole pence, halves away from zero."""

    exact: Decimal
    minor: int


@lru_cache(maxsize=65_536)
def price_of(text: str, decimal_comma: bool = False) -> Price:
    """A price as the file has it; ValueError when it is none."""
    exact = decimal_of(text, decimal_comma)
    return Price(exact, rounded_up=-int(-exact * 100 // 1))


@lru_cache(maxsize=65_536)
def amount_of(price: Price, quantity: int) -> Amount:
    """What so many pieces come to. The same ones are sold again and again, and looking up is quicker than multiplying."""
    exact = EXACT.multiply(price.exact, quantity)
    return Amount(exact, minor(exact))


class Row(msgspec.Struct, frozen=True, gc=False):
    """One invoice line. `customer` is empty when nobody is named; `file` counts the files."""

    place: int
    file: int
    invoice: str
    sku: str
    description: str
    quantity: int
    at: datetime
    price: Price
    customer: str

    @property
    def amount(self) -> Decimal:
        """What the row comes to, with the sign of the file."""
        return amount_of(self.price, self.quantity).exact

    @property
    def kind(self) -> SlipKind:
        """A cancellation, or what comes off a customer's invoice, is a return."""
        return "return" if self.quantity < 0 else "sale"


def reason_to_leave_out(row: Row) -> str | None:
    """Why a row that can be read is not imported all the same; None when it is."""
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
        return _reason_not_to_cancel(row)
    if row.quantity < 0:
        # With a price and a customer something came back; without, stock was lost, damaged or corrected.
        return None if row.customer and row.price.exact > 0 else "stock_write_off"
    if row.price.exact < 0:
        return "price_not_positive"
    # Nobody got what has no price and no customer (stock found, samples, typing errors); with one it was a gift.
    return "price_zero" if row.price.exact == 0 and not row.customer else None


def _too_long(row: Row) -> bool:
    return (
        len(row.invoice) > NAME_LENGTH_MAX
        or len(row.customer) > NAME_LENGTH_MAX
        or len(row.sku) > CODE_LENGTH_MAX
    )


def _reason_not_to_cancel(row: Row) -> str | None:
    if row.quantity > 0:
        return "cancellation_of_nothing"
    return "price_not_positive" if row.price.exact <= 0 else None

"""What each line of a receipt comes to, once its own discount and its part of the order's are taken off."""

import msgspec

from domain.money import largest_remainder
from domain.sale.commands import LineToSell, RecordSale


class Price(msgspec.Struct, frozen=True, gc=False):
    """All discount on a line, and what is left to pay before tax (minor units)."""

    discount_minor: int
    net_minor: int


def gross_minor(line: LineToSell) -> int:
    """Quantity times unit price."""
    return line.quantity * line.unit_price_minor


def before_order_minor(line: LineToSell) -> int:
    """What a line comes to after its own discount."""
    return line.quantity * line.unit_price_minor - line.discount_minor


def prices_of(command: RecordSale) -> tuple[Price, ...]:
    """The order discount falls on the lines by what they come to after their own discount (largest remainder)."""
    before_order = list(map(before_order_minor, command.lines))
    off_order = largest_remainder(command.order_discount_minor, before_order)
    prices = [
        Price(line.discount_minor + off, amount - off)
        for line, amount, off in zip(command.lines, before_order, off_order, strict=True)
    ]
    return tuple(prices)

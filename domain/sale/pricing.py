"""What each line of a receipt comes to, once its own discount and its part of the order's are taken off."""

from collections.abc import Sequence

from domain.money import largest_remainder
from domain.sale.commands import LineToSell, RecordSale


def gross_minor(line: LineToSell) -> int:
    """Quantity times unit price."""
    return line.quantity * line.unit_price_minor


def before_order_minor(line: LineToSell) -> int:
    """What a line comes to after its own discount."""
    return line.quantity * line.unit_price_minor - line.discount_minor


def parts_of_order_discount(command: RecordSale) -> Sequence[int]:
    """What of the order's discount falls on each line, by what it comes to after its own discount (largest
    remainder; minor units).
    """
    if command.order_discount_minor == 0:
        return (0,) * len(command.lines)
    return largest_remainder(command.order_discount_minor, list(map(before_order_minor, command.lines)))

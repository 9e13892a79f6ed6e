"""Amounts of a whole order: a discount spread over its lines, and money refunded on it."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from operator import attrgetter

from msgspec.structs import replace

from domain.money import largest_remainder, minor_digits_of
from services.importing.formats.mapped_csv.mapping import Mapping
from services.importing.formats.mapped_csv.rows import MappedRow
from services.importing.pipeline.amounts import EXACT, ZERO, minor
from services.importing.pipeline.source_documents import Line

Report = Callable[[Sequence[MappedRow], str, str], None]


class OrderAmounts:
    """Applies what the columns `order_discount` and `refunded` say of an order, in one of its rows or in all.

    Calls `report` with the rows, a column and a reason for an order whose amounts cannot be: it is left out.
    """

    def __init__(self, mapping: Mapping, report: Report) -> None:
        self._digits = minor_digits_of(mapping.currency)
        self._report = report

    def applied(self, rows: list[MappedRow]) -> list[MappedRow]:
        """The rows of one order after its discount, and the rows that give its refund back."""
        if not any(row.order_discount or row.refunded for row in rows):
            return rows
        sold = [row for row in rows if row.kind == "sale"]
        others = [row for row in rows if row.kind != "sale"]
        discount, refunded = self._one(rows, "order_discount"), self._one(rows, "refunded")
        if discount is None or refunded is None:
            return []
        together = sum((row.line.exact for row in sold), ZERO)
        if discount > together:
            self._report(rows, "order_discount", "is more than the order comes to")
            return []
        if discount:
            sold = self._discounted(sold, discount)
        return [*sold, *others, *self._given_back(sold, refunded)]

    def _one(self, rows: Sequence[MappedRow], name: str) -> Decimal | None:
        """What the rows that are not blank all say; None where they differ."""
        said = {amount for row in rows if (amount := attrgetter(name)(row))}
        if len(said) > 1:
            self._report(rows, name, "differs within the order")
            return None
        return said.pop() if said else ZERO

    def _discounted(self, rows: Sequence[MappedRow], discount: Decimal) -> list[MappedRow]:
        parts = self._parts(rows, discount)
        return [
            row._replace(line=self._without(row.line, part)) for row, part in zip(rows, parts, strict=True)
        ]

    def _parts(self, rows: Sequence[MappedRow], amount: Decimal) -> tuple[int, ...]:
        return largest_remainder(minor(amount, self._digits), [row.line.net_minor for row in rows])

    def _without(self, line: Line, part_minor: int) -> Line:
        net_minor = line.net_minor - part_minor
        exact = EXACT.subtract(line.exact, Decimal(part_minor).scaleb(-self._digits))
        return replace(line, exact=max(exact, ZERO), net_minor=max(net_minor, 0))

    def _given_back(self, sold: Sequence[MappedRow], refunded: Decimal) -> list[MappedRow]:
        """All that was sold as a return where the refund covers it; else money back without goods on each.

        Refunded tax and shipping are above what the goods came to: they are no money for goods.
        """
        together_minor = sum(row.line.net_minor for row in sold)
        if not refunded or not together_minor:
            return []
        if minor(refunded, self._digits) >= together_minor:
            return [row._replace(kind="return", line=replace(row.line, tax_minor=0)) for row in sold]
        return [
            row._replace(kind="return", line=self._allowed(row.line, part))
            for row, part in zip(sold, self._parts(sold, refunded), strict=True)
            if part
        ]

    def _allowed(self, line: Line, part_minor: int) -> Line:
        exact = Decimal(part_minor).scaleb(-self._digits)
        return replace(
            line, quantity=0, exact=exact, net_minor=part_minor, unit_price_minor=part_minor, tax_minor=0
        )

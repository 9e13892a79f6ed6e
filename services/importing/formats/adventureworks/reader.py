"""AdventureWorks: reseller orders by salespeople with their own commission rates, and internet orders by
nobody.

All amounts are US dollars (a CurrencyRateID only says what the customer was shown). The owner of a store
follows its orders: when they move from one salesperson to another, the store was handed over, on the day the
new one began in the territory if that lies between the two orders, else with the first order.
Store.SalesPersonID is the owner at the end.
"""

from collections.abc import Callable, Container, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from domain.associate.commands import PayPlan
from domain.money import largest_remainder
from infra.clock import SYSTEM_CLOCK
from services.importing.formats.adventureworks.hand_overs import AT_THE_END, Assignment, Move, hand_overs
from services.importing.formats.adventureworks.people import People
from services.importing.formats.adventureworks.tables import tables_in
from services.importing.pipeline.amounts import EXACT, ONE, ZERO, decimal_of, mark_in_words, minor, whole_of
from services.importing.pipeline.csv_files import BrokenRow
from services.importing.pipeline.local_times import LocalTimes, days_come_first, order_in_words
from services.importing.pipeline.reconciliation import Reconciliation
from services.importing.pipeline.row_problems import Place, RowProblem, found_at
from services.importing.pipeline.source_documents import (
    AMOUNT_MINOR_MAX,
    LINES_MAX,
    NAME_LENGTH_MAX,
    QUANTITY_MAX,
    Entry,
    HandOver,
    Hire,
    ImportedCustomer,
    Line,
    SourceDocument,
)

SOURCE = "adventureworks"
CURRENCY = "USD"
REQUIRED = ("SalesOrderHeader", "SalesOrderDetail", "SalesPerson", "Customer")
#: Orders that were rejected (4) or cancelled (6) sold nothing.
NOT_SOLD = ("4", "6")
YES = ("1", "t", "true", "y", "yes")


class Order(NamedTuple):
    """The head of an order; `row` is where it stands in SalesOrderHeader."""

    at: datetime
    order_id: str
    customer: str
    seller: str | None
    territory: str
    online: bool
    tax_minor: int
    cancelled: bool
    row: int


class AdventureWorks:
    """Reads a folder into source documents, ordered by time, and reconciles each order line."""

    source = SOURCE

    def __init__(self, folder: Path, reconciliation: Reconciliation) -> None:
        self._tables = tables_in(folder, REQUIRED)
        self.size_bytes = self._tables["SalesOrderDetail"].size_bytes
        self._reconciliation = reconciliation
        self.readings = {"numbers": mark_in_words(False)}
        self._times = LocalTimes(UTC, now=SYSTEM_CLOCK.now())

    def owner_of(self, customer: str) -> None:
        """None: owners follow from the orders."""
        del customer

    def entries(self, on_progress: Callable[[int], None] | None = None) -> Iterator[Entry]:
        """Salespeople, customers with their first order, orders and hand-overs by time; then who never
        ordered.
        """
        people = People(self._tables, self._reconciliation.report)
        rates_bp = people.rates_bp()
        orders = self._orders(people, rates_bp)
        lines = self._lines({order.order_id: order for order in orders}, people.products(), on_progress)
        orders = [order for order in orders if order.order_id in lines]
        began, ended = (orders[0].at, orders[-1].at) if orders else (SYSTEM_CLOCK.now(),) * 2
        for person, rate_bp in rates_bp.items():
            plan = PayPlan(currency=CURRENCY, base_rate_minor=0, rate_bp=rate_bp, deficit_policy="carry")
            yield Hire(person, began, SOURCE, plan, people.names.get(person))
        customers = people.customers()
        files = [self._tables[table].path.name for table in ("SalesOrderHeader", "SalesOrderDetail")]
        moves = self._moves(people, orders, rates_bp, ended)
        # A hand-over with an order comes before that order and behind the earlier ones of its day; one where
        # somebody began comes before all orders of the day; the owners at the end come after them.
        timed: list[tuple[tuple[datetime, int, int, int], Order | HandOver]] = [
            ((order.at, 1, place, 1), order) for place, order in enumerate(orders)
        ]
        for hand_over, with_order in moves:
            rank = 2 if hand_over.reason == AT_THE_END else 0
            key = (hand_over.at, rank, 0, 0) if with_order is None else (hand_over.at, 1, with_order, 0)
            timed.append((key, hand_over))
        for (at, *_), entry in sorted(timed, key=lambda each: each[0]):
            customer = entry.customer
            if customer in customers:
                yield ImportedCustomer(customer, at, SOURCE, *customers.pop(customer))
            if isinstance(entry, Order):
                yield from _documents(entry, lines[entry.order_id], files)
            else:
                yield entry
        for customer, (name, address_as) in customers.items():
            yield ImportedCustomer(customer, ended, SOURCE, name, address_as)

    def _moves(
        self, people: People, orders: list[Order], salespeople: Container[str], ended: datetime
    ) -> list[Move]:
        by_seller = [
            Assignment(order.customer, order.seller, order.at, order.territory, place)
            for place, order in enumerate(orders)
            if order.seller is not None
        ]
        at_the_end = {
            customer: Assignment(customer, seller, ended, territory)
            for customer, (seller, territory) in people.assigned().items()
            if seller in salespeople
        }
        return hand_overs(by_seller, people.territories(self._times.instant), at_the_end)

    def _orders(self, people: People, salespeople: Container[str]) -> list[Order]:
        orders: list[Order] = []
        self._times.day_first = days_come_first(
            row[0] for row in people.rows("SalesOrderHeader", "OrderDate")
        )
        self.readings["dates"] = order_in_words(self._times.day_first)
        columns = (
            "SalesOrderID", "OrderDate", "Status", "OnlineOrderFlag", "CustomerID", "SalesPersonID",
            "TerritoryID", "TaxAmt",
        )  # fmt: skip
        for row, cells in people.numbered_rows("SalesOrderHeader", *columns):
            order_id, day, status, online, customer, seller, territory, tax = cells
            try:
                at = self._times.instant(day)
                tax_minor = minor(decimal_of(tax or "0"))
            except ValueError as error:
                self._report(row, order_id, f"has a date or a tax that {error}")
                continue
            if seller and seller not in salespeople:
                why = "has a salesperson who is not in SalesPerson; it has no seller"
                self._report(row, order_id, why)
            is_online = online.casefold() in YES if online else not seller
            sold_by = seller if seller in salespeople else None
            cancelled = status in NOT_SOLD
            orders.append(
                Order(at, order_id, customer, sold_by, territory, is_online, tax_minor, cancelled, row)
            )
        return sorted(orders, key=lambda order: (order.at, len(order.order_id), order.order_id))

    def _report(self, row: int, order_id: str, reason: str) -> None:
        found = f"order {order_id[:NAME_LENGTH_MAX]}"
        file = self._tables["SalesOrderHeader"].path.name
        self._reconciliation.report(RowProblem(file, row, "", found, reason))

    def _lines(
        self,
        orders: dict[str, Order],
        products: dict[str, Line],
        on_progress: Callable[[int], None] | None,
    ) -> dict[str, list[tuple[int, Line]]]:
        """The lines of each order, and the row of SalesOrderDetail that each stands in."""
        lines: dict[str, list[tuple[int, Line]]] = {}
        table = self._tables["SalesOrderDetail"]
        columns = ("SalesOrderID", "ProductID", "OrderQty", "UnitPrice", "UnitPriceDiscount", "LineTotal")
        for number, cells in table.rows(*columns, on_progress=on_progress):
            self._reconciliation.row()
            if isinstance(cells, BrokenRow):
                self._reconciliation.skip_broken(table.path.name, number, cells)
                continue
            order_id, product, quantity, price, discount, total = cells
            known = products.get(product) or Line(product, 0, ZERO, 0, 0)
            try:
                line = _line(known, whole_of(quantity), decimal_of(price), decimal_of(discount or "0"), total)
            except ValueError:
                why = "has a quantity, price or total that cannot be read"
                self._reconciliation.skip_unreadable(RowProblem(table.path.name, number, "", "", why))
                continue
            order = orders.get(order_id)
            if order is None:
                self._reconciliation.skip("no_such_order", line.exact)
            elif order.cancelled:
                self._reconciliation.skip("order_cancelled", line.exact)
            elif not _sells(line):
                self._reconciliation.skip("nothing_sold", line.exact)
            else:
                lines.setdefault(order_id, []).append((number, replace(line, seller=order.seller)))
        return lines


def _line(known: Line, quantity: int, price: Decimal, discount: Decimal, total: str) -> Line:
    exact = (
        decimal_of(total)
        if total
        else EXACT.multiply(EXACT.multiply(price, Decimal(quantity)), EXACT.subtract(ONE, discount))
    )
    net_minor = minor(exact)
    # A price finer than a cent is rounded up and the line brought down to its amount by a discount.
    unit_price_minor = -int(-EXACT.scaleb(price, 2) // ONE)
    if quantity > 0:
        unit_price_minor = max(unit_price_minor, -(-net_minor // quantity))
    return replace(
        known, quantity=quantity, exact=exact, net_minor=net_minor, unit_price_minor=unit_price_minor
    )


def _sells(line: Line) -> bool:
    countable = line.unit_price_minor * line.quantity <= AMOUNT_MINOR_MAX
    return countable and bool(line.sku) and 0 < line.quantity <= QUANTITY_MAX and line.net_minor >= 0


def _documents(
    order: Order, numbered: list[tuple[int, Line]], files: Sequence[str]
) -> Iterator[SourceDocument]:
    """Split an order; its tax is spread over its lines by amount, freight is no sale of goods and left
    out.
    """
    rows, lines = zip(*numbered, strict=True)
    taxes = largest_remainder(max(order.tax_minor, 0), [line.net_minor for line in lines])
    taxed = [replace(line, tax_minor=tax) for line, tax in zip(lines, taxes, strict=True)]
    for part, start in enumerate(range(0, len(taxed), LINES_MAX)):
        yield SourceDocument(
            kind="sale",
            name=f"{order.order_id}/{part + 1}" if part else order.order_id,
            customer=order.customer or None,
            at=order.at,
            lines=tuple(taxed[start : start + LINES_MAX]),
            store=SOURCE,
            currency=CURRENCY,
            found_at=found_at(
                files, [Place(0, order.row), *(Place(1, row) for row in rows[start : start + LINES_MAX])]
            ),
            channel="online" if order.online else "store",
        )

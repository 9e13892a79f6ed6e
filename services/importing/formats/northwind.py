"""Northwind: a folder of orders by nine employees for ninety-one customers, with discounts and no returns.

Prices in some copies carry the noise of single precision (9.80000019); they are read as whole minor units.
The files have no pay plans: every employee gets the same. The owner of a customer is whoever sold them most
by money, not by count.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from msgspec.structs import replace

from domain.customer.commands import ContactKind
from infra.clock import SYSTEM_CLOCK
from services.importing.pipeline.amounts import (
    EXACT,
    ONE,
    decimal_of,
    has_decimal_comma,
    mark_in_words,
    minor,
    whole_of,
)
from services.importing.pipeline.csv_files import BLANK_ROW, BrokenRow, Cells, CsvFile, UnusableFile
from services.importing.pipeline.local_times import LocalTimes, days_come_first, order_in_words
from services.importing.pipeline.made_up_associates import made_up_plan
from services.importing.pipeline.reconciliation import Reconciliation
from services.importing.pipeline.row_problems import Place, RowProblem, found_at
from services.importing.pipeline.source_documents import (
    AMOUNT_MINOR_MAX,
    LINES_MAX,
    NAME_LENGTH_MAX,
    QUANTITY_MAX,
    Entry,
    Hire,
    ImportedCustomer,
    Line,
    SourceDocument,
)
from services.importing.pipeline.top_sellers import TopSellers

SOURCE = "northwind"
CURRENCY = "USD"
BEFORE_THE_FIRST_ORDER = datetime(1996, 7, 4, 12, tzinfo=UTC)

#: Tables and their columns; copies spell them with underscores, in one word, or with blanks.
TABLES: dict[str, tuple[str, ...]] = {
    "employees": ("employee_id", "last_name", "first_name"),
    "customers": (
        "customer_id", "company_name", "contact_name", "address", "city", "postal_code", "country", "phone",
    ),
    "categories": ("category_id", "category_name"),
    "products": ("product_id", "product_name", "category_id"),
    "orders": ("order_id", "customer_id", "employee_id", "order_date"),
    "order_details": ("order_id", "product_id", "unit_price", "quantity", "discount"),
}  # fmt: skip


class Northwind:
    """Reads a folder into source documents, orders by day, and reconciles each order line."""

    source = SOURCE

    def __init__(self, folder: Path, reconciliation: Reconciliation) -> None:
        if not folder.is_dir():
            raise UnusableFile(f"{folder}: there is no such folder")
        self._files = {
            table: CsvFile(_file(folder, table), {column: _spellings(column) for column in columns})
            for table, columns in TABLES.items()
        }
        self.size_bytes = self._files["order_details"].size_bytes
        self._reconciliation = reconciliation
        self.readings: dict[str, str] = {}
        self._times = LocalTimes(UTC, now=SYSTEM_CLOCK.now())

    def owner_of(self, customer: str) -> None:
        """None: owners follow from the orders."""
        del customer

    def entries(self, on_progress: Callable[[int], None] | None = None) -> Iterator[Entry]:
        """The employees, the customers with their first orders, the orders, and at last the owners."""
        orders = self._orders()
        customers = {row[0]: row for row in self._rows("customers")}
        began = orders[0][0] if orders else BEFORE_THE_FIRST_ORDER
        employees = {row[0]: row for row in self._rows("employees")}
        for employee_id, last_name, first_name in employees.values():
            yield Hire(
                employee_id, began, SOURCE, made_up_plan(CURRENCY), f"{first_name} {last_name}".strip()
            )
        lines = self._lines({order[1] for order in orders}, on_progress)
        files = [self._files[table].path.name for table in ("orders", "order_details")]
        top_sellers = TopSellers()
        for at, order_id, customer_id, employee_id, head in orders:
            if (row := customers.pop(customer_id, None)) is not None:
                yield _customer(row, at)
            seller = employee_id if employee_id in employees else None
            of_order = lines.get(order_id, [])
            for part, start in enumerate(range(0, len(of_order), LINES_MAX)):
                name = f"{order_id}/{part + 1}" if part else order_id
                of_document = of_order[start : start + LINES_MAX]
                document = SourceDocument(
                    kind="sale",
                    name=name,
                    customer=customer_id or None,
                    at=at,
                    lines=tuple(replace(line, seller=seller) for _, line in of_document),
                    store=SOURCE,
                    currency=CURRENCY,
                    found_at=found_at(
                        files, [Place(0, head), *(Place(1, number) for number, _ in of_document)]
                    ),
                )
                top_sellers.add(document)
                yield document
        for row in customers.values():
            yield _customer(row, began)
        yield from top_sellers.hand_overs(orders[-1][0] if orders else began)

    def _rows(self, table: str) -> Iterator[tuple[str, ...]]:
        return (cells for _, cells in self._numbered_rows(table))

    def _numbered_rows(
        self, table: str, on_progress: Callable[[int], None] | None = None
    ) -> Iterator[tuple[int, tuple[str, ...]]]:
        for number, cells in self._files[table].rows(on_progress):
            if table == "order_details":
                self._reconciliation.row()
            if isinstance(cells, BrokenRow):
                self._broken(table, number, cells)
            else:
                yield number, tuple("" if cell.strip() == "NULL" else cell.strip() for cell in cells)

    def _broken(self, table: str, line: int, row: BrokenRow) -> None:
        if table == "order_details":
            self._reconciliation.skip_broken(self._files[table].path.name, line, row)
        elif row is not BLANK_ROW:
            self._report(table, row.reason, line=line)

    def _read(self, table: str) -> Iterator[Cells]:
        """The rows of a table that can be read, not counted."""
        return (cells for _, cells in self._files[table].rows() if not isinstance(cells, BrokenRow))

    def _report(self, table: str, reason: str, *, line: int, column: str = "", found: str = "") -> None:
        problem = RowProblem(self._files[table].path.name, line, column, found, reason)
        # Only order lines are counted: a broken order shows in its lines, which then have none.
        if table == "order_details":
            self._reconciliation.skip_unreadable(problem)
        else:
            self._reconciliation.report(problem)

    def _orders(self) -> list[tuple[datetime, str, str, str, int]]:
        """Instant, number, customer and employee of each order, and the line it stands in; by instant."""
        self._times.day_first = days_come_first(_day(cells[3]) for cells in self._read("orders"))
        self.readings["dates"] = order_in_words(self._times.day_first)
        orders: list[tuple[datetime, str, str, str, int]] = []
        for line, (order_id, customer_id, employee_id, day) in self._numbered_rows("orders"):
            try:
                orders.append((self._times.instant(_day(day)), order_id, customer_id, employee_id, line))
            except ValueError as error:
                found = f"order {order_id[:NAME_LENGTH_MAX]}"
                why = f"has a date that {error}"
                self._report("orders", why, line=line, column="order_date", found=found)
        return sorted(orders)

    def _lines(
        self, order_ids: set[str], on_progress: Callable[[int], None] | None
    ) -> dict[str, list[tuple[int, Line]]]:
        """The lines of each order, and the line of the file that each stands in."""
        departments = {row[0]: row[1] for row in self._rows("categories")}
        products = {row[0]: (row[1], departments.get(row[2])) for row in self._rows("products")}
        details = self._files["order_details"]
        comma = has_decimal_comma(_numbers(details), delimiter=details.delimiter)
        self.readings["numbers"] = mark_in_words(comma)
        lines: dict[str, list[tuple[int, Line]]] = {}
        for number, cells in self._numbered_rows("order_details", on_progress):
            order_id, product_id, price, quantity, discount = cells
            try:
                off = decimal_of(discount or "0", comma)
                exact, line = _line(product_id, decimal_of(price, comma), whole_of(quantity, comma), off)
            except ValueError:
                found = f"order {order_id[:NAME_LENGTH_MAX]}, product {product_id[:NAME_LENGTH_MAX]}"
                why = "has a price, quantity or discount that cannot be read"
                self._report("order_details", why, line=number, found=found)
                continue
            if order_id not in order_ids:
                self._reconciliation.skip("no_such_order", exact)
            elif line is None:
                self._reconciliation.skip("nothing_sold", exact)
            else:
                name, department = products.get(product_id, ("", None))
                described = replace(line, description=name, department=department)
                lines.setdefault(order_id, []).append((number, described))
        return lines


def _numbers(details: CsvFile) -> Iterator[tuple[str, str]]:
    for line, cells in details.rows():
        if not isinstance(cells, BrokenRow):
            yield from ((f"{details.path.name} line {line}", text) for text in cells[2:])


def _day(text: str) -> str:
    """A day without the time of day that some copies have behind it."""
    return text.replace("T", " ").strip().split(" ")[0]


def _line(product_id: str, price: Decimal, quantity: int, discount: Decimal) -> tuple[Decimal, Line | None]:
    """The exact amount of a row, and its line; None where nothing is sold. Net amounts start from whole
    cents.
    """
    exact = EXACT.multiply(EXACT.multiply(price, Decimal(quantity)), EXACT.subtract(ONE, discount))
    unit_price_minor = minor(price)
    net_minor = minor(Decimal(unit_price_minor * quantity) / 100 * (ONE - round(discount, 4)))
    sells = 0 < quantity <= QUANTITY_MAX and 0 <= net_minor <= quantity * unit_price_minor <= AMOUNT_MINOR_MAX
    if not sells or not product_id:
        return exact, None
    return exact, Line(product_id, quantity, exact, net_minor, unit_price_minor)


def _customer(row: tuple[str, ...], at: datetime) -> ImportedCustomer:
    customer_id, company, contact, address, city, postal_code, country, phone = row
    postal = ", ".join(part for part in (address, f"{postal_code} {city}".strip(), country) if part)
    points: tuple[tuple[ContactKind, str], ...] = (("phone", phone), ("address", postal))
    return ImportedCustomer(
        reference=customer_id,
        at=at,
        store=SOURCE,
        name=f"{contact}, {company}" if contact and company else contact or company or None,
        address_as=contact or None,
        contact_points=tuple((kind, value) for kind, value in points if value),
    )


def _file(folder: Path, table: str) -> Path:
    """The file of a table: order_details.csv, OrderDetails.csv or Order Details.csv, plain or gzipped."""
    names = {spelling.casefold() + ending for spelling in _spellings(table) for ending in (".csv", ".csv.gz")}
    found = sorted(path for path in folder.iterdir() if path.name.casefold() in names)
    return found[0] if found else folder / f"{table}.csv"


def _spellings(name: str) -> tuple[str, ...]:
    return (name, name.replace("_", ""), name.replace("_", " "))

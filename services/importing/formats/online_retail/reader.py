"""UCI Online Retail and Online Retail II: invoices, and cancellations without a reference.

Chen, Sain & Guo (2012), doi:10.1057/dbm.2012.17. Times are local UK times without a zone. An invoice number
that starts with C is a cancellation, with A a bad-debt adjustment. The files name no sellers: associates are
made up.

Several files are read as one: Online Retail II comes as two sheets that share some days. A row that an
earlier file has, too, is skipped once for each time it occurs there.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from zoneinfo import ZoneInfo

from infra.clock import SYSTEM_CLOCK
from services.importing.formats.online_retail.rows import Row, amount_of, price_of, skip_reason_of
from services.importing.pipeline.amounts import has_decimal_comma, mark_in_words, whole_of
from services.importing.pipeline.csv_files import BrokenRow, CsvFile, rows_of_all
from services.importing.pipeline.grouping import RowSortKey, by_invoice, without_duplicates
from services.importing.pipeline.local_times import LocalTimes, days_come_first, order_in_words
from services.importing.pipeline.made_up_associates import MadeUpAssociates
from services.importing.pipeline.reconciliation import DUPLICATE, Reconciliation
from services.importing.pipeline.row_problems import RowProblem, found_at, kind_of
from services.importing.pipeline.source_documents import LINES_MAX, DocumentKind, Entry, Line, SourceDocument

SOURCE = "online-retail"
CURRENCY = "GBP"
LONDON = ZoneInfo("Europe/London")

COLUMNS = {
    "invoice": ("InvoiceNo", "Invoice", "Invoice No", "Invoice_No"),
    "stock code": ("StockCode", "Stock Code", "Stock_Code"),
    "description": ("Description",),
    "quantity": ("Quantity",),
    "time": ("InvoiceDate", "Invoice Date", "Invoice_Date"),
    "unit price": ("UnitPrice", "Price", "Unit Price", "Unit_Price"),
    "customer": ("CustomerID", "Customer ID", "Customer_ID"),
}
Cells = Sequence[str]
INVOICE, SKU, DESCRIPTION, QUANTITY, TIME, PRICE, CUSTOMER = range(7)


class OnlineRetail:
    """Reads files into source documents, ordered by time, and reconciles each row."""

    source = SOURCE

    def __init__(self, paths: Sequence[Path], associates: int, reconciliation: Reconciliation) -> None:
        self._files = [CsvFile(path, COLUMNS) for path in paths]
        self.size_bytes = sum(file.size_bytes for file in self._files)
        self._reconciliation = reconciliation
        self._made_up = MadeUpAssociates(SOURCE, associates, CURRENCY)
        self._decimal_comma = has_decimal_comma(self._numbers(), delimiter=self._files[0].delimiter)
        self.readings = {"numbers": mark_in_words(self._decimal_comma)}
        self._times = LocalTimes(LONDON, now=SYSTEM_CLOCK.now())

    def _numbers(self) -> Iterator[tuple[str, str]]:
        for file, line, cells in rows_of_all(self._files):
            if not isinstance(cells, BrokenRow):
                for place in (PRICE, QUANTITY):
                    yield f"{self._files[file].path.name} line {line}", cells[place]

    def owner_of(self, customer: str) -> str | None:
        """The made-up associate of a customer, whether a sale or a return comes first."""
        return self._made_up.of(customer)

    def entries(self, on_progress: Callable[[int], None] | None = None) -> Iterator[Entry]:
        """The associates, then the source documents."""
        times = (cells[TIME] for _, _, cells in rows_of_all(self._files) if not isinstance(cells, BrokenRow))
        self._times.day_first = days_come_first(chain.from_iterable(_until_year_first(times)))
        self.readings["dates"] = order_in_words(self._times.day_first)
        first = True
        rows_of_invoices = by_invoice(
            self._sort_keys,
            self._times.instant_if_any,
            partial(self._rows, on_progress),
            first_sort_keys=self._first_sort_keys,
        )
        for rows in rows_of_invoices:
            if first:
                yield from self._made_up.hires(rows[0].at, rows[0].at.astimezone(LONDON).date())
                first = False
            yield from self._documents(rows)

    def _sort_keys(self) -> Iterator[RowSortKey]:
        """Of consecutive rows with the same invoice and time, the first and the last."""
        return _ends(chain.from_iterable(file.runs("invoice", "time") for file in self._files))

    def _first_sort_keys(self) -> Iterator[RowSortKey]:
        """Of consecutive rows with the same invoice, the first and the last; both with the time of the
        first.
        """
        return _ends(chain.from_iterable(file.beginnings("invoice", "time") for file in self._files))

    def _rows(self, on_progress: Callable[[int], None] | None) -> Iterator[Row]:
        for index, (file, line, cells) in enumerate(rows_of_all(self._files, on_progress)):
            self._reconciliation.row()
            if isinstance(cells, BrokenRow):
                self._reconciliation.skip_broken(self._files[file].path.name, line, cells)
            elif (row := self._row(index, file, line, cells)) is not None:
                yield row

    def _skip_unreadable(self, file: int, line: int, column: str, text: str, why: str) -> None:
        problem = RowProblem(self._files[file].path.name, line, column, kind_of(text), why)
        self._reconciliation.skip_unreadable(problem)

    def _row(self, index: int, file: int, line: int, cells: Cells) -> Row | None:
        place = QUANTITY
        try:
            quantity = whole_of(cells[QUANTITY].strip(), self._decimal_comma)
            place = PRICE
            price = price_of(cells[PRICE].strip(), self._decimal_comma)
            place = TIME
            at = self._times.instant(cells[TIME])
        except ValueError as error:
            self._skip_unreadable(file, line, tuple(COLUMNS)[place], cells[place], _reason(error))
            return None
        row = Row(
            index,
            file,
            line,
            cells[INVOICE].strip(),
            cells[SKU].strip(),
            cells[DESCRIPTION].strip(),
            quantity,
            at,
            price,
            cells[CUSTOMER].strip().removesuffix(".0"),
        )
        if (reason := skip_reason_of(row)) is not None:
            self._reconciliation.skip(reason, row.amount)
            return None
        return row

    def _documents(self, rows: list[Row]) -> Iterator[SourceDocument]:
        """Split an invoice into a document for each customer and kind; very long ones into several."""
        rows = without_duplicates(rows, _same, lambda row: self._reconciliation.skip(DUPLICATE, row.amount))
        together: dict[tuple[str, DocumentKind], list[Row]] = {}
        for row in rows:
            together.setdefault((row.customer, row.kind), []).append(row)
        numbers: Counter[DocumentKind] = Counter()
        kinds = {kind for _, kind in together}
        for (customer, kind), of_document in together.items():
            for start in range(0, len(of_document), LINES_MAX):
                part = of_document[start : start + LINES_MAX]
                numbers[kind] += 1
                name = part[0].invoice if numbers[kind] == 1 else f"{part[0].invoice}/{numbers[kind]}"
                seller = self._made_up.of(customer) if customer and kind == "sale" else None
                yield SourceDocument(
                    kind=kind,
                    name=name,
                    customer=customer or None,
                    at=min(row.at for row in part),
                    lines=tuple([_line(row, seller) for row in part]),
                    store=SOURCE,
                    currency=CURRENCY,
                    channel="online",
                    found_at=found_at([file.path.name for file in self._files], part),
                    beside_other_kind=len(kinds) > 1,
                )


def _same(row: Row) -> Hashable:
    return row.customer, row.sku, row.quantity, row.at, row.price.exact


def _line(row: Row, seller: str | None) -> Line:
    quantity = abs(row.quantity)
    amount = amount_of(row.price, quantity)
    return Line(
        sku=row.sku,
        description=row.description,
        quantity=quantity,
        exact=amount.exact,
        net_minor=amount.minor,
        # A price finer than a minor unit is rounded up and the line brought down to its amount by a discount.
        unit_price_minor=row.price.rounded_up,
        seller=seller,
    )


def _until_year_first(texts: Iterator[str]) -> Iterator[list[str]]:
    """Texts up to the first with its year first: where one is, the others need no look."""
    for text in texts:
        if text.strip()[4:5] == "-":
            return
        yield [text]


def _reason(error: ValueError) -> str:
    text = str(error)
    return text if text.startswith("is ") else "cannot be read"


def _ends(runs: Iterable[tuple[int, Cells | None]]) -> Iterator[RowSortKey]:
    place = 0
    for count, cells in runs:
        if cells is not None:
            invoice, time = cells[0].strip(), cells[1]
            yield place, invoice, time
            if count > 1:
                yield place + count - 1, invoice, time
        place += count

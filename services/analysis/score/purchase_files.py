"""Read purchases from files, as the events that an import of them would write.

Three formats. `cdnow`: blanks or commas between the columns, with or without a header; customer, date
(YYYYMMDD), CDs, dollars (the master file), or master id, sample id, date, CDs, dollars (the sample).
`online-retail`: UCI Online Retail and Online Retail II, read as the import reads them. `csv`: a header with a
customer, a date and, optionally, an amount; dates are read as the import reads them. All may be gzipped, and
come in several files.
"""

import gzip
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Literal, TypeVar

from domain.ids import CUSTOMER, SALE, derived_id
from domain.sale.events import SaleRecorded, SoldLine
from services.analysis.score.online_retail_purchases import online_retail
from services.analysis.score.purchase_events import PurchaseEvent, ReadReport
from services.importing.pipeline.amounts import decimal_of, has_decimal_comma, minor
from services.importing.pipeline.csv_files import BLANK_ROW, BrokenRow, CsvFile, UnusableFile
from services.importing.pipeline.local_times import DayOrder, LocalTimes
from services.importing.pipeline.reconciliation import BLANK

Value = TypeVar("Value")
FileFormat = Literal["cdnow", "online-retail", "csv"]

MESSAGES_MAX = 10
#: Spellings of the headings of a `csv` file; capitals make no difference.
CSV_COLUMNS: Mapping[str, Sequence[str]] = {
    "customer": ("customer", "customer_id", "customer id", "customerid", "cust", "cust_id", "client", "id"),
    "date": (
        "date",
        "order_date",
        "order date",
        "orderdate",
        "invoicedate",
        "transaction_date",
        "day",
        "time",
    ),
    "amount": ("amount", "total", "spend", "sales", "price", "value", "net", "dollars"),
}


class UnreadableRows(UnusableFile):
    """Raised for rows that cannot be read; the message names the first of them by line number."""

    def __init__(self, path: Path, messages: Sequence[str]) -> None:
        shown = "\n".join(f"  {message}" for message in messages[:MESSAGES_MAX])
        more = len(messages) - MESSAGES_MAX
        super().__init__(
            f"{path}: rows that cannot be read:\n{shown}" + (f"\n  and {more} more" if more > 0 else "")
        )


def purchase_events(
    paths: Sequence[Path],
    format: FileFormat,
    columns: Mapping[str, str],
    report: ReadReport,
    *,
    date_format: str | None = None,
) -> Iterator[PurchaseEvent]:
    """The sales and returns of files in their order. `columns` names columns of a `csv` file with other
    headings, `date_format` says how its dates are written (as for strptime).

    Raises UnusableFile for a file of another format, UnreadableRows at its end for rows that cannot be read.
    """
    if (columns or date_format) and format != "csv":
        raise UnusableFile(f"only csv files have columns and dates to be described; {format} has its own")
    if format == "online-retail":
        return online_retail(paths, report)
    if format == "cdnow":
        return chain.from_iterable(_cdnow(path, place, report) for place, path in enumerate(paths))
    return _csv(paths, columns, report, date_format)


def _cdnow(path: Path, place: int, report: ReadReport) -> Iterator[PurchaseEvent]:
    messages: list[str] = []
    width = 0
    for number, line in _lines(path):
        cells = line.replace(",", " ").split()
        if not cells or (number == 1 and len(cells) > 3 and not any(letter.isdigit() for letter in line)):
            # A blank line, or the header that some copies have.
            continue
        report.rows += 1
        width = width or len(cells)
        if width not in (4, 5):
            raise UnusableFile(
                f"{path}: line {number} has {width} columns; CDNOW's master file has 4 and its sample has 5"
            )
        if len(cells) != width:
            messages.append(f"line {number}: {len(cells)} columns, the first line has {width}")
            continue
        customer, (day, quantity, amount) = cells[0], cells[-3:]
        try:
            yield _sold(
                "cdnow", (place, number), customer, _day(day), _quantity(quantity), _dollars(amount), "USD"
            )
        except ValueError as error:
            messages.append(f"line {number}: {error}")
    if messages:
        raise UnreadableRows(path, messages)


def _csv(
    paths: Sequence[Path], columns: Mapping[str, str], report: ReadReport, date_format: str | None
) -> Iterator[PurchaseEvent]:
    for name in columns:
        if name not in CSV_COLUMNS:
            raise UnusableFile(f"there is no column {name!r} to be named: {', '.join(CSV_COLUMNS)}")
    wanted = {name: ((columns[name],) if name in columns else CSV_COLUMNS[name]) for name in CSV_COLUMNS}
    optional = () if "amount" in columns else ("amount",)
    tables = [CsvFile(path, wanted, optional=optional) for path in paths]
    days, amounts = DayOrder(), list[tuple[str, str]]()
    for table in tables:
        for line, cells in table.rows():
            if not isinstance(cells, BrokenRow):
                days.look_at(cells[1], table.path.name, line, "date")
                amounts.append((f"{table.path.name} line {line}", cells[2]))
    times = LocalTimes(UTC, day_first=days.day_first, pattern=date_format)
    comma = has_decimal_comma(amounts, delimiter=tables[0].delimiter)
    for place, table in enumerate(tables):
        yield from _rows(table, place, times, report, decimal_comma=comma)


def _rows(
    table: CsvFile, place: int, times: LocalTimes, report: ReadReport, *, decimal_comma: bool
) -> Iterator[PurchaseEvent]:
    messages: list[str] = []
    for number, cells in table.rows():
        report.rows += 1
        if cells is BLANK_ROW:
            report.skip(BLANK)
            continue
        if isinstance(cells, BrokenRow):
            messages.append(f"line {number}: {cells.reason}")
            continue
        customer, day, amount = (cell.strip() for cell in cells)
        try:
            if not customer:
                raise ValueError("no customer")
            on = _said(day, times.day)
            amount_minor = (
                _minor(_said(amount, lambda text: decimal_of(text, decimal_comma))) if amount else 0
            )
            if amount_minor < 0:
                report.skip("refund_without_sale")
            else:
                yield _sold("csv", (place, number), customer, on, 1, amount_minor, "XXX")
        except ValueError as error:
            messages.append(f"line {number}: {error}")
    if messages:
        raise UnreadableRows(table.path, messages)


def _said(text: str, read: Callable[[str], Value]) -> Value:
    """What a text is read as; the message of the error repeats it."""
    try:
        return read(text)
    except ValueError as error:
        raise ValueError(f"{text!r} {error}") from None


def _sold(
    source: str,
    row: tuple[int, int],
    customer: str,
    day: date,
    quantity: int,
    net_minor: int,
    currency: str,
) -> SaleRecorded:
    """One row (of a file, by its line) as a sale of one line, at the start of its day (UTC)."""
    line = SoldLine(line_no=1, sku=source, quantity=quantity, unit_price_minor=0, net_minor=net_minor)
    return SaleRecorded(
        occurred_at=datetime(day.year, day.month, day.day, tzinfo=UTC),
        sale_id=derived_id(SALE, source, *map(str, row)),
        customer_id=derived_id(CUSTOMER, source, customer),
        store_id=source,
        channel="online",
        currency=currency,
        lines=(line,),
        net_minor=net_minor,
    )


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    if not path.is_file():
        raise UnusableFile(f"{path}: there is no such file")
    try:
        with (
            gzip.open(path, "rt", errors="replace")
            if path.suffix == ".gz"
            else path.open(errors="replace") as text
        ):
            for number, line in enumerate(text, start=1):
                # Old files end with the end-of-file sign of DOS.
                yield number, line.lstrip("\ufeff").strip("\x1a")
    except (EOFError, gzip.BadGzipFile, OSError) as error:
        raise UnusableFile(f"{path}: {error}") from error


def _day(text: str) -> date:
    try:
        if len(text) == 8 and text.isdigit():
            return date(int(text[:4]), int(text[4:6]), int(text[6:]))
        return datetime.fromisoformat(text).date()
    except ValueError:
        raise ValueError(f"{text!r} is no date (YYYY-MM-DD or YYYYMMDD)") from None


def _quantity(text: str) -> int:
    if not text.isdigit():
        raise ValueError(f"{text!r} is no number of pieces")
    return max(1, int(text))


def _dollars(text: str) -> int:
    return _minor(_said(text, decimal_of))


def _minor(amount: Decimal) -> int:
    if abs(amount) > 10**12:
        raise ValueError(f"{amount} is too large to be true")
    return minor(amount)

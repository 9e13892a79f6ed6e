"""Read purchases from files, as the events that an import of them would write.

Three formats. `cdnow`: no header, blanks between the columns; customer, date (YYYYMMDD), CDs, dollars (the
master file), or master id, sample id, date, CDs, dollars (the sample). `online-retail`: UCI Online Retail and
Online Retail II, read as the import reads them. `csv`: a header with a customer, a date and, optionally, an
amount. All may be gzipped.
"""

import gzip
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Literal

from domain.ids import CUSTOMER, SALE, derived_id
from domain.sale.events import SaleRecorded, SoldLine
from services.analysis.score.online_retail_purchases import online_retail
from services.analysis.score.purchase_events import PurchaseEvent, ReadReport
from services.importing.pipeline.amounts import minor
from services.importing.pipeline.csv_files import CsvFile, UnusableFile

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
    path: Path, format: FileFormat, columns: Mapping[str, str], report: ReadReport
) -> Iterator[PurchaseEvent]:
    """The sales and returns of a file in its order. `columns` names columns of a `csv` file with other
    headings.

    Raises UnusableFile for a file of another format, UnreadableRows at its end for rows that cannot be read.
    """
    if columns and format != "csv":
        raise UnusableFile(f"only csv files have columns to be named; {format} has its own")
    if format == "cdnow":
        return _cdnow(path, report)
    if format == "online-retail":
        return online_retail(path, report)
    return _csv(path, columns, report)


def _cdnow(path: Path, report: ReadReport) -> Iterator[PurchaseEvent]:
    messages: list[str] = []
    width = 0
    for number, line in _lines(path):
        cells = line.split()
        if not cells:
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
            yield _sold("cdnow", number, customer, _day(day), _quantity(quantity), _minor(amount), "USD")
        except ValueError as error:
            messages.append(f"line {number}: {error}")
    if messages:
        raise UnreadableRows(path, messages)


def _csv(path: Path, columns: Mapping[str, str], report: ReadReport) -> Iterator[PurchaseEvent]:
    for name in columns:
        if name not in CSV_COLUMNS:
            raise UnusableFile(f"there is no column {name!r} to be named: {', '.join(CSV_COLUMNS)}")
    wanted = {name: ((columns[name],) if name in columns else CSV_COLUMNS[name]) for name in CSV_COLUMNS}
    table = CsvFile(path, wanted, optional=() if "amount" in columns else ("amount",))
    has_amounts = not {heading.casefold() for heading in table.header}.isdisjoint(
        spelling.casefold() for spelling in wanted["amount"]
    )
    messages: list[str] = []
    for number, cells in table.rows():
        report.rows += 1
        if cells is None:
            messages.append(f"line {number}: another number of columns than the header")
            continue
        try:
            if not cells[0].strip():
                raise ValueError("no customer")
            day, amount_minor = _day(cells[1].strip()), _minor(cells[2].strip()) if has_amounts else 0
            if amount_minor < 0:
                report.skip("refund_without_sale")
            else:
                yield _sold("csv", number, cells[0].strip(), day, 1, amount_minor, "XXX")
        except ValueError as error:
            messages.append(f"line {number}: {error}")
    if messages:
        raise UnreadableRows(path, messages)


def _sold(
    source: str, number: int, customer: str, day: date, quantity: int, net_minor: int, currency: str
) -> SaleRecorded:
    """One row as a sale of one line, at the start of its day (UTC)."""
    line = SoldLine(line_no=1, sku=source, quantity=quantity, unit_price_minor=0, net_minor=net_minor)
    return SaleRecorded(
        occurred_at=datetime(day.year, day.month, day.day, tzinfo=UTC),
        sale_id=derived_id(SALE, source, str(number)),
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


def _minor(text: str) -> int:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{text!r} is no amount") from None
    if not amount.is_finite() or abs(amount) > 10**12:
        raise ValueError(f"{text!r} is no amount")
    return minor(amount)

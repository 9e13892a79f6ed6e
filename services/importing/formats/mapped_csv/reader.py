"""CSV files of any layout, read by a mapping: each row a line, the rows of one invoice a source document."""

import hashlib
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

from services.importing.formats.mapped_csv.cells import Cells, MappedCells
from services.importing.formats.mapped_csv.mapping import Mapping
from services.importing.formats.mapped_csv.order_amounts import OrderAmounts
from services.importing.formats.mapped_csv.row_amounts import Unreadable
from services.importing.formats.mapped_csv.row_documents import RowDocuments
from services.importing.formats.mapped_csv.rows import LEFT_OUT, MappedRow, RowReader
from services.importing.pipeline.amounts import DecimalMark
from services.importing.pipeline.csv_files import BrokenRow, CsvFile, rows_of_all
from services.importing.pipeline.grouping import by_invoice, without_duplicates
from services.importing.pipeline.local_times import DayOrder
from services.importing.pipeline.made_up_associates import MadeUpAssociates
from services.importing.pipeline.reconciliation import DUPLICATE, Reconciliation
from services.importing.pipeline.row_problems import RowProblem, kind_of
from services.importing.pipeline.source_documents import Entry, SourceDocument
from services.importing.pipeline.top_sellers import TopSellers


class MappedCsv:
    """Reads files into source documents, ordered by time, and reconciles each row.

    Before all else, every number and date is looked at: a file that can be read two ways is refused.
    References of customers without a number are hashed; anybody can compute the hashes until `key_hashes`.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        mapping: Mapping,
        reconciliation: Reconciliation,
        *,
        now: datetime,
        associates: int = 0,
    ) -> None:
        self._mapped = MappedCells(mapping)
        shape = mapping.file
        self._files = [
            CsvFile(
                path,
                self._mapped.headings,
                delimiter=shape.delimiter,
                encoding=shape.encoding,
                skip_rows=shape.skip_rows,
                padded=shape.padded,
            )
            for path in paths
        ]
        self.source = mapping.name
        self.size_bytes = sum(file.size_bytes for file in self._files)
        self._mapping = mapping
        self._reconciliation = reconciliation
        numbers, days = DecimalMark(shape.decimal_comma), DayOrder(_day_first(mapping))
        self._settle(numbers, days)
        self.readings = {"numbers": numbers.reason, "dates": _dates_read(mapping, days)}
        self._reader = RowReader(
            mapping, self._mapped, now, decimal_comma=numbers.is_comma, day_first=days.day_first
        )
        self._made_up = MadeUpAssociates(mapping.name, associates, mapping.currency) if associates else None
        self._order_amounts = OrderAmounts(mapping, self._report)
        self._documents = RowDocuments(
            mapping, self._made_up, [path.name for path in paths], self._reader.names
        )
        self._top_sellers = TopSellers()

    @property
    def kinds(self) -> Counter[tuple[str, str]]:
        """How many rows were of each kind: its text in the file, and what it was taken for."""
        return self._reader.kinds.met

    def key_hashes(self, key: bytes) -> None:
        """Use a secret key for the hashes of customers without a number."""
        self._reader.key = key

    def _settle(self, numbers: DecimalMark, days: DayOrder) -> None:
        for file, line, cells in self._cells():
            if isinstance(cells, BrokenRow):
                continue
            name = self._files[file].path.name
            days.look_at(self._mapped.time_text(cells), name, line, self._mapped.heading("date"))
            for column, text in self._mapped.numbers(cells):
                numbers.look_at(text, name, line, self._mapped.heading(column))

    def owner_of(self, customer: str) -> str | None:
        """The made-up associate of a customer; real associates become owners by what they sold."""
        return self._made_up.of(customer) if self._made_up else None

    def entries(self, on_progress: Callable[[int], None] | None = None) -> Iterator[Entry]:
        """Associates and customers where they first occur, the source documents, and at last the owners."""
        at: datetime | None = None
        for rows in by_invoice(
            self._sort_keys, self._reader.times.instant_if_any, partial(self._rows, on_progress)
        ):
            if at is None and self._made_up is not None:
                first = rows[0].at
                yield from self._made_up.hires(first, first.astimezone(self._mapping.zone()).date())
            once = without_duplicates(rows, _same, self._again)
            for entry in self._documents.entries(self._order_amounts.applied(once)):
                if isinstance(entry, SourceDocument):
                    self._top_sellers.add(entry)
                    at = max(at or entry.at, entry.at)
                yield entry
        if at is not None:
            yield from self._top_sellers.hand_overs(at)

    def _cells(
        self, on_progress: Callable[[int], None] | None = None
    ) -> Iterator[tuple[int, int, Cells | BrokenRow]]:
        """File, line and cells of every row; what an invoice's first row says holds for its others."""
        above: tuple[int, Cells | None] = (0, None)
        for file, line, cells in rows_of_all(self._files, on_progress):
            if not isinstance(cells, BrokenRow):
                cells = self._mapped.filled(cells, above[1] if above[0] == file else None)
                above = (file, cells)
            yield file, line, cells

    def _sort_keys(self) -> Iterator[tuple[int, str, str]]:
        names = _RowDigests()
        for place, (_, _, cells) in enumerate(self._cells()):
            if not isinstance(cells, BrokenRow):
                invoice = self._reader.invoice_of(cells) or names.of(cells)
                yield place, invoice, self._mapped.time_text(cells)

    def _rows(self, on_progress: Callable[[int], None] | None) -> Iterator[MappedRow]:
        names = _RowDigests()
        for place, (file, line, cells) in enumerate(self._cells(on_progress)):
            self._reconciliation.row()
            name = self._files[file].path.name
            if isinstance(cells, BrokenRow):
                self._reconciliation.skip_broken(name, line, cells)
                continue
            invoice = self._reader.invoice_of(cells) or names.of(cells)
            try:
                row = self._reader.read(place, file, line, invoice, cells)
            except Unreadable as error:
                if self._mapped.is_skipped(cells):
                    self._reconciliation.skip(LEFT_OUT)
                    continue
                heading = self._mapped.heading(error.column)
                problem = RowProblem(name, line, heading, kind_of(error.text), error.reason)
                self._reconciliation.skip_unreadable(problem)
                continue
            if row.skipped is None:
                yield row
            else:
                self._reconciliation.skip(row.skipped, row.signed)

    def _report(self, rows: Sequence[MappedRow], column: str, reason: str) -> None:
        """Count the rows of an order that cannot be."""
        heading = self._mapped.heading(column)
        for row in rows:
            problem = RowProblem(self._files[row.file].path.name, row.line_of_file, heading, "", reason)
            self._reconciliation.skip_unreadable(problem, row.signed)

    def _again(self, row: MappedRow) -> None:
        self._reconciliation.skip(DUPLICATE, row.signed)


def _same(row: MappedRow) -> Hashable:
    return row.customer, row.kind, row.at, row.associates, row.line


def _day_first(mapping: Mapping) -> bool | None:
    """Whether the mapping says that the day comes first; None where it says nothing."""
    if (pattern := mapping.file.date_format) is None or "%m" not in pattern or "%d" not in pattern:
        return mapping.file.day_first
    return pattern.index("%d") < pattern.index("%m")


def _dates_read(mapping: Mapping, days: DayOrder) -> str:
    pattern = mapping.file.date_format
    return f"as {pattern}, as the mapping says" if pattern else days.reason


class _RowDigests:
    """Invoice names for rows without a number: the same row gets the same name in every run."""

    def __init__(self) -> None:
        self._met: Counter[bytes] = Counter()

    def of(self, cells: Cells) -> str:
        digest = hashlib.blake2b("\x1f".join(cells).encode(), digest_size=12).digest()
        self._met[digest] += 1
        number = self._met[digest]
        return f"row-{digest.hex()}" if number == 1 else f"row-{digest.hex()}-{number}"

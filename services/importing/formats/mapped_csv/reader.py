"""CSV files of any layout, read by a mapping: each row a line, the rows of one invoice a source document."""

import hashlib
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from domain.associate.commands import PayPlan
from domain.customer.commands import ContactKind
from domain.customer.policies import is_mail_address
from services.importing.formats.mapped_csv.mapping import Mapping
from services.importing.formats.mapped_csv.row_problems import RowProblem, kind_of
from services.importing.formats.mapped_csv.rows import COLUMN_NAMES, MappedRow, RowReader, Unreadable
from services.importing.pipeline.csv_files import CsvFile
from services.importing.pipeline.grouping import by_invoice, without_duplicates
from services.importing.pipeline.made_up_associates import MadeUpAssociates
from services.importing.pipeline.reconciliation import DUPLICATE, Reconciliation
from services.importing.pipeline.source_documents import (
    LINES_MAX,
    DocumentKind,
    Entry,
    Hire,
    ImportedCustomer,
    Line,
    SourceDocument,
)
from services.importing.pipeline.top_sellers import TopSellers

Cells = Sequence[str]


class _DocumentKey(NamedTuple):
    """What the lines of one source document share."""

    kind: DocumentKind
    customer: str | None
    taken_in_by: str | None


class MappedCsv:
    """Reads files into source documents, ordered by time, and reconciles each row.

    `problems` lists the rows that cannot be read.
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
        wanted = {name: (heading,) for name in COLUMN_NAMES if (heading := getattr(mapping.columns, name))}
        shape = mapping.file
        self._files = [
            CsvFile(path, wanted, delimiter=shape.delimiter, encoding=shape.encoding) for path in paths
        ]
        self.source = mapping.name
        self.size_bytes = sum(file.size_bytes for file in self._files)
        self.problems: list[RowProblem] = []
        self._mapping = mapping
        self._reconciliation = reconciliation
        self._reader = RowReader(mapping, tuple(wanted), now)
        self._made_up = MadeUpAssociates(mapping.name, associates, mapping.currency) if associates else None
        self._hired: set[str] = set()
        self._met: set[str] = set()
        self._top_sellers = TopSellers()

    def owner_of(self, customer: str) -> str | None:
        """The made-up associate of a customer; real associates become owners by what they sold."""
        return self._made_up.of(customer) if self._made_up else None

    def entries(self, on_progress: Callable[[int], None] | None = None) -> Iterator[Entry]:
        """Associates and customers where they first occur, the source documents, and at last the owners."""
        at: datetime | None = None
        for rows in by_invoice(self._sort_keys, self._reader.time_of, partial(self._rows, on_progress)):
            if at is None and self._made_up is not None:
                first = rows[0].at
                yield from self._made_up.hires(first, first.astimezone(self._mapping.zone()).date())
            for document, of_document in self._documents(without_duplicates(rows, _same, self._again)):
                yield from self._hires(document, of_document)
                yield from self._customer(document, of_document[0])
                self._top_sellers.add(document)
                at = max(at or document.at, document.at)
                yield document
        if at is not None:
            yield from self._top_sellers.hand_overs(at)

    def _cells(
        self, on_progress: Callable[[int], None] | None = None
    ) -> Iterator[tuple[int, int, Cells | None]]:
        done_bytes = 0
        for number, file in enumerate(self._files):
            before = done_bytes
            report = (lambda read, before=before: on_progress(before + read)) if on_progress else None
            for line, cells in file.rows(report):
                yield number, line, cells
            done_bytes += file.size_bytes

    def _sort_keys(self) -> Iterator[tuple[int, str, str]]:
        names = _RowDigests()
        for place, (_, _, cells) in enumerate(self._cells()):
            if cells is not None:
                invoice = self._reader.invoice_of(cells) or names.of(cells)
                yield place, invoice, self._reader.time_text(cells)

    def _rows(self, on_progress: Callable[[int], None] | None) -> Iterator[MappedRow]:
        names = _RowDigests()
        for place, (file, line, cells) in enumerate(self._cells(on_progress)):
            self._reconciliation.row()
            name = self._files[file].path.name
            if cells is None:
                self._report(RowProblem(name, line, "", "", "has another number of columns than the header"))
                continue
            invoice = self._reader.invoice_of(cells) or names.of(cells)
            try:
                row = self._reader.read(place, file, invoice, cells)
            except Unreadable as error:
                heading = getattr(self._mapping.columns, error.column, None) or error.column
                self._report(RowProblem(name, line, heading, kind_of(error.text), error.reason))
                continue
            if row.skipped is None:
                yield row
            else:
                self._reconciliation.skip(row.skipped, row.signed)

    def _report(self, problem: RowProblem) -> None:
        self.problems.append(problem)
        self._reconciliation.skip_unreadable(str(problem))

    def _again(self, row: MappedRow) -> None:
        self._reconciliation.skip(DUPLICATE, row.signed)

    def _documents(self, rows: list[MappedRow]) -> Iterator[tuple[SourceDocument, list[MappedRow]]]:
        """Split an invoice into a document for each customer and kind; very long ones into several."""
        together: dict[_DocumentKey, list[MappedRow]] = {}
        for row in rows:
            taken_in_by = row.associate if row.kind == "return" else None
            together.setdefault(_DocumentKey(row.kind, row.customer, taken_in_by), []).append(row)
        numbers: Counter[DocumentKind] = Counter()
        for (kind, customer, taken_in_by), of_document in together.items():
            for start in range(0, len(of_document), LINES_MAX):
                part = of_document[start : start + LINES_MAX]
                first = part[0]
                numbers[kind] += 1
                document = SourceDocument(
                    kind=kind,
                    name=first.invoice if numbers[kind] == 1 else f"{first.invoice}/{numbers[kind]}",
                    customer=customer,
                    at=min(row.at for row in part),
                    lines=tuple(self._line(row) for row in part),
                    store=first.store,
                    currency=self._mapping.currency,
                    channel=self._mapping.channel,
                    taken_in_by=taken_in_by,
                )
                yield document, part

    def _line(self, row: MappedRow) -> Line:
        seller = None
        if row.kind == "sale":
            made_up = self._made_up.of(row.customer) if self._made_up and row.customer else None
            seller = row.associate or made_up
        return replace(row.line, seller=seller)

    def _hires(self, document: SourceDocument, rows: Sequence[MappedRow]) -> Iterator[Hire]:
        for reference in dict.fromkeys(row.associate for row in rows):
            if reference is not None and reference not in self._hired:
                self._hired.add(reference)
                yield self._hire(reference, document)

    def _customer(self, document: SourceDocument, row: MappedRow) -> Iterator[ImportedCustomer]:
        if document.customer is None or document.customer in self._met:
            return
        self._met.add(document.customer)
        # What is no mail address is left out: it is no reason to leave out the customer.
        email = row.email if is_mail_address(row.email) else ""
        points: tuple[tuple[ContactKind, str], ...] = (("phone", row.phone), ("email", email))
        contact_points = tuple(point for point in points if point[1])
        if row.customer_name or contact_points:
            yield ImportedCustomer(
                document.customer,
                document.at,
                document.store,
                name=row.customer_name or None,
                contact_points=contact_points,
            )

    def _hire(self, reference: str, document: SourceDocument) -> Hire:
        pay = self._mapping.pay
        plan = PayPlan(
            currency=self._mapping.currency,
            base_rate_minor=pay.base_rate_minor,
            rate_bp=pay.rates_bp.get(reference, pay.rate_bp),
            deficit_policy=pay.deficit_policy,
        )
        day = document.at.astimezone(self._mapping.zone()).date()
        return Hire(reference, document.at, document.store, plan, name=reference, hired_on=day)


def _same(row: MappedRow) -> Hashable:
    return row.customer, row.kind, row.at, row.associate, row.line


class _RowDigests:
    """Invoice names for rows without a number: the same row gets the same name in every run."""

    def __init__(self) -> None:
        self._met: Counter[bytes] = Counter()

    def of(self, cells: Cells) -> str:
        digest = hashlib.blake2b("\x1f".join(cells).encode(), digest_size=12).digest()
        self._met[digest] += 1
        number = self._met[digest]
        return f"row-{digest.hex()}" if number == 1 else f"row-{digest.hex()}-{number}"

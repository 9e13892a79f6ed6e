"""Rows of one invoice as source documents, and the people they name first."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from domain.associate.commands import PayPlan
from domain.customer.commands import ContactKind
from domain.customer.policies import is_mail_address, is_telephone_number
from services.importing.formats.mapped_csv.mapping import Mapping
from services.importing.formats.mapped_csv.rows import MappedRow
from services.importing.pipeline.made_up_associates import MadeUpAssociates
from services.importing.pipeline.row_problems import found_at
from services.importing.pipeline.source_documents import (
    LINES_MAX,
    DocumentKind,
    Entry,
    Hire,
    ImportedCustomer,
    Line,
    SourceDocument,
)


class _DocumentKey(NamedTuple):
    """What the lines of one source document share."""

    kind: DocumentKind
    customer: str | None
    taken_in_by: str | None


class RowDocuments:
    """Makes source documents of rows, and the associates and customers whom they name first."""

    def __init__(
        self,
        mapping: Mapping,
        made_up: MadeUpAssociates | None,
        files: Sequence[str],
        names: dict[str, str],
    ) -> None:
        self._mapping = mapping
        self._names = names
        self._files = files
        self._made_up = made_up
        self._hired: set[str] = set()
        self._met: set[str] = set()

    def entries(self, rows: Sequence[MappedRow]) -> Iterator[Entry]:
        """The source documents of one invoice, and before each the people it names first."""
        for document, of_document in self._documents(self._of_one_customer(rows)):
            yield from self._hires(document, of_document)
            yield from self._customer(document, of_document[0])
            yield document

    def _of_one_customer(self, rows: Sequence[MappedRow]) -> Sequence[MappedRow]:
        """Rows that name nobody belong to the one customer whom other rows of the invoice name."""
        named = {row.customer for row in rows if row.customer is not None}
        if len(named) != 1 or "customer" not in self._mapping.file.inherit:
            return rows
        customer = named.pop()
        return [row._replace(customer=customer) for row in rows]

    def _documents(self, rows: Sequence[MappedRow]) -> Iterator[tuple[SourceDocument, list[MappedRow]]]:
        """Split an invoice into a document for each customer and kind; very long ones into several."""
        together: dict[_DocumentKey, list[MappedRow]] = {}
        for row in rows:
            taken_in_by = row.associates[0] if row.associates and row.kind != "sale" else None
            together.setdefault(_DocumentKey(row.kind, row.customer, taken_in_by), []).append(row)
        numbers: Counter[DocumentKind] = Counter()
        kinds = {key.kind for key in together}
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
                    found_at=found_at(self._files, part),
                    beside_other_kind=len(kinds) > 1,
                )
                yield document, part

    def _line(self, row: MappedRow) -> Line:
        if row.kind != "sale":
            return row.line
        if row.associates:
            return replace(row.line, seller=row.associates[0], co_sellers=row.associates[1:])
        made_up = self._made_up.of(row.customer) if self._made_up and row.customer else None
        return replace(row.line, seller=made_up)

    def _hires(self, document: SourceDocument, rows: Sequence[MappedRow]) -> Iterator[Hire]:
        for reference in dict.fromkeys(reference for row in rows for reference in row.associates):
            if reference not in self._hired:
                self._hired.add(reference)
                yield self._hire(reference, document)

    def _customer(self, document: SourceDocument, row: MappedRow) -> Iterator[ImportedCustomer]:
        if document.customer is None or document.customer in self._met:
            return
        self._met.add(document.customer)
        # What is no address or number is left out: it is no reason to leave out the customer.
        email = row.email if is_mail_address(row.email) else ""
        phone = row.phone if is_telephone_number(row.phone) else ""
        points: tuple[tuple[ContactKind, str], ...] = (("phone", phone), ("email", email))
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
        pay, name = self._mapping.pay, self._names[reference]
        plan = PayPlan(
            currency=self._mapping.currency,
            base_rate_minor=pay.base_rate_minor,
            rate_bp=pay.rates_bp.get(name, pay.rate_bp),
            deficit_policy=pay.deficit_policy,
        )
        day = document.at.astimezone(self._mapping.zone()).date()
        return Hire(reference, document.at, document.store, plan, name=name, hired_on=day)

"""Entries with their idempotency keys and sums, and sales as `RecordSale` commands."""

from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal

import msgspec

from domain.money import WHOLE_BP, largest_remainder
from domain.sale.commands import LineToSell, RecordSale, Share
from services.importing.pipeline.amounts import EXACT, ZERO
from services.importing.pipeline.derived_ids import DerivedIds
from services.importing.pipeline.reconciliation import Reconciliation
from services.importing.pipeline.source_documents import (
    DESCRIPTION_LENGTH_MAX,
    Entry,
    HandOver,
    Hire,
    ImportedCustomer,
    PayPeriodEnd,
    PayPeriodStart,
    SourceDocument,
    SourceFormat,
    StoreMet,
)


class KeyedEntry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An entry and its idempotency key.

    `customer_key` is set where this run meets a customer for the first time. A source document's lines come
    to `exact` (major units, as the file has it) and `net_minor` (whole minor units), both positive.
    """

    entry: Entry
    key: str
    customer_key: str | None = None
    exact: Decimal = ZERO
    net_minor: int = 0

    @property
    def rows(self) -> int:
        """The number of rows of the file behind the entry."""
        return len(self.entry.lines) if isinstance(self.entry, SourceDocument) else 1


#: Reads a source entry by entry and counts rows in the reconciliation. `on_progress` gets the bytes read.
ReadEntries = Callable[[SourceFormat, Reconciliation, Callable[[int], None] | None], Iterator[KeyedEntry]]


def keyed_entries(
    format: SourceFormat, reconciliation: Reconciliation, on_progress: Callable[[int], None] | None
) -> Iterator[KeyedEntry]:
    """Give each entry of a source its key, in the order of the source."""
    derived_ids = DerivedIds(format.source)
    met: set[str] = set()
    moved: Counter[tuple[str, str, str, str]] = Counter()

    def first_met(customer: str | None) -> str | None:
        if customer is None or customer in met:
            return None
        met.add(customer)
        reconciliation.summary.customers += 1
        return derived_ids.key_of("customer", customer)

    for entry in format.entries(on_progress):
        match entry:
            case SourceDocument():
                yield _document(entry, first_met(entry.customer), derived_ids)
            case ImportedCustomer():
                key = derived_ids.key_of("customer", entry.reference)
                yield KeyedEntry(entry, key, first_met(entry.reference))
            case Hire():
                yield KeyedEntry(entry, derived_ids.key_of("associate", entry.reference))
            case StoreMet():
                yield KeyedEntry(entry, derived_ids.key_of("store", entry.store))
            case PayPeriodStart():
                yield KeyedEntry(entry, derived_ids.key_of("pay-period", entry.period_id))
            case PayPeriodEnd():
                yield KeyedEntry(entry, derived_ids.key_of("pay-period", entry.period_id, "closed"))
            case HandOver():
                parts = ("owner", entry.customer, entry.at.date().isoformat(), entry.associate)
                moved[parts] += 1
                # A customer may go to and fro on one day.
                again = (str(moved[parts]),) if moved[parts] > 1 else ()
                yield KeyedEntry(entry, derived_ids.key_of(*parts, *again))


def _document(document: SourceDocument, customer_key: str | None, derived_ids: DerivedIds) -> KeyedEntry:
    exact = ZERO
    for line in document.lines:
        exact = EXACT.add(exact, line.exact)
    net_minor = sum([line.net_minor for line in document.lines])
    return KeyedEntry(document, derived_ids.document_key(document), customer_key, exact, net_minor)


def _split(sellers: tuple[str, ...], derived_ids: DerivedIds) -> tuple[Share, ...]:
    """Equal shares of those who sold a line together."""
    shares = largest_remainder(WHOLE_BP, [1] * len(sellers))
    return tuple(
        Share(derived_ids.associate_id_of(seller), share)
        for seller, share in zip(sellers, shares, strict=False)
    )


def sale_of(document: SourceDocument, derived_ids: DerivedIds) -> RecordSale:
    """The command that records the sale of a source document."""
    splits: dict[tuple[str, ...], tuple[Share, ...]] = {}
    lines: list[LineToSell] = []
    for line in document.lines:
        sellers = line.sellers
        if sellers not in splits:
            splits[sellers] = _split(sellers, derived_ids)
        line_to_sell = LineToSell(
            sku=line.sku,
            description=line.description[:DESCRIPTION_LENGTH_MAX],
            label=line.label,
            department=line.department,
            size=line.size,
            quantity=line.quantity,
            unit_price_minor=line.unit_price_minor,
            discount_minor=line.quantity * line.unit_price_minor - line.net_minor,
            tax_minor=line.tax_minor,
            attribution=splits[sellers],
        )
        lines.append(line_to_sell)
    return RecordSale(
        sale_id=derived_ids.sale_id_of(document.name),
        customer_id=derived_ids.customer_id_of(document.customer) if document.customer else None,
        store_id=document.store,
        channel=document.channel,
        currency=document.currency,
        lines=tuple(lines),
        receipt_no=document.name,
        occurred_at=document.at,
    )

"""Entries as whoever writes them needs them: known by a key and added up; and sales in the words of their command."""

from collections.abc import Callable, Iterator
from decimal import Decimal

import msgspec

from domain.sale.commands import LineToSell, RecordSale, Share
from services.ops.importing.account import Account
from services.ops.importing.amounts import EXACT, ZERO
from services.ops.importing.references import References
from services.ops.importing.slips import (
    DESCRIPTION_LENGTH_MAX,
    Entry,
    Format,
    HandOver,
    Hire,
    Patron,
    Slip,
)


class Document(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An entry and the key it is known by; `customer_key` is set where a customer is met for the first time in this run.

    A slip's lines come to `exact` (major units, as the file has it) and `net_minor` (whole minor units), both positive.
    """

    entry: Entry
    key: str
    customer_key: str | None = None
    exact: Decimal = ZERO
    net_minor: int = 0

    @property
    def rows(self) -> int:
        """How many rows of the file it stands for."""
        return len(self.entry.lines) if isinstance(self.entry, Slip) else 1


#: Reads a source document by document, counting in the account. `on_progress` is told how many bytes have been read.
Read = Callable[[Format, Account, Callable[[int], None] | None], Iterator[Document]]


def documents(
    format: Format, account: Account, on_progress: Callable[[int], None] | None
) -> Iterator[Document]:
    """The entries of a source as documents, in its order."""
    references = References(format.source)
    met: set[str] = set()

    def first_met(customer: str | None) -> str | None:
        if customer is None or customer in met:
            return None
        met.add(customer)
        account.summary.customers += 1
        return references.key_of("customer", customer)

    for entry in format.entries(on_progress):
        match entry:
            case Slip():
                yield _slip(entry, first_met(entry.customer), references)
            case Patron():
                key = references.key_of("customer", entry.reference)
                yield Document(entry, key, first_met(entry.reference))
            case Hire():
                yield Document(entry, references.key_of("associate", entry.reference))
            case HandOver():
                day = entry.at.date().isoformat()
                yield Document(entry, references.key_of("owner", entry.customer, day, entry.associate))


def _slip(slip: Slip, customer_key: str | None, references: References) -> Document:
    exact = ZERO
    for line in slip.lines:
        exact = EXACT.add(exact, line.exact)
    net_minor = sum([line.net_minor for line in slip.lines])
    return Document(slip, references.slip_key(slip), customer_key, exact, net_minor)


def sale_of(slip: Slip, references: References) -> RecordSale:
    """What the slip of a sale asks for."""
    splits = {
        seller: (Share(references.associate_id_of(seller)),) if seller else ()
        for seller in {line.seller for line in slip.lines}
    }
    lines = [
        LineToSell(
            sku=line.sku,
            description=line.description[:DESCRIPTION_LENGTH_MAX],
            label=line.label,
            department=line.department,
            size=line.size,
            quantity=line.quantity,
            unit_price_minor=line.unit_price_minor,
            discount_minor=line.quantity * line.unit_price_minor - line.net_minor,
            tax_minor=line.tax_minor,
            attribution=splits[line.seller],
        )
        for line in slip.lines
    ]
    return RecordSale(
        sale_id=references.sale_id_of(slip.name),
        customer_id=references.customer_id_of(slip.customer) if slip.customer else None,
        store_id=slip.store,
        channel=slip.channel,
        currency=slip.currency,
        lines=tuple(lines),
        receipt_no=slip.name,
        occurred_at=slip.at,
    )

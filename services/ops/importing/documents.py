"""Entries as whoever writes them needs them: known by a key, added up, and sales in the words of their command."""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

import msgspec
from msgspec.structs import replace

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
    Line,
    Patron,
    Slip,
)


class SoldGoods(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A line of a sale in the words of the command; `seller` is an associate's identifier."""

    sku: str
    description: str
    quantity: int
    unit_price_minor: int
    discount_minor: int
    tax_minor: int
    label: str | None
    department: str | None
    size: str | None
    seller: str | None


class Document(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An entry and the key it is known by; `customer_key` is set where a customer is met for the first time in this run.

    Of a slip, `rows` lines come to `exact` (major units, as the file has it) and `net_minor` (whole minor units), both positive. The lines of
    a sale's slip are `sold` and no longer in the entry; what a return's slip asks for depends on the sales before it.
    """

    entry: Entry
    key: str
    customer_key: str | None = None
    sold: tuple[SoldGoods, ...] = ()
    rows: int = 1
    exact: Decimal = ZERO
    net_minor: int = 0


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
    is_sale = slip.kind == "sale"
    exact = ZERO
    for line in slip.lines:
        exact = EXACT.add(exact, line.exact)
    return Document(
        entry=replace(slip, lines=()) if is_sale else slip,
        key=references.slip_key(slip),
        customer_key=customer_key,
        sold=tuple([_sold(line, references) for line in slip.lines]) if is_sale else (),
        rows=len(slip.lines),
        exact=exact,
        net_minor=sum([line.net_minor for line in slip.lines]),
    )


def _sold(line: Line, references: References) -> SoldGoods:
    return SoldGoods(
        line.sku,
        line.description[:DESCRIPTION_LENGTH_MAX],
        line.quantity,
        line.unit_price_minor,
        line.quantity * line.unit_price_minor - line.net_minor,
        line.tax_minor,
        line.label,
        line.department,
        line.size,
        references.associate_id_of(line.seller) if line.seller else None,
    )


def sale_of(slip: Slip, sold: Sequence[SoldGoods], references: References) -> RecordSale:
    """What a slip of a sale asks for."""
    splits = {seller: (Share(seller),) if seller else () for seller in {goods.seller for goods in sold}}
    lines = [
        LineToSell(
            sku=goods.sku,
            description=goods.description,
            label=goods.label,
            department=goods.department,
            size=goods.size,
            quantity=goods.quantity,
            unit_price_minor=goods.unit_price_minor,
            discount_minor=goods.discount_minor,
            tax_minor=goods.tax_minor,
            attribution=splits[goods.seller],
        )
        for goods in sold
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

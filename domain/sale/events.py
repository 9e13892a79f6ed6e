"""Events of a sale."""

from datetime import date, datetime
from typing import ClassVar, Literal

import msgspec

from domain.messages import Event
from domain.sale.commands import SaleChannel

SoldKind = Literal["goods", "gift_card", "zero"]


# Nothing in a line can refer back to it: the garbage collector need not look into the millions of them that a
# history has.
class Band(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A part of a line at one marginal rate.

    `base_e4` is the part in ten-thousandths of a minor unit (net amount times share in basis points),
    so that splits stay exact; `rate_bp` is the rate it earns.
    """

    base_e4: int
    rate_bp: int


class Credit(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Who is credited with a line, frozen on the day it was sold: share, plan and rates.

    `sales_minor` and `commission_minor` are what the whole line means to them where rounding it by the rates
    would give somebody more than they had before an allowance; null elsewhere.
    """

    associate_id: str
    share_bp: int
    plan_no: int = 0
    bands: tuple[Band, ...] = ()
    sales_minor: int | None = None
    commission_minor: int | None = None


class SoldLine(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A line as sold. `net_minor` = quantity x unit price - discount (line and order); tax is apart.

    `kind`: goods, a gift_card, or zero for goods that cost nothing; only goods count as a purchase.
    """

    line_no: int
    sku: str
    description: str = ""
    label: str | None = None
    department: str | None = None
    size: str | None = None
    quantity: int
    unit_price_minor: int
    discount_minor: int = 0
    net_minor: int
    tax_minor: int = 0
    credits: tuple[Credit, ...] = ()
    kind: SoldKind = "goods"


class SaleEvent(Event, frozen=True, kw_only=True):
    """An event in one sale's history; `customer_id` is whom the sale belongs to at that moment."""

    sale_id: str
    customer_id: str | None = None

    @property
    def stream_id(self) -> str:
        return self.sale_id


class SaleRecorded(SaleEvent, frozen=True, kw_only=True):
    """`sold_on` is the store's day, where it is another one than in UTC."""

    names: ClassVar = ("sale_id",)

    store_id: str
    channel: SaleChannel = "store"
    currency: str
    lines: tuple[SoldLine, ...]
    net_minor: int
    tax_minor: int = 0
    receipt_no: str | None = None
    sold_on: date | None = None


class CustomerAttached(SaleEvent, frozen=True, kw_only=True):
    """The walk-in is known now. `lines` is what they still have of it; returned units are taken off."""

    store_id: str
    channel: SaleChannel = "store"
    currency: str
    sold_at: datetime
    lines: tuple[SoldLine, ...]
    net_minor: int
    sold_on: date | None = None


class CustomerDetached(SaleEvent, frozen=True, kw_only=True):
    """The sale was not this customer's; `lines` is what they seemed to have still."""

    currency: str
    sold_at: datetime
    lines: tuple[SoldLine, ...]
    net_minor: int
    sold_on: date | None = None


class AttributionCorrected(SaleEvent, frozen=True, kw_only=True):
    """A line's credits before and after; the accounts carry the money that moved."""

    line_no: int
    before: tuple[Credit, ...] = ()
    after: tuple[Credit, ...] = ()
    reason: str = "corrected"


class PriceAllowed(SaleEvent, frozen=True, kw_only=True):
    """Money was given back on goods that the customer keeps.

    `line` is what they have of it from now on: the units left, at the reduced price, with the credits that
    later returns and corrections go by. `document_id` is the document that says so, by which it is found.
    """

    channel: SaleChannel = "store"
    currency: str
    sold_at: datetime
    line_no: int
    amount_minor: int
    tax_minor: int = 0
    line: SoldLine
    reason: str = "allowance"
    document_id: str | None = None

    @property
    def tags(self) -> tuple[str, ...]:
        return (self.document_id,) if self.document_id is not None else ()


class UnitsTakenBack(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """So many units of a line have come back, for so much money."""

    line_no: int
    quantity: int
    refund_minor: int
    tax_minor: int = 0


class UnitsReturned(SaleEvent, frozen=True, kw_only=True):
    """Sold units are used up by a return; they cannot come back twice."""

    return_id: str
    lines: tuple[UnitsTakenBack, ...]


class UnitsRestored(SaleEvent, frozen=True, kw_only=True):
    """A return was not of this sale: the customer has these units still."""

    return_id: str
    lines: tuple[UnitsTakenBack, ...]


class ReceiptNumbered(Event, frozen=True, kw_only=True):
    """A sale carries this receipt number of its store, which another one may carry already."""

    number_id: str
    sale_id: str

    @property
    def stream_id(self) -> str:
        return self.number_id


TOPICS: dict[str, type[Event]] = {
    "sale.recorded.v1": SaleRecorded,
    "sale.customer_attached.v1": CustomerAttached,
    "sale.customer_detached.v1": CustomerDetached,
    "sale.attribution_corrected.v1": AttributionCorrected,
    "sale.price_allowed.v1": PriceAllowed,
    "sale.units_returned.v1": UnitsReturned,
    "sale.units_restored.v1": UnitsRestored,
    "sale.receipt_numbered.v1": ReceiptNumbered,
}

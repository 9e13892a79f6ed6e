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
    """Part of the line that is credited at this rate: net amount times share in basis points."""
    rate_bp: int
    """Rate that this part earns."""


class Credit(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Who is credited with a line, frozen on the day it was sold: share, plan and rates."""

    associate_id: str
    """Associate who sold it."""
    share_bp: int
    """Their share of the line; the shares of a line add to 10,000."""
    plan_no: int = 0
    """Number of their pay plan that was in force on the day of the sale."""
    bands: tuple[Band, ...] = ()
    """Their part of the line by marginal rate; empty where an event says only who and how much."""
    sales_minor: int | None = None
    """Sales that the whole line means to them, after an allowance on it. Absent: it follows from `share_bp`
    by largest remainder."""
    commission_minor: int | None = None
    """Commission that the whole line earns them, after an allowance on it. Absent: it follows from
    `bands`."""


class SoldLine(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A line as sold."""

    line_no: int
    """Number of the line in its sale, from 1."""
    sku: str
    """Article number."""
    description: str = ""
    """What the article is called; empty where nobody said."""
    label: str | None = None
    """Maker. Absent: not known."""
    department: str | None = None
    """Department that sold it. Absent: not known."""
    size: str | None = None
    """Size. Absent: it has none, or nobody said."""
    quantity: int
    """Units."""
    unit_price_minor: int
    """Price of one unit, without tax and before discounts."""
    discount_minor: int = 0
    """Discount on all units, with their part of the discount on the whole order."""
    net_minor: int
    """`quantity` x `unit_price_minor` - `discount_minor`: what the units were sold for, without tax."""
    tax_minor: int = 0
    """Tax on top; it earns nobody commission."""
    credits: tuple[Credit, ...] = ()
    """Who is credited; empty: the line is the house's, or no goods."""
    kind: SoldKind = "goods"
    """goods, a gift_card, or zero for goods that cost nothing; only goods count as a purchase."""


def unattributed_tag(store_id: str) -> str:
    """What finds the sales of a store in which goods were nobody's when they were sold."""
    return f"unattributed:{store_id}"


class SaleEvent(Event, frozen=True, kw_only=True):
    """An event in one sale's history; `customer_id` is whom the sale belongs to at that moment."""

    sale_id: str
    """The sale whose history it is."""
    customer_id: str | None = None
    """Customer whom the sale belongs to at that moment. Absent: nobody is known."""

    @property
    def stream_id(self) -> str:
        return self.sale_id


class SaleRecorded(SaleEvent, frozen=True, kw_only=True):
    """Goods were sold. What the sellers earn by it (CommissionEarned), the customer's first owner and wishes
    that it fulfils follow in the same commit.
    """

    names: ClassVar = ("sale_id",)

    store_id: str
    """Store that sold."""
    channel: SaleChannel = "store"
    """Channel: store, outlet or online."""
    currency: str
    """ISO 4217 code of the currency of all amounts."""
    lines: tuple[SoldLine, ...]
    """The lines of the receipt, at least one."""
    net_minor: int
    """Sum of the lines' `net_minor`."""
    tax_minor: int = 0
    """Sum of the lines' `tax_minor`."""
    receipt_no: str | None = None
    """Number of the receipt in its store. Absent: none was given."""
    sold_on: date | None = None
    """Day of the sale by the store's clock. Absent: the day of `occurred_at` in UTC."""

    @property
    def tags(self) -> tuple[str, ...]:
        nobodys = any(line.kind == "goods" and not line.credits for line in self.lines)
        return (unattributed_tag(self.store_id),) if nobodys else ()


class CustomerAttached(SaleEvent, frozen=True, kw_only=True):
    """The customer of a walk-in sale is known now, or a sale found its own customer after a mistake."""

    store_id: str
    """Store that sold."""
    channel: SaleChannel = "store"
    """Channel of the sale."""
    currency: str
    """ISO 4217 code of the currency of all amounts."""
    sold_at: datetime
    """When the sale was made; `occurred_at` is when the customer was recognised."""
    lines: tuple[SoldLine, ...]
    """What the customer still has of the sale, without returned units; credits say only who and how much."""
    net_minor: int
    """Sum of the lines' `net_minor`: what counts as their spend."""
    sold_on: date | None = None
    """Day of the sale by the store's clock. Absent: the day of `sold_at` in UTC."""


class CustomerDetached(SaleEvent, frozen=True, kw_only=True):
    """The sale was not this customer's: it is nobody's until its own customer is attached."""

    currency: str
    """ISO 4217 code of the currency of all amounts."""
    sold_at: datetime
    """When the sale was made."""
    lines: tuple[SoldLine, ...]
    """What they seemed to have still of the sale, without returned units."""
    net_minor: int
    """Sum of the lines' `net_minor`: what comes off their spend."""
    sold_on: date | None = None
    """Day of the sale by the store's clock. Absent: the day of `sold_at` in UTC."""


class AttributionCorrected(SaleEvent, frozen=True, kw_only=True):
    """A line was credited to others than before, or at the rates of another pay plan. The accounts carry the
    money that moves (CommissionMoved, same commit).
    """

    line_no: int
    """Line of the sale."""
    before: tuple[Credit, ...] = ()
    """Its credits until now; empty: it was the house's."""
    after: tuple[Credit, ...] = ()
    """Its credits from now on; empty: it is the house's."""
    reason: str = "corrected"
    """Short code: corrected, pay_plan where the line was computed anew, or the shop's own."""


class PriceAllowed(SaleEvent, frozen=True, kw_only=True):
    """Money was given back on goods that the customer keeps. What it had earned is taken back in the same
    commit (AllowanceClawedBack).
    """

    channel: SaleChannel = "store"
    """Channel of the sale."""
    currency: str
    """ISO 4217 code of the currency of all amounts."""
    sold_at: datetime
    """When the sale was made."""
    line_no: int
    """Line of the sale."""
    amount_minor: int
    """What was given back, without tax."""
    tax_minor: int = 0
    """Tax given back beside it."""
    line: SoldLine
    """What the customer has of the line from now on: the units left at the reduced price, with the credits
    that later returns and corrections go by."""
    reason: str = "allowance"
    """Short code: allowance, or the shop's own."""
    document_id: str | None = None
    """Identifier of the document that says so, by which the event is found. Absent: there is none."""

    @property
    def tags(self) -> tuple[str, ...]:
        return (self.document_id,) if self.document_id is not None else ()


class UnitsTakenBack(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Units of a line that came back, and what they had been sold for."""

    line_no: int
    """Line of the sale."""
    quantity: int
    """Units that came back."""
    refund_minor: int
    """What they had been sold for, without tax; what was given for them is in the event of the return."""
    tax_minor: int = 0
    """Tax that lay on them."""


class UnitsReturned(SaleEvent, frozen=True, kw_only=True):
    """Sold units are used up by a return; they cannot come back twice."""

    return_id: str
    """The return."""
    lines: tuple[UnitsTakenBack, ...]
    """The units, by line of the sale."""


class UnitsRestored(SaleEvent, frozen=True, kw_only=True):
    """A return was not of this sale after all: the customer has these units still."""

    return_id: str
    """The return that had been matched."""
    lines: tuple[UnitsTakenBack, ...]
    """The units, by line of the sale."""


class ReceiptNumbered(Event, frozen=True, kw_only=True):
    """A sale carries this receipt number of its store, which another one may carry already. Written with
    SaleRecorded where the till gave a number.
    """

    number_id: str
    """Stream of the sales that carry one receipt number of one store, derived from both."""
    sale_id: str
    """The sale."""

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

"""Events of goods that came back."""

from datetime import datetime
from typing import ClassVar

import msgspec

from domain.messages import Event
from domain.personal import Encrypted
from domain.sale.commands import SaleChannel
from domain.sale.events import SoldKind


class ReturnedLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Goods as taken back: units of one line of the sale, or goods that are on no receipt."""

    line_no: int | None = None
    """Line of the sale that they are of. Absent: they are on no receipt."""
    sku: str | None = None
    """Article number. Absent: it was not read off the goods."""
    description: str = ""
    """What the goods were called at the counter, or on the sale; empty where nobody said."""
    label: str | None = None
    """Maker. Absent: not known."""
    department: str | None = None
    """Department that sold them. Absent: not known."""
    quantity: int
    """Units that came back."""
    refund_minor: int
    """What was given for them, without tax."""
    tax_minor: int = 0
    """Tax given back beside it; 0 for goods that are on no receipt."""
    sold_minor: int | None = None
    """What the units had been sold for, without tax. Absent: exactly `refund_minor`, or they are on no
    receipt."""
    kind: SoldKind = "goods"
    """What the line had been sold as; only goods come off a spend."""

    @property
    def spend_minor(self) -> int:
        """What comes off the customer's spend: what the units were sold for, where that is known."""
        if self.kind != "goods":
            return 0
        return self.refund_minor if self.sold_minor is None else self.sold_minor


class MatchedLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Units of a returned line traced to a line of a sale."""

    line_no: int
    """Line of the sale."""
    sku: str
    """Article number of the line of the sale."""
    label: str | None = None
    """Maker, as on the sale. Absent: not known."""
    department: str | None = None
    """Department, as on the sale. Absent: not known."""
    quantity: int
    """Units that are traced."""
    refund_minor: int
    """What had been given for them when they were taken back, without tax."""
    sold_minor: int
    """What they had been sold for, without tax."""
    return_line: int = 0
    """Line of the return, from 1; 0 in events of before matches in parts."""
    kind: SoldKind = "goods"
    """What the line had been sold as; only goods come off a spend."""

    @property
    def spend_minor(self) -> int:
        """What comes off the customer's spend: a gift card had never been in it."""
        return self.sold_minor if self.kind == "goods" else 0


class RefundPart(msgspec.Struct, frozen=True, omit_defaults=True, array_like=True):
    """What was refunded for some units, and what the goods were called when they were taken in."""

    refund_minor: int
    """What comes off a spend for them, or returns to it, without tax; 0 for a gift card and what cost
    nothing."""
    label: str | None = None
    """Maker, as taken in. Absent: not known."""
    department: str | None = None
    """Department, as taken in. Absent: not known."""


class ReturnEvent(Event, frozen=True, kw_only=True):
    """An event in one return's history; `customer_id` is whose spend the goods come off."""

    return_id: str
    """The return whose history it is."""
    customer_id: str | None = None
    """Customer whose spend the goods come off, or to whose it returns. Absent: nobody is known."""

    @property
    def stream_id(self) -> str:
        return self.return_id


class ReturnAccepted(ReturnEvent, frozen=True, kw_only=True):
    """Goods were taken back and the money was given. Units of a receipt are used up (UnitsReturned) and their
    sellers give back what they earned (CommissionClawedBack) in the same commit; goods on no receipt cost no
    associate anything.
    """

    names: ClassVar = ("return_id",)

    sale_id: str | None = None
    """Sale of the receipt. Absent: no receipt, nobody recorded that sale, or none of the goods is on it."""
    sold_at: datetime | None = None
    """When that sale was made. Absent: there is no `sale_id`."""
    channel: SaleChannel | None = None
    """Channel of that sale. Absent: there is no `sale_id`."""
    store_id: str
    """Store where the goods came back."""
    currency: str
    """ISO 4217 code of the currency of all amounts."""
    lines: tuple[ReturnedLine, ...]
    """The goods: each line of the receipt once, then what is on no receipt."""
    refund_minor: int
    """What was given for all lines, without tax."""
    tax_minor: int = 0
    """Tax given back beside it."""
    goodwill_minor: int = 0
    """What was given above what units of the receipt were sold for, summed over the lines."""
    open_minor: int = 0
    """What was given too little for units of the receipt, summed over the lines: the customer may still come
    for it."""
    accepted_by: str | None = None
    """Associate who took the goods in. Absent: not said, or nobody of that identifier is known."""
    brought_by: str | None = None
    """Who came to the counter. Absent: the customer of `customer_id`, or nobody known."""
    condition: Encrypted | None = None
    """State of the goods, in the words of the counter. Absent: not said; nobody has to."""
    reason: Encrypted | None = None
    """Why they came back, in the words of the counter. Absent: not said; nobody has to."""


class ReturnMatched(ReturnEvent, frozen=True, kw_only=True):
    """Goods taken back without a receipt were traced to the sale they came from. Units are used up and
    commission is clawed back in the same commit; each unit once.

    `customer_id` is the sale's customer.
    """

    sale_id: str
    """The sale the goods came from."""
    sold_at: datetime
    """When that sale was made."""
    channel: SaleChannel | None = None
    """Channel of that sale. Absent: written before the channel was noted."""
    currency: str
    """ISO 4217 code of the currency of all amounts."""
    lines: tuple[MatchedLine, ...]
    """Units that were traced, by line of the sale."""
    refund_minor: int
    """What had been given for them, without tax."""
    sold_minor: int
    """What they had been sold for, without tax."""
    goodwill_minor: int
    """`refund_minor` - `sold_minor`: what the house gave, below zero what it kept, for want of a receipt."""
    already_taken_off: bool = False
    """True where the refund came off this customer's spend before, because they brought the goods themselves;
    false: `sold_minor` comes off it now."""
    refunds: tuple[RefundPart, ...] = ()
    """The units as they were taken in; empty in events of before matches in parts."""


class ReturnUnmatched(ReturnEvent, frozen=True, kw_only=True):
    """A match was wrong and holds no longer: `customer_id`, the sale's customer, has these units again, and
    what the match moved goes back in the same commit.
    """

    sale_id: str
    """The sale that the goods had been traced to."""
    currency: str
    """ISO 4217 code of the currency of all amounts."""
    lines: tuple[MatchedLine, ...]
    """The lines of the match."""
    refund_minor: int
    """As in the match."""
    sold_minor: int
    """As in the match."""
    goodwill_minor: int
    """As in the match."""
    restored: tuple[MatchedLine, ...] = ()
    """The same lines with what the units that the customer has again had been sold for; empty where that is
    as in `lines`."""

    @property
    def kept(self) -> tuple[MatchedLine, ...]:
        """The lines with what the units that they have again were sold for."""
        return self.restored or self.lines


class SpendRestored(ReturnEvent, frozen=True, kw_only=True):
    """The goods turned out to be from another customer's sale: the refund no longer comes off the spend of
    `customer_id`, who had brought them.
    """

    currency: str
    """ISO 4217 code of the currency of the amounts."""
    refund_minor: int
    """What had been given for the units, without tax."""
    refunds: tuple[RefundPart, ...] = ()
    """The units as they were taken in; empty in events of before matches in parts."""


class SpendTakenOff(ReturnEvent, frozen=True, kw_only=True):
    """A match holds no longer: the refund comes off the spend of `customer_id`, who brought them, again."""

    currency: str
    """ISO 4217 code of the currency of the amounts."""
    refund_minor: int
    """What had been given for the units, without tax."""
    refunds: tuple[RefundPart, ...]
    """The units as they were taken in."""


class ExchangeLinked(ReturnEvent, frozen=True, kw_only=True):
    """A sale replaced the goods of the return. No money moves by it."""

    sale_id: str
    """The sale that replaced them."""


class ExchangeUnlinked(ReturnEvent, frozen=True, kw_only=True):
    """A sale had been linked to the return by mistake. No money moves by it."""

    sale_id: str
    """The sale that had been linked."""


TOPICS: dict[str, type[Event]] = {
    "return.accepted.v1": ReturnAccepted,
    "return.matched.v1": ReturnMatched,
    "return.unmatched.v1": ReturnUnmatched,
    "return.spend_restored.v1": SpendRestored,
    "return.spend_taken_off.v1": SpendTakenOff,
    "return.exchange_linked.v1": ExchangeLinked,
    "return.exchange_unlinked.v1": ExchangeUnlinked,
}

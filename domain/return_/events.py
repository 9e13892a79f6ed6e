"""Events of goods that came back."""

from datetime import datetime
from typing import ClassVar

import msgspec

from domain.messages import Event
from domain.sale.commands import SaleChannel
from domain.sale.events import SoldKind


class ReturnedLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Goods as taken back.

    `line_no` is the line of the sale, when there is one; `refund_minor` is what was given, without tax.
    `sold_minor` is what the units had been sold for, where that is another amount.
    """

    line_no: int | None = None
    sku: str | None = None
    description: str = ""
    label: str | None = None
    department: str | None = None
    quantity: int
    refund_minor: int
    tax_minor: int = 0
    sold_minor: int | None = None
    kind: SoldKind = "goods"

    @property
    def spend_minor(self) -> int:
        """What comes off the customer's spend: what the units were sold for, where that is known."""
        if self.kind != "goods":
            return 0
        return self.refund_minor if self.sold_minor is None else self.sold_minor


class MatchedLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Units of a returned line traced to a line of a sale. `sold_minor` is what they had been sold for.

    `return_line` is the line of the return, from 1; 0 in events of before matches in parts.
    """

    line_no: int
    sku: str
    label: str | None = None
    department: str | None = None
    quantity: int
    refund_minor: int
    sold_minor: int
    return_line: int = 0
    kind: SoldKind = "goods"

    @property
    def spend_minor(self) -> int:
        """What comes off the customer's spend: a gift card had never been in it."""
        return self.sold_minor if self.kind == "goods" else 0


class RefundPart(msgspec.Struct, frozen=True, omit_defaults=True, array_like=True):
    """What was refunded for some units, and what the goods were called at the counter."""

    refund_minor: int
    label: str | None = None
    department: str | None = None


class ReturnEvent(Event, frozen=True, kw_only=True):
    """An event in one return's history; `customer_id` is whose spend the goods come off."""

    return_id: str
    customer_id: str | None = None

    @property
    def stream_id(self) -> str:
        return self.return_id


class ReturnAccepted(ReturnEvent, frozen=True, kw_only=True):
    """`brought_by` is who came to the counter when that is not the sale's customer.

    Lines without a `line_no` came without a receipt. `goodwill_minor` is what was refunded above what the
    units of the receipt were sold for, `open_minor` what was refunded too little: the customer may still come
    for it.
    """

    names: ClassVar = ("return_id",)

    sale_id: str | None = None
    sold_at: datetime | None = None
    channel: SaleChannel | None = None
    store_id: str
    currency: str
    lines: tuple[ReturnedLine, ...]
    refund_minor: int
    tax_minor: int = 0
    goodwill_minor: int = 0
    open_minor: int = 0
    accepted_by: str | None = None
    brought_by: str | None = None
    condition: str | None = None
    reason: str | None = None


class ReturnMatched(ReturnEvent, frozen=True, kw_only=True):
    """`goodwill_minor` = refunded - sold for: what the house gave (negative: what it kept) for want of a
    receipt.

    `customer_id` is the sale's customer. `already_taken_off` says that the refund has come off this
    customer's spend before (they brought the goods themselves); otherwise `sold_minor` comes off it now.
    `refunds` names the goods as they were taken in; empty in events of before matches in parts.
    """

    sale_id: str
    sold_at: datetime
    channel: SaleChannel | None = None
    currency: str
    lines: tuple[MatchedLine, ...]
    refund_minor: int
    sold_minor: int
    goodwill_minor: int
    already_taken_off: bool = False
    refunds: tuple[RefundPart, ...] = ()


class ReturnUnmatched(ReturnEvent, frozen=True, kw_only=True):
    """A match was wrong and holds no longer: `customer_id`, the sale's customer, has these units again.

    `lines`, `refund_minor`, `sold_minor` and `goodwill_minor` are those of the match. `restored`: the same
    lines, where the units that they have again had been sold for a cent more or less.
    """

    sale_id: str
    currency: str
    lines: tuple[MatchedLine, ...]
    refund_minor: int
    sold_minor: int
    goodwill_minor: int
    restored: tuple[MatchedLine, ...] = ()

    @property
    def kept(self) -> tuple[MatchedLine, ...]:
        """The lines with what the units that they have again were sold for."""
        return self.restored or self.lines


class SpendRestored(ReturnEvent, frozen=True, kw_only=True):
    """The goods turned out to be from another customer's sale: the refund no longer comes off this one's
    spend.

    `refunds` names the goods as they were taken in; empty in events of before matches in parts.
    """

    currency: str
    refund_minor: int
    refunds: tuple[RefundPart, ...] = ()


class SpendTakenOff(ReturnEvent, frozen=True, kw_only=True):
    """A match holds no longer: the refund comes off the spend of whoever brought the goods, again."""

    currency: str
    refund_minor: int
    refunds: tuple[RefundPart, ...]


class ExchangeLinked(ReturnEvent, frozen=True, kw_only=True):
    sale_id: str


class ExchangeUnlinked(ReturnEvent, frozen=True, kw_only=True):
    """The sale had been linked by mistake."""

    sale_id: str


TOPICS: dict[str, type[Event]] = {
    "return.accepted.v1": ReturnAccepted,
    "return.matched.v1": ReturnMatched,
    "return.unmatched.v1": ReturnUnmatched,
    "return.spend_restored.v1": SpendRestored,
    "return.spend_taken_off.v1": SpendTakenOff,
    "return.exchange_linked.v1": ExchangeLinked,
    "return.exchange_unlinked.v1": ExchangeUnlinked,
}

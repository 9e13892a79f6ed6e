"""Events of goods that came back."""

from datetime import datetime
from typing import ClassVar

import msgspec

from domain.messages import Event
from domain.sale.commands import SaleChannel


class ReturnedLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Goods as taken back.

    `line_no` is the line of the sale, when there is one; `refund_minor` is without tax.
    """

    line_no: int | None = None
    sku: str | None = None
    description: str = ""
    label: str | None = None
    department: str | None = None
    quantity: int
    refund_minor: int
    tax_minor: int = 0


class MatchedLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A returned line traced to a line of a sale. `sold_minor` is what those units had been sold for."""

    line_no: int
    sku: str
    label: str | None = None
    department: str | None = None
    quantity: int
    refund_minor: int
    sold_minor: int


class ReturnEvent(Event, frozen=True, kw_only=True):
    """An event in one return's history; `customer_id` is whose spend the goods come off."""

    return_id: str
    customer_id: str | None = None

    @property
    def stream_id(self) -> str:
        return self.return_id


class ReturnAccepted(ReturnEvent, frozen=True, kw_only=True):
    """`brought_by` is who came to the counter when that is not the sale's customer."""

    names: ClassVar = ("return_id",)

    sale_id: str | None = None
    sold_at: datetime | None = None
    channel: SaleChannel | None = None
    store_id: str
    currency: str
    lines: tuple[ReturnedLine, ...]
    refund_minor: int
    tax_minor: int = 0
    accepted_by: str | None = None
    brought_by: str | None = None
    condition: str | None = None
    reason: str | None = None


class ReturnMatched(ReturnEvent, frozen=True, kw_only=True):
    """`goodwill_minor` = refunded - sold for: what the house gave (negative: what it kept) for want of a
    receipt.

    `customer_id` is the sale's customer. `already_taken_off` says that the refund has come off this
    customer's spend before (they brought the goods themselves); otherwise `sold_minor` comes off it now.
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


class SpendRestored(ReturnEvent, frozen=True, kw_only=True):
    """The goods turned out to be from another customer's sale: the refund no longer comes off this one's
    spend.
    """

    currency: str
    refund_minor: int


class ExchangeLinked(ReturnEvent, frozen=True, kw_only=True):
    sale_id: str


TOPICS: dict[str, type[Event]] = {
    "return.accepted.v1": ReturnAccepted,
    "return.matched.v1": ReturnMatched,
    "return.spend_restored.v1": SpendRestored,
    "return.exchange_linked.v1": ExchangeLinked,
}

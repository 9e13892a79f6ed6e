"""Commands about goods that come back. A return is never refused for age, wear or a missing receipt."""

from typing import Annotated, ClassVar

import msgspec

from domain.ids import RETURN, AssociateId, Code, CustomerId, ReturnId, SaleId
from domain.messages import Command
from domain.money import Currency, NonNegativeMinor
from domain.personal import PersonalRemark
from domain.sale.commands import LineKind, Quantity

LineNo = Annotated[int, msgspec.Meta(ge=1)]


class LineToReturn(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Goods that come back.

    With a receipt: `line_no`, or `sku` (the lines of that SKU with units left, in order); the refund is what
    was paid, unless `refund_minor` says what was given. Goods that are not on the receipt, or without one:
    `sku` or `description`, and `refund_minor`, the whole refund of the line. `kind` is for what is on no
    receipt: a gift card was no purchase, and its refund comes off nobody's spend.
    """

    line_no: LineNo | None = None
    sku: Code | None = None
    description: Annotated[str, msgspec.Meta(max_length=500)] = ""
    label: Code | None = None
    department: Code | None = None
    quantity: Quantity = 1
    refund_minor: NonNegativeMinor | None = None
    kind: LineKind = "goods"


class AcceptReturn(Command, frozen=True, kw_only=True):
    """Goods are taken back: with `sale_id`, or without a receipt.

    `customer_id` is who brings them, when known; with a receipt the spend comes off the sale's own customer.
    What the shop can sort out later is a warning in the result, and no refusal.
    """

    new_id: ClassVar = ("return_id", RETURN)

    return_id: ReturnId | None = None
    sale_id: SaleId | None = None
    customer_id: CustomerId | None = None
    store_id: Code
    currency: Currency | None = None
    lines: Annotated[tuple[LineToReturn, ...], msgspec.Meta(min_length=1, max_length=5000)]
    accepted_by: AssociateId | None = None
    condition: PersonalRemark | None = None
    reason: PersonalRemark | None = None


class MatchReturn(Command, frozen=True, kw_only=True):
    """A return without a receipt is traced to the sale the goods came from; each unit once.

    Goods of several receipts are matched in parts, one sale after the other: of each line, as many units as
    the sale has left. `lines` says which line of the sale each line of the return was (in order; null: it was
    not from this sale); left out, lines are matched by SKU.
    """

    subject: ClassVar = "return_id"

    return_id: ReturnId
    sale_id: SaleId
    lines: tuple[LineNo | None, ...] = ()


class UnmatchReturn(Command, frozen=True, kw_only=True):
    """The goods were not from this sale after all: whatever the match moved goes back, and they can be
    matched anew.
    """

    subject: ClassVar = "return_id"

    return_id: ReturnId
    sale_id: SaleId


class LinkExchange(Command, frozen=True, kw_only=True):
    """The return and the new sale that replaced it."""

    subject: ClassVar = "return_id"

    return_id: ReturnId
    sale_id: SaleId


class UnlinkExchange(Command, frozen=True, kw_only=True):
    """The sale did not replace the return after all: both stay, and another sale can be linked."""

    subject: ClassVar = "return_id"

    return_id: ReturnId
    sale_id: SaleId

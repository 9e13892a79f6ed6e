"""Commands about a sale."""

from typing import Annotated, ClassVar, Literal

import msgspec

from domain.ids import SALE, AssociateId, Code, CustomerId, ReturnId, SaleId, receipt_number_id_of
from domain.messages import Command
from domain.money import Currency, NonNegativeMinor

#: A gift card is money that is spent later: it earns nothing and is no purchase.
LineKind = Literal["goods", "gift_card"]
SaleChannel = Literal["store", "outlet", "online"]
Quantity = Annotated[int, msgspec.Meta(ge=1, le=10**7)]
ShareBp = Annotated[int, msgspec.Meta(ge=1, le=10_000)]


class Share(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """Who sold a line, and how much of it (basis points; the shares of a line add to 10,000)."""

    associate_id: AssociateId
    share_bp: ShareBp = 10_000


class LineToSell(
    msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """One line of a receipt. Amounts are minor units; `tax_minor` comes on top and earns nothing.

    A `kind` other than goods counts for nothing: no commission, no tier, no spend and no visit.
    """

    sku: Code
    description: Annotated[str, msgspec.Meta(max_length=500)] = ""
    label: Code | None = None
    department: Code | None = None
    size: Code | None = None
    quantity: Quantity
    unit_price_minor: NonNegativeMinor
    discount_minor: NonNegativeMinor = 0
    tax_minor: NonNegativeMinor = 0
    attribution: Annotated[tuple[Share, ...], msgspec.Meta(max_length=20)] = ()
    kind: LineKind = "goods"


class RecordSale(Command, frozen=True, kw_only=True):
    """Goods are sold. A line without attribution belongs to the house.

    `order_discount_minor` is spread over the lines by their amounts (largest remainder).
    """

    new_id: ClassVar = ("sale_id", SALE)

    sale_id: SaleId | None = None
    customer_id: CustomerId | None = None
    store_id: Code
    channel: SaleChannel = "store"
    currency: Currency
    lines: Annotated[tuple[LineToSell, ...], msgspec.Meta(min_length=1, max_length=5000)]
    order_discount_minor: NonNegativeMinor = 0
    receipt_no: Code | None = None

    @property
    def streams_read(self) -> tuple[str, ...]:
        return () if self.receipt_no is None else (receipt_number_id_of(self.store_id, self.receipt_no),)


class AttachCustomer(Command, frozen=True, kw_only=True):
    """A walk-in is recognised later."""

    sale_id: SaleId
    customer_id: CustomerId


class DetachCustomer(Command, frozen=True, kw_only=True):
    """The sale was on the wrong customer: it is nobody's, until its own customer is attached."""

    sale_id: SaleId
    customer_id: CustomerId


class CorrectAttribution(Command, frozen=True, kw_only=True):
    """Somebody else sold this line. `attribution` is how it should have been; empty: it is the house's."""

    sale_id: SaleId
    line_no: Annotated[int, msgspec.Meta(ge=1)]
    attribution: Annotated[tuple[Share, ...], msgspec.Meta(max_length=20)]
    reason: Code = "corrected"


class AllowPrice(Command, frozen=True, kw_only=True):
    """Money back on a line of which the customer keeps the goods; `tax_minor` is given back beside it.

    `document_id` is the identifier of a document that says so, where there is one.
    """

    sale_id: SaleId
    line_no: Annotated[int, msgspec.Meta(ge=1)]
    amount_minor: Annotated[int, msgspec.Meta(ge=1, le=10**15)]
    tax_minor: NonNegativeMinor = 0
    reason: Code = "allowance"
    document_id: ReturnId | None = None

"""Commands about stock arrivals, as the inventory service reports them."""

from typing import Annotated, ClassVar

import msgspec

from domain.ids import STOCK_ARRIVAL, Code, StockArrivalId
from domain.messages import Command
from domain.sale.commands import Quantity


class ArrivingItem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Goods that come in: an item of a label, in a size."""

    sku: Code
    label: Code | None = None
    size: Code | None = None
    department: Code | None = None
    quantity: Quantity = 1


class RecordStockArrival(Command, frozen=True, kw_only=True):
    """Labels, SKUs and sizes came in; every customer waiting for one of them is to be called."""

    new_id: ClassVar = ("arrival_id", STOCK_ARRIVAL)
    subject: ClassVar = "arrival_id"

    arrival_id: StockArrivalId | None = None
    store_id: Code
    items: Annotated[tuple[ArrivingItem, ...], msgspec.Meta(min_length=1, max_length=5000)]

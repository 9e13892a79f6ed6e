"""Commands about stock arrivals, as the inventory service reports them."""

from typing import Annotated, ClassVar

import msgspec

from domain.ids import STOCK_ARRIVAL, Code, StockArrivalId
from domain.messages import Command
from domain.sale.commands import Quantity


class ArrivingItem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Goods that come in: an item of a label, in a size."""

    sku: Code
    """Article number."""
    label: Code | None = None
    """Maker. Absent: not said."""
    size: Code | None = None
    """Size. Absent: it has none, or is not said."""
    department: Code | None = None
    """Department. Absent: not said."""
    quantity: Quantity = 1
    """Units that came in."""


class RecordStockArrival(Command, frozen=True, kw_only=True):
    """Labels, SKUs and sizes came in; every customer waiting for one of them is to be called."""

    new_id: ClassVar = ("arrival_id", STOCK_ARRIVAL)
    subject: ClassVar = "arrival_id"

    arrival_id: StockArrivalId | None = None
    """Identifier of the arrival. Absent: one is given."""
    store_id: Code
    """Store where they came in."""
    items: Annotated[tuple[ArrivingItem, ...], msgspec.Meta(min_length=1, max_length=5000)]
    """The goods."""

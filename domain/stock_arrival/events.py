"""Events of stock arrivals."""

from typing import ClassVar

import msgspec

from domain.messages import Event


class ArrivedItem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Goods as they came in. Unlike the command's item it ignores the fields that a newer writer adds."""

    sku: str
    """Article number."""
    label: str | None = None
    """Maker. Absent: not said."""
    size: str | None = None
    """Size. Absent: it has none, or nobody said."""
    department: str | None = None
    """Department. Absent: not said."""
    quantity: int = 1
    """Units that came in."""


class StockArrived(Event, frozen=True, kw_only=True):
    """Goods came in. Reactions plan a follow-up for every customer who waits for one of them."""

    names: ClassVar = ("arrival_id",)

    arrival_id: str
    """The arrival."""
    store_id: str
    """Store where they came in."""
    items: tuple[ArrivedItem, ...]
    """The goods, at least one."""

    @property
    def stream_id(self) -> str:
        return self.arrival_id


TOPICS: dict[str, type[Event]] = {"stock_arrival.recorded.v1": StockArrived}

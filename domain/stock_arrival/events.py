"""Events of stock arrivals."""

from typing import ClassVar

import msgspec

from domain.messages import Event


class ArrivedItem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Goods as they came in. Unlike the command's item it ignores the fields that a newer writer adds."""

    sku: str
    label: str | None = None
    size: str | None = None
    department: str | None = None
    quantity: int = 1


class StockArrived(Event, frozen=True, kw_only=True):
    names: ClassVar = ("arrival_id",)

    arrival_id: str
    store_id: str
    items: tuple[ArrivedItem, ...]

    @property
    def stream_id(self) -> str:
        return self.arrival_id


TOPICS: dict[str, type[Event]] = {"stock_arrival.recorded.v1": StockArrived}

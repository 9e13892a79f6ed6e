"""What came in."""

from typing import ClassVar

from domain.messages import Event
from domain.stock_arrival.commands import ArrivedItem


class StockArrived(Event, frozen=True, kw_only=True):
    names: ClassVar = ("arrival_id",)

    arrival_id: str
    store_id: str
    items: tuple[ArrivedItem, ...]

    @property
    def stream_id(self) -> str:
        return self.arrival_id


TOPICS: dict[str, type[Event]] = {"stock_arrival.recorded.v1": StockArrived}

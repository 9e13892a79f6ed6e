"""What files of purchases are read into: the events that an import of them would write, and a report."""

import msgspec

from domain.return_.events import ReturnAccepted, ReturnMatched
from domain.sale.events import SaleRecorded

PurchaseEvent = SaleRecorded | ReturnAccepted | ReturnMatched


class ReadReport(msgspec.Struct):
    """The rows of a file, those skipped by reason, and messages about rows that cannot be read."""

    rows: int = 0
    left_out: dict[str, int] = {}
    messages: list[str] = []

    def skip(self, reason: str, rows: int = 1) -> None:
        self.left_out[reason] = self.left_out.get(reason, 0) + rows

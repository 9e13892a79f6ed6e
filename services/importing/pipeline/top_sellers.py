"""The owner of a customer in an imported history: whoever sold them most, by money and not by count."""

from collections.abc import Iterator
from datetime import datetime

from domain.money import largest_remainder
from services.importing.pipeline.source_documents import HandOver, SourceDocument


class TopSellers:
    """Adds up who sold how much to whom; ties go to whoever sold to the customer first.

    Returns are not deducted.
    """

    def __init__(self) -> None:
        self._sold_minor: dict[str, dict[str, int]] = {}

    def add(self, document: SourceDocument) -> None:
        """Add what the sellers of a source document sold."""
        if document.customer is None or document.kind != "sale":
            return
        for line in document.lines:
            parts = (
                largest_remainder(line.net_minor, [1] * len(line.sellers))
                if line.co_sellers
                else (line.net_minor,)
            )
            for seller, part in zip(line.sellers, parts, strict=False):
                sold = self._sold_minor.setdefault(document.customer, {})
                sold[seller] = sold.get(seller, 0) + part

    def hand_overs(self, at: datetime) -> Iterator[HandOver]:
        """Hand every customer to whoever sold them most; handing one to their owner changes nothing."""
        for customer, sold in self._sold_minor.items():
            if len(sold) > 1:
                yield HandOver(customer, max(sold, key=lambda associate: sold[associate]), at, "most_sold")

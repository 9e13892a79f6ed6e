"""The owner of a customer in an imported history: who sold her most, by money and not by count."""

from collections.abc import Iterator
from datetime import datetime

from services.ops.importing.slips import HandOver, Slip


class MostSold:
    """Adds up who sold how much to whom; ties go to whoever sold to her first. What came back is not taken off."""

    def __init__(self) -> None:
        self._sold_minor: dict[str, dict[str, int]] = {}

    def add(self, slip: Slip) -> None:
        """A slip goes by."""
        if slip.customer is None or slip.kind == "return":
            return
        for line in slip.lines:
            if line.seller is not None:
                sold = self._sold_minor.setdefault(slip.customer, {})
                sold[line.seller] = sold.get(line.seller, 0) + line.net_minor

    def hand_overs(self, at: datetime) -> Iterator[HandOver]:
        """Every customer to whoever sold her most; to hand her to whom she belongs already changes nothing."""
        for customer, sold in self._sold_minor.items():
            if len(sold) > 1:
                yield HandOver(customer, max(sold, key=lambda associate: sold[associate]), at, "most_sold")

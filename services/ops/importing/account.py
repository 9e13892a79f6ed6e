"""Every row accounted for: imported, or left out for a named reason, and sums that give the file's to the cent."""

from decimal import ROUND_HALF_UP, Decimal

import msgspec


class LeftOut(msgspec.Struct):
    """Rows left out for one reason, and what they sum up to (minor units, the sign of the file)."""

    rows: int = 0
    amount_minor: int = 0


class Summary(msgspec.Struct, kw_only=True):
    """What came of an import. Amounts are minor units.

    `sold_minor` - `returned_minor` + `rounding_minor` + the amounts left out = the sum of the file.
    """

    rows: int = 0
    sales: int = 0
    returns: int = 0
    customers: int = 0
    sold_minor: int = 0
    returned_minor: int = 0
    rounding_minor: int = 0
    left_out: dict[str, LeftOut] = {}
    already_imported: int = 0
    events: int = 0
    seconds: float = 0.0


class Account:
    """Keeps a summary while rows go by. Amounts come in exact (Decimal, major units) and are rounded once, at the end."""

    def __init__(self) -> None:
        self.summary = Summary()
        self.unreadable: list[str] = []
        self._exact = Decimal(0)
        self._imported_minor = 0
        self._left_out: dict[str, tuple[int, Decimal]] = {}

    def row(self) -> None:
        """One more row was read."""
        self.summary.rows += 1

    def leave_out(self, reason: str, amount: Decimal = Decimal(0)) -> None:
        """The row is left out."""
        rows, total = self._left_out.get(reason, (0, Decimal(0)))
        self._left_out[reason] = (rows + 1, total + amount)

    def cannot_read(self, complaint: str) -> None:
        """The row cannot be read; `complaint` says which and why."""
        self.leave_out("unreadable")
        self.unreadable.append(complaint)

    def sold(self, exact: Decimal, net_minor: int) -> None:
        """A line was sold for `exact` in the file and is imported as `net_minor`."""
        self._exact += exact
        self._imported_minor += net_minor
        self.summary.sold_minor += net_minor

    def returned(self, exact: Decimal, refund_minor: int) -> None:
        """A line was returned for `exact` (positive) in the file and is imported as `refund_minor`."""
        self._exact -= exact
        self._imported_minor -= refund_minor
        self.summary.returned_minor += refund_minor

    def close(self) -> Summary:
        """The summary, rounded."""
        self.summary.left_out = {
            reason: LeftOut(rows, minor(total)) for reason, (rows, total) in sorted(self._left_out.items())
        }
        self.summary.rounding_minor = minor(self._exact) - self._imported_minor
        return self.summary


def minor(amount: Decimal) -> int:
    """An amount in major units (two decimals in a minor one's place) as whole minor units, halves away from zero."""
    return int((amount * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))

"""Every row accounted for: imported, or left out for a named reason, and sums that give the file's to the cent."""

from decimal import Decimal
from typing import NamedTuple

import msgspec

from services.ops.importing.amounts import EXACT, ZERO, minor
from services.ops.importing.slips import SlipKind

UNREADABLE = "unreadable"
AGAIN = "in_an_earlier_file"
COMPLAINTS_KEPT_MAX = 1000


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


class Tally(NamedTuple):
    """What was counted while reading: rows, customers, what was left out (reason to rows and exact amount), complaints."""

    rows: int
    customers: int
    left_out: dict[str, tuple[int, Decimal]]
    unreadable: list[str]


class Account:
    """Keeps a summary while rows go by. Amounts come in exact (Decimal, major units) and are rounded once, at the end."""

    def __init__(self, minor_digits: int = 2) -> None:
        self.summary = Summary()
        self.unreadable: list[str] = []
        self.minor_digits = minor_digits
        self._exact = ZERO
        self._left_out: dict[str, tuple[int, Decimal]] = {}

    def row(self) -> None:
        """One more row was read."""
        self.summary.rows += 1

    def leave_out(self, reason: str, amount: Decimal = ZERO, rows: int = 1) -> None:
        """The row is left out; or so many, which come to the amount together."""
        rows_before, before = self._left_out.get(reason, (0, ZERO))
        self._left_out[reason] = (rows_before + rows, EXACT.add(before, amount))

    def cannot_read(self, complaint: str, amount: Decimal = ZERO) -> None:
        """The row cannot be read; `complaint` says which and why, without repeating what may be about a person."""
        self.leave_out(UNREADABLE, amount)
        if len(self.unreadable) < COMPLAINTS_KEPT_MAX:
            self.unreadable.append(complaint)

    def take(self) -> Tally:
        """What reading has counted since the last time; counting starts anew."""
        summary = self.summary
        tally = Tally(summary.rows, summary.customers, self._left_out, self.unreadable)
        summary.rows = summary.customers = 0
        self._left_out, self.unreadable = {}, []
        return tally

    def add(self, tally: Tally) -> None:
        """Count what was counted elsewhere."""
        self.summary.rows += tally.rows
        self.summary.customers += tally.customers
        for reason, (rows, amount) in tally.left_out.items():
            self.leave_out(reason, amount, rows)
        self.unreadable += tally.unreadable[: max(COMPLAINTS_KEPT_MAX - len(self.unreadable), 0)]

    def imported(self, kind: SlipKind, exact: Decimal, net_minor: int) -> None:
        """A slip stands in the log, now or from an earlier run: for `exact` in the file, imported as `net_minor` (both positive)."""
        if kind == "sale":
            self._exact = EXACT.add(self._exact, exact)
            self.summary.sold_minor += net_minor
        else:
            self._exact = EXACT.subtract(self._exact, exact)
            self.summary.returned_minor += net_minor

    def close(self) -> Summary:
        """The summary, rounded: the sum of the file is, and what its parts differ from that is the rounding."""
        summary = self.summary
        whole, left_minor = self._exact, 0
        summary.left_out = {}
        for reason, (rows, total) in sorted(self._left_out.items()):
            left = summary.left_out[reason] = LeftOut(rows, minor(total, self.minor_digits))
            left_minor += left.amount_minor
            whole = EXACT.add(whole, total)
        imported_minor = summary.sold_minor - summary.returned_minor
        summary.rounding_minor = minor(whole, self.minor_digits) - imported_minor - left_minor
        return summary

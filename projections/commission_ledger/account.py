"""What the ledger keeps of one account between statements: balances, and the periods that have no statement
yet.

A row belongs to an associate's commission account, or to a return the house gave goodwill for. Statements and
entries are in the journal, so that a row stays as small after twenty years as in its first month.
"""

from datetime import date, datetime
from typing import Final

import msgspec

from domain.associate.commands import DeficitPolicy

#: The period of what found none open; the next statement includes it.
NO_PERIOD: Final = ""


class WorkedDay(msgspec.Struct, frozen=True, omit_defaults=True):
    """Minutes of a workday, the guaranteed rate per hour that held on it, and its period; `waits`: it lies in
    none that is opened.
    """

    selling_minutes: int
    non_selling_minutes: int
    base_rate_minor: int
    period_id: str
    waits: bool = False


class PeriodTotals(msgspec.Struct, omit_defaults=True):
    """What the entries of one period come to so far; `sales_minor` is what the associate is credited with."""

    sales_minor: int = 0
    earned_minor: int = 0
    clawed_back_minor: int = 0
    moved_minor: int = 0
    late_topped_up_minor: int = 0

    @property
    def net_minor(self) -> int:
        """Net commission so far."""
        return self.earned_minor - self.clawed_back_minor + self.moved_minor

    def add(self, other: "PeriodTotals") -> None:
        """Take in what another period holds."""
        for name in PeriodTotals.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


class CurrencyBalance(msgspec.Struct, omit_defaults=True):
    """The account in one currency.

    `balances`: the sum of the entries per account (see fold.py), an associate's own and payable ones without
    the identifier.
    `open`: per period without a statement. `waiting`: per day (YYYY-MM-DD) that lies in no period yet.
    `days`: workdays no statement has counted, by their date. `late`: days whose hours came when their period
    was closed, until a statement reaches them.
    """

    balances: dict[str, int] = {}
    open: dict[str, PeriodTotals] = {}
    waiting: dict[str, PeriodTotals] = {}
    days: dict[str, WorkedDay] = {}
    late: list[str] = []

    @property
    def balance_minor(self) -> int:
        """What the associate has earned and not been paid; negative while more was taken back than earned."""
        return self.balances.get("associate", 0)

    @property
    def deficits_minor(self) -> int:
        """Carried deficits that are still open."""
        return -self.balances.get("house:deficits", 0)

    @property
    def draws_minor(self) -> int:
        """Recoverable top-ups that are still open."""
        return -self.balances.get("house:draws", 0)


class Account(msgspec.Struct, omit_defaults=True):
    """A row of the ledger; `associate_id` is None for a return's.

    `stated_at` is the position of the latest statement.
    """

    associate_id: str | None = None
    # Stored under the name that rows were first written with.
    currencies: dict[str, CurrencyBalance] = msgspec.field(default_factory=dict, name="purses")
    statements: int = 0
    stated_at: int = 0

    @property
    def currency(self) -> str | None:
        """The one the associate is paid in: of several, the first by its letters."""
        return min(self.currencies, default=None)


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """What was paid for one period, as issued; money in `currency`, with the field names of StatementIssued.

    `position` is the event's; entries that had found no period are included from after `previous_position`,
    that of the statement before. `counted` is what the ledger's own entries come to.
    `regular_rate_minor` (what was paid per hour) and `commission_share_bp` (how much of it was commission)
    are information for overtime law, where the hours allow it, and decide nothing.
    """

    associate_id: str
    period_id: str
    position: int
    previous_position: int
    issued_at: datetime
    currency: str
    scope: str
    starts_on: date
    ends_on: date
    plan_no: int
    policy: DeficitPolicy
    minutes: int
    guarantee_minor: int
    sales_minor: int
    earned_minor: int
    clawed_back_minor: int
    moved_minor: int
    net_minor: int
    owed_before_minor: int
    recouped_minor: int
    topped_up_minor: int
    carried_minor: int
    forgiven_minor: int
    written_off_minor: int
    owed_after_minor: int
    pay_minor: int
    regular_rate_minor: int | None
    commission_share_bp: int | None
    selling_minutes: int
    non_selling_minutes: int
    counted: PeriodTotals
    late_topped_up_minor: int = 0

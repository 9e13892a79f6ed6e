"""The money events of an associate. Each names the sale or return line it came from; nothing downstream
computes money again.

`period_id` is the pay period an event is posted to; None: none was open, and the next statement includes it.
`waits_for` (with `period_id` None) is the business day of an event that lies in no period yet: the first
statement of a period that reaches this day includes it.
Amounts are positive minor units; the event says in which direction.
"""

from datetime import date
from typing import ClassVar, Literal

import msgspec

from domain.associate.commands import DeficitPolicy
from domain.ids import account_id_of
from domain.messages import Event
from domain.sale.events import Band

#: Why a closed period is topped up: hours that came late, or a pay plan that was agreed for days in it.
LateReason = Literal["late_hours", "pay_plan"]


class AccountEvent(Event, frozen=True, kw_only=True):
    """An event in one associate's commission account."""

    associate_id: str
    currency: str

    @property
    def stream_id(self) -> str:
        return account_id_of(self.associate_id)


class EarnedLine(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Commission of one sale line: what was credited at which rates (see Band), and what it earned."""

    line_no: int
    bands: tuple[Band, ...]
    commission_minor: int


class ClawedBackLine(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Commission taken back for units of one sale line; `sales_minor` is what is taken off the credited
    sales.
    """

    line_no: int
    quantity: int
    sales_minor: int
    commission_minor: int


class CommissionEarned(AccountEvent, frozen=True, kw_only=True):
    """`sales_minor` is what the associate is credited with selling, `amount_minor` what it earned."""

    sale_id: str
    period_id: str | None = None
    waits_for: date | None = None
    plan_no: int = 0
    sales_minor: int
    lines: tuple[EarnedLine, ...]
    amount_minor: int


class CommissionClawedBack(AccountEvent, frozen=True, kw_only=True):
    return_id: str
    sale_id: str
    period_id: str | None = None
    waits_for: date | None = None
    sales_minor: int
    lines: tuple[ClawedBackLine, ...]
    amount_minor: int


class CommissionRestored(AccountEvent, frozen=True, kw_only=True):
    """A return was not of this sale: what had been taken back for it is credited again."""

    return_id: str
    sale_id: str
    period_id: str | None = None
    waits_for: date | None = None
    sales_minor: int
    lines: tuple[ClawedBackLine, ...]
    amount_minor: int


class CommissionMoved(AccountEvent, frozen=True, kw_only=True):
    """Attribution was corrected, or a line was computed anew by another pay plan (`reason` says so).

    `amount_minor` and `sales_minor` are signed: what this account gains or gives. Without `counterparties`
    the other side is the house. `plan_no` and `rates_bp` are those of a line that was computed anew.
    """

    sale_id: str
    line_no: int
    period_id: str | None = None
    waits_for: date | None = None
    sales_minor: int
    amount_minor: int
    counterparties: tuple[str, ...] = ()
    reason: str | None = None
    plan_no: int | None = None
    rates_bp: tuple[int, ...] = ()


class AllowanceClawedBack(AccountEvent, frozen=True, kw_only=True):
    """Commission taken back for money that the customer got back on goods they keep."""

    sale_id: str
    line_no: int
    period_id: str | None = None
    waits_for: date | None = None
    sales_minor: int
    amount_minor: int


class HoursRecorded(AccountEvent, frozen=True, kw_only=True):
    """Minutes of one workday and the guaranteed rate per hour that held on it."""

    worked_on: date
    selling_minutes: int = 0
    non_selling_minutes: int = 0
    base_rate_minor: int
    period_id: str | None = None
    waits_for: date | None = None


class LateHoursRecorded(AccountEvent, frozen=True, kw_only=True):
    """Minutes of a workday in `period_id`, which was closed by then: they count for its guarantee alone."""

    worked_on: date
    selling_minutes: int = 0
    non_selling_minutes: int = 0
    base_rate_minor: int
    period_id: str


class LateToppedUp(AccountEvent, frozen=True, kw_only=True):
    """What the closed period `for_period_id` would have paid more, had it been known then; paid with
    `period_id`.

    `owed_minor` of it is owed back: a draw (`recoverable`), or a deficit that would not have been recouped.
    Below zero, with the statement of that period: what is not due any more by what it earned since.
    """

    for_period_id: str
    period_id: str | None = None
    waits_for: date | None = None
    amount_minor: int
    owed_minor: int = 0
    recoverable: bool = False
    reason: LateReason = "late_hours"


class PeriodRecomputed(AccountEvent, frozen=True, kw_only=True):
    """Another pay plan was agreed for days of `period_id`, whose statement stays as issued.

    `net_minor` is what its sales earn more by it (signed; CommissionMoved posts it elsewhere). `rate_minutes`
    is the difference of its guarantee (minutes times rate per hour) for `days`, which have `base_rate_minor`
    from now on.
    """

    period_id: str
    plan_no: int
    net_minor: int = 0
    rate_minutes: int = 0
    base_rate_minor: int
    days: tuple[date, ...] = ()


class DeficitThreatening(AccountEvent, frozen=True, kw_only=True):
    """Goods that came back brought the net commission of a period below the share of the guarantee that the
    plan names (`deficit_warning_bp`); once per account and period.

    `net_minor` and `guarantee_minor` are what the period comes to so far. It moves no money.
    """

    store_id: str
    period_id: str | None = None
    net_minor: int
    guarantee_minor: int
    threshold_minor: int
    sale_id: str
    return_id: str | None = None


class SettlementEvent(AccountEvent, frozen=True, kw_only=True):
    """A step of settling a period; issued with the statement, in the same commit."""

    period_id: str
    amount_minor: int


class CommissionToppedUp(SettlementEvent, frozen=True, kw_only=True):
    """Net commission was below the guarantee; `recoverable` under a recoverable draw."""

    recoverable: bool = False


class DeficitCarried(SettlementEvent, frozen=True, kw_only=True):
    """Negative net commission is carried into the next period (policy carry)."""


class DeficitForgiven(SettlementEvent, frozen=True, kw_only=True):
    """Negative net commission is forgiven (policy forgive)."""


class DeficitRecouped(SettlementEvent, frozen=True, kw_only=True):
    """Carried deficit, or open draw, taken out of what exceeds the guarantee."""


class DeficitWrittenOff(AccountEvent, frozen=True, kw_only=True):
    """What was still owed when the associate left: with the final statement, or (`period_id` None) on
    leaving, when none is to come.
    """

    period_id: str | None = None
    amount_minor: int


class StatementIssued(AccountEvent, frozen=True, kw_only=True):
    """What was paid stays what was paid.

    net = earned - clawed_back + moved; pay = net - recouped + topped_up + (carried or forgiven deficit) +
    late_topped_up (for earlier periods; below zero, for this one: what late hours were paid too much).
    `owed_before_minor` / `owed_after_minor`: carried deficit or open draw around this period.
    `regular_rate_minor` (per hour) and `commission_share_bp` are information for overtime law, where hours
    allow.
    """

    names: ClassVar = ("associate_id", "period_id")

    period_id: str
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
    owed_before_minor: int = 0
    recouped_minor: int = 0
    topped_up_minor: int = 0
    late_topped_up_minor: int = 0
    carried_minor: int = 0
    forgiven_minor: int = 0
    written_off_minor: int = 0
    owed_after_minor: int = 0
    pay_minor: int
    regular_rate_minor: int | None = None
    commission_share_bp: int | None = None


TOPICS: dict[str, type[Event]] = {
    "commission_account.earned.v1": CommissionEarned,
    "commission_account.clawed_back.v1": CommissionClawedBack,
    "commission_account.restored.v1": CommissionRestored,
    "commission_account.moved.v1": CommissionMoved,
    "commission_account.allowance_clawed_back.v1": AllowanceClawedBack,
    "commission_account.hours_recorded.v1": HoursRecorded,
    "commission_account.late_hours_recorded.v1": LateHoursRecorded,
    "commission_account.late_topped_up.v1": LateToppedUp,
    "commission_account.period_recomputed.v1": PeriodRecomputed,
    "commission_account.deficit_threatening.v1": DeficitThreatening,
    "commission_account.topped_up.v1": CommissionToppedUp,
    "commission_account.deficit_carried.v1": DeficitCarried,
    "commission_account.deficit_forgiven.v1": DeficitForgiven,
    "commission_account.deficit_recouped.v1": DeficitRecouped,
    "commission_account.deficit_written_off.v1": DeficitWrittenOff,
    "commission_account.statement_issued.v1": StatementIssued,
}

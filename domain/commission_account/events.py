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

#: Why a closed period is topped up: hours that came late, a pay plan that was agreed for days in it, or hours
#: of it that were wrong.
LateReason = Literal["late_hours", "pay_plan", "corrected_hours"]


class AccountNote(Event, frozen=True, kw_only=True):
    """An event in one associate's commission account that is about no amount."""

    associate_id: str
    """Associate whose account it is."""

    @property
    def stream_id(self) -> str:
        return account_id_of(self.associate_id)


class AccountEvent(AccountNote, frozen=True, kw_only=True):
    """An event in one associate's commission account."""

    currency: str
    """ISO 4217 code of the currency of all amounts."""


class EarnedLine(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Commission of one sale line: what was credited at which rates, and what it earned."""

    line_no: int
    """Line of the sale."""
    bands: tuple[Band, ...]
    """What is credited of it, by rate."""
    commission_minor: int
    """What it earned, rounded."""


class ClawedBackLine(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Commission that moves with units of one sale line."""

    line_no: int
    """Line of the sale."""
    quantity: int
    """Units of the line, whoever is credited with them."""
    sales_minor: int
    """What the associate's part of them had been sold for."""
    commission_minor: int
    """What they had earned the associate."""


class CommissionEarned(AccountEvent, frozen=True, kw_only=True):
    """A sale was recorded in which the associate is credited with a line; one event for each associate and
    sale, in the commit of the sale.
    """

    sale_id: str
    """The sale."""
    period_id: str | None = None
    """Pay period that it is posted to. Absent: none was open, or its day lies in none yet (`waits_for`); the
    next statement that reaches it includes it."""
    waits_for: date | None = None
    """Business day that lies in no opened period yet: the first statement of a period that reaches this day
    includes it. Absent: `period_id` says where it is, or the next statement includes it."""
    plan_no: int = 0
    """Number of the pay plan in force on the day of the sale; its rates are frozen."""
    sales_minor: int
    """What the associate is credited with selling."""
    lines: tuple[EarnedLine, ...]
    """Lines of the sale that they are credited with."""
    amount_minor: int
    """What they earned: the sum of the lines' commission."""


class CommissionClawedBack(AccountEvent, frozen=True, kw_only=True):
    """Goods came back that the associate is credited with selling, or were traced to their sale: the cents
    that these units had earned are taken back, whoever took them in.
    """

    return_id: str
    """The return."""
    sale_id: str
    """The sale that the goods are from."""
    period_id: str | None = None
    """Pay period that it is posted to. Absent: none was open, or its day lies in none yet (`waits_for`); the
    next statement that reaches it includes it."""
    waits_for: date | None = None
    """Business day that lies in no opened period yet: the first statement of a period that reaches this day
    includes it. Absent: `period_id` says where it is, or the next statement includes it."""
    sales_minor: int
    """What comes off the sales they are credited with."""
    lines: tuple[ClawedBackLine, ...]
    """Units by line of the sale."""
    amount_minor: int
    """What is taken back: the sum of the lines' commission."""


class CommissionRestored(AccountEvent, frozen=True, kw_only=True):
    """A return was not of this sale: what had been taken back for it is credited again."""

    return_id: str
    """The return that had been matched."""
    sale_id: str
    """The sale that it was not from."""
    period_id: str | None = None
    """Pay period that it is posted to. Absent: none was open, or its day lies in none yet (`waits_for`); the
    next statement that reaches it includes it."""
    waits_for: date | None = None
    """Business day that lies in no opened period yet: the first statement of a period that reaches this day
    includes it. Absent: `period_id` says where it is, or the next statement includes it."""
    sales_minor: int
    """What they are credited with selling again."""
    lines: tuple[ClawedBackLine, ...]
    """Units by line of the sale."""
    amount_minor: int
    """What is given again: the sum of the lines' commission."""


class CommissionMoved(AccountEvent, frozen=True, kw_only=True):
    """The attribution of a sale line was corrected, or the line was computed anew by another pay plan. Both
    sides have such an event where both are associates.
    """

    sale_id: str
    """The sale."""
    line_no: int
    """Line of the sale."""
    period_id: str | None = None
    """Pay period that it is posted to. Absent: none was open, or its day lies in none yet (`waits_for`); the
    next statement that reaches it includes it."""
    waits_for: date | None = None
    """Business day that lies in no opened period yet: the first statement of a period that reaches this day
    includes it. Absent: `period_id` says where it is, or the next statement includes it."""
    sales_minor: int
    """What the account gains in credited sales, below zero what it gives."""
    amount_minor: int
    """What the account gains in commission, below zero what it gives."""
    counterparties: tuple[str, ...] = ()
    """Associates on the other side; empty: it is the house."""
    reason: str | None = None
    """pay_plan: the line was computed anew by another plan. Absent: who sold it was corrected."""
    plan_no: int | None = None
    """Number of the plan that the line was computed anew by. Absent: the attribution was corrected."""
    rates_bp: tuple[int, ...] = ()
    """Rates that the line earns by that plan, each once; empty: the attribution was corrected."""


class AllowanceClawedBack(AccountEvent, frozen=True, kw_only=True):
    """Commission taken back for money that the customer got back on goods they keep."""

    sale_id: str
    """The sale."""
    line_no: int
    """Line of the sale."""
    period_id: str | None = None
    """Pay period that it is posted to. Absent: none was open, or its day lies in none yet (`waits_for`); the
    next statement that reaches it includes it."""
    waits_for: date | None = None
    """Business day that lies in no opened period yet: the first statement of a period that reaches this day
    includes it. Absent: `period_id` says where it is, or the next statement includes it."""
    sales_minor: int
    """What comes off the sales they are credited with."""
    amount_minor: int
    """What is taken back."""


class HoursRecorded(AccountEvent, frozen=True, kw_only=True):
    """Minutes of one workday, in the place of what was recorded for the same day before, and the guaranteed
    rate that holds on it.
    """

    worked_on: date
    """The workday."""
    selling_minutes: int = 0
    """Minutes spent selling."""
    non_selling_minutes: int = 0
    """Minutes spent otherwise."""
    base_rate_minor: int
    """Guarantee per hour on that day."""
    period_id: str | None = None
    """Pay period that it is posted to. Absent: none was open, or its day lies in none yet (`waits_for`); the
    next statement that reaches it includes it."""
    waits_for: date | None = None
    """Business day that lies in no opened period yet: the first statement of a period that reaches this day
    includes it. Absent: `period_id` says where it is, or the next statement includes it."""
    reason: str | None = None
    """pay_plan: the day was computed anew by another plan. Absent: somebody recorded the hours."""


class LateHoursRecorded(AccountEvent, frozen=True, kw_only=True):
    """Minutes of a workday whose period was closed by then: they count for its guarantee alone. What it would
    have paid more or less with them is in LateToppedUp.
    """

    worked_on: date
    """The workday."""
    selling_minutes: int = 0
    """Minutes spent selling."""
    non_selling_minutes: int = 0
    """Minutes spent otherwise."""
    base_rate_minor: int
    """Guarantee per hour on that day."""
    period_id: str
    """Pay period of the day; it stays as it was stated."""
    minutes_before: int | None = None
    """All minutes that the day had counted with and that are put right. Absent: the day had not counted."""

    @property
    def more_minutes(self) -> int:
        """What the day has more than it counted already."""
        return self.selling_minutes + self.non_selling_minutes - (self.minutes_before or 0)


class LateToppedUp(AccountEvent, frozen=True, kw_only=True):
    """What the closed period `for_period_id` would have paid more, had it been known then; paid with
    `period_id`. Below zero it takes back: in the commit of that period's own statement what is not due any
    more, or, where hours were corrected downwards or a plan was taken back, what is not paid yet.
    """

    for_period_id: str
    """The closed period that it makes up for."""
    period_id: str | None = None
    """Pay period that it is posted to. Absent: none was open, or its day lies in none yet (`waits_for`); the
    next statement that reaches it includes it."""
    waits_for: date | None = None
    """Business day that lies in no opened period yet: the first statement of a period that reaches this day
    includes it. Absent: `period_id` says where it is, or the next statement includes it."""
    amount_minor: int
    """What is paid more; below zero: less."""
    owed_minor: int = 0
    """Part of it that is owed back: a draw, or a deficit that would not have been recouped; where hours were
    corrected downwards or a plan was taken back, what had been topped up and paid too much."""
    recoverable: bool = False
    """True under a recoverable draw: top-ups are recouped out of later commission."""
    reason: LateReason = "late_hours"
    """Why a closed period is topped up."""


class PeriodRecomputed(AccountEvent, frozen=True, kw_only=True):
    """Another pay plan was agreed for days of a period whose statement stays as issued."""

    period_id: str
    """The period."""
    plan_no: int
    """Number of the plan."""
    net_minor: int = 0
    """What its sales earn more by the plan, below zero less; CommissionMoved posts it."""
    rate_minutes: int = 0
    """Difference of its guarantee before rounding: minutes worked times the difference of the rates per
    hour."""
    base_rate_minor: int
    """Guarantee per hour that `days` have from now on."""
    days: tuple[date, ...] = ()
    """Workdays that have another rate; empty: none."""


class DeficitThreatening(AccountEvent, frozen=True, kw_only=True):
    """Goods that came back, or an allowance, brought the net commission of a period below the share of the
    guarantee that the plan names; once per account and period. It moves no money.
    """

    store_id: str
    """Store where the associate works."""
    period_id: str | None = None
    """The period. Absent: does not occur, as only a period has a guarantee."""
    net_minor: int
    """Net commission of the period so far; it may be below zero."""
    guarantee_minor: int
    """Guarantee of the period so far."""
    threshold_minor: int
    """What net commission fell below: `guarantee_minor` times the plan's `deficit_warning_bp`."""
    sale_id: str
    """Sale that the lost commission is of."""
    return_id: str | None = None
    """Return that brought it about. Absent: it was an allowance."""


class SettlementEvent(AccountEvent, frozen=True, kw_only=True):
    """A step of settling a period; issued with the statement, in the same commit."""

    period_id: str
    """The period that is settled."""
    amount_minor: int
    """The amount, above zero."""


class CommissionToppedUp(SettlementEvent, frozen=True, kw_only=True):
    """Net commission of a period was below the guarantee: the rest is paid. Issued with the statement."""

    recoverable: bool = False
    """True under a recoverable draw: the amount is owed, and recouped out of later commission."""


class DeficitCarried(SettlementEvent, frozen=True, kw_only=True):
    """Negative net commission is carried into the next period (policy carry). Issued with the statement."""


class DeficitForgiven(SettlementEvent, frozen=True, kw_only=True):
    """Negative net commission is forgiven (policy forgive). Issued with the statement."""


class DeficitRecouped(SettlementEvent, frozen=True, kw_only=True):
    """Carried deficit, or open draw, is taken out of what exceeds the guarantee, with the statement."""


class DeficitWrittenOff(AccountEvent, frozen=True, kw_only=True):
    """What was still owed when the associate left: with the final statement, or (`period_id` None) on
    leaving, when none is to come.
    """

    period_id: str | None = None
    """Period of the final statement, in whose commit it is. Absent: written off on leaving, as no statement
    is to come."""
    amount_minor: int
    """What is owed no longer."""


class StatementIssued(AccountEvent, frozen=True, kw_only=True):
    """A closed period is settled for this associate: what was paid stays what was paid.

    net = earned - clawed_back + moved; pay = net - recouped + topped_up + carried + forgiven +
    late_topped_up.
    """

    names: ClassVar = ("associate_id", "period_id")

    period_id: str
    """The period."""
    scope: str
    """Whose pay calendar it is of: `company`, or a store."""
    starts_on: date
    """First day of the period."""
    ends_on: date
    """Last day of the period, included."""
    plan_no: int
    """Number of the plan in force on the last day of the period, or of the associate."""
    policy: DeficitPolicy
    """Deficit policy of that plan."""
    minutes: int
    """Minutes worked that the statement includes."""
    guarantee_minor: int
    """Guarantee: hours worked times the rate of their day, rounded once."""
    sales_minor: int
    """Net sales that they are credited with."""
    earned_minor: int
    """Commission earned."""
    clawed_back_minor: int
    """Commission taken back, by returns and allowances; what was restored is taken off."""
    moved_minor: int
    """Commission moved by corrections, below zero: away."""
    net_minor: int
    """Net commission; it may be below zero."""
    owed_before_minor: int = 0
    """Carried deficit or open draw before this period."""
    recouped_minor: int = 0
    """What is taken of it."""
    topped_up_minor: int = 0
    """What is paid up to the guarantee."""
    late_topped_up_minor: int = 0
    """What is paid for earlier periods; what this period was topped up too much for late hours is taken
    off."""
    carried_minor: int = 0
    """Negative net commission that is carried."""
    forgiven_minor: int = 0
    """Negative net commission that is forgiven."""
    written_off_minor: int = 0
    """What is owed no longer, as this is the final statement."""
    owed_after_minor: int = 0
    """Carried deficit or open draw after this period."""
    pay_minor: int
    """What is paid."""
    regular_rate_minor: int | None = None
    """Pay per hour, as information for overtime law. Absent: no hours were worked."""
    commission_share_bp: int | None = None
    """Share of the pay that is commission, as information for overtime law. Absent: no hours were worked, or
    nothing is paid."""


class QuestionOpened(AccountNote, frozen=True, kw_only=True):
    """The associate has a question about an entry or a statement; until it is answered, the statement that
    includes it is not signed. What they ask is in EntryQuestioned, in the same commit.
    """

    question_id: str
    """The question."""
    entry_position: int | None = None
    """Position of the entry, the event of the account that it came from. Absent: it is about the
    statement."""
    line_no: int | None = None
    """Line of the sale or return that is meant. Absent: all of the entry is, or the statement."""
    period_id: str | None = None
    """Pay period of the statement, or that the entry is posted to. Absent: it is posted to none."""
    waits_for: date | None = None
    """Business day of an entry that no statement includes yet. Absent: `period_id` says where it is, or
    nobody knows which statement includes it."""


class QuestionClosed(AccountNote, frozen=True, kw_only=True):
    """A question about the account is answered. The answer is in QuestionAnswered, in the same commit."""

    question_id: str
    """The question."""


class StatementSigned(AccountNote, frozen=True, kw_only=True):
    """A statement is signed off, by the associate or by time. It moves no money, and the statement can be
    questioned all the same.
    """

    names: ClassVar = ("associate_id", "period_id")

    period_id: str
    """The period."""
    after_days: int | None = None
    """Whole days that nobody had signed or asked for, when it was signed by time. Absent: the associate
    signed."""


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
    "commission_account.statement_signed.v1": StatementSigned,
    "commission_account.question_opened.v1": QuestionOpened,
    "commission_account.question_closed.v1": QuestionClosed,
}

"""What decisions need to know about a commission account: totals of what is not settled yet, never a list of
sales.
"""

from datetime import date, datetime
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from domain.commission_account.events import (
    AllowanceClawedBack,
    CommissionClawedBack,
    CommissionEarned,
    CommissionMoved,
    CommissionRestored,
    CommissionToppedUp,
    DeficitCarried,
    DeficitForgiven,
    DeficitRecouped,
    DeficitThreatening,
    DeficitWrittenOff,
    HoursRecorded,
    LateHoursRecorded,
    LateToppedUp,
    PeriodRecomputed,
    QuestionClosed,
    QuestionOpened,
    StatementIssued,
    StatementSigned,
)
from domain.commission_account.open_questions import OpenQuestion
from domain.commission_account.settled_days import has_day, with_days
from domain.commission_account.stated_period import StatedPeriod
from domain.messages import Event, UnknownEvent, made_of
from domain.paged_map import PagedMap
from domain.pay_period.state import CalendarState, PayPeriod

#: What holds something without a statement: a period by its name, a business day that waits for its period,
#: or (None) what found no period to go to.
Bucket = str | date | None
Held = TypeVar("Held", str | None, date)


class WorkedDay(msgspec.Struct, frozen=True):
    """Minutes worked on a day, and the guaranteed rate per hour that held on it."""

    minutes: int
    base_rate_minor: int


class Unsettled(msgspec.Struct, frozen=True, kw_only=True):
    """What one pay period holds so far for this account.

    `late_minor` are top-ups for earlier periods.
    """

    sales_minor: int = 0
    earned_minor: int = 0
    clawed_back_minor: int = 0
    moved_minor: int = 0
    late_minor: int = 0
    days: dict[date, WorkedDay] = {}


NOTHING = Unsettled()


class LatePaid(msgspec.Struct, frozen=True):
    """The top-ups so far for the late hours of a period, and how much of them is owed back."""

    amount_minor: int = 0
    owed_minor: int = 0

    def with_more(self, amount_minor: int, owed_minor: int) -> "LatePaid":
        """These and another top-up."""
        return LatePaid(self.amount_minor + amount_minor, self.owed_minor + owed_minor)


NONE_PAID = LatePaid()


class AccountState(msgspec.Struct, frozen=True, kw_only=True):
    """An account between statements.

    `in_periods` has the periods without a statement that hold something, what found no period to go to under
    None; `by_day` what waits for its period, under its day.
    `owed_minor` is the carried deficit or the open draw. `stated` are the periods that have a statement,
    `stated_through` the last day any of them reaches. `late` has, for each closed period, the hours that came
    late, and what another rate adds to the others (as in StatedPeriod.rate_minutes); `late_paid` what they
    were paid before the period had its statement, until it has. `settled_days` are the workdays whose hours a
    statement has counted, one bit for each (settled_days.py): a century fits into a few kilobytes.
    `threatened` are the periods whose deficit was warned of. `questions` are open. `unsigned` are the periods
    whose statement nobody has signed, and since when: it was issued, or the last question about it answered.
    """

    in_periods: dict[str | None, Unsettled] = {}
    by_day: dict[date, Unsettled] = {}
    owed_minor: int = 0
    stated: PagedMap[str, StatedPeriod] = PagedMap()
    late: PagedMap[str, int] = PagedMap()
    late_paid: dict[str, LatePaid] = {}
    stated_through: date | None = None
    settled_days: bytes = b""
    threatened: frozenset[str] = frozenset()
    questions: dict[str, OpenQuestion] = {}
    unsigned: PagedMap[str, datetime] = PagedMap()

    @property
    def unsettled(self) -> dict[Bucket, Unsettled]:
        """Everything that no statement includes, by where it is held."""
        return {**self.in_periods, **self.by_day}

    @property
    def late_owed_minor(self) -> int:
        """What of `owed_minor` belongs to periods without a statement: no statement before takes it back."""
        return sum(paid.owed_minor for paid in self.late_paid.values())

    def in_period(self, bucket: Bucket) -> Unsettled:
        """What a period without a statement holds so far; not what waits for it."""
        if isinstance(bucket, date):
            return self.by_day.get(bucket, NOTHING)
        return self.in_periods.get(bucket, NOTHING)

    def waiting(self) -> list[date]:
        """The days that wait for their period."""
        return list(self.by_day)

    def holds(self, period: PayPeriod) -> bool:
        """Whether a period holds something that no statement includes, or something waits for it."""
        return period.period_id in self.in_periods or any(map(period.contains, self.waiting()))

    def held_by(self, calendar: CalendarState) -> list[PayPeriod]:
        """The periods of a calendar that hold something that no statement includes, or that something waits
        for.
        """
        named = (calendar.periods.get(period_id) for period_id in self.in_periods if period_id is not None)
        of_days = map(calendar.period_of, self.by_day)
        return [period for period in (*named, *of_days) if period is not None]

    def settled_by(self, period: PayPeriod) -> list[Bucket]:
        """What the statement of a period includes: the period, what found none, what waited for any day up to
        its last.
        """
        return [period.period_id, None, *(day for day in self.waiting() if day <= period.ends_on)]

    def period_of_day(self, day: date) -> Bucket:
        """The period without a statement that holds the hours of a day, or the day itself where they wait;
        None also without hours.
        """
        return next((bucket for bucket, totals in self.unsettled.items() if day in totals.days), None)

    def has_settled(self, day: date) -> bool:
        """Whether a statement has counted the hours of that day."""
        return has_day(self.settled_days, day)


EMPTY = AccountState()


def evolve(state: AccountState | None, event: Event) -> AccountState:
    """The state after one more event. Raises UnknownEvent for one that is not a commission account's."""
    account = state or EMPTY
    match event:
        case (
            CommissionEarned()
            | CommissionClawedBack()
            | CommissionRestored()
            | CommissionMoved()
            | AllowanceClawedBack()
        ):
            bucket = event.period_id or event.waits_for
            return _with(account, bucket, _after(account.in_period(bucket), event))
        case LateToppedUp():
            return _late_topped_up(account, event)
        case HoursRecorded():
            return _with_hours(account, event)
        case LateHoursRecorded():
            return _with_late_hours(account, event)
        case PeriodRecomputed():
            return _recomputed(account, event)
        case DeficitThreatening():
            return replace(account, threatened=account.threatened | {event.period_id or ""})
        case CommissionToppedUp():
            owed = event.amount_minor if event.recoverable else 0
            return replace(account, owed_minor=account.owed_minor + owed)
        case DeficitCarried():
            return replace(account, owed_minor=account.owed_minor + event.amount_minor)
        case DeficitRecouped() | DeficitWrittenOff():
            return replace(account, owed_minor=account.owed_minor - event.amount_minor)
        case DeficitForgiven():
            return account
        case StatementIssued():
            return _settled(account, event)
        case QuestionOpened():
            opened = made_of(OpenQuestion, event)
            return replace(account, questions={**account.questions, event.question_id: opened})
        case QuestionClosed():
            return _question_closed(account, event)
        case StatementSigned():
            return replace(account, unsigned=account.unsigned.without(event.period_id))
        case _:
            raise UnknownEvent(state, event)


def _with(account: AccountState, bucket: Bucket, totals: Unsettled) -> AccountState:
    if isinstance(bucket, date):
        return replace(account, by_day=_held(account.by_day, bucket, totals))
    return replace(account, in_periods=_held(account.in_periods, bucket, totals))


def _held(held: dict[Held, Unsettled], bucket: Held, totals: Unsettled) -> dict[Held, Unsettled]:
    held = {**held, bucket: totals}
    if totals == NOTHING:
        del held[bucket]
    return held


def _after(
    totals: Unsettled,
    event: CommissionEarned
    | CommissionClawedBack
    | CommissionRestored
    | CommissionMoved
    | AllowanceClawedBack,
) -> Unsettled:
    match event:
        case CommissionEarned():
            return replace(
                totals,
                sales_minor=totals.sales_minor + event.sales_minor,
                earned_minor=totals.earned_minor + event.amount_minor,
            )
        case CommissionClawedBack() | AllowanceClawedBack():
            return replace(
                totals,
                sales_minor=totals.sales_minor - event.sales_minor,
                clawed_back_minor=totals.clawed_back_minor + event.amount_minor,
            )
        case CommissionRestored():
            return replace(
                totals,
                sales_minor=totals.sales_minor + event.sales_minor,
                clawed_back_minor=totals.clawed_back_minor - event.amount_minor,
            )
        case CommissionMoved():
            return replace(
                totals,
                sales_minor=totals.sales_minor + event.sales_minor,
                moved_minor=totals.moved_minor + event.amount_minor,
            )


def _late_topped_up(account: AccountState, event: LateToppedUp) -> AccountState:
    bucket = event.period_id or event.waits_for
    totals = account.in_period(bucket)
    account = _with(account, bucket, replace(totals, late_minor=totals.late_minor + event.amount_minor))
    account = replace(account, owed_minor=account.owed_minor + event.owed_minor)
    if event.for_period_id in account.stated:
        return account
    paid = account.late_paid.get(event.for_period_id, NONE_PAID)
    paid = paid.with_more(event.amount_minor, event.owed_minor)
    return replace(account, late_paid={**account.late_paid, event.for_period_id: paid})


def _with_hours(account: AccountState, event: HoursRecorded) -> AccountState:
    account = _without_day(account, event.worked_on)
    bucket = event.period_id or event.waits_for
    totals = account.in_period(bucket)
    worked = WorkedDay(event.selling_minutes + event.non_selling_minutes, event.base_rate_minor)
    return _with(account, bucket, replace(totals, days={**totals.days, event.worked_on: worked}))


def _with_late_hours(account: AccountState, event: LateHoursRecorded) -> AccountState:
    account = _without_day(account, event.worked_on)
    late = account.late.get(event.period_id, 0) + event.more_minutes * event.base_rate_minor
    return replace(
        account,
        late=account.late.with_item(event.period_id, late),
        settled_days=with_days(account.settled_days, [event.worked_on]),
    )


def _recomputed(account: AccountState, event: PeriodRecomputed) -> AccountState:
    before = account.late.get(event.period_id, 0)
    late = before + event.rate_minutes
    stated = account.stated[event.period_id].computed_anew(before, late, event.net_minor)
    return replace(
        account,
        stated=account.stated.with_item(event.period_id, stated),
        late=account.late.with_item(event.period_id, late),
    )


def _without_day(account: AccountState, day: date) -> AccountState:
    """A day is in one place only: recorded again, it leaves the one it was in."""
    stood_in = account.period_of_day(day)
    totals = account.in_period(stood_in)
    days = {other: worked for other, worked in totals.days.items() if other != day}
    return _with(account, stood_in, replace(totals, days=days))


def _settled(account: AccountState, event: StatementIssued) -> AccountState:
    """The statement includes its period, what had found no period, and what waited for its days."""
    period = PayPeriod(period_id=event.period_id, starts_on=event.starts_on, ends_on=event.ends_on)
    settled = account.settled_by(period)
    days = {day: worked for bucket in settled for day, worked in account.in_period(bucket).days.items()}
    stated = StatedPeriod(
        policy=event.policy,
        net_minor=event.net_minor,
        rate_minutes=sum(worked.minutes * worked.base_rate_minor for worked in days.values()),
        owed_before_minor=event.owed_before_minor - account.late_owed_minor,
    )
    return replace(
        account,
        in_periods={held: totals for held, totals in account.in_periods.items() if held not in settled},
        by_day={day: totals for day, totals in account.by_day.items() if day not in settled},
        stated=account.stated.with_item(event.period_id, stated),
        late_paid={other: paid for other, paid in account.late_paid.items() if other != event.period_id},
        stated_through=max(account.stated_through or event.ends_on, event.ends_on),
        settled_days=with_days(account.settled_days, days),
        threatened=account.threatened - {event.period_id},
        questions={key: question.after(event) for key, question in account.questions.items()},
        unsigned=account.unsigned.with_item(event.period_id, event.occurred_at),
    )


def _question_closed(account: AccountState, event: QuestionClosed) -> AccountState:
    """Whoever asked has as long as before to read the answer, and to ask again."""
    closed = account.questions.get(event.question_id)
    unsigned = account.unsigned
    if closed is not None and closed.period_id is not None and closed.period_id in unsigned:
        unsigned = unsigned.with_item(closed.period_id, event.occurred_at)
    questions = {key: question for key, question in account.questions.items() if key != event.question_id}
    return replace(account, questions=questions, unsigned=unsigned)

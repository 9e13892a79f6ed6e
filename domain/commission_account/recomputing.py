"""A pay plan that is dated before sales and hours already made: what it changes about them, and the entries
that make up for it (docs/domain.md, rule 13).

Commission goes to the period that a late sale of that day would be posted to, hours to their own period. A
period that has its statement keeps it: what its guarantee would have paid more is topped up, and taken back
where a later plan brings less again.
"""

from collections.abc import Iterable
from datetime import date, datetime
from functools import reduce
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from domain.associate.commands import PayPlan
from domain.associate.state import AgreedPlan, AssociateState
from domain.commission_account.earning import commission_moved
from domain.commission_account.events import (
    AccountEvent,
    HoursRecorded,
    PeriodRecomputed,
    StatementIssued,
)
from domain.commission_account.history import AccountHistory, CountedDay, CreditedLine, history_of
from domain.commission_account.late_hours import late_topped_up, recomputed_top_up
from domain.commission_account.posting import (
    account_of,
    closed_period_of,
    day_at,
    is_open_to,
    posting_on,
)
from domain.commission_account.rates import bands_of
from domain.commission_account.settling import MINUTES_PER_HOUR
from domain.commission_account.state import AccountState, Bucket, evolve
from domain.commission_account.writing_off import written_off
from domain.messages import Event, Refused
from domain.money import half_up, in_major_units
from domain.sale.events import AttributionCorrected, Credit
from domain.sale.parts import parts_between
from domain.sale.state import LineState, SaleState
from domain.state_reader import StateReader

#: As the events say it.
PAY_PLAN: Final = "pay_plan"
#: So many lines are computed anew in one commit.
RECOMPUTED_LINES_MAX: Final = 5_000
#: So many lines are named in a refusal.
NAMED_LINES_MAX: Final = 5


class RecomputedLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a sale with the credits that another plan gives it, and what its units earned and earn."""

    sale: SaleState
    line: LineState
    after: tuple[Credit, ...]
    before_minor: int
    after_minor: int
    statement: StatementIssued | None

    @property
    def difference_minor(self) -> int:
        """What the associate earns more, or less."""
        return self.after_minor - self.before_minor


class Recomputation(msgspec.Struct, frozen=True, kw_only=True):
    """Lines and workdays that a plan changes; `late_unpaid` as in AccountHistory."""

    agreed: AgreedPlan
    lines: tuple[RecomputedLine, ...]
    days: tuple[CountedDay, ...]
    late_unpaid: dict[tuple[str, Bucket], int]

    def __bool__(self) -> bool:
        return bool(self.lines or self.days)


def recomputation(states: StateReader, employment: AssociateState, agreed: AgreedPlan) -> Recomputation:
    """What a plan, which is among those of the employment, changes about lines and hours that were there
    before. Raises Refused where it cannot be told yet, or is too much for one commit.
    """
    history = history_of(states, employment)
    days = [
        day
        for worked_on, day in history.days.items()
        if employment.plan_on(worked_on) == agreed and day.base_rate_minor != agreed.plan.base_rate_minor
    ]
    lines = list(_recomputed_lines(states, employment, agreed, history))
    if len(lines) > RECOMPUTED_LINES_MAX:
        raise Refused(
            "too_many_lines",
            f"{len(lines)} lines would change, and {RECOMPUTED_LINES_MAX} can at a time: begin the plan "
            "later, and then earlier.",
            "effective_on",
        )
    for bucket, statement in (*_homes(history, lines), *((day.bucket, day.statement) for day in days)):
        if statement is None:
            _must_be_open(states, employment, bucket)
    for day in days:
        if day.came_late and day.statement is None:
            raise _statement_to_come(f"The hours of {day.worked_on} came late, and their period")
    return Recomputation(agreed=agreed, lines=tuple(lines), days=tuple(days), late_unpaid=history.late_unpaid)


def _homes(
    history: AccountHistory, lines: Iterable[RecomputedLine]
) -> Iterable[tuple[Bucket, StatementIssued | None]]:
    for each in lines:
        credited = history.lines[each.sale.sale_id, each.line.sold.line_no]
        yield credited.bucket, credited.statement


def _must_be_open(states: StateReader, associate: AssociateState, bucket: Bucket) -> None:
    """A closed period is settled before it is computed anew."""
    if isinstance(bucket, date):
        closed = closed_period_of(states, associate, bucket)
        bucket = closed.period_id if closed is not None else None
    elif bucket is not None and is_open_to(states, associate, bucket):
        bucket = None
    if bucket is not None:
        raise _statement_to_come(f"Period {bucket} is closed and")


def _statement_to_come(what: str) -> Refused:
    return Refused(
        "statement_to_come",
        f"{what} has no statement of this associate yet: send it again when it has one.",
        "effective_on",
    )


def _recomputed_lines(
    states: StateReader, employment: AssociateState, agreed: AgreedPlan, history: AccountHistory
) -> Iterable[RecomputedLine]:
    for (sale_id, line_no), credited in history.lines.items():
        if credited.occurred_at.date() < date.fromordinal(agreed.effective_on.toordinal() - 1):
            continue
        sale = states.sale(sale_id)
        line = sale.line(line_no) if sale is not None else None
        if sale is None or line is None or line.left == 0:
            continue
        in_force = employment.plan_on(day_at(states, employment.store_id, sale.sold_at))
        if in_force == agreed:
            yield from _recomputed(sale, line, employment, in_force, credited)


def _recomputed(
    sale: SaleState, line: LineState, employment: AssociateState, agreed: AgreedPlan, credited: CreditedLine
) -> Iterable[RecomputedLine]:
    before = line.sold.credits
    after = tuple(_credit(each, line, employment, agreed, credited) for each in before)
    if after == before:
        return
    earned_minor, earns_minor = (
        sum(
            part.commission_minor
            for part in parts_between(replace(line.sold, credits=credits), line.returned, line.sold.quantity)
            if part.associate_id == employment.associate_id
        )
        for credits in (before, after)
    )
    yield RecomputedLine(
        sale=sale,
        line=line,
        after=after,
        before_minor=earned_minor,
        after_minor=earns_minor,
        statement=credited.statement,
    )


def _credit(
    credit: Credit, line: LineState, employment: AssociateState, agreed: AgreedPlan, credited: CreditedLine
) -> Credit:
    """Their share at the rates of the plan, from the tier that it was sold at; others' as it was."""
    if credit.associate_id != employment.associate_id:
        return credit
    if _rates(employment.plans[credit.plan_no].plan) == _rates(agreed.plan):
        return credit
    base_e4 = sum(band.base_e4 for band in credit.bands)
    bands = bands_of(agreed.plan, line.sold.department, base_e4, credited.reached_minor)
    if bands == credit.bands:
        return credit
    return Credit(credit.associate_id, credit.share_bp, agreed.plan_no, bands)


def _rates(plan: PayPlan) -> tuple[Any, ...]:
    tiers = tuple((tier.from_minor, tier.rate_bp) for tier in plan.tiers)
    return plan.rate_bp, plan.department_rates_bp, tiers


# --- what it would change -----------------------------------------------------------------------------------


def refusal_of(found: Recomputation, currency: str) -> Refused:
    """The refusal of a plan that changes what was earned already; it says what would change."""
    return Refused(
        "changes_what_was_earned",
        f"From {found.agreed.effective_on} on there are sales or hours already. This plan would change "
        f"{' and '.join(_changes(found, currency))}. Send recompute: true to post the difference to the open "
        "period, where statements stay as issued; or begin it later.",
        "effective_on",
    )


def _changes(found: Recomputation, currency: str) -> Iterable[str]:
    if found.lines:
        before_minor, after_minor = (
            sum(each.before_minor for each in found.lines),
            sum(each.after_minor for each in found.lines),
        )
        named = [
            f"line {each.line.sold.line_no} of {each.sale.sale_id}: "
            f"{in_major_units(each.before_minor, currency)} becomes "
            f"{in_major_units(each.after_minor, currency)}"
            for each in found.lines[:NAMED_LINES_MAX]
        ]
        more = ["…"] if len(found.lines) > NAMED_LINES_MAX else []
        yield (
            f"{len(found.lines)} lines (commission {_difference(before_minor, after_minor, currency)}; "
            f"{', '.join([*named, *more])})"
        )
    if found.days:
        rate_minor = found.agreed.plan.base_rate_minor
        before_minor = half_up(sum(day.minutes * day.base_rate_minor for day in found.days), MINUTES_PER_HOUR)
        after_minor = half_up(sum(day.minutes * rate_minor for day in found.days), MINUTES_PER_HOUR)
        yield (
            f"the hours of {len(found.days)} days "
            f"(guarantee {_difference(before_minor, after_minor, currency)})"
        )


def _difference(before_minor: int, after_minor: int, currency: str) -> str:
    before, after, differs = (
        in_major_units(minor, currency)
        for minor in (before_minor, after_minor, abs(after_minor - before_minor))
    )
    return (
        f"{before} becomes {after} {currency}: {differs} {'less' if after_minor < before_minor else 'more'}"
    )


# --- what makes up for it -----------------------------------------------------------------------------------


def compensated(
    states: StateReader, associate: AssociateState, found: Recomputation, at: datetime
) -> list[Event]:
    """The credits that hold from now on, what they move, hours at the new rate, and what periods that have
    their statement would have paid more.
    """
    events: list[Event] = []
    for each in found.lines:
        events += _corrected(states, each, at)
    events += [_at_rate(associate, day, found.agreed.plan, at) for day in found.days if day.statement is None]
    statements = {
        each.statement.period_id: each.statement
        for each in (*found.lines, *found.days)
        if each.statement is not None
    }
    account = account_of(states, associate.associate_id)
    for statement in statements.values():
        anew = _period_recomputed(states, associate, account, found, statement, at)
        account = reduce(evolve, anew, account)
        events += anew
    if associate.left_on is not None:
        events += written_off(states, associate, _after(associate, events, states), associate.left_on, at)
    return events


def _after(associate: AssociateState, events: Iterable[Event], states: StateReader) -> AccountState:
    own = (
        event
        for event in events
        if isinstance(event, AccountEvent) and event.associate_id == associate.associate_id
    )
    return reduce(evolve, own, account_of(states, associate.associate_id))


def _corrected(states: StateReader, each: RecomputedLine, at: datetime) -> list[Event]:
    corrected = AttributionCorrected(
        occurred_at=at,
        sale_id=each.sale.sale_id,
        customer_id=each.sale.customer_id,
        line_no=each.line.sold.line_no,
        before=each.line.sold.credits,
        after=each.after,
        reason=PAY_PLAN,
    )
    return [corrected, *commission_moved(states, each.sale, each.line, each.after, at, reason=PAY_PLAN)]


def _at_rate(associate: AssociateState, day: CountedDay, plan: PayPlan, at: datetime) -> HoursRecorded:
    return HoursRecorded(
        occurred_at=at,
        associate_id=associate.associate_id,
        currency=associate.currency,
        worked_on=day.worked_on,
        selling_minutes=day.selling_minutes,
        non_selling_minutes=day.non_selling_minutes,
        base_rate_minor=plan.base_rate_minor,
        period_id=day.bucket if isinstance(day.bucket, str) else None,
        waits_for=day.bucket if isinstance(day.bucket, date) else None,
        reason=PAY_PLAN,
    )


def _period_recomputed(
    states: StateReader,
    associate: AssociateState,
    account: AccountState,
    found: Recomputation,
    statement: StatementIssued,
    at: datetime,
) -> list[AccountEvent]:
    """What it is worth to the period, and what it pays more, or takes back; `account` is as it is by then."""
    period_id = statement.period_id
    days = [day for day in found.days if day.statement is statement]
    rate_minor = found.agreed.plan.base_rate_minor
    recomputed = PeriodRecomputed(
        occurred_at=at,
        associate_id=associate.associate_id,
        currency=associate.currency,
        period_id=period_id,
        plan_no=found.agreed.plan_no,
        net_minor=sum(each.difference_minor for each in found.lines if each.statement is statement),
        rate_minutes=sum(day.minutes * (rate_minor - day.base_rate_minor) for day in days),
        base_rate_minor=rate_minor,
        days=tuple(day.worked_on for day in days),
    )
    late = account.late.get(period_id, 0)
    posting = posting_on(states, associate, statement.ends_on)
    top_up = recomputed_top_up(
        account.stated[period_id],
        late,
        late + recomputed.rate_minutes,
        recomputed.net_minor,
        unpaid_minor=found.late_unpaid.get((period_id, posting.bucket), 0),
        owed_minor=account.owed_minor,
    )
    return [
        recomputed,
        *late_topped_up(states, associate, period_id, statement.ends_on, top_up, at, reason=PAY_PLAN),
    ]

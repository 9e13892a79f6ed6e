"""Decides what follows from hours worked and from settling a closed period."""

from collections.abc import Callable
from datetime import datetime
from functools import reduce
from typing import Any

from domain.associate.policies import known_associate
from domain.associate.state import AgreedPlan, AssociateState
from domain.commission_account.commands import (
    IssueStatement,
    RecordHours,
    SignStatement,
    SignStatementByTime,
)
from domain.commission_account.correcting_hours import hours_corrected
from domain.commission_account.events import (
    CommissionToppedUp,
    DeficitCarried,
    DeficitForgiven,
    DeficitRecouped,
    DeficitWrittenOff,
    HoursRecorded,
    LateHoursRecorded,
    LateToppedUp,
    StatementIssued,
)
from domain.commission_account.late_hours import late_top_up, late_topped_up
from domain.commission_account.policies import (
    ISSUING_POLICIES,
    RECORDING_HOURS_POLICIES,
    statement_is_final,
)
from domain.commission_account.posting import account_of, closed_period_of, day_at, posting_on
from domain.commission_account.settlement import (
    combined,
    guarantee_of,
    minutes_of,
    net_of,
    rate_minutes_of,
    settle_after_late_hours,
    work_information,
)
from domain.commission_account.settling import MINUTES_PER_HOUR, Settlement
from domain.commission_account.signing import sign_statement, sign_statement_by_time
from domain.commission_account.state import NONE_PAID, Unsettled
from domain.commission_account.warnings import (
    its_pay_period_is_closed,
    its_pay_period_is_not_opened_yet,
    worked_before_they_were_hired,
)
from domain.messages import Command, Event
from domain.money import half_up
from domain.pay_period.decisions import statements_begun
from domain.pay_period.policies import known_period
from domain.pay_period.state import PayPeriod
from domain.policies import business_time
from domain.state_reader import StateReader


def record_hours(command: RecordHours, states: StateReader, now: datetime) -> list[Event]:
    """The day's minutes at the rate of the plan in force on it. A day recorded again stays in its period; a
    day of a closed period counts for that one, recorded again as well.
    """
    associate = known_associate(states, command.associate_id)
    for rule in RECORDING_HOURS_POLICIES:
        rule(associate, command, states, now)
    at = business_time(command, now)
    if account_of(states, command.associate_id).has_settled(command.worked_on):
        return [*hours_corrected(command, associate, states, at)]
    stands_in = account_of(states, command.associate_id).period_of_day(command.worked_on)
    closed = closed_period_of(states, associate, command.worked_on)
    if closed is not None and not isinstance(stands_in, str):
        return _late_hours(command, associate, closed, states, at)
    posting = posting_on(states, associate, command.worked_on)
    period_id = stands_in if isinstance(stands_in, str) else posting.period_id
    plan = associate.plan_on(command.worked_on).plan
    return [
        HoursRecorded(
            occurred_at=at,
            associate_id=command.associate_id,
            currency=plan.currency,
            worked_on=command.worked_on,
            selling_minutes=command.selling_minutes,
            non_selling_minutes=command.non_selling_minutes,
            base_rate_minor=plan.base_rate_minor,
            period_id=period_id,
            waits_for=posting.waits_for if period_id is None else None,
        )
    ]


def _late_hours(
    command: RecordHours, associate: AssociateState, closed: PayPeriod, states: StateReader, at: datetime
) -> list[Event]:
    """The closed period stays as it is; what it would have paid more is topped up in the open one."""
    plan = associate.plan_on(command.worked_on).plan
    minutes = command.selling_minutes + command.non_selling_minutes
    late = LateHoursRecorded(
        occurred_at=at,
        associate_id=command.associate_id,
        currency=plan.currency,
        worked_on=command.worked_on,
        selling_minutes=command.selling_minutes,
        non_selling_minutes=command.non_selling_minutes,
        base_rate_minor=plan.base_rate_minor,
        period_id=closed.period_id,
    )
    top_up = late_top_up(states, associate, closed, command.worked_on, minutes * plan.base_rate_minor)
    return [late, *late_topped_up(states, associate, closed.period_id, command.worked_on, top_up, at)]


def issue_statement(command: IssueStatement, states: StateReader, now: datetime) -> list[Event]:
    """Settles the period, and with it everything that had found no period to go to. A second statement
    changes nothing.

    The plan in force on the period's last day (the associate's, if that came first) says what becomes of a
    deficit.
    """
    associate = known_associate(states, command.associate_id)
    account = account_of(states, command.associate_id)
    period = known_period(states, command.scope, command.period_id)
    at = business_time(command, now)
    if command.period_id in account.stated:
        return []
    for rule in ISSUING_POLICIES:
        rule(associate, command, states)
    agreed = associate.plan_on(associate.last_day_in(period))
    totals = reduce(combined, map(account.in_period, account.settled_by(period)))
    rate_minutes = rate_minutes_of(totals.days.values()) + account.late.get(command.period_id, 0)
    settlement = settle_after_late_hours(
        agreed.plan.deficit_policy,
        net_of(totals),
        half_up(rate_minutes, MINUTES_PER_HOUR),
        account,
        account.late_paid.get(command.period_id, NONE_PAID),
        timely_guarantee_minor=guarantee_of(totals.days.values()),
        is_final=statement_is_final(
            states, associate, account, period, day_at(states, associate.store_id, at)
        ),
    )
    return [
        *_steps(associate, period, settlement, at),
        _statement(associate, period, command.scope, agreed, totals, settlement, at),
        *statements_begun(command.scope, period, at),
    ]


def _steps(associate: AssociateState, period: PayPeriod, settled: Settlement, at: datetime) -> list[Event]:
    """One event for each step of settling that moves money."""
    common: dict[str, Any] = {
        "occurred_at": at,
        "associate_id": associate.associate_id,
        "currency": associate.currency,
        "period_id": period.period_id,
    }
    steps: list[tuple[int, Event]] = [
        (settled.recouped_minor, DeficitRecouped(amount_minor=settled.recouped_minor, **common)),
        (settled.carried_minor, DeficitCarried(amount_minor=settled.carried_minor, **common)),
        (settled.forgiven_minor, DeficitForgiven(amount_minor=settled.forgiven_minor, **common)),
        (
            settled.topped_up_minor,
            CommissionToppedUp(
                amount_minor=settled.topped_up_minor, recoverable=settled.recoverable, **common
            ),
        ),
        (settled.written_off_minor, DeficitWrittenOff(amount_minor=settled.written_off_minor, **common)),
        (
            settled.late_taken_back_minor,
            LateToppedUp(
                for_period_id=period.period_id, amount_minor=-settled.late_taken_back_minor, **common
            ),
        ),
    ]
    return [event for amount_minor, event in steps if amount_minor]


def _statement(
    associate: AssociateState,
    period: PayPeriod,
    scope: str,
    agreed: AgreedPlan,
    totals: Unsettled,
    settled: Settlement,
    at: datetime,
) -> StatementIssued:
    net_minor = net_of(totals)
    minutes = minutes_of(totals.days.values())
    information = work_information(settled, net_minor, minutes)
    return StatementIssued(
        occurred_at=at,
        associate_id=associate.associate_id,
        currency=associate.currency,
        period_id=period.period_id,
        scope=scope,
        starts_on=period.starts_on,
        ends_on=period.ends_on,
        plan_no=agreed.plan_no,
        policy=agreed.plan.deficit_policy,
        minutes=minutes,
        guarantee_minor=guarantee_of(totals.days.values()),
        sales_minor=totals.sales_minor,
        earned_minor=totals.earned_minor,
        clawed_back_minor=totals.clawed_back_minor,
        moved_minor=totals.moved_minor,
        net_minor=net_minor,
        owed_before_minor=settled.owed_before_minor,
        recouped_minor=settled.recouped_minor,
        topped_up_minor=settled.topped_up_minor,
        late_topped_up_minor=totals.late_minor - settled.late_taken_back_minor,
        carried_minor=settled.carried_minor,
        forgiven_minor=settled.forgiven_minor,
        written_off_minor=settled.written_off_minor,
        owed_after_minor=settled.owed_after_minor,
        pay_minor=settled.pay_minor + totals.late_minor - settled.late_taken_back_minor,
        regular_rate_minor=information.regular_rate_minor,
        commission_share_bp=information.commission_share_bp,
    )


DECISIONS: dict[type[Command], Callable[[Any, StateReader, datetime], list[Event]]] = {
    RecordHours: record_hours,
    IssueStatement: issue_statement,
    SignStatement: sign_statement,
    SignStatementByTime: sign_statement_by_time,
}
WARNINGS = {
    RecordHours: (
        its_pay_period_is_not_opened_yet,
        its_pay_period_is_closed,
        worked_before_they_were_hired,
    )
}

"""Policies of a commission account; each name is the rule."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Final

from domain.associate.state import AssociateState
from domain.commission_account.commands import IssueStatement, RecordHours, SignStatement, SignStatementByTime
from domain.commission_account.posting import (
    NO_ZONE,
    account_of,
    calendar_of,
    calendar_with,
    closed_period_of,
    is_open_to,
)
from domain.commission_account.state import AccountState
from domain.messages import NotFound, Refused
from domain.pay_period.business_day import business_day
from domain.pay_period.policies import known_calendar, known_period
from domain.pay_period.state import PayPeriod
from domain.policies import EARLIEST
from domain.state_reader import StateReader

#: A policy about hours to be recorded at a moment; it raises Refused, or returns.
HoursPolicy = Callable[[AssociateState, RecordHours, StateReader, datetime], None]
#: A policy about a statement to be issued for a period.
StatementPolicy = Callable[[AssociateState, IssueStatement, StateReader], None]
#: A policy about a statement to be signed; one about signing it by time at a moment.
SigningPolicy = Callable[[AccountState, SignStatement | SignStatementByTime], None]
ByTimePolicy = Callable[[AssociateState, AccountState, SignStatementByTime, StateReader, datetime], None]

MINUTES_PER_DAY: Final = 24 * 60
#: The shop's day may have begun before it begins in UTC.
DAY_TOLERANCE: Final = timedelta(days=1)


# --- hours --------------------------------------------------------------------------------------------------


def day_has_so_many_minutes(
    associate: AssociateState, command: RecordHours, states: StateReader, now: datetime
) -> None:
    if command.selling_minutes + command.non_selling_minutes > MINUTES_PER_DAY:
        raise Refused("more_than_a_day", f"A day has {MINUTES_PER_DAY} minutes.", "non_selling_minutes")


def day_must_have_come(
    associate: AssociateState, command: RecordHours, states: StateReader, now: datetime
) -> None:
    if command.worked_on > (now + DAY_TOLERANCE).date():
        raise Refused("in_the_future", f"{command.worked_on} has not come yet.", "worked_on")
    if command.worked_on < EARLIEST.date():
        raise Refused("too_long_ago", f"{command.worked_on} is before {EARLIEST.year}.", "worked_on")


def nobody_works_after_the_last_day(
    associate: AssociateState, command: RecordHours, states: StateReader, now: datetime
) -> None:
    left_on = associate.last_day_before(command.worked_on)
    if left_on is not None:
        raise Refused("associate_has_left", f"The last day of this associate is {left_on}.", "worked_on")


def hours_of_a_closed_period_stay(
    associate: AssociateState, command: RecordHours, states: StateReader, now: datetime
) -> None:
    """Hours that a closed period holds are not taken out of it (rule 4)."""
    period_id = account_of(states, command.associate_id).period_of_day(command.worked_on)
    if isinstance(period_id, date):
        # The day waited for its period, which may have been opened and closed since.
        closed = closed_period_of(states, associate, period_id)
        period_id = closed.period_id if closed is not None else None
    if period_id is not None and not is_open_to(states, associate, period_id):
        raise Refused(
            "pay_period_closed",
            f"Period {period_id}, which holds the hours of {command.worked_on}, is closed.",
            "worked_on",
        )


RECORDING_HOURS_POLICIES: tuple[HoursPolicy, ...] = (
    day_has_so_many_minutes,
    day_must_have_come,
    nobody_works_after_the_last_day,
    hours_of_a_closed_period_stay,
)


# --- statements ---------------------------------------------------------------------------------------------


def period_must_be_closed(associate: AssociateState, command: IssueStatement, states: StateReader) -> None:
    if not known_period(states, command.scope, command.period_id).closed:
        raise Refused("pay_period_open", f"Period {command.period_id} is open: close it first.", "period_id")


def period_must_concern_the_associate(
    associate: AssociateState, command: IssueStatement, states: StateReader
) -> None:
    """It is the account's own period of that name, and holds something, or they worked in it."""
    calendar = calendar_with(states, associate, command.period_id)
    if (
        calendar is None
        or calendar.scope != command.scope
        or not _holds_or_saw_work(associate, command, states)
    ):
        raise Refused(
            "not_in_this_period",
            f"{command.associate_id} has nothing to do with period {command.period_id} of {command.scope}.",
            "period_id",
        )


def _holds_or_saw_work(associate: AssociateState, command: IssueStatement, states: StateReader) -> bool:
    account = account_of(states, command.associate_id)
    period = known_period(states, command.scope, command.period_id)
    if account.holds(period):
        return True
    stores = associate.stores_between(period.starts_on, period.ends_on)
    if any(bucket in account.unsettled for bucket in account.settled_by(period)):
        stores = (*stores, associate.store_id)
    calendars = [calendar_of(states, store_id) for store_id in stores]
    return any(calendar is not None and calendar.scope == command.scope for calendar in calendars)


def earlier_statements_come_first(
    associate: AssociateState, command: IssueStatement, states: StateReader
) -> None:
    """A deficit goes from one period to the next, so that the order of statements decides what is paid."""
    account = account_of(states, command.associate_id)
    this = known_period(states, command.scope, command.period_id)
    calendar = known_calendar(states, command.scope)
    earlier = [period for period in account.held_by(calendar) if period.starts_on < this.starts_on]
    if earlier:
        first = min(earlier, key=lambda period: period.starts_on)
        raise Refused(
            "earlier_statement_missing",
            f"Period {first.period_id} comes first: it holds money or hours and has no statement yet.",
            "period_id",
        )


ISSUING_POLICIES: tuple[StatementPolicy, ...] = (
    period_must_be_closed,
    period_must_concern_the_associate,
    earlier_statements_come_first,
)


# --- signing ------------------------------------------------------------------------------------------------


def known_statement(account: AccountState, period_id: str) -> None:
    """Raises NotFound for a period of which the account has no statement."""
    if period_id not in account.stated:
        raise NotFound("statement_unknown", f"There is no statement of period {period_id} yet.", "period_id")


def no_question_about_it_is_open(account: AccountState, command: SignStatement | SignStatementByTime) -> None:
    for question_id, question in account.questions.items():
        if question.concerns(command.period_id):
            raise Refused(
                "question_open",
                f"Question {question_id} about it is open: it is signed once that is answered.",
                "period_id",
            )


def its_days_must_be_over(
    associate: AssociateState,
    account: AccountState,
    command: SignStatementByTime,
    states: StateReader,
    at: datetime,
) -> None:
    calendar = calendar_with(states, associate, command.period_id)
    zone = calendar.periods[command.period_id].time_zone if calendar is not None else NO_ZONE
    last = business_day(account.unsigned[command.period_id], zone) + timedelta(days=command.after_days)
    today = business_day(at, zone)
    if today <= last:
        raise Refused(
            "signing_not_yet", f"They have until the end of {last}, and it is {today}.", "after_days"
        )


SIGNING_POLICIES: tuple[SigningPolicy, ...] = (no_question_about_it_is_open,)
SIGNING_BY_TIME_POLICIES: tuple[ByTimePolicy, ...] = (its_days_must_be_over,)


# --- the last statement -------------------------------------------------------------------------------------


def statement_is_final(
    states: StateReader, associate: AssociateState, account: AccountState, period: PayPeriod, today: date
) -> bool:
    """Whether no statement follows this one: the last day has passed, and no other period waits, not even for
    the statement that its late hours were paid ahead of.
    """
    last_day = associate.left_on
    if last_day is None or last_day > max(today, period.ends_on):
        return False
    settled = account.settled_by(period)
    if any(bucket not in settled for bucket in (*account.unsettled, *account.late_paid)):
        return False
    return not _period_waits(states, associate, account, period.ends_on, last_day)


def no_statement_is_to_come(
    states: StateReader, associate: AssociateState, account: AccountState, last_day: date, today: date
) -> bool:
    """Whether a leaver has all their statements: nothing is unsettled, and no period waits."""
    if last_day > today or account.unsettled or account.late_paid:
        return False
    return not _period_waits(states, associate, account, account.stated_through or date.min, last_day)


def _period_waits(
    states: StateReader, associate: AssociateState, account: AccountState, after: date, last_day: date
) -> bool:
    """Whether a period that ends after a day, and starts by the last day, has no statement yet."""
    calendar = calendar_of(states, associate.store_id)
    if calendar is None:
        return False
    reaching = calendar.last_until(after)
    first_day = reaching.starts_on if reaching is not None else after
    for starts_on, period_id in calendar.begins.up_from(first_day):
        if starts_on > last_day:
            return False
        if period_id not in account.stated and calendar.periods[period_id].ends_on > after:
            return True
    return False

"""What decisions need to know about a commission account: totals of what is not settled yet, never a list of
sales.
"""

from datetime import date

import msgspec
from msgspec.structs import replace

from domain.commission_account.events import (
    CommissionClawedBack,
    CommissionEarned,
    CommissionMoved,
    CommissionRestored,
    CommissionToppedUp,
    DeficitCarried,
    DeficitForgiven,
    DeficitRecouped,
    DeficitWrittenOff,
    HoursRecorded,
    StatementIssued,
)
from domain.messages import Event, UnknownEvent


class WorkedDay(msgspec.Struct, frozen=True):
    """Minutes worked on a day, and the guaranteed rate per hour that held on it."""

    minutes: int
    base_rate_minor: int


class Unsettled(msgspec.Struct, frozen=True, kw_only=True):
    """What one pay period holds so far for this account."""

    sales_minor: int = 0
    earned_minor: int = 0
    clawed_back_minor: int = 0
    moved_minor: int = 0
    days: dict[date, WorkedDay] = {}


NOTHING = Unsettled()


class AccountState(msgspec.Struct, frozen=True, kw_only=True):
    """An account between statements.

    `unsettled` has the periods without a statement that hold something; what found no period to go to is
    under None.
    `owed_minor` is the carried deficit or the open draw. `stated` are the periods that have a statement,
    `stated_through` the last day any of them reaches. `settled_days` are the workdays whose hours a statement
    has counted, one bit for each (bit n is the day of ordinal n, shifted by `FIRST_DAY`): decades fit into a
    kilobyte.
    """

    unsettled: dict[str | None, Unsettled] = {}
    owed_minor: int = 0
    stated: frozenset[str] = frozenset()
    stated_through: date | None = None
    settled_days: int = 0

    def in_period(self, period_id: str | None) -> Unsettled:
        """What a period without a statement holds so far."""
        return self.unsettled.get(period_id, NOTHING)

    def period_of_day(self, day: date) -> str | None:
        """The period without a statement that holds the hours of a day; None also without hours."""
        return next((period_id for period_id, totals in self.unsettled.items() if day in totals.days), None)

    def has_settled(self, day: date) -> bool:
        """Whether a statement has counted the hours of that day."""
        return bool(self.settled_days >> _bit(day) & 1)


EMPTY = AccountState()
FIRST_DAY = date(1900, 1, 1).toordinal()


def _bit(day: date) -> int:
    return max(day.toordinal() - FIRST_DAY, 0)


def evolve(state: AccountState | None, event: Event) -> AccountState:
    """The state after one more event. Raises UnknownEvent for one that is not a commission account's."""
    account = state or EMPTY
    match event:
        case CommissionEarned() | CommissionClawedBack() | CommissionRestored() | CommissionMoved():
            return _with(account, event.period_id, _after(account.in_period(event.period_id), event))
        case HoursRecorded():
            return _with_hours(account, event)
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
        case _:
            raise UnknownEvent(state, event)


def _with(account: AccountState, period_id: str | None, totals: Unsettled) -> AccountState:
    unsettled = {**account.unsettled, period_id: totals}
    if totals == NOTHING:
        del unsettled[period_id]
    return replace(account, unsettled=unsettled)


def _after(
    totals: Unsettled, event: CommissionEarned | CommissionClawedBack | CommissionRestored | CommissionMoved
) -> Unsettled:
    match event:
        case CommissionEarned():
            return replace(
                totals,
                sales_minor=totals.sales_minor + event.sales_minor,
                earned_minor=totals.earned_minor + event.amount_minor,
            )
        case CommissionClawedBack():
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


def _with_hours(account: AccountState, event: HoursRecorded) -> AccountState:
    """A day is in one period only: recorded again, it leaves the one it was in."""
    stood_in = account.period_of_day(event.worked_on)
    account = _with(account, stood_in, _without(account.in_period(stood_in), event.worked_on))
    minutes = event.selling_minutes + event.non_selling_minutes
    totals = account.in_period(event.period_id)
    days = {**totals.days, event.worked_on: WorkedDay(minutes, event.base_rate_minor)}
    return _with(account, event.period_id, replace(totals, days=days))


def _without(totals: Unsettled, day: date) -> Unsettled:
    if day not in totals.days:
        return totals
    return replace(totals, days={other: worked for other, worked in totals.days.items() if other != day})


def _settled(account: AccountState, event: StatementIssued) -> AccountState:
    """The statement includes its period, and everything that had found no period."""
    settled_days = account.settled_days
    for period_id in (event.period_id, None):
        for day in account.in_period(period_id).days:
            settled_days |= 1 << _bit(day)
    return replace(
        account,
        unsettled={
            period_id: totals
            for period_id, totals in account.unsettled.items()
            if period_id not in (event.period_id, None)
        },
        stated=account.stated | {event.period_id},
        stated_through=max(account.stated_through or event.ends_on, event.ends_on),
        settled_days=settled_days,
    )

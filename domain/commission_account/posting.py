"""Which pay period a money event is posted to (docs/domain.md, rule 4: what is closed never changes)."""

from datetime import date, datetime
from typing import Final

import msgspec

from domain.associate.state import AssociateState
from domain.commission_account.state import EMPTY, AccountState
from domain.pay_period.business_day import business_day
from domain.pay_period.commands import COMPANY
from domain.pay_period.state import CalendarState, PayPeriod
from domain.state_reader import StateReader

#: Where no calendar says otherwise.
NO_ZONE: Final = "UTC"


class PostingPeriod(msgspec.Struct, frozen=True):
    """The business day of an event, and the period it is posted to (None: the next statement includes it)."""

    day: date
    period_id: str | None


def calendar_of(states: StateReader, store_id: str) -> CalendarState | None:
    """The calendar a store keeps, its own where it has one, else the company's."""
    return states.calendar(store_id) or states.calendar(COMPANY)


def day_at(states: StateReader, store_id: str, at: datetime) -> date:
    """The business day of an instant in a store."""
    calendar = calendar_of(states, store_id)
    return business_day(at, calendar.time_zone if calendar else NO_ZONE)


def account_of(states: StateReader, associate_id: str) -> AccountState:
    """An associate's account; an empty one before the first event."""
    return states.account(associate_id) or EMPTY


def posting_at(states: StateReader, associate: AssociateState, at: datetime) -> PostingPeriod:
    """The posting period of an event at that instant."""
    return posting_on(states, associate, day_at(states, associate.store_id, at))


def posting_on(states: StateReader, associate: AssociateState, day: date) -> PostingPeriod:
    """The posting period of an event on that business day."""
    account = account_of(states, associate.associate_id)
    period = period_for(calendar_of(states, associate.store_id), account, day)
    return PostingPeriod(day, period.period_id if period else None)


def period_for(calendar: CalendarState | None, account: AccountState, day: date) -> PayPeriod | None:
    """Of the periods that can still take something: the one of that day, else the next, else the latest, else
    none.
    """
    if calendar is None:
        return None
    still_open = [
        period
        for period in calendar.periods.values()
        if not period.closed and period.period_id not in account.stated
    ]
    of_that_day = [period for period in still_open if period.contains(day)]
    later = [period for period in still_open if period.starts_on > day]
    earlier = [period for period in still_open if period.ends_on < day]
    if of_that_day:
        return of_that_day[0]
    if later:
        return min(later, key=lambda period: period.starts_on)
    return max(earlier, key=lambda period: period.starts_on, default=None)


def calendar_with(states: StateReader, associate: AssociateState, period_id: str) -> CalendarState | None:
    """The calendar that has the account's period of that name.

    Accounts know a period by its name alone. Where several calendars use the same name, it is the one of the
    store worked in last, and the company's only where no store says otherwise.
    """
    scopes = dict.fromkeys(store.store_id for store in reversed(associate.stores))
    for scope in (*scopes, COMPANY):
        calendar = states.calendar(scope)
        if calendar is not None and period_id in calendar.periods:
            return calendar
    return None


def is_open_to(states: StateReader, associate: AssociateState, period_id: str) -> bool:
    """Whether the account's period of that name can still change."""
    calendar = calendar_with(states, associate, period_id)
    return calendar is not None and not calendar.periods[period_id].closed

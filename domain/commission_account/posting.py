"""Which pay period a money event is posted to (docs/domain.md, rule 4: what is closed never changes)."""

from datetime import UTC, date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from domain.associate.state import AssociateState
from domain.commission_account.state import EMPTY, AccountState, Bucket
from domain.pay_period.business_day import business_day
from domain.pay_period.commands import COMPANY
from domain.pay_period.state import CalendarState, PayPeriod
from domain.state_reader import StateReader

#: Where neither a calendar nor a store says otherwise.
NO_ZONE: Final = "UTC"


class PostingPeriod(msgspec.Struct, frozen=True):
    """The business day of an event, and the period it is posted to (None: a later statement includes it).

    `waits_for` is the day where it lies in no period yet: the statement that reaches it includes the event.
    """

    day: date
    period_id: str | None
    waits_for: date | None = None

    @property
    def bucket(self) -> Bucket:
        """Where the account keeps it until then."""
        return self.period_id or self.waits_for


def calendar_of(states: StateReader, store_id: str) -> CalendarState | None:
    """The calendar a store keeps, its own where it has one, else the company's."""
    return states.calendar(store_id) or states.calendar(COMPANY)


def day_at(states: StateReader, store_id: str, at: datetime) -> date:
    """The business day of an instant in a store: by the calendar it keeps; where there is none, by its own
    clock.
    """
    calendar = calendar_of(states, store_id)
    return business_day(at, calendar.time_zone if calendar else zone_of_store(states, store_id))


def zone_of_store(states: StateReader, store_id: str) -> str:
    """The time zone of a store's own clock, else that of the calendar it keeps."""
    store = states.store(store_id)
    if store is not None:
        return store.time_zone
    calendar = calendar_of(states, store_id)
    return calendar.time_zone if calendar else NO_ZONE


def store_day(states: StateReader, store_id: str, at: datetime) -> date:
    """The day of an instant by the store's own clock, else by that of the calendar it keeps."""
    return business_day(at, zone_of_store(states, store_id))


def beginning_of(states: StateReader, store_id: str, day: date) -> datetime:
    """The instant at which a day begins in a store (UTC), by the same clock as `store_day`."""
    zone = ZoneInfo(zone_of_store(states, store_id))
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def account_of(states: StateReader, associate_id: str) -> AccountState:
    """An associate's account; an empty one before the first event."""
    return states.account(associate_id) or EMPTY


def posting_at(states: StateReader, associate: AssociateState, at: datetime) -> PostingPeriod:
    """The posting period of an event at that instant."""
    return posting_on(states, associate, day_at(states, associate.store_id, at))


def posting_on(states: StateReader, associate: AssociateState, day: date) -> PostingPeriod:
    """The posting period of an event on that business day."""
    account, calendar = account_of(states, associate.associate_id), calendar_of(states, associate.store_id)
    if calendar is not None and period_of(calendar, day) is None:
        return PostingPeriod(day, None, day)
    period = period_for(calendar, account, day)
    return PostingPeriod(day, period.period_id if period else None)


def period_of(calendar: CalendarState, day: date) -> PayPeriod | None:
    """The period of a day, open or closed; None while it can still be opened."""
    return calendar.period_of(day)


def closed_period_of(states: StateReader, associate: AssociateState, day: date) -> PayPeriod | None:
    """The period of a day when nothing more can be posted to it for this account, else None."""
    calendar = calendar_of(states, associate.store_id)
    period = period_of(calendar, day) if calendar is not None else None
    if period is None:
        return None
    is_stated = period.period_id in account_of(states, associate.associate_id).stated
    return period if period.closed or is_stated else None


def reached_in(states: StateReader, associate: AssociateState, posting: PostingPeriod) -> int:
    """The net sales that a period has reached, with those that wait for it; while it is not opened, all that
    wait.
    """
    account, calendar = account_of(states, associate.associate_id), calendar_of(states, associate.store_id)
    reached_minor = account.in_period(posting.period_id).sales_minor if posting.waits_for is None else 0
    if calendar is None or (posting.period_id is None and posting.waits_for is None):
        return reached_minor
    period = calendar.periods[posting.period_id] if posting.period_id is not None else None
    for day in account.waiting():
        if period.contains(day) if period is not None else period_of(calendar, day) is None:
            reached_minor += account.in_period(day).sales_minor
    return reached_minor


def period_for(calendar: CalendarState | None, account: AccountState, day: date) -> PayPeriod | None:
    """Of the periods that can still take something: the one of that day, else the next, else the latest, else
    none.
    """
    if calendar is None:
        return None
    up_to, behind = calendar.still_open.down_from(day), calendar.still_open.up_from(day)
    earlier = (period_id for _, period_id in up_to if period_id not in account.stated)
    latest = calendar.periods[word] if (word := next(earlier, None)) is not None else None
    if latest is not None and latest.contains(day):
        return latest
    later = (period_id for _, period_id in behind if period_id not in account.stated)
    return calendar.periods[word] if (word := next(later, None)) is not None else latest


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

"""Decides opening and closing a pay period: the calendar alone. Each account issues its own statement."""

from collections.abc import Sequence
from datetime import datetime

from domain.messages import CommandWarning, Event, Warnings
from domain.pay_period import policies
from domain.pay_period.business_day import business_day
from domain.pay_period.commands import COMPANY, ClosePayPeriod, OpenPayPeriod, ReopenPayPeriod
from domain.pay_period.events import PayPeriodClosed, PayPeriodOpened, PayPeriodReopened, StatementsBegun
from domain.pay_period.state import PayPeriod
from domain.policies import Decisions, business_time, event_of
from domain.state_reader import StateReader


def open_pay_period(command: OpenPayPeriod, states: StateReader, now: datetime) -> list[Event]:
    calendar = states.calendar(command.scope)
    for rule in policies.OPENING_POLICIES:
        rule(command, calendar)
    return [event_of(PayPeriodOpened, command, now)]


def close_pay_period(command: ClosePayPeriod, states: StateReader, now: datetime) -> list[Event]:
    """From now on nothing is posted to it. Closing it again changes nothing."""
    period = policies.known_period(states, command.scope, command.period_id)
    occurred_at = business_time(command, now)
    if period.closed:
        return []
    calendar = policies.known_calendar(states, command.scope)
    policies.last_day_must_have_come(command, period, calendar, occurred_at)
    return [
        event_of(
            PayPeriodClosed,
            command,
            now,
            starts_on=period.starts_on,
            ends_on=period.ends_on,
            early=business_day(occurred_at, calendar.time_zone) < period.ends_on,
            reopenable=True,
        )
    ]


def reopen_pay_period(command: ReopenPayPeriod, states: StateReader, now: datetime) -> list[Event]:
    """Events of its days are posted to it again; what was posted elsewhere meanwhile stays there. Opening an
    open period changes nothing.
    """
    period = policies.known_period(states, command.scope, command.period_id)
    reopened = event_of(PayPeriodReopened, command, now)
    if not period.closed:
        return []
    for rule in policies.REOPENING_POLICIES:
        rule(command, period, policies.known_calendar(states, command.scope))
    return [reopened]


def statements_begun(scope: str, period: PayPeriod, at: datetime) -> list[StatementsBegun]:
    """What the first statement of a period notes in its calendar; nothing for the others."""
    if not period.reopenable:
        return []
    return [StatementsBegun(occurred_at=at, scope=scope, period_id=period.period_id)]


DECISIONS: Decisions = {
    OpenPayPeriod: open_pay_period,
    ClosePayPeriod: close_pay_period,
    ReopenPayPeriod: reopen_pay_period,
}


def calendar_is_not_its_stores(
    command: OpenPayPeriod, states: StateReader, events: Sequence[Event]
) -> Warnings:
    """A calendar of its own goes by the name of a store, and by the store's clock."""
    store = states.store(command.scope)
    if store is not None and store.time_zone != command.time_zone:
        yield CommandWarning(
            "time_zone_differs",
            f"The days of {command.scope} are those of {store.time_zone}, and these periods keep "
            f"{command.time_zone}.",
            "time_zone",
        )
    if store is None and command.scope != COMPANY and states.calendar(command.scope) is None:
        yield CommandWarning(
            "store_unknown",
            f"There is no store {command.scope}: open it (OpenStore), or its calendar may be nobody's.",
            "scope",
        )


WARNINGS = {OpenPayPeriod: (calendar_is_not_its_stores,)}

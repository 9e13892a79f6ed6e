"""Decides opening and closing a pay period: the calendar alone. Each account issues its own statement."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from domain.messages import Command, Event
from domain.pay_period.commands import ClosePayPeriod, OpenPayPeriod
from domain.pay_period.events import PayPeriodClosed, PayPeriodOpened
from domain.pay_period.policies import OPENING_POLICIES, known_period
from domain.policies import business_time
from domain.state_reader import StateReader


def open_pay_period(command: OpenPayPeriod, states: StateReader, now: datetime) -> list[Event]:
    calendar = states.calendar(command.scope)
    for rule in OPENING_POLICIES:
        rule(command, calendar)
    return [
        PayPeriodOpened(
            occurred_at=business_time(command, now),
            scope=command.scope,
            period_id=command.period_id,
            starts_on=command.starts_on,
            ends_on=command.ends_on,
            time_zone=command.time_zone,
        )
    ]


def close_pay_period(command: ClosePayPeriod, states: StateReader, now: datetime) -> list[Event]:
    """From now on nothing is posted to it. Closing it again changes nothing."""
    period = known_period(states, command.scope, command.period_id)
    occurred_at = business_time(command, now)
    if period.closed:
        return []
    return [
        PayPeriodClosed(
            occurred_at=occurred_at,
            scope=command.scope,
            period_id=command.period_id,
            starts_on=period.starts_on,
            ends_on=period.ends_on,
        )
    ]


DECISIONS: dict[type[Command], Callable[[Any, StateReader, datetime], list[Event]]] = {
    OpenPayPeriod: open_pay_period,
    ClosePayPeriod: close_pay_period,
}

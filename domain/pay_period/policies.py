"""Policies of a pay calendar; each name is the rule."""

from collections.abc import Callable
from datetime import datetime

from domain.messages import NotFound, Refused
from domain.pay_period.business_day import business_day, time_zone_must_exist
from domain.pay_period.commands import ClosePayPeriod, OpenPayPeriod, ReopenPayPeriod
from domain.pay_period.state import CalendarState, PayPeriod
from domain.state_reader import StateReader

#: A policy about a period to be opened in a calendar that may have others; it raises Refused, or returns.
OpeningPolicy = Callable[[OpenPayPeriod, CalendarState | None], None]
#: A policy about a closed period to be opened again.
ReopeningPolicy = Callable[[ReopenPayPeriod, PayPeriod, CalendarState], None]


def known_calendar(states: StateReader, scope: str) -> CalendarState:
    """The calendar of a scope in which a period has been opened, or NotFound."""
    calendar = states.calendar(scope)
    if calendar is None:
        raise NotFound("pay_period_unknown", f"No period was opened for {scope}.", "scope")
    return calendar


def known_period(states: StateReader, scope: str, period_id: str) -> PayPeriod:
    """A period that has been opened in a scope, or NotFound."""
    calendar = states.calendar(scope)
    period = calendar.periods.get(period_id) if calendar else None
    if period is None:
        raise NotFound("pay_period_unknown", f"No period {period_id} was opened for {scope}.", "period_id")
    return period


def period_is_opened_only_once(command: OpenPayPeriod, calendar: CalendarState | None) -> None:
    if calendar is not None and command.period_id in calendar.periods:
        raise Refused(
            "already_exists", f"{command.scope} has a period {command.period_id} already.", "period_id"
        )


def period_must_not_end_before_it_starts(command: OpenPayPeriod, calendar: CalendarState | None) -> None:
    if command.ends_on < command.starts_on:
        raise Refused("ends_before_start", f"{command.ends_on} is before {command.starts_on}.", "ends_on")


def periods_must_not_overlap(command: OpenPayPeriod, calendar: CalendarState | None) -> None:
    period = calendar.last_until(command.ends_on) if calendar else None
    if period is not None and period.overlaps(command.starts_on, command.ends_on):
        raise Refused(
            "periods_overlap",
            f"Period {period.period_id} goes from {period.starts_on} to {period.ends_on}.",
            "starts_on",
        )


def its_time_zone_must_exist(command: OpenPayPeriod, calendar: CalendarState | None) -> None:
    time_zone_must_exist(command.time_zone)


def open_periods_share_a_time_zone(command: OpenPayPeriod, calendar: CalendarState | None) -> None:
    """Otherwise an instant could belong to two periods, or to none."""
    if calendar is None or command.time_zone == calendar.time_zone:
        return
    if calendar.still_open:
        raise Refused(
            "time_zone_differs",
            f"The open periods of {command.scope} keep {calendar.time_zone}: close them first.",
            "time_zone",
        )


def last_day_must_have_come(
    command: ClosePayPeriod, period: PayPeriod, calendar: CalendarState, at: datetime
) -> None:
    day = business_day(at, calendar.time_zone)
    if day < period.ends_on and not command.early:
        raise Refused(
            "period_not_over",
            f"Period {period.period_id} goes on until {period.ends_on}, and it is {day}. Send early: true to "
            "close it all the same: later days of it are then posted to another period.",
            "period_id",
        )


def no_statement_must_be_issued(command: ReopenPayPeriod, period: PayPeriod, calendar: CalendarState) -> None:
    """What was paid stays what was paid."""
    if not period.reopenable:
        raise Refused(
            "statement_issued",
            f"Statements of period {period.period_id} are issued: it stays closed. What is missing in it is "
            "posted to the open period, and hours that come late are topped up there.",
            "period_id",
        )


def reopened_period_keeps_the_calendars_time_zone(
    command: ReopenPayPeriod, period: PayPeriod, calendar: CalendarState
) -> None:
    if period.time_zone != calendar.time_zone:
        raise Refused(
            "time_zone_differs",
            f"Period {period.period_id} keeps {period.time_zone}, and later ones {calendar.time_zone}.",
            "period_id",
        )


OPENING_POLICIES: tuple[OpeningPolicy, ...] = (
    period_is_opened_only_once,
    period_must_not_end_before_it_starts,
    periods_must_not_overlap,
    its_time_zone_must_exist,
    open_periods_share_a_time_zone,
)
REOPENING_POLICIES: tuple[ReopeningPolicy, ...] = (
    no_statement_must_be_issued,
    reopened_period_keeps_the_calendars_time_zone,
)

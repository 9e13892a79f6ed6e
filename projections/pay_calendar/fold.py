"""The pay calendar: one row per scope, with its periods and which of them are closed."""

from datetime import date, datetime
from typing import Any, Final, Literal

import msgspec
from msgspec.structs import replace

from domain.messages import Event, made_of
from domain.pay_period import events
from projections.kernel import Projection, table_ddl


class Period(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Days from `starts_on` to `ends_on` inclusive, as the shop's clock in `time_zone` has them."""

    period_id: str
    starts_on: date
    ends_on: date
    time_zone: str | None = None
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    statements_begun_at: datetime | None = None

    @property
    def status(self) -> Literal["open", "closed"]:
        """Whether more can be posted to it."""
        return "open" if self.closed_at is None else "closed"


class PayCalendar(msgspec.Struct, omit_defaults=True):
    """The periods of one scope, in the order they were opened."""

    scope: str | None = None
    periods: list[Period] = []


def opened(calendar: PayCalendar, event: events.PayPeriodOpened) -> None:
    calendar.scope = event.scope
    calendar.periods.append(made_of(Period, event, opened_at=event.occurred_at))


def closed(calendar: PayCalendar, event: events.PayPeriodClosed) -> None:
    _change(calendar, event, closed_at=event.occurred_at)


def reopened(calendar: PayCalendar, event: events.PayPeriodReopened) -> None:
    _change(calendar, event, closed_at=None)


def statements_begun(calendar: PayCalendar, event: events.StatementsBegun) -> None:
    _change(calendar, event, statements_begun_at=event.occurred_at)


def _change(calendar: PayCalendar, event: events.PayPeriodEvent, **changes: Any) -> None:
    calendar.scope = event.scope
    calendar.periods = [
        replace(period, **changes) if period.period_id == event.period_id else period
        for period in calendar.periods
    ]


_FOLDS: dict[type[Event], Any] = {
    events.PayPeriodOpened: opened,
    events.PayPeriodClosed: closed,
    events.PayPeriodReopened: reopened,
    events.StatementsBegun: statements_begun,
}


def empty(calendar_id: str) -> PayCalendar:
    """A calendar without periods."""
    return PayCalendar()


def fold(calendar: PayCalendar, event: Event, position: int) -> tuple[()]:
    """Folds an event into the calendar. It keeps no journal."""
    _FOLDS[type(event)](calendar, event)
    return ()


def query_values(calendar: PayCalendar) -> tuple[Any, ...]:
    """The query columns of a calendar's row, in the order of table.sql."""
    return (
        calendar.scope,
        [period.period_id for period in calendar.periods if period.closed_at is None],
        [period.period_id for period in calendar.periods if period.closed_at is not None],
    )


PROJECTION: Final = Projection(
    name="pay_calendar",
    keyed_by="stream",
    consumes=tuple(_FOLDS),
    state_type=PayCalendar,
    empty=empty,
    fold=fold,
    columns=("scope", "open_periods", "closed_periods"),
    values=query_values,
    ddl=table_ddl(__package__ or ""),
)

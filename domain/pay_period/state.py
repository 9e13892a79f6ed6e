"""What decisions need to know about a pay calendar: its periods, and which of them are closed."""

from datetime import date

import msgspec
from msgspec.structs import replace

from domain.messages import Event, UnknownEvent, made_of
from domain.pay_period.events import PayPeriodClosed, PayPeriodOpened, PayPeriodReopened, StatementsBegun


class PayPeriod(msgspec.Struct, frozen=True, kw_only=True):
    """Days from `starts_on` to `ends_on` inclusive, in the shop's time zone.

    `reopenable`: it is closed, and no statement of it is issued.
    """

    period_id: str
    starts_on: date
    ends_on: date
    time_zone: str = "UTC"
    closed: bool = False
    reopenable: bool = False

    def contains(self, day: date) -> bool:
        """Whether a business day lies in the period."""
        return self.starts_on <= day <= self.ends_on

    def overlaps(self, first: date, last: date) -> bool:
        """Whether any day from `first` to `last` inclusive lies in the period."""
        return self.starts_on <= last and first <= self.ends_on


class CalendarState(msgspec.Struct, frozen=True, kw_only=True):
    """The pay calendar of a scope.

    `time_zone` is the one of the period opened last: all open periods share it.
    """

    scope: str
    time_zone: str
    periods: dict[str, PayPeriod] = {}


def evolve(state: CalendarState | None, event: Event) -> CalendarState:
    """The state after one more event. Raises UnknownEvent for one that is not a pay calendar's."""
    match event:
        case PayPeriodOpened():
            calendar = state or made_of(CalendarState, event)
            periods = {**calendar.periods, event.period_id: made_of(PayPeriod, event)}
            return replace(calendar, time_zone=event.time_zone, periods=periods)
        case PayPeriodClosed() if state is not None:
            return _with(state, event.period_id, closed=True, reopenable=event.reopenable)
        case PayPeriodReopened() if state is not None:
            return _with(state, event.period_id, closed=False, reopenable=False)
        case StatementsBegun() if state is not None:
            return _with(state, event.period_id, closed=True, reopenable=False)
        case _:
            raise UnknownEvent(state, event)


def _with(state: CalendarState, period_id: str, *, closed: bool, reopenable: bool) -> CalendarState:
    period = replace(state.periods[period_id], closed=closed, reopenable=reopenable)
    return replace(state, periods={**state.periods, period_id: period})

"""What decisions need to know about a pay calendar: its periods, and which of them are closed."""

from datetime import date

import msgspec
from msgspec.structs import replace

from domain.messages import Event, UnknownEvent, made_of
from domain.paged_map import PagedMap
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

    `time_zone` is the one of the period opened last: all open periods share it. `periods` are by name,
    `begins` has their names by first days, `still_open` those of the ones that are not closed.
    """

    scope: str
    time_zone: str
    periods: PagedMap[str, PayPeriod] = PagedMap()
    begins: PagedMap[date, str] = PagedMap()
    still_open: PagedMap[date, str] = PagedMap()

    def last_until(self, day: date) -> PayPeriod | None:
        """The last period that begins by a day. Periods do not overlap: no other can contain it."""
        return next((self.periods[period_id] for _, period_id in self.begins.down_from(day)), None)

    def period_of(self, day: date) -> PayPeriod | None:
        """The period of a day, open or closed."""
        period = self.last_until(day)
        return period if period is not None and period.contains(day) else None


def evolve(state: CalendarState | None, event: Event) -> CalendarState:
    """The state after one more event. Raises UnknownEvent for one that is not a pay calendar's."""
    match event:
        case PayPeriodOpened():
            calendar = state or made_of(CalendarState, event)
            return replace(
                calendar,
                time_zone=event.time_zone,
                periods=calendar.periods.with_item(event.period_id, made_of(PayPeriod, event)),
                begins=calendar.begins.with_item(event.starts_on, event.period_id),
                still_open=calendar.still_open.with_item(event.starts_on, event.period_id),
            )
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
    begins = period.starts_on
    still_open = state.still_open.without(begins) if closed else state.still_open.with_item(begins, period_id)
    return replace(state, periods=state.periods.with_item(period_id, period), still_open=still_open)

"""Pay periods over an imported history: opened before their days, closed behind them, with statements."""

from calendar import monthrange
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from services.importing.pipeline.source_documents import (
    Entry,
    Hire,
    PayPeriodEnd,
    PayPeriodStart,
    SourceDocument,
    SourceFormat,
)

PeriodLength = Literal["monthly", "semimonthly", "biweekly"]

#: A Monday on which a period of two weeks begins.
A_MONDAY = date(2001, 1, 1)


class Period(NamedTuple):
    """Days from `starts_on` to `ends_on` inclusive, and the period's name."""

    period_id: str
    starts_on: date
    ends_on: date


def period_of(day: date, length: PeriodLength) -> Period:
    """The pay period of a day: a month, half a month (1 to 15, 16 to its end), or two weeks."""
    if length == "biweekly":
        starts_on = day - timedelta(days=(day - A_MONDAY).days % 14)
        return Period(f"{starts_on:%Y-%m-%d}", starts_on, starts_on + timedelta(days=13))
    last = monthrange(day.year, day.month)[1]
    if length == "monthly":
        return Period(f"{day:%Y-%m}", day.replace(day=1), day.replace(day=last))
    if day.day <= 15:
        return Period(f"{day:%Y-%m}-1", day.replace(day=1), day.replace(day=15))
    return Period(f"{day:%Y-%m}-2", day.replace(day=16), day.replace(day=last))


class WithPayPeriods:
    """A source with the pay periods of its history, each with a statement for everybody hired by its end.

    Days are those of `time_zone`. A period that is not over at `now` stays open.
    """

    def __init__(self, format: SourceFormat, length: PeriodLength, time_zone: str, now: datetime) -> None:
        self.source = format.source
        self.size_bytes = format.size_bytes
        self._format = format
        self._length: PeriodLength = length
        self._time_zone = time_zone
        self._now = now

    def owner_of(self, customer: str) -> str | None:
        """As the source says."""
        return self._format.owner_of(customer)

    def entries(self, on_progress: Callable[[int], None] | None = None) -> Iterator[Entry]:
        """The entries of the source, and between them the beginnings and ends of the periods."""
        zone = ZoneInfo(self._time_zone)
        hired: list[str] = []
        period: Period | None = None
        for entry in self._format.entries(on_progress):
            if isinstance(entry, SourceDocument):
                day = entry.at.astimezone(zone).date()
                if period is None:
                    period = period_of(day, self._length)
                    yield self._start(period, zone)
                while day > period.ends_on:
                    yield self._end(period, hired, zone)
                    period = period_of(period.ends_on + timedelta(days=1), self._length)
                    yield self._start(period, zone)
            elif isinstance(entry, Hire):
                hired.append(entry.reference)
            yield entry
        if period is not None and period.ends_on < self._now.astimezone(zone).date():
            yield self._end(period, hired, zone)

    def _start(self, period: Period, zone: ZoneInfo) -> PayPeriodStart:
        at = datetime.combine(period.starts_on, time(), zone)
        return PayPeriodStart(period.period_id, period.starts_on, period.ends_on, self._time_zone, at)

    def _end(self, period: Period, hired: list[str], zone: ZoneInfo) -> PayPeriodEnd:
        at = datetime.combine(period.ends_on + timedelta(days=1), time(), zone)
        return PayPeriodEnd(period.period_id, tuple(hired), at)

"""Queries of the calendar: the SQL, and how rows become documents. Parameters are psycopg's named ones."""

from datetime import date, datetime
from typing import Final

import msgspec

from domain.messages import made_of
from projections.pay_calendar.fold import PayCalendar

_CALENDAR: Final = "SELECT key, position, state::text AS state FROM projections.pay_calendar "

#: The calendar of one scope. Parameter: calendar_id (domain.ids.calendar_id_of).
CALENDAR: Final = _CALENDAR + "WHERE key = %(calendar_id)s"

#: All calendars, by scope.
CALENDARS: Final = _CALENDAR + "ORDER BY scope"

#: One row where a period is in any calendar. Parameter: period_id.
IN_A_CALENDAR: Final = """
    SELECT true AS found FROM projections.pay_calendar
    WHERE %(period_id)s = ANY(open_periods || closed_periods) LIMIT 1
"""


class PeriodDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A pay period as served; `status` is open or closed. From `statements_begun_at` on it stays closed."""

    scope: str | None
    period_id: str
    status: str
    starts_on: date
    ends_on: date
    time_zone: str | None
    opened_at: datetime | None
    closed_at: datetime | None
    statements_begun_at: datetime | None


def period_documents(calendar: PayCalendar) -> list[PeriodDocument]:
    """The periods of a scope, the latest days first."""
    latest_first = sorted(calendar.periods, key=lambda period: (period.starts_on, period.period_id))[::-1]
    return [made_of(PeriodDocument, period, scope=calendar.scope) for period in latest_first]

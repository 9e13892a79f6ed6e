"""Queries of the service standards: the SQL, and how dues become measures of weeks.

Parameters are psycopg's named ones. Records that were merged are always among the rows: they are read with
the others of their person.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

import msgspec

from domain.messages import made_of
from projections.service_standards.measuring import Due
from projections.service_standards.terms import Terms
from projections.service_terms import monday_of, week_of

_ROWS: Final = "SELECT key, position, state::text AS state FROM projections.service_standards "

#: The records to which something began to be due in these weeks, of one associate's customers or of all.
#: Parameters: weeks (their Mondays), associate_id.
RECORDS: Final = _ROWS + (
    "WHERE related OR (weeks && %(weeks)s::text[] "
    "AND (%(associate_id)s::text IS NULL OR associates @> ARRAY[%(associate_id)s::text])) ORDER BY key"
)

#: Every record.
ALL_RECORDS: Final = _ROWS + "ORDER BY key"

#: Who was forgotten, and when: an act of theirs is told no more.
FORGOTTEN: Final = (
    "SELECT key, forgotten_at FROM projections.service_standards WHERE forgotten_at IS NOT NULL"
)


def weeks_between(since: date, until: date) -> list[str]:
    """The Mondays of the weeks of these days."""
    return [
        monday_of(week).isoformat()
        for week in range(week_of(since.toordinal()), week_of(until.toordinal()) + 1)
    ]


def first_day_concerned(start: date, terms: Terms) -> date:
    """The day from which on something may have begun that is due from `start` on; a day more for time
    zones.
    """
    return start - timedelta(days=terms.within_days_max + 1)


class ServiceMeasure(msgspec.Struct, frozen=True, kw_only=True):
    """One standard in one week (its Monday), of one associate and store; null for what was nobody's.

    `due` is the sum of kept, late, missed and those that are still open. `target_bp` is the share that the
    standard asks for. `events` lists each, by the day it was due.
    """

    week: date
    associate_id: str | None
    store_id: str | None
    kind: str
    target_bp: int
    due: int
    kept: int
    late: int
    missed: int
    open: int
    events: list[Due]


class StandardDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a standard; withdrawn where `within_days` is null."""

    scope: str
    kind: str
    version: int
    effective_on: date
    within_days: int | None
    target_bp: int | None
    position: int


def measures(
    found: Iterable[Due],
    terms: Terms,
    start: date,
    end: date,
    *,
    store_id: str | None = None,
    associate_id: str | None = None,
) -> list[ServiceMeasure]:
    """What was due from `start` to `end`, by week, associate, standard and store."""
    together: dict[tuple[int, str, str, str], list[Due]] = {}
    for due in found:
        of_store = store_id is None or due.store_id == store_id
        of_associate = associate_id is None or due.associate_id == associate_id
        if start <= due.due_on <= end and of_store and of_associate:
            week = week_of(due.due_on.toordinal())
            place = (week, due.associate_id or "", due.kind, due.store_id or "")
            together.setdefault(place, []).append(due)
    return [_measure(place[0], together[place], terms) for place in sorted(together)]


def _measure(week: int, found: list[Due], terms: Terms) -> ServiceMeasure:
    found.sort(key=lambda due: (due.due_on, due.positions))
    first = found[0]
    counts = dict.fromkeys(("kept", "late", "missed", "open"), 0)
    for due in found:
        counts[due.status] += 1
    return ServiceMeasure(
        week=monday_of(week),
        associate_id=first.associate_id,
        store_id=first.store_id,
        kind=first.kind,
        target_bp=terms.target_bp(found[-1].scope, found[-1].kind, found[-1].version),
        due=len(found),
        events=found,
        **counts,
    )


def standards_of(terms: Terms) -> list[StandardDocument]:
    """Every version of every standard, as known in the terms' past."""
    return [
        made_of(StandardDocument, version, scope=scope, effective_on=date.fromordinal(version.effective_on))
        for scope, version in terms.versions()
    ]

"""Queries of the service standards: the SQL, and how dues become measures of weeks.

Parameters are psycopg's named ones. Records that were merged are among the rows with the others of their
person.
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

#: The records of the house to which something began to be due in these weeks. Parameter: weeks (their
#: Mondays).
RECORDS: Final = _ROWS + "WHERE related OR weeks && %(weeks)s::text[] ORDER BY key"

#: Every record.
ALL_RECORDS: Final = _ROWS + "ORDER BY key"


def _whole_persons(found: str) -> str:
    # What a record was ever merged into, and whatever else was: each past has some of them as one person.
    return f"""
        WITH found AS MATERIALIZED (
            SELECT key, related, survivors FROM ({found}) AS record
        ), survivor AS MATERIALIZED (
            SELECT key FROM found WHERE related UNION SELECT unnest(survivors) FROM found
        )
        {_ROWS} WHERE key = ANY(ARRAY(
            SELECT key FROM found UNION SELECT key FROM survivor UNION
            SELECT key FROM projections.service_standards WHERE survivors && ARRAY(SELECT key FROM survivor)
        )) ORDER BY key
    """


#: OFFSET keeps them from being looked up among everybody of the weeks: that index grows with the house.
_CONCERNING: Final = "SELECT * FROM projections.service_standards WHERE concerns && %(concerned)s::text[]"

#: Those records of them that some associates or stores are concerned with, alone. Parameters: weeks,
#: concerned (their ids).
RECORDS_CONCERNING: Final = _whole_persons(
    f"SELECT * FROM ({_CONCERNING} OFFSET 0) AS ever WHERE related OR weeks && %(weeks)s::text[]"
)

#: Every record that they were ever concerned with. Parameter: concerned.
ALL_RECORDS_CONCERNING: Final = _whole_persons(_CONCERNING)

#: Of some customers those who were forgotten: an act of theirs is told no more. A related one may have been
#: by another of their records. Parameter: customer_ids.
FORGOTTEN: Final = _whole_persons(
    "SELECT * FROM projections.service_standards WHERE key = ANY(%(customer_ids)s::text[]) "
    "AND (related OR forgotten_at IS NOT NULL)"
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

"""Reading standards of service: which rows are asked for, and what is made of them; for the API and the
command line.

Whoever asks gives a function that reads the rows of queries in one snapshot. It all runs in one thread, which
in the API is none that answers others.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import msgspec

from domain.messages import Refused
from projections.service_context.fold import PROJECTION as CONTEXT
from projections.service_context.queries import (
    ACTS,
    ACTS_CONCERNING,
    ASSOCIATES,
    EVERYBODY,
    STAFF,
    STANDARDS_AND_CLOCKS,
)
from projections.service_standards import queries
from projections.service_standards.fold import PROJECTION as STANDARDS
from projections.service_standards.kept_customers import KeptCustomers, kept_customers
from projections.service_standards.measuring import dues
from projections.service_standards.record import ServiceRecord
from projections.service_standards.terms import Terms
from projections.service_terms import ContextRow, Cut, instant_of, seconds_of
from services.read_models.tables import Query

Rows = Sequence[tuple[Any, ...]]
#: The rows of each query.
Read = Callable[[Sequence[Query]], Sequence[Rows]]

WEEKS_MAX: Final = 53
WEEKS_SHOWN: Final = 13
YEAR_MIN, YEAR_MAX = 1901, 2200


@dataclass(frozen=True)
class Question:
    """Which weeks, store and associate, and the past: a position of the log, and an instant.

    `is_past`: history behind the instant may have changed which weeks a record concerns, so all are read.
    """

    start: date
    end: date
    position: int
    instant: datetime
    is_past: bool = False
    store_id: str | None = None
    associate_id: str | None = None

    @property
    def cut(self) -> Cut:
        return Cut(self.position, seconds_of(self.instant))


class ServiceWeeks(msgspec.Struct, frozen=True, kw_only=True):
    """What was due from `start` to `end` (whole weeks), as of an instant, and every version of the standards
    that it is measured by.
    """

    as_of: datetime
    start: date
    end: date
    standards: list[queries.StandardDocument]
    measures: list[queries.ServiceMeasure]


def whole_weeks(start: date | None, end: date | None, today: date) -> tuple[date, date]:
    """The Monday and the Sunday of the weeks that are asked for: the last thirteen when nothing is said.

    Raises Refused for an end before the start, for more than 53 weeks, and for years nobody means.
    """
    for day in (start, end):
        if day is not None and not YEAR_MIN <= day.year <= YEAR_MAX:
            raise Refused("invalid", f"This is not a year from {YEAR_MIN} to {YEAR_MAX}.", "start")
    last = today if end is None else end
    first = last - timedelta(weeks=WEEKS_SHOWN - 1) if start is None else start
    monday = first - timedelta(days=first.weekday())
    sunday = last + timedelta(days=6 - last.weekday())
    if last < first:
        raise Refused("invalid", "The start comes after the end.", "start")
    if (sunday - monday).days > WEEKS_MAX * 7:
        raise Refused("invalid", f"These are more than {WEEKS_MAX} weeks.", "start")
    return monday, sunday


def read_weeks(asked: Question, read: Read) -> ServiceWeeks:
    """What was due in the weeks asked for, by associate, store and standard."""
    (settled,) = read([Query(CONTEXT.name, STANDARDS_AND_CLOCKS, {})])
    context, concerned = _context(settled), _concerned(asked, read)
    since = queries.first_day_concerned(asked.start, Terms(context, asked.cut))
    weeks = None if asked.is_past else queries.weeks_between(since, asked.end)
    records, acts = read([_records_asked(concerned, weeks), _acts_asked(concerned, since, asked.end)])
    found, stories = _records(records), _context(acts)
    associates, forgotten = read(
        [
            Query(CONTEXT.name, ASSOCIATES, {"associate_ids": sorted(_named_in(found, stories))}),
            Query(STANDARDS.name, queries.FORGOTTEN, {"customer_ids": sorted(_customers_of(stories))}),
        ]
    )
    terms = Terms([*context, *stories, *_context(associates)], asked.cut)
    listed = queries.measures(
        dues(found, terms, _records(forgotten)),
        terms,
        asked.start,
        asked.end,
        store_id=asked.store_id,
        associate_id=asked.associate_id,
    )
    return ServiceWeeks(
        as_of=instant_of(asked.cut.at),
        start=asked.start,
        end=asked.end,
        standards=queries.standards_of(terms),
        measures=listed,
    )


def read_kept_customers(asked: Question, read: Read) -> KeptCustomers:
    """Whether customers come back, and how long books and associates have been here, of all quarters."""
    concerned = _concerned(asked, read)
    settled, associates, records = read(
        [
            Query(CONTEXT.name, STANDARDS_AND_CLOCKS, {}),
            Query(CONTEXT.name, EVERYBODY if concerned is None else STAFF, {"store_id": asked.store_id}),
            _records_asked(concerned, None),
        ]
    )
    terms = Terms([*_context(settled), *_context(associates)], asked.cut)
    return kept_customers(_records(records), terms, asked.store_id)


def _concerned(asked: Question, read: Read) -> list[str] | None:
    """Which associates and stores the answer is about; None for the whole house.

    Something is due at a store because it was bought there, or from somebody who ever worked there.
    """
    if asked.associate_id is not None:
        return [asked.associate_id]
    if asked.store_id is None:
        return None
    (staff,) = read([Query(CONTEXT.name, STAFF, {"store_id": asked.store_id})])
    return [asked.store_id, *(row[0] for row in staff)]


def _records_asked(concerned: list[str] | None, weeks: list[str] | None) -> Query:
    """The records to which something began to be due in some weeks, or ever."""
    if concerned is None:
        sql = queries.ALL_RECORDS if weeks is None else queries.RECORDS
    else:
        sql = queries.ALL_RECORDS_CONCERNING if weeks is None else queries.RECORDS_CONCERNING
    return Query(STANDARDS.name, sql, {"concerned": concerned, "weeks": weeks})


def _acts_asked(concerned: list[str] | None, since: date, end: date) -> Query:
    sql = ACTS if concerned is None else ACTS_CONCERNING
    parameters = {"concerned": concerned, "since": since, "until": end + timedelta(days=1)}
    return Query(CONTEXT.name, sql, parameters)


def _context(rows: Rows) -> list[ContextRow]:
    return [CONTEXT.decode(row[2]) for row in rows]


def _records(rows: Rows) -> list[ServiceRecord]:
    return [STANDARDS.decode(row[2]) for row in rows]


def _customers_of(acts: Iterable[ContextRow]) -> set[str]:
    return {report.customer_id for act in acts for report in act.reported if report.customer_id is not None}


def _named_in(records: Iterable[ServiceRecord], acts: Iterable[ContextRow]) -> set[str]:
    """Whoever something may have been due from, and the heroes of acts."""
    named = {one.associate_id for record in records for one in record.owners if one.associate_id}
    named |= {one.associate_id for record in records for one in record.promises if one.associate_id}
    for act in acts:
        named.update(hero for report in act.reported for hero in report.heroes)
    return named

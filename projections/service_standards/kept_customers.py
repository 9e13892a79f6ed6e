"""Whether customers come back: cohorts of quarters, spend of returning customers, tenure of associates and
books. A pure function of rows and of an instant.

Walk-ins are nobody who could come back: only purchases of known customers count, at what was kept of them.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

import msgspec

from projections.service_standards.people import Person, people
from projections.service_standards.record import ServiceRecord
from projections.service_standards.terms import Terms
from projections.service_terms import day_of

YEAR_DAYS: Final = 365


class Cohort(msgspec.Struct, frozen=True, kw_only=True):
    """Who bought in a quarter: how many came back on another day within a year (365 days) of their first
    purchase in it, for how many the year is not over, and how many did not come back.
    """

    quarter: str
    bought: int
    came_back: int
    open: int
    left: int


class QuarterSpend(msgspec.Struct, frozen=True, kw_only=True):
    """Net spend of a quarter, and what of it is of customers who had bought on an earlier day.

    `returning_bp`: its share in basis points, rounded down; null where nothing was spent.
    """

    quarter: str
    currency: str
    net_minor: int
    returning_minor: int
    returning_bp: int | None


class Tenure(msgspec.Struct, frozen=True, kw_only=True):
    """How long somebody has worked here, how many customers are theirs, and for how long (the median)."""

    associate_id: str
    store_id: str | None
    days: int
    customers: int
    book_days: int | None


class KeptCustomers(msgspec.Struct, frozen=True, kw_only=True):
    """Cohorts and spend by quarter, the oldest first; tenure of everybody who works here, by id."""

    cohorts: list[Cohort]
    spend: list[QuarterSpend]
    tenure: list[Tenure]


def kept_customers(
    records: Iterable[ServiceRecord], terms: Terms, store_id: str | None = None
) -> KeptCustomers:
    """The answer for one store, or for all: with a store, purchases and associates of that one.

    Who has bought in a store came back wherever they buy next.
    """
    everybody = people(records, terms.cut)
    today = day_of(terms.cut.at, terms.zone_of(store_id))
    return KeptCustomers(
        cohorts=_cohorts(everybody, today, store_id),
        spend=_spend(everybody, store_id),
        tenure=_tenure(everybody, terms, today, store_id),
    )


def _cohorts(everybody: Sequence[Person], today: int, store_id: str | None) -> list[Cohort]:
    counts: dict[str, dict[str, int]] = {}
    for person in everybody:
        first_days: dict[str, int] = {}
        for purchase in person.purchases:
            if store_id in (None, purchase.bought.store_id):
                first_days.setdefault(quarter_of(purchase.bought.day), purchase.bought.day)
        for quarter, first in first_days.items():
            later = next((day for day in person.visit_days if day > first), None)
            if later is not None and later <= first + YEAR_DAYS:
                what = "came_back"
            else:
                what = "open" if today <= first + YEAR_DAYS else "left"
            count = counts.setdefault(quarter, {"came_back": 0, "open": 0, "left": 0})
            count[what] += 1
    return [
        Cohort(quarter=quarter, bought=sum(count.values()), **count)
        for quarter, count in sorted(counts.items())
    ]


def _spend(everybody: Sequence[Person], store_id: str | None) -> list[QuarterSpend]:
    sums: dict[tuple[str, str], list[int]] = {}
    for person in everybody:
        for purchase in person.purchases:
            bought = purchase.bought
            if store_id in (None, bought.store_id):
                place = sums.setdefault((quarter_of(bought.day), bought.currency), [0, 0])
                place[0] += purchase.net_minor
                if bought.day > person.visit_days[0]:
                    place[1] += purchase.net_minor
    return [
        QuarterSpend(
            quarter=quarter,
            currency=currency,
            net_minor=net_minor,
            returning_minor=returning_minor,
            returning_bp=returning_minor * 10_000 // net_minor if net_minor > 0 else None,
        )
        for (quarter, currency), (net_minor, returning_minor) in sorted(sums.items())
    ]


def _tenure(everybody: Sequence[Person], terms: Terms, today: int, store_id: str | None) -> list[Tenure]:
    books: dict[str, list[int]] = {}
    for person in everybody:
        owned = None if person.forgotten_at is not None else person.owned_since(terms.cut.at)
        if owned is not None:
            associate_id, since = owned
            books.setdefault(associate_id, []).append(today - day_of(since, terms.zone_of(store_id)))
    found: list[Tenure] = []
    for associate_id, hired_on in terms.employed():
        workplace = terms.store_of(associate_id, terms.cut.at)
        if store_id in (None, workplace):
            book = sorted(books.get(associate_id, ()))
            found.append(
                Tenure(
                    associate_id=associate_id,
                    store_id=workplace,
                    days=today - hired_on,
                    customers=len(book),
                    book_days=book[len(book) // 2] if book else None,
                )
            )
    return found


def quarter_of(day: int) -> str:
    """The quarter of a day: 2026-Q1."""
    on = date.fromordinal(day)
    return f"{on.year}-Q{(on.month + 2) // 3}"

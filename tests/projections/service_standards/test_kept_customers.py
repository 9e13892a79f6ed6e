"""Who came back, what returning customers spend, and how long books and associates have been here."""

from domain.messages import Event
from projections.service_context.fold import PROJECTION as CONTEXT
from projections.service_standards.fold import PROJECTION as STANDARDS
from projections.service_standards.kept_customers import (
    Cohort,
    KeptCustomers,
    QuarterSpend,
    Tenure,
    kept_customers,
)
from projections.service_standards.terms import Terms
from projections.service_terms import Cut, seconds_of
from tests.domain.builders.money_commands import ANNA, BEN, CARL, CLARA, DORA, STORE
from tests.domain.builders.money_events import price_allowed, return_accepted
from tests.projections.folding import folded
from tests.projections.service_standards.shop import (
    COMPANY,
    EMIL,
    EVER,
    FLORA,
    at,
    handed_over,
    sale,
    sale_id,
)

#: Clara comes back in the same quarter, Dora a year to the day later, Emil a day after that; Flora brings all
#: of it back, and buys in the last quarter alone.
HISTORY = (
    *COMPANY,
    sale(CLARA, "2025-01-10", 1),
    sale(CLARA, "2025-02-20", 2),
    sale(DORA, "2025-03-01", 3),
    sale(EMIL, "2025-03-01", 4),
    sale(FLORA, "2025-03-02", 5),
    return_accepted(occurred_at=at("2025-03-09"), sale_id=sale_id(5), customer_id=FLORA),
    sale(DORA, "2026-03-01", 6),
    sale(EMIL, "2026-03-02", 7),
    sale(FLORA, "2026-03-03", 8),
    handed_over(EMIL, ANNA, "2026-03-04"),
)


def asked(until: str, *events: Event, store_id: str | None = None) -> KeptCustomers:
    history = (*HISTORY, *events)
    terms = Terms(folded(CONTEXT, *history).states.values(), Cut(EVER, seconds_of(at(until))))
    return kept_customers(folded(STANDARDS, *history).states.values(), terms, store_id)


def test_of_those_who_bought_in_a_quarter_so_many_came_back_within_a_year() -> None:
    first, last = asked("2026-03-14").cohorts
    assert first == Cohort(quarter="2025-Q1", bought=3, came_back=2, open=0, left=1)
    assert last == Cohort(quarter="2026-Q1", bought=3, came_back=0, open=3, left=0)


def test_whose_year_is_not_over_is_neither_kept_nor_lost() -> None:
    [cohort] = asked("2025-04-01").cohorts
    assert cohort == Cohort(quarter="2025-Q1", bought=3, came_back=1, open=2, left=0)


def test_the_share_of_returning_customers_is_what_was_kept_of_their_later_days() -> None:
    """Four pairs of 100.00 in the first quarter of 2025, one of them of a returning customer; of 2026's three
    the first two. An allowance makes Dora's second one 80.00.
    """
    allowed = price_allowed(
        occurred_at=at("2026-03-05"), sale_id=sale_id(6), customer_id=DORA, amount_minor=2_000
    )
    assert asked("2026-03-14", allowed).spend == [
        QuarterSpend(
            quarter="2025-Q1", currency="USD", net_minor=40_000, returning_minor=10_000, returning_bp=2_500
        ),
        QuarterSpend(
            quarter="2026-Q1", currency="USD", net_minor=28_000, returning_minor=18_000, returning_bp=6_428
        ),
    ]


def test_tenure_of_associates_and_of_their_books_in_days() -> None:
    """Emil has been Anna's for ten days, the others theirs since 2 January 2025."""
    assert asked("2026-03-14").tenure == [
        Tenure(associate_id=ANNA, store_id=STORE, days=802, customers=4, book_days=436),
        Tenure(associate_id=BEN, store_id=STORE, days=365, customers=1, book_days=436),
        Tenure(associate_id=CARL, store_id=STORE, days=802, customers=0, book_days=None),
    ]


def test_another_store_has_nothing_of_it() -> None:
    assert asked("2026-03-14", store_id="uptown") == KeptCustomers(cohorts=[], spend=[], tenure=[])

"""What a score's row takes in, how persons of several records are scored, and the tables on a real
PostgreSQL.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from psycopg import Connection

from domain.messages import Event
from domain.return_.events import ReturnedLine
from projections.loyalty_score.fold import PROJECTION, LoyaltyRow
from projections.loyalty_score.folding import seconds_of
from projections.loyalty_score.queries import (
    ALL_ROWS,
    CUSTOMER_ROWS,
    CUSTOMERS_ROWS,
    Bought,
    purchases_since,
    ranking,
    score_document,
    score_history,
    states_by_customer,
)
from projections.loyalty_score.visits import kept_visits
from tests.domain.builders.money_commands import (
    CLARA,
    CLOSED_AT,
    DORA,
    OTHER_SALE,
    RETURNED_AT,
    SALE,
    SOLD_AT,
)
from tests.domain.builders.money_events import (
    customer_attached,
    customer_detached,
    return_accepted,
    return_accepted_without_receipt,
    return_matched,
    return_unmatched,
    sale_recorded,
    sold_line,
)
from tests.domain.builders.people_events import (
    contact_logged,
    customers_merged,
    customers_unmerged,
    heroic_act_revoked,
    heroic_act_verified,
    wish_fulfilled,
)
from tests.projections.folding import columns_after, folded, state_after
from tests.projections.stored import stored

DAY = timedelta(days=1)
NOW = SOLD_AT + 30 * DAY
SURVIVES, MERGED = customers_merged()


def bought(at: datetime = SOLD_AT, customer_id: str = CLARA, **changes: Any) -> Event:
    return sale_recorded(occurred_at=at, customer_id=customer_id, **changes)


def row_after(*events: Event) -> LoyaltyRow:
    return state_after(PROJECTION, *events)


def points(row: LoyaltyRow, as_of: datetime = NOW) -> dict[str, int]:
    document = score_document(CLARA, row.known, as_of)
    assert document.score == sum(component.points for component in document.components)
    return {component.name: component.points for component in document.components}


def test_a_customer_who_bought_has_a_score_that_names_the_sale() -> None:
    document = score_document(CLARA, row_after(bought()).known, NOW)
    assert document.score > 0
    (evidence,) = document.components[0].events
    assert (evidence.kind, evidence.position, evidence.occurred_at, evidence.subject_id) == (
        "sale",
        1,
        SOLD_AT,
        SALE,
    )


def test_a_walk_in_recognised_later_counts_from_then_on_on_the_day_of_the_sale() -> None:
    row = row_after(customer_attached())
    assert points(row, RETURNED_AT - DAY)["recency"] == 0
    assert points(row) == points(row_after(bought()))


@pytest.mark.parametrize(
    "returned", [return_accepted(customer_id=CLARA), return_matched(customer_id=CLARA, sale_id=OTHER_SALE)]
)
def test_buying_and_returning_the_same_goods_leaves_the_score_where_it_was(returned: Event) -> None:
    """With a receipt, or traced to the sale later: as if that sale had never been."""
    before = row_after(bought(SOLD_AT - 40 * DAY, sale_id="sal_before"))
    then = bought(sale_id=getattr(returned, "sale_id", SALE))
    after = row_after(bought(SOLD_AT - 40 * DAY, sale_id="sal_before"), then, returned)
    assert points(after, CLOSED_AT + DAY) == points(before, CLOSED_AT + DAY)


def test_a_return_without_a_receipt_costs_no_points() -> None:
    untraced = return_accepted_without_receipt(customer_id=CLARA)
    assert points(row_after(bought(), untraced)) == points(row_after(bought()))


def test_a_match_that_is_taken_back_gives_its_points_back() -> None:
    matched = return_matched(customer_id=CLARA)
    undone = row_after(bought(), matched, return_unmatched(customer_id=CLARA))
    assert points(row_after(bought(), matched)) != points(row_after(bought()))
    assert points(undone) == points(row_after(bought()))


def test_goods_that_were_on_no_receipt_take_nothing_off_the_receipt() -> None:
    scarf = ReturnedLine(department="shoes", quantity=1, refund_minor=4_500)
    back = return_accepted(customer_id=CLARA, lines=(scarf,))
    assert points(row_after(bought(), back)) == points(row_after(bought()))


def test_gift_cards_and_lines_of_nothing_give_no_points() -> None:
    nothing = (sold_line(kind="gift_card"), sold_line(kind="zero", net_minor=0))
    assert points(row_after(bought(lines=nothing))) == points(row_after(contact_logged(answered=False)))


def test_an_evening_and_the_afternoon_before_are_one_visit_by_the_stores_clock() -> None:
    night = SOLD_AT.replace(hour=23) + timedelta(hours=2)
    one_day = row_after(bought(), bought(night, sale_id=OTHER_SALE, sold_on=SOLD_AT.date()))
    two_days = row_after(bought(), bought(night, sale_id=OTHER_SALE))
    assert len(kept_visits(one_day.known, seconds_of(NOW))) == 1
    assert len(kept_visits(two_days.known, seconds_of(NOW))) == 2


def test_a_sale_on_the_wrong_customer_gives_them_no_points() -> None:
    nothing = points(row_after(contact_logged(answered=False)))
    assert points(row_after(bought(), customer_detached())) == nothing
    again = row_after(bought(), customer_detached(), customer_attached())
    assert points(again) == points(row_after(customer_attached()))


def test_only_answered_contacts_wishes_and_heroic_acts_make_a_relationship() -> None:
    assert points(row_after(bought(), contact_logged(answered=False)))["relationship"] == 0
    for event in (contact_logged(answered=True), wish_fulfilled(), heroic_act_verified()):
        assert points(row_after(bought(), event))["relationship"] > 0
    assert points(row_after(bought(), heroic_act_verified(), heroic_act_revoked()))["relationship"] == 0


def test_the_query_columns_say_when_goods_were_bought() -> None:
    assert columns_after(PROJECTION, bought(), bought(SOLD_AT - DAY)) == {
        "merged_into": None,
        "first_sold_at": SOLD_AT - DAY,
        "last_sold_at": SOLD_AT,
        "sales": 2,
    }
    assert columns_after(PROJECTION, contact_logged())["first_sold_at"] is None


def test_merged_records_are_scored_together_and_apart_again_when_unmerged() -> None:
    sales = [bought(), bought(SOLD_AT - 40 * DAY, DORA, sale_id=OTHER_SALE)]
    together = states_by_customer(folded(PROJECTION, *sales, SURVIVES, MERGED).states.values())
    hers_alone = row_after(bought(), bought(SOLD_AT - 40 * DAY, sale_id=OTHER_SALE)).known
    assert list(together) == [CLARA]
    assert score_document(CLARA, together[CLARA], NOW).score == score_document(CLARA, hers_alone, NOW).score
    apart = states_by_customer(
        folded(PROJECTION, *sales, SURVIVES, MERGED, *customers_unmerged()).states.values()
    )
    assert set(apart) == {CLARA, DORA}


def test_a_ranking_puts_the_strongest_relationship_first() -> None:
    history = [bought(), bought(SOLD_AT + DAY, sale_id=OTHER_SALE), bought(customer_id=DORA)]
    scores = ranking(states_by_customer(folded(PROJECTION, *history).states.values()), NOW)
    assert list(scores) == [CLARA, DORA]
    assert scores[CLARA] > scores[DORA] > 0


def test_the_history_of_a_score_ends_with_the_moment_asked_for() -> None:
    chart = score_history(row_after(bought()).known, SOLD_AT - DAY, NOW, 10 * DAY)
    assert [point.as_of for point in chart] == [*(SOLD_AT - DAY + n * 10 * DAY for n in range(4)), NOW]
    assert chart[0].score == 0
    assert chart[-1].score == score_document(CLARA, row_after(bought()).known, NOW).score


def test_purchases_since_a_moment_are_those_that_were_kept() -> None:
    gloves = sold_line(line_no=2, sku="7002", quantity=2, net_minor=5_000, department="accessories")
    row = row_after(
        bought(SOLD_AT - DAY, sale_id="sal_before"),
        bought(sale_id=SALE),
        bought(SOLD_AT + timedelta(minutes=1), sale_id=OTHER_SALE, lines=(sold_line(), gloves)),
        bought(SOLD_AT + 2 * DAY, sale_id="sal_euro", currency="EUR"),
        return_accepted(customer_id=CLARA, sale_id=OTHER_SALE),
    )
    assert purchases_since(row.known, SOLD_AT, NOW) == [
        Bought("EUR", visits=1, sales=1, net_minor=10_000),
        Bought("USD", visits=1, sales=2, net_minor=15_000),
    ]
    assert purchases_since(row.known, SOLD_AT, SOLD_AT) == [
        Bought("USD", visits=1, sales=1, net_minor=10_000)
    ]
    assert purchases_since(row.known, NOW, NOW) == []


# --- the tables ---------------------------------------------------------------------------------------------

EVE = "cus_" + "3" * 32


@pytest.fixture
def scores(database_url: str) -> Iterator[Connection[Any]]:
    history = [bought(), bought(customer_id=DORA), bought(customer_id=EVE), SURVIVES, MERGED]
    with stored(database_url, folded(PROJECTION, *history)) as connection:
        yield connection


def keys(connection: Connection[Any], query: str, **parameters: Any) -> list[str]:
    rows = connection.execute(query.encode(), parameters).fetchall()
    assert all(PROJECTION.decode(state).customer_id == key for key, _, state in rows)
    return sorted(key for key, _, _ in rows)


def test_rows_are_found_by_any_record_of_a_person(scores: Connection[Any]) -> None:
    assert keys(scores, CUSTOMER_ROWS, customer_id=CLARA) == [CLARA, DORA]
    assert keys(scores, CUSTOMER_ROWS, customer_id=DORA) == [CLARA, DORA]
    assert keys(scores, CUSTOMERS_ROWS, customer_ids=[CLARA]) == [CLARA, DORA]
    assert keys(scores, ALL_ROWS) == [CLARA, DORA, EVE]


def test_instants_are_read_as_they_were_written(scores: Connection[Any]) -> None:
    row = scores.execute(
        "SELECT last_sold_at FROM projections.loyalty_score WHERE key = %s", (EVE,)
    ).fetchone()
    assert row is not None
    assert row[0].astimezone(UTC) == SOLD_AT


def test_a_record_of_somebody_else_stays_somebody_else(scores: Connection[Any]) -> None:
    assert keys(scores, CUSTOMER_ROWS, customer_id=EVE) == [EVE]

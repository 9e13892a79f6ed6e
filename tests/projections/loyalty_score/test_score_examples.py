"""The score in the shop's own terms: who ranks above whom, and what an associate is told."""

from dataclasses import dataclass

import pytest

from projections.loyalty_score.parameters import DEFAULT, InForce, Parameters, parameters_at
from projections.loyalty_score.score import Component, history, points_of, score_of
from projections.loyalty_score.state import (
    Goods,
    LoyaltyState,
    contact_answered,
    goods_returned,
    heroic_act_revoked,
    heroic_act_verified,
    visit,
    wish_fulfilled,
)
from tests.projections.loyalty_score.histories import came_on, day


def total(state: LoyaltyState, number: int, parameters: Parameters = DEFAULT) -> int:
    return sum(points_of(state, day(number), parameters))


def component(state: LoyaltyState, name: str, number: int) -> Component:
    return next(c for c in score_of(state, day(number)).components if c.name == name)


def test_who_never_bought_has_no_points() -> None:
    score = score_of(LoyaltyState(), day(0))
    assert score.total == 0
    assert {c.reason for c in score.components} == {"nothing bought and kept yet", "nothing yet"}


def test_who_overshoots_a_quick_rhythm_has_left_more_surely_than_who_was_never_quick() -> None:
    """Both were last seen 150 days ago; one used to come every ten days, the other every 150."""
    quick, slow = came_on(*range(300, 451, 10)), came_on(0, 150, 300, 450)
    assert component(quick, "recency", 600).points < component(slow, "recency", 600).points / 3


def test_the_more_regular_people_are_the_more_a_silence_says() -> None:
    monthly = came_on(*range(0, 361, 30))
    irregular, regular = Parameters(regularity_e3=1000), Parameters(regularity_e3=2500)
    assert points_of(monthly, day(480), regular).recency < points_of(monthly, day(480), irregular).recency
    assert points_of(monthly, day(360), regular).recency == points_of(monthly, day(360), irregular).recency


def test_of_those_who_came_once_the_latest_is_first_then_the_larger_purchase() -> None:
    early, late, dear = came_on(0), came_on(60), came_on(60, net_minor=50_000)
    assert total(early, 100) < total(late, 100) < total(dear, 100)


def test_the_same_visits_in_less_time_are_more() -> None:
    assert total(came_on(0, 100, 200, 300), 300) < total(came_on(210, 240, 270, 300), 300)


def test_a_new_customer_is_not_blamed_for_visits_that_cannot_have_been() -> None:
    assert total(came_on(300), 300) > total(came_on(0), 300)


def test_the_score_of_a_given_history_is_the_same_on_every_machine() -> None:
    state = came_on(0, 31, 59, 90, 120, 151)
    visit(
        state,
        sale_id="sal_online",
        sold_at=day(170) + 4711,
        known_at=day(170) + 4711,
        position=7,
        channel="online",
        currency="USD",
        goods=[Goods("gloves", 2, 12_345), Goods("coats", 1, 99_999)],
    )
    contact_answered(state, at=day(100), position=8)
    assert tuple(points_of(state, day(200))) == GOLDEN


#: Found once, by the functions themselves; a change here changes the scores that customers and associates
#: have seen.
GOLDEN = (316_460, 155_692, 80_234, 26_149, 4_781, 18_171)


@dataclass(frozen=True)
class Coat:
    """A purchase on day 100 by somebody who came on days 0 and 50 before, back on day 120."""

    bought: LoyaltyState
    never_bought: LoyaltyState


@pytest.fixture
def coat() -> Coat:
    state = came_on(0, 50)
    visit(
        state,
        sale_id="sal_coat",
        sold_at=day(100),
        known_at=day(100),
        position=3,
        channel="online",
        currency="USD",
        goods=[Goods("coats", 2, 80_000)],
    )
    goods_returned(
        state,
        return_id="ret_1",
        sale_id="sal_coat",
        at=day(120),
        position=4,
        goods=[Goods("coats", 1, 40_000)],
    )
    goods_returned(
        state,
        return_id="ret_2",
        sale_id="sal_coat",
        at=day(130),
        position=5,
        goods=[Goods("coats", 1, 40_000)],
    )
    return Coat(state, came_on(0, 50))


def test_a_purchase_counts_until_it_comes_back_and_then_as_if_it_never_was(coat: Coat) -> None:
    assert total(coat.bought, 99) == total(coat.never_bought, 99)
    assert total(coat.bought, 110) > total(coat.never_bought, 110)
    assert total(coat.bought, 130) == total(coat.never_bought, 130)
    assert total(coat.bought, 900) == total(coat.never_bought, 900)


def test_a_part_that_came_back_is_shown_behind_net_spend(coat: Coat) -> None:
    spend = component(coat.bought, "net_spend", 125)
    assert spend.reason == "500.00 USD kept"
    assert [(e.kind, e.subject_id, e.amount_minor) for e in spend.events] == [
        ("sale", "sal_1", 5_000),
        ("sale", "sal_2", 5_000),
        ("sale", "sal_coat", 80_000),
        ("return", "ret_1", -40_000),
    ]


def test_a_refund_above_the_price_is_no_debt() -> None:
    state = came_on(0)
    visit(
        state,
        sale_id="sal_pair",
        sold_at=day(10),
        known_at=day(10),
        position=2,
        channel="store",
        currency="USD",
        goods=[Goods("shoes", 2, 10_000)],
    )
    before = points_of(came_on(0), day(20)).net_spend
    goods_returned(
        state,
        return_id="ret_1",
        sale_id="sal_pair",
        at=day(20),
        position=3,
        goods=[Goods("shoes", 1, 25_000)],
    )
    assert points_of(state, day(20)).net_spend == before


def test_several_sales_of_one_day_are_one_visit() -> None:
    state = came_on(0, 30)
    visit(
        state,
        sale_id="sal_evening",
        sold_at=day(30) + 3600,
        known_at=day(30) + 3600,
        position=3,
        channel="store",
        currency="USD",
        goods=[Goods("shoes", 1, 5_000)],
    )
    assert points_of(state, day(40)).frequency == points_of(came_on(0, 30), day(40)).frequency
    assert len(component(state, "frequency", 40).events) == 3


def test_a_walk_in_counts_from_recognition_on_with_the_day_of_the_sale() -> None:
    state = came_on(0)
    visit(
        state,
        sale_id="sal_walk_in",
        sold_at=day(20),
        known_at=day(60),
        position=2,
        channel="store",
        currency="USD",
        goods=[Goods("shoes", 1, 5_000)],
    )
    assert total(state, 59) == total(came_on(0), 59)
    assert total(state, 60) == total(came_on(0, 20), 60)


def test_each_component_tells_what_made_it() -> None:
    state = came_on(0, 30, 60)
    contact_answered(state, at=day(61), position=10)
    wish_fulfilled(state, wish_id="3", at=day(62), position=11)
    heroic_act_verified(state, act_id="act_1", at=day(63), position=12)
    reasons = {
        c.name: (c.reason, [e.position for e in c.events]) for c in score_of(state, day(100)).components
    }
    assert reasons == {
        "recency": ("came every 30 days; silent for 40 days", [1, 2, 3]),
        "frequency": ("3 visits in 100 days", [1, 2, 3]),
        "net_spend": ("150.00 USD kept", [1, 2, 3]),
        "breadth": ("1 department, 1 channel", [3]),
        "tenure": ("60 days between first and last visit", [1, 3]),
        "relationship": ("1 contact answered, 1 wish fulfilled, 1 heroic act", [10, 11, 12]),
    }


def test_a_heroic_act_that_is_revoked_counts_until_then() -> None:
    state = LoyaltyState()
    heroic_act_verified(state, act_id="act_1", at=day(0), position=1)
    heroic_act_revoked(state, act_id="act_1", at=day(10), position=2)
    assert total(state, 9) > 0
    assert total(state, 10) == 0


def test_other_departments_and_channels_add_breadth_and_the_first_of_each_does_not() -> None:
    state = came_on(0)
    assert points_of(state, day(0)).breadth == 0
    visit(
        state,
        sale_id="sal_2",
        sold_at=day(0) + 60,
        known_at=day(0) + 60,
        position=2,
        channel="online",
        currency="USD",
        goods=[Goods("gloves", 1, 1), Goods("coats", 1, 1)],
    )
    assert points_of(state, day(1)).breadth > 20_000


def test_the_parameters_in_force_on_a_date_are_the_latest_until_then() -> None:
    found, later = Parameters(version=2), Parameters(version=3)
    at = parameters_at([InForce(day(100), later), InForce(day(10), found)])
    assert [at(day(n)).version for n in (9, 10, 99, 100)] == [1, 2, 2, 3]


def test_a_chart_uses_the_parameters_of_each_of_its_dates() -> None:
    state = came_on(0)
    generous = Parameters(net_spend_doubling_points=30)
    chart = list(history(state, day(0), day(2), 86_400, parameters_at([InForce(day(1), generous)])))
    assert [moment.total for moment in chart] == [
        score_of(state, day(0)).total,
        score_of(state, day(1), generous).total,
        score_of(state, day(2), generous).total,
    ]


def test_parameters_whose_points_exceed_a_thousand_are_no_parameters() -> None:
    with pytest.raises(ValueError, match="1,000"):
        Parameters(frequency_points_max=341)

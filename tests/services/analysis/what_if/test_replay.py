"""The worked numbers of the domain page, found by replaying one history under the rules of another."""

from datetime import date

import pytest
from msgspec.structs import replace

from domain.associate.commands import DeficitPolicy
from domain.commission_account.events import StatementIssued
from domain.sale.commands import Share
from services.analysis.what_if.alternative_rules import AlternativeRules
from services.analysis.what_if.replay import ReplayFailed
from tests.domain.builders.money_commands import (
    ANNA,
    BEN,
    associate_leaves,
    change_pay_plan,
    correct_attribution,
    line_to_sell,
    pay_plan,
    record_hours,
    record_sale,
)
from tests.domain.builders.money_events import associate_hired, attribution_corrected
from tests.domain.given import given
from tests.domain.test_worked_numbers import (
    MONTHS,
    came_back,
    month,
    noon,
    settled,
    shop,
    sold,
    up_to_p2,
    up_to_p4,
    worked,
)
from tests.services.analysis.what_if.builders import a_season, replay, would_be

POLICIES: tuple[DeficitPolicy, ...] = ("forgive", "carry", "recoverable_draw")


@pytest.mark.parametrize("paid_by", POLICIES)
@pytest.mark.parametrize(
    ("tried", "pay_minor", "owed_minor"),
    [("forgive", 54_000, 0), ("carry", 45_225, 0), ("recoverable_draw", 32_000, 38_625)],
)
def test_the_period_after_a_deficit_is_paid_as_the_page_says_whatever_was_paid(
    paid_by: DeficitPolicy, tried: DeficitPolicy, pay_minor: int, owed_minor: int
) -> None:
    fourth = would_be(replay(up_to_p4(paid_by).events, AlternativeRules(policy=tried)))["P4"]
    assert (fourth.pay_minor, fourth.owed_after_minor) == (pay_minor, owed_minor)


def test_a_new_rate_takes_back_what_was_earned_at_the_old_one() -> None:
    history = up_to_p2("carry").events
    found = would_be(replay(history, AlternativeRules(rate_bp=700, since=date(2024, 4, 1))))
    assert found["P1"].pay_minor == 33_750
    second = found["P2"]
    assert (second.earned_minor, second.clawed_back_minor, second.net_minor) == (21_000, 8_100, 12_900)


def test_had_the_rate_always_been_another_that_is_what_comes_back() -> None:
    found = would_be(replay(up_to_p2("carry").events, AlternativeRules(rate_bp=700)))
    assert found["P1"].pay_minor == 35_000
    assert (found["P2"].earned_minor, found["P2"].clawed_back_minor) == (21_000, 8_400)


def test_another_base_rate_is_another_guarantee() -> None:
    story = shop().after(sold("P1", 200_000), *worked("P1", 30), *settled("P1"))
    first = would_be(replay(story.events, AlternativeRules(base_rate_minor=1_000)))["P1"]
    assert (first.guarantee_minor, first.topped_up_minor, first.pay_minor) == (30_000, 16_500, 30_000)


def test_a_split_is_settled_anew_and_comes_back_as_it_was_settled() -> None:
    sale_id = "sal_" + "5" * 32
    shares = (Share(ANNA, 6_000), Share(BEN, 4_000))
    sale = record_sale(
        line_to_sell(unit_price_minor=10_001, attribution=shares), sale_id=sale_id, occurred_at=noon("P1")
    )
    shop_of_ten_percent = given(
        associate_hired(plan=pay_plan(rate_bp=1_000)),
        associate_hired(associate_id=BEN, plan=pay_plan(rate_bp=1_000)),
        month("P1"),
    )
    story = shop_of_ten_percent.after(sale, came_back("P1", sale_id), *settled("P1"))
    first = would_be(replay(story.events, AlternativeRules(rate_bp=675)))["P1"]
    assert (first.earned_minor, first.clawed_back_minor, first.net_minor) == (405, 405, 0)


def test_no_other_rules_issue_every_statement_of_a_season_as_it_was_issued() -> None:
    paid = replay(a_season(), AlternativeRules()).statements()
    assert len(paid) > 100
    assert [one.would_be for one in paid] == [one.was for one in paid]
    assert sum(one.was.clawed_back_minor > 0 for one in paid if one.was) > 20
    assert any(one.was.owed_after_minor for one in paid if one.was)


def test_a_period_that_only_holds_something_under_other_rules_is_settled_first() -> None:
    """At a rate of nothing, what is sold and comes back at once leaves nothing to state; at another rate
    it does.
    """
    story = given(associate_hired(plan=pay_plan(rate_bp=0)), month("P1"), month("P2"))
    sale_id = "sal_" + "6" * 32
    history = story.after(
        sold("P1", 5_000, sale_id),
        came_back("P1", sale_id),
        settled("P1")[0],
        sold("P2", 5_000),
        *settled("P2"),
    )
    assert [event.period_id for event in history.all(StatementIssued)] == ["P2"]
    done = replay(history.events, AlternativeRules(rate_bp=1_000))
    assert [one.was is None for one in done.statements()] == [False, True]
    assert [(issued.period_id, issued.net_minor) for issued in would_be(done).values()] == [
        ("P2", 500),
        ("P1", 0),
    ]


def test_a_statement_that_would_hold_nothing_would_not_have_been_issued() -> None:
    """They have left; $50.00 of theirs come back, and $50.00 turn out to be theirs.

    At a rate of nothing, nothing is left to state.
    """
    theirs, not_theirs = "sal_" + "7" * 32, "sal_" + "8" * 32
    bens = line_to_sell(unit_price_minor=5_000, attribution=(Share(BEN),))
    story = shop().after(
        sold("P1", 5_000, theirs),
        record_sale(bens, sale_id=not_theirs, occurred_at=noon("P1")),
        *settled("P1"),
        associate_leaves(left_on=noon("P1").date(), occurred_at=noon("P2", 1)),
        came_back("P2", theirs),
        correct_attribution(sale_id=not_theirs, attribution=(Share(ANNA),), occurred_at=noon("P2", 21)),
        *settled("P2"),
    )
    second = replay(story.events, AlternativeRules(rate_bp=0)).statements()[-1]
    assert (second.was and second.was.clawed_back_minor, second.would_be) == (338, None)


def test_what_the_rules_of_today_refuse_is_named_by_its_day() -> None:
    gone = attribution_corrected(sale_id="sal_" + "9" * 32)
    with pytest.raises(ReplayFailed, match=f"AttributionCorrected of {gone.occurred_at:%Y-%m-%d}"):
        replay([gone], AlternativeRules())


def test_a_plan_computed_anew_has_the_other_rules_only_from_their_first_day_on() -> None:
    """$10.00 an hour and 10 % since the first of March; $12.00 and 12 % tried from the fifteenth on."""
    anew = change_pay_plan(
        plan=pay_plan(base_rate_minor=1_000, rate_bp=1_000),
        effective_on=date(2024, MONTHS["P1"], 1),
        recompute=True,
        occurred_at=noon("P2"),
    )
    hours = [
        record_hours(worked_on=date(2024, MONTHS["P1"], day), selling_minutes=480, non_selling_minutes=0)
        for day in (10, 20)
    ]
    sales = [
        replace(sold("P1", 10_000), occurred_at=noon("P1", 10)),
        replace(sold("P1", 10_000), occurred_at=noon("P1", 20)),
    ]
    story = shop().after(*sales, *hours, *settled("P1"), anew, *settled("P2"))
    rules = AlternativeRules(rate_bp=1_200, base_rate_minor=1_200, since=date(2024, MONTHS["P1"], 15))
    found = would_be(replay(story.events, rules))
    first, second = found["P1"], found["P2"]
    assert (first.guarantee_minor, first.net_minor) == (6_400 + 9_600, 675 + 1_200)
    assert (second.moved_minor, second.late_topped_up_minor) == (325, 1_600 - 325)


def test_hours_that_a_plan_computed_anew_stay_where_they_count() -> None:
    """They came before there was a period: the first statement counts them, although April is open."""
    april = date(2024, 4, 2)
    anew = change_pay_plan(plan=pay_plan(base_rate_minor=900), effective_on=april, recompute=True)
    story = given(associate_hired()).after(record_hours(worked_on=april))
    story = story.with_events(month("P1"), month("P2")).after(anew, *settled("P1"))
    [statement] = replay(story.events, AlternativeRules()).statements()
    assert statement.was is not None
    assert statement.was.minutes == 480
    assert statement.would_be == statement.was

"""Which plan holds when some of it is changed, and how a rate is typed."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from domain.associate.commands import Tier
from domain.associate.events import FrozenPayPlan, frozen
from domain.associate.state import AgreedPlan, AssociateState, StoreFrom
from services.analysis.what_if.alternative_rules import (
    AlternativeRules,
    department_rates_of,
    rate_bp_of,
    tiers_of,
)
from tests.domain.builders.money_commands import ANNA, BEN, STORE, pay_plan

HIRED = date(2024, 1, 2)
BETTER = date(2024, 3, 1)


def agreed(**changes: Any) -> FrozenPayPlan:
    """A pay plan as it is kept."""
    return frozen(pay_plan(**changes))


def anna() -> AssociateState:
    """Hired with 6.75 %; 8 % on shoes since March."""
    return AssociateState(
        associate_id=ANNA,
        hired_on=HIRED,
        stores=(StoreFrom(store_id=STORE, from_day=HIRED),),
        department=None,
        plans=(
            AgreedPlan(plan_no=0, plan=agreed(tiers=(Tier(100, 900),)), effective_on=HIRED),
            AgreedPlan(plan_no=1, plan=agreed(department_rates_bp={"shoes": 800}), effective_on=BETTER),
        ),
    )


def test_without_a_day_every_plan_is_another_one() -> None:
    plans = AlternativeRules(rate_bp=500).employment(anna()).plans
    assert [each.plan for each in plans] == [agreed(rate_bp=500)] * 2
    assert [(each.plan_no, each.effective_on) for each in plans] == [(0, HIRED), (1, BETTER)]


def test_a_rate_is_the_one_rate_and_the_rest_of_the_plan_stays() -> None:
    plan = AlternativeRules(base_rate_minor=900, policy="forgive").employment(anna()).plan_on(BETTER).plan
    assert plan == agreed(department_rates_bp={"shoes": 800}, base_rate_minor=900, deficit_policy="forgive")


@pytest.mark.parametrize(
    ("since", "until_then", "from_then_on"),
    [(date(2024, 2, 1), 0, 0), (date(2024, 3, 1), 0, 1), (date(2024, 4, 1), 1, 1)],
)
def test_before_the_day_the_own_plan_holds_and_afterwards_the_changed_one(
    since: date, until_then: int, from_then_on: int
) -> None:
    own, other = anna(), AlternativeRules(rate_bp=500, since=since).employment(anna())
    day_before = date.fromordinal(since.toordinal() - 1)
    assert other.plan_on(day_before) == own.plan_on(day_before)
    assert other.plan_on(day_before).plan_no == until_then
    assert (other.plan_on(since).plan_no, other.plan_on(since).plan) == (from_then_on, agreed(rate_bp=500))
    assert other.plan_on(date.max).plan == agreed(rate_bp=500)


def test_a_department_and_tiers_can_be_given_rates_of_their_own() -> None:
    first, second = (
        each.plan
        for each in AlternativeRules(department_rates_bp={"gifts": 300}, tiers=(Tier(5_000, 700),))
        .employment(anna())
        .plans
    )
    assert first == agreed(department_rates_bp={"gifts": 300}, tiers=(Tier(5_000, 700),))
    assert second.department_rates_bp == {"shoes": 800, "gifts": 300}
    flat_but_for_shoes = AlternativeRules(rate_bp=500, department_rates_bp={"shoes": 100}).employment(anna())
    assert {each.plan.rate_bp for each in flat_but_for_shoes.plans} == {500}
    assert [each.plan.department_rates_bp for each in flat_but_for_shoes.plans] == [{"shoes": 100}] * 2
    assert not AlternativeRules(tiers=(Tier(0, 1),)).change_nothing


def test_departments_and_tiers_are_typed_with_their_rates() -> None:
    assert department_rates_of(["shoes=9%", "a=b=675"]) == {"shoes": 900, "a=b": 675}
    assert tiers_of(["1000000=8%", "0=500"]) == (Tier(0, 500), Tier(1_000_000, 800))


@pytest.mark.parametrize(
    ("reader", "typed", "says"),
    [
        (department_rates_of, ["9%"], "write shoes=9%"),
        (department_rates_of, ["=9%"], "write shoes=9%"),
        (department_rates_of, ["shoes=9%", "shoes=8%"], "'shoes' is given two rates"),
        (tiers_of, ["8%"], "write 1000000=8%"),
        (tiers_of, ["-5=8%"], "write 1000000=8%"),
        (tiers_of, [f"{10**16}=8%"], "write 1000000=8%"),
        (tiers_of, ["100=8%", "0100=9%"], "two tiers begin at 100"),
        (tiers_of, ["100=8.5"], "could be a percentage"),
    ],
)
def test_what_is_no_department_or_tier_is_told_why(
    reader: Callable[[list[str]], object], typed: list[str], says: str
) -> None:
    with pytest.raises(ValueError) as error:
        reader(typed)
    assert says in str(error.value)


def test_only_whom_they_concern_is_paid_by_other_rules() -> None:
    assert AlternativeRules(rate_bp=500, associate_ids=frozenset({BEN})).employment(anna()) == anna()
    assert AlternativeRules(rate_bp=500, associate_ids=frozenset({ANNA})).employment(anna()) != anna()


@pytest.mark.parametrize(
    ("typed", "bp"),
    [("675", 675), ("675bp", 675), ("6.75%", 675), (" 7 %", 700), ("0", 0), ("100%", 10_000), ("0.01%", 1)],
)
def test_a_rate_is_basis_points_or_a_percentage(typed: str, bp: int) -> None:
    assert rate_bp_of(typed) == bp


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("6.75", "write 6.75% or whole basis points"),
        ("6.755%", "finer than a basis point"),
        ("101%", "at most 100%"),
        ("10001", "10000 basis points"),
        ("-5%", "is no rate"),
        ("seven", "write 675 (basis points) or 6.75%"),
        ("", "is no rate"),
        ("NaN", "is no rate"),
    ],
)
def test_what_is_no_rate_is_told_why(typed: str, says: str) -> None:
    with pytest.raises(ValueError) as error:
        rate_bp_of(typed)
    assert says in str(error.value)

"""Somebody is hired, gets another pay plan, changes stores and leaves."""

from datetime import date
from typing import Any

import pytest

from domain.associate.commands import Tier
from tests.domain.builders.money_commands import (
    ANNA,
    BEN,
    CARL,
    CLOSED_AT,
    HIRED_AT,
    associate_leaves,
    change_pay_plan,
    hire_associate,
    pay_plan,
    transfer_associate,
)
from tests.domain.builders.money_events import (
    associate_hired,
    associate_left,
    associate_transferred,
    deficit_carried,
    deficit_written_off,
    hours_recorded,
    pay_period_closed,
    pay_period_opened,
    pay_plan_changed,
    statement_issued,
)
from tests.domain.given import given

HIRED = given(associate_hired(), associate_hired(associate_id=BEN))


# --- hired --------------------------------------------------------------------------------------------------


def test_somebody_is_hired_with_a_plan() -> None:
    assert given().when(hire_associate()) == [associate_hired()]


def test_the_first_day_is_the_one_said_else_the_day_of_hiring_on_the_shops_clock() -> None:
    early = hire_associate(occurred_at=HIRED_AT.replace(hour=3))
    assert given().when(early)[0].hired_on == date(2024, 1, 2)
    in_new_york = given(pay_period_opened(time_zone="America/New_York"))
    assert in_new_york.when(early)[0].hired_on == date(2024, 1, 1)
    assert given().when(hire_associate(hired_on=date(2023, 12, 1)))[0].hired_on == date(2023, 12, 1)


def test_names_and_references_are_copied() -> None:
    changes: dict[str, Any] = {"name": "sealed:v1:x:name:AAAA", "reference": "E-7", "made_up": True}
    assert given().when(hire_associate(**changes)) == [associate_hired(**changes)]


def test_nobody_is_hired_twice() -> None:
    refusal = HIRED.refuses(hire_associate())
    assert (refusal.code, refusal.field) == ("already_exists", "associate_id")


@pytest.mark.parametrize("thresholds", [(100, 100), (100, 50)])
def test_tiers_must_rise(thresholds: tuple[int, int]) -> None:
    plan = pay_plan(tiers=tuple(Tier(from_minor, 700) for from_minor in thresholds))
    for command in (hire_associate(associate_id=CARL, plan=plan), change_pay_plan(plan=plan)):
        refusal = HIRED.refuses(command)
        assert (refusal.code, refusal.field) == ("tiers_do_not_rise", "plan.tiers[1].from_minor")


# --- another plan -------------------------------------------------------------------------------------------


def test_plans_are_numbered_in_the_order_they_were_agreed() -> None:
    assert HIRED.when(change_pay_plan()) == [pay_plan_changed()]
    again = HIRED.after(change_pay_plan()).when(change_pay_plan(effective_on=date(2024, 3, 10)))
    assert again[0].plan_no == 2


def test_the_effective_date_decides_by_day() -> None:
    story = HIRED.with_events(
        pay_plan_changed(effective_on=date(2024, 3, 20)),
        pay_plan_changed(plan_no=2, effective_on=date(2024, 3, 10)),
        pay_plan_changed(plan_no=3, effective_on=date(2024, 3, 16)),
        pay_plan_changed(plan_no=4, effective_on=date(2024, 3, 16)),
    )
    anna = story.states.associate(ANNA)
    assert anna is not None
    days = {1: 0, 9: 0, 10: 2, 15: 2, 16: 4, 19: 4, 20: 1, 31: 1}
    assert {day: anna.plan_on(date(2024, 3, day)).plan_no for day in days} == days
    assert anna.plan_on(date(2020, 1, 1)).plan_no == 0


@pytest.mark.parametrize(
    ("story", "changes", "code", "field"),
    [
        (HIRED, {"associate_id": CARL}, "associate_unknown", "associate_id"),
        (HIRED, {"plan": pay_plan(currency="EUR")}, "currency_differs", "plan.currency"),
        (HIRED, {"effective_on": date(2024, 1, 1)}, "before_hiring", "effective_on"),
        (
            HIRED.with_events(associate_left()),
            {"effective_on": date(2024, 4, 1)},
            "associate_has_left",
            "effective_on",
        ),
    ],
)
def test_a_plan_is_refused_that_could_not_hold(story: Any, changes: Any, code: str, field: str) -> None:
    refusal = story.refuses(change_pay_plan(**changes))
    assert (refusal.code, refusal.field) == (code, field)


def test_a_plan_may_begin_in_the_past_where_nothing_is_earned_yet() -> None:
    assert HIRED.when(change_pay_plan(effective_on=date(2024, 1, 2), occurred_at=CLOSED_AT))


# --- another store ------------------------------------------------------------------------------------------


def test_somebody_changes_stores_once() -> None:
    assert HIRED.when(transfer_associate()) == [associate_transferred()]
    assert HIRED.after(transfer_associate()).when(transfer_associate()) == []


def test_where_somebody_worked_is_known_by_day() -> None:
    anna = HIRED.after(transfer_associate()).states.associate(ANNA)
    assert anna is not None
    assert anna.store_id == "uptown"
    march = date(2024, 3, 1)
    assert anna.stores_between(march, date(2024, 3, 4)) == ("downtown",)
    assert anna.stores_between(march, date(2024, 3, 5)) == ("downtown", "uptown")
    assert anna.stores_between(date(2024, 3, 5), date(2024, 3, 31)) == ("uptown",)
    assert anna.stores_between(date(2023, 12, 1), date(2024, 1, 1)) == ()
    twice_a_day = HIRED.after(transfer_associate(), transfer_associate(store_id="outlet"))
    anna = twice_a_day.states.associate(ANNA)
    assert anna is not None
    assert anna.stores_between(march, date(2024, 3, 31)) == ("downtown", "outlet")


# --- leaving ------------------------------------------------------------------------------------------------


def test_somebody_leaves_and_names_successors() -> None:
    assert HIRED.when(associate_leaves()) == [associate_left()]
    assert HIRED.when(associate_leaves(left_on=None)) == [associate_left(left_on=date(2024, 3, 9))]


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"associate_id": CARL}, "associate_unknown", "associate_id"),
        ({"successors": (CARL,)}, "associate_unknown", "successors[0]"),
        ({"successors": (BEN, ANNA)}, "succeeds_self", "successors[1]"),
        ({"successors": (BEN, BEN)}, "named_twice", "successors[1]"),
        ({"left_on": date(2024, 1, 1)}, "before_hiring", "left_on"),
    ],
)
def test_leaving_is_refused_when_it_cannot_be(changes: Any, code: str, field: str) -> None:
    refusal = HIRED.refuses(associate_leaves(**changes))
    assert (refusal.code, refusal.field) == (code, field)


def test_nobody_hands_over_to_somebody_who_leaves_too() -> None:
    story = HIRED.with_events(associate_left(associate_id=BEN, successors=()))
    refusal = story.refuses(associate_leaves())
    assert (refusal.code, refusal.field) == ("associate_has_left", "successors[0]")


def test_whoever_has_left_neither_leaves_again_nor_changes_stores() -> None:
    gone = HIRED.with_events(associate_left())
    assert gone.refuses(associate_leaves()).code == "associate_has_left"
    assert gone.refuses(transfer_associate()).code == "associate_has_left"


# --- what is owed on leaving --------------------------------------------------------------------------------

MARCH = (pay_period_opened(), pay_period_closed())
OWES = HIRED.with_events(*MARCH, deficit_carried(), statement_issued())
LEAVES_IN_APRIL = associate_leaves(occurred_at=CLOSED_AT, left_on=date(2024, 4, 1))


def test_what_is_owed_is_written_off_on_leaving_when_no_statement_is_to_come() -> None:
    left, written_off = OWES.when(LEAVES_IN_APRIL)
    assert left.left_on == date(2024, 4, 1)
    assert written_off == deficit_written_off(period_id=None)
    assert OWES.after(LEAVES_IN_APRIL).states.account(ANNA).owed_minor == 0  # pyright: ignore[reportOptionalMemberAccess]


@pytest.mark.parametrize(
    "to_come",
    [
        pay_period_opened(period_id="2024-04", starts_on=date(2024, 4, 1), ends_on=date(2024, 4, 30)),
        hours_recorded(period_id=None, worked_on=date(2024, 4, 1)),
    ],
    ids=["a period is open", "something waits for a statement"],
)
def test_what_is_owed_waits_for_a_statement_to_come(to_come: Any) -> None:
    assert len(OWES.with_events(to_come).when(LEAVES_IN_APRIL)) == 1


def test_what_is_owed_waits_for_a_last_day_to_come() -> None:
    notice = associate_leaves(occurred_at=CLOSED_AT, left_on=date(2024, 4, 2))
    assert len(OWES.when(notice)) == 1

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
    LEFT_AT,
    RETURNED_AT,
    associate_leaves,
    cancel_leaving,
    change_pay_plan,
    hire_associate,
    leave_as_announced,
    pay_plan,
    record_hours,
    record_sale,
    rehire_associate,
    transfer_associate,
)
from tests.domain.builders.money_events import (
    associate_hired,
    associate_left,
    associate_rehired,
    associate_transferred,
    deficit_carried,
    deficit_written_off,
    hours_recorded,
    leaving_announced,
    leaving_cancelled,
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
    today = associate_leaves(left_on=None, occurred_at=RETURNED_AT)
    assert HIRED.when(today) == [associate_left(left_on=date(2024, 3, 9), occurred_at=RETURNED_AT)]


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
    begins_at = CLOSED_AT.replace(day=2, hour=0)
    _, written_off = OWES.after(notice).when(
        leave_as_announced(left_on=date(2024, 4, 2), occurred_at=begins_at)
    )
    assert written_off == deficit_written_off(period_id=None, occurred_at=begins_at)


# --- what is dated to come, taken back, and coming back -----------------------------------------------------

NOTICE = associate_leaves(occurred_at=RETURNED_AT)


def test_a_leaving_that_is_dated_before_sales_or_hours_is_warned_of() -> None:
    """Both are of the fifth; a day without minutes says nothing."""
    shop = HIRED.after(record_sale(), record_hours(), record_hours(worked_on=date(2024, 3, 7)))
    shop = shop.after(record_hours(worked_on=date(2024, 3, 7), selling_minutes=0, non_selling_minutes=0))
    [warning] = shop.warns(associate_leaves(left_on=date(2024, 3, 4), successors=()))
    assert (warning.code, warning.field) == ("after_last_day", "left_on")
    assert "Sales (1) and days with hours (1)" in warning.message
    assert shop.warns(associate_leaves(left_on=date(2024, 3, 5), successors=())) == []


def test_a_leaving_to_come_is_announced_and_happens_on_its_day() -> None:
    assert HIRED.when(NOTICE) == [leaving_announced()]
    announced = HIRED.after(NOTICE)
    assert announced.when(NOTICE) == []
    early = announced.refuses(leave_as_announced(occurred_at=LEFT_AT.replace(day=30)))
    assert (early.code, early.field) == ("leaving_not_yet", "left_on")
    assert announced.when(leave_as_announced()) == [associate_left()]


def test_the_day_of_a_leaving_begins_by_the_clock_of_the_store() -> None:
    story = given(pay_period_opened(time_zone="America/New_York"), associate_hired())
    [announced] = story.when(associate_leaves(occurred_at=RETURNED_AT, successors=()))
    assert announced.begins_at == LEFT_AT.replace(hour=4)
    on_the_day = story.with_events(announced)
    assert on_the_day.refuses(leave_as_announced()).code == "leaving_not_yet"
    assert on_the_day.when(leave_as_announced(occurred_at=announced.begins_at))


def test_until_the_last_day_has_come_commands_work_as_before() -> None:
    announced = HIRED.after(NOTICE)
    assert announced.when(transfer_associate())
    assert announced.when(record_sale())
    assert announced.when(associate_leaves(left_on=date(2024, 4, 30), occurred_at=RETURNED_AT))
    assert announced.when(associate_leaves(left_on=None, occurred_at=RETURNED_AT))


def test_an_announced_leaving_is_taken_back() -> None:
    announced = HIRED.after(NOTICE)
    assert announced.when(cancel_leaving()) == [leaving_cancelled()]
    cancelled = announced.after(cancel_leaving())
    assert cancelled.refuses(leave_as_announced()).code == "no_leaving_announced"
    assert cancelled.refuses(cancel_leaving()).code == "no_leaving_announced"
    assert cancelled.when(NOTICE) == [leaving_announced()]
    assert HIRED.with_events(associate_left()).refuses(cancel_leaving()).code == "associate_has_left"


def test_somebody_who_left_comes_back_with_account_plan_and_history() -> None:
    gone = OWES.after(LEAVES_IN_APRIL)
    assert gone.when(rehire_associate()) == [associate_rehired()]
    back = gone.after(rehire_associate())
    anna, account = back.states.associate(ANNA), back.states.account(ANNA)
    assert anna is not None
    assert account is not None
    assert (anna.left_on, anna.store_id, len(anna.plans)) == (None, "downtown", 1)
    assert (account.owed_minor, list(account.stated)) == (0, ["2024-03"])
    assert back.when(record_sale(occurred_at=CLOSED_AT.replace(day=10)))
    assert back.when(associate_leaves(occurred_at=CLOSED_AT.replace(day=20), left_on=date(2024, 4, 20)))


def test_nothing_is_sold_or_worked_between_leaving_and_coming_back() -> None:
    back = OWES.after(LEAVES_IN_APRIL, rehire_associate())
    away = CLOSED_AT.replace(day=5)
    assert back.refuses(record_sale(occurred_at=away)).code == "associate_has_left"
    hours = record_hours(worked_on=date(2024, 4, 9), occurred_at=CLOSED_AT.replace(day=12))
    assert back.refuses(hours).code == "associate_has_left"
    anna = back.states.associate(ANNA)
    assert anna is not None
    assert anna.stores_between(date(2024, 4, 2), date(2024, 4, 9)) == ()
    assert anna.stores_between(date(2024, 4, 2), date(2024, 4, 10)) == ("downtown",)


@pytest.mark.parametrize(
    ("story", "changes", "code", "field"),
    [
        (HIRED, {}, "still_works_here", "associate_id"),
        (HIRED, {"associate_id": CARL}, "associate_unknown", "associate_id"),
        (
            HIRED.with_events(associate_left()),
            {"rehired_on": date(2024, 3, 30)},
            "before_last_day",
            "rehired_on",
        ),
    ],
)
def test_coming_back_is_refused_where_it_cannot_be(story: Any, changes: Any, code: str, field: str) -> None:
    refusal = story.refuses(rehire_associate(**changes))
    assert (refusal.code, refusal.field) == (code, field)

"""Hours worked: the guarantee they make, and until when a day can be put right."""

from datetime import date, timedelta
from typing import Any

import pytest

from domain.commission_account.events import StatementIssued
from tests.domain.builders.money_commands import (
    ANNA,
    CARL,
    CLOSED_AT,
    SOLD_AT,
    STORE,
    close_pay_period,
    issue_statement,
    pay_plan,
    record_hours,
    transfer_associate,
)
from tests.domain.builders.money_events import (
    associate_hired,
    associate_left,
    hours_recorded,
    pay_period_closed,
    pay_period_opened,
    pay_plan_changed,
)
from tests.domain.given import NOW, Given, given

SHOP = given(associate_hired(), pay_period_opened())
APRIL = pay_period_opened(period_id="2024-04", starts_on=date(2024, 4, 1), ends_on=date(2024, 4, 30))


def guarantee_minor(story: Given) -> int:
    return story.after(close_pay_period(), issue_statement()).last(StatementIssued).guarantee_minor


def test_a_day_is_recorded_at_the_rate_that_held_on_it() -> None:
    assert SHOP.when(record_hours()) == [hours_recorded()]
    raised = pay_plan_changed(plan=pay_plan(base_rate_minor=900), effective_on=date(2024, 3, 5))
    assert SHOP.with_events(raised).when(record_hours())[0].base_rate_minor == 900
    the_day_before = record_hours(worked_on=date(2024, 3, 4))
    assert SHOP.with_events(raised).when(the_day_before)[0].base_rate_minor == 800


def test_the_guarantee_is_rounded_once_for_the_whole_period() -> None:
    """Three times one minute at $8.00 an hour: 13 1/3 cents each, 40 together."""
    days = [
        record_hours(worked_on=date(2024, 3, day), selling_minutes=1, non_selling_minutes=0)
        for day in (1, 2, 3)
    ]
    assert guarantee_minor(SHOP.after(*days)) == 40


def test_a_day_recorded_again_is_replaced() -> None:
    story = SHOP.after(record_hours(), record_hours(selling_minutes=60, non_selling_minutes=0))
    assert guarantee_minor(story) == 800


def test_a_day_waits_for_its_own_period_while_another_one_is_open() -> None:
    only_april = given(associate_hired(), APRIL).after(record_hours())
    assert only_april.events[-1] == hours_recorded(period_id=None, waits_for=date(2024, 3, 5))
    again = only_april.with_events(pay_period_opened()).when(record_hours(selling_minutes=1))
    assert again[0].period_id == "2024-03"


def test_a_day_that_waited_for_a_period_closed_since_stays_in_it() -> None:
    only_april = given(associate_hired(), APRIL).after(record_hours())
    closed = only_april.with_events(pay_period_opened(), pay_period_closed())
    refusal = closed.refuses(record_hours(selling_minutes=1))
    assert (refusal.code, refusal.field) == ("pay_period_closed", "worked_on")
    assert closed.after(issue_statement()).last(StatementIssued).guarantee_minor == 6_400


def test_hours_of_before_the_hiring_count_with_a_warning() -> None:
    hired_later = given(associate_hired(hired_on=date(2024, 3, 6)))
    [warning] = hired_later.warns(record_hours())
    assert (warning.code, warning.field) == ("before_hiring", "worked_on")
    assert hired_later.when(record_hours()) == [hours_recorded(period_id=None)]
    assert hired_later.warns(record_hours(worked_on=date(2024, 3, 6))) == []


def test_a_day_that_found_no_period_moves_into_one() -> None:
    story = given(associate_hired()).after(record_hours())
    assert story.events[-1] == hours_recorded(period_id=None)
    story = story.with_events(pay_period_opened()).after(record_hours(selling_minutes=60))
    account = story.states.account(ANNA)
    assert account is not None
    assert account.period_of_day(date(2024, 3, 5)) == "2024-03"
    assert list(account.unsettled) == ["2024-03"]
    assert guarantee_minor(story) == 1_600


def test_a_closed_period_keeps_its_hours() -> None:
    refusal = SHOP.after(record_hours()).with_events(APRIL, pay_period_closed()).refuses(record_hours())
    assert (refusal.code, refusal.field) == ("pay_period_closed", "worked_on")


def test_hours_that_a_statement_counts_change_nothing_when_they_come_again() -> None:
    story = SHOP.with_events(APRIL, pay_period_closed()).after(
        issue_statement(),
        record_hours(),
        close_pay_period(period_id="2024-04", early=True),
        issue_statement(period_id="2024-04"),
    )
    paid = [(event.minutes, event.late_topped_up_minor) for event in story.all(StatementIssued)]
    assert paid == [(0, 0), (0, 6_400)]
    assert story.when(record_hours()) == []
    assert story.when(record_hours(worked_on=date(2024, 3, 6)))[1].period_id is None


def test_a_day_can_still_be_put_right_after_a_change_of_stores() -> None:
    story = SHOP.after(record_hours(), transfer_associate())
    own = pay_period_opened(scope="uptown", period_id="U-1")
    again = story.with_events(own).when(record_hours(selling_minutes=60))
    assert again[0].period_id == "2024-03"
    refusal = story.with_events(own, pay_period_closed()).refuses(record_hours())
    assert refusal.code == "pay_period_closed"


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"associate_id": CARL}, "associate_unknown", "associate_id"),
        (
            {"selling_minutes": 1_000, "non_selling_minutes": 441},
            "more_than_a_day",
            "non_selling_minutes",
        ),
        ({"worked_on": (NOW + timedelta(days=2)).date()}, "in_the_future", "worked_on"),
        ({"worked_on": date(1899, 12, 31)}, "too_long_ago", "worked_on"),
        ({"worked_on": date(2024, 4, 2)}, "associate_has_left", "worked_on"),
    ],
)
def test_hours_nobody_can_have_worked_are_refused(changes: Any, code: str, field: str) -> None:
    refusal = SHOP.with_events(associate_left()).refuses(record_hours(**changes))
    assert (refusal.code, refusal.field) == (code, field)


def test_a_stores_own_calendar_goes_before_the_companys() -> None:
    own = pay_period_opened(
        scope=STORE, period_id="D-1", starts_on=date(2024, 2, 1), ends_on=date(2024, 4, 30)
    )
    assert SHOP.with_events(own).when(record_hours())[0].period_id == "D-1"
    assert SHOP.when(record_hours(occurred_at=CLOSED_AT))[0].occurred_at == CLOSED_AT
    assert SHOP.when(record_hours())[0].occurred_at == SOLD_AT

"""Hours of a closed period that come late: their guarantee is paid with the open one."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from domain.associate.commands import DeficitPolicy
from domain.commission_account.auditing import Audit
from domain.commission_account.events import LateHoursRecorded, LateToppedUp, StatementIssued
from tests.domain.builders.autumn import NOVEMBER, OCTOBER, sold
from tests.domain.builders.money_commands import (
    ANNA,
    OTHER_SALE,
    accept_return,
    change_pay_plan,
    issue_statement,
    pay_plan,
    record_hours,
)
from tests.domain.builders.money_events import associate_hired, pay_period_closed, pay_period_opened
from tests.domain.given import Given, given


def worked(month: int, day: int = 5, minutes: int = 480) -> Any:
    """Told on the tenth of November."""
    told_at = datetime(2024, 11, 10, 9, 0, tzinfo=UTC)
    on = date(2024, month, day)
    return record_hours(worked_on=on, selling_minutes=minutes, non_selling_minutes=0, occurred_at=told_at)


def october_paid(policy: DeficitPolicy = "carry") -> Given:
    """10 % and $8.00 an hour; 60.00 were sold in October, and nobody told of hours."""
    plan = pay_plan(rate_bp=1_000, deficit_policy=policy)
    story = given(associate_hired(plan=plan), pay_period_opened(**OCTOBER)).after(sold(6_000, 10))
    story = story.with_events(pay_period_closed(**OCTOBER), pay_period_opened(**NOVEMBER))
    return story.after(issue_statement(period_id="2024-10"))


def november_of(story: Given) -> StatementIssued:
    story = story.with_events(pay_period_closed(**NOVEMBER)).after(issue_statement(period_id="2024-11"))
    audit = Audit()
    assert [one for at, event in enumerate(story.events, 1) for one in audit.take(event, at)] == []
    return story.last(StatementIssued)


def test_late_hours_pay_what_the_closed_period_would_have_paid_more() -> None:
    october = october_paid()
    assert october.last(StatementIssued).pay_minor == 600
    story = october.after(worked(10), worked(11), sold(100_000, 11, OTHER_SALE))
    late = story.last(LateToppedUp)
    assert (late.amount_minor, late.for_period_id, late.period_id) == (5_800, "2024-10", "2024-11")
    paid = november_of(story)
    assert (paid.late_topped_up_minor, paid.pay_minor) == (5_800, 15_800)
    assert sum(one.pay_minor for one in (october.last(StatementIssued), paid)) == 16_400


def test_a_late_top_up_goes_to_the_open_period_whenever_it_is_told() -> None:
    """Told in December, which is not opened yet: it is dated in October, which is closed."""
    told_at = datetime(2024, 12, 10, 9, 0, tzinfo=UTC)
    story = october_paid().after(replace(worked(10), occurred_at=told_at))
    assert (story.last(LateToppedUp).period_id, november_of(story).pay_minor) == ("2024-11", 5_800)


def test_late_hours_say_what_they_are_worth() -> None:
    [warning] = october_paid().warns(worked(10))
    assert (warning.code, warning.field) == ("pay_period_closed", "worked_on")
    assert "58.00 USD more, paid with 2024-11" in warning.message


def test_late_hours_on_two_days_are_rounded_once() -> None:
    """Together 2 × 8 hours guarantee 128.00: 122.00 more than the 6.00 that October paid."""
    story = october_paid().after(worked(10), worked(10, day=6))
    assert [one.amount_minor for one in story.all(LateToppedUp)] == [5_800, 6_400]
    story = october_paid().after(worked(10, minutes=1), worked(10, day=6, minutes=1))
    assert story.all(LateToppedUp) == []
    assert len(story.all(LateHoursRecorded)) == 2


def test_a_late_top_up_is_paid_beside_the_guarantee_of_the_open_period() -> None:
    assert november_of(october_paid().after(worked(10), worked(11))).pay_minor == 5_800 + 6_400


def test_a_late_top_up_is_a_draw_where_top_ups_are() -> None:
    story = october_paid("recoverable_draw").after(worked(10), sold(100_000, 11, OTHER_SALE))
    assert story.last(LateToppedUp).owed_minor == 5_800
    paid = november_of(story)
    assert (paid.recouped_minor, paid.owed_after_minor, paid.pay_minor) == (5_800, 0, 10_000)


def test_a_deficit_that_was_recouped_is_owed_again_where_late_hours_forbid_it() -> None:
    """September's goods came back: 10.00 were owed, and October's 6.00 went there."""
    plan = pay_plan(rate_bp=1_000)
    september = {"period_id": "2024-09", "starts_on": date(2024, 9, 1), "ends_on": date(2024, 9, 30)}
    august = {"period_id": "2024-08", "starts_on": date(2024, 8, 1), "ends_on": date(2024, 8, 31)}
    story = given(associate_hired(plan=plan))
    story = story.with_events(pay_period_opened(**august)).after(sold(10_000, 8))
    story = story.with_events(pay_period_closed(**august)).after(issue_statement(period_id="2024-08"))
    story = story.with_events(pay_period_opened(**september))
    story = story.after(accept_return(occurred_at=datetime(2024, 9, 5, tzinfo=UTC)))
    story = story.with_events(pay_period_closed(**september), pay_period_opened(**OCTOBER))
    story = story.after(issue_statement(period_id="2024-09"), sold(6_000, 10, OTHER_SALE))
    story = story.with_events(pay_period_closed(**OCTOBER), pay_period_opened(**NOVEMBER))
    story = story.after(issue_statement(period_id="2024-10"))
    assert story.last(StatementIssued).recouped_minor == 600
    late = story.after(worked(10)).last(LateToppedUp)
    assert (late.amount_minor, late.owed_minor) == (6_400, 600)
    account = story.after(worked(10)).states.account(ANNA)
    assert account is not None
    assert account.owed_minor == 1_000


@pytest.mark.parametrize("policy", ["carry", "forgive"])
def test_late_hours_of_a_period_without_a_statement_yet_are_worth_the_same(policy: DeficitPolicy) -> None:
    plan = pay_plan(rate_bp=1_000, deficit_policy=policy)
    story = given(associate_hired(plan=plan), pay_period_opened(**OCTOBER)).after(sold(6_000, 10))
    story = story.with_events(pay_period_closed(**OCTOBER), pay_period_opened(**NOVEMBER)).after(worked(10))
    assert story.last(LateToppedUp).amount_minor == 5_800
    story = story.after(issue_statement(period_id="2024-10"))
    assert story.last(StatementIssued).pay_minor == 600
    assert november_of(story).pay_minor == 5_800


def october_closed(*before: Any) -> Given:
    """10 % and $8.00 an hour; October is closed and has no statement yet."""
    story = given(associate_hired(plan=pay_plan(rate_bp=1_000)), pay_period_opened(**NOVEMBER)).after(*before)
    return story.with_events(pay_period_opened(**OCTOBER), pay_period_closed(**OCTOBER))


def test_late_hours_go_by_the_policy_of_the_last_day() -> None:
    """The plan that settles the period, and not the one of the day that was worked."""
    draw = pay_plan(rate_bp=1_000, deficit_policy="recoverable_draw")
    changed = change_pay_plan(
        plan=draw, effective_on=date(2024, 10, 20), occurred_at=datetime(2024, 10, 1, tzinfo=UTC)
    )
    story = october_closed(changed).after(worked(10))
    assert (story.last(LateToppedUp).amount_minor, story.last(LateToppedUp).owed_minor) == (6_400, 6_400)
    assert november_of(story.after(issue_statement(period_id="2024-10"))).owed_after_minor == 6_400


def test_late_hours_count_what_the_statement_to_come_will_include() -> None:
    """The 60.00 waited for October to be opened: 6.00 of the guarantee of 64.00 are earned."""
    story = october_closed(sold(6_000, 10)).after(worked(10))
    assert story.last(LateToppedUp).amount_minor == 5_800
    story = story.after(issue_statement(period_id="2024-10"))
    assert story.last(StatementIssued).pay_minor + november_of(story).pay_minor == 6_400

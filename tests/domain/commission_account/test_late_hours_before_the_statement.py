"""Hours of a closed period that come before its statement: both together pay what all the hours are worth."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from domain.associate.commands import DeficitPolicy
from domain.commission_account.auditing import Audit
from domain.commission_account.events import LateToppedUp, StatementIssued
from tests.domain.builders.autumn import sold
from tests.domain.builders.money_commands import (
    OTHER_SALE,
    accept_return,
    issue_statement,
    pay_plan,
    record_hours,
)
from tests.domain.builders.money_events import associate_hired, pay_period_closed, pay_period_opened
from tests.domain.given import Given, given

LAST_DAYS = {8: 31, 9: 30, 10: 31, 11: 30}


def month(number: int) -> dict[str, Any]:
    return {
        "period_id": f"2024-{number:02}",
        "starts_on": date(2024, number, 1),
        "ends_on": date(2024, number, LAST_DAYS[number]),
    }


def worked(month: int, hours: int, day: int = 5) -> Any:
    told_at = datetime(2024, 11, 10, 9, 0, tzinfo=UTC)
    on = date(2024, month, day)
    return record_hours(worked_on=on, selling_minutes=60 * hours, non_selling_minutes=0, occurred_at=told_at)


def worked_minutes(minutes: int) -> Any:
    return replace(worked(10, 0), selling_minutes=minutes)


def october_closed(policy: DeficitPolicy) -> Given:
    """2,000.00 sold at 10 %, 8 h told in time (64.00), 20 h more after the close: 224.00 guaranteed."""
    story = given(associate_hired(plan=pay_plan(rate_bp=1_000, deficit_policy=policy)))
    story = story.with_events(pay_period_opened(**month(10))).after(sold(200_000, 10), worked(10, 8))
    story = story.with_events(pay_period_closed(**month(10)), pay_period_opened(**month(11)))
    return story.after(worked(10, 12, day=6), worked(10, 8, day=7))


def settled(story: Given, *months: int) -> list[StatementIssued]:
    story = story.after(*(issue_statement(period_id=f"2024-{number:02}") for number in months))
    audit = Audit()
    assert [one for at, event in enumerate(story.events, 1) for one in audit.take(event, at)] == []
    return story.all(StatementIssued)


@pytest.mark.parametrize("policy", ["carry", "forgive", "recoverable_draw"])
def test_late_hours_and_the_statement_after_them_pay_the_guarantee(policy: DeficitPolicy) -> None:
    """Under a draw the 24.00 were taken back by the very statement whose guarantee they belong to."""
    story = october_closed(policy)
    assert story.last(LateToppedUp).amount_minor == 2_400
    story = story.with_events(pay_period_closed(**month(11)))
    october, november = settled(story, 10, 11)
    assert (october.pay_minor, october.recouped_minor, november.pay_minor) == (20_000, 0, 2_400)
    assert november.owed_after_minor == (2_400 if policy == "recoverable_draw" else 0)


def test_more_late_hours_after_the_statement_go_on_from_the_same_sum() -> None:
    """A fifth day of 10 h: 80.00 more are guaranteed, and drawn."""
    story = october_closed("recoverable_draw").after(issue_statement(period_id="2024-10"))
    story = story.after(worked(10, 10, day=8))
    assert story.last(LateToppedUp).amount_minor == 8_000
    story = story.with_events(pay_period_closed(**month(11)))
    assert [(one.pay_minor, one.owed_after_minor) for one in settled(story, 11)] == [
        (20_000, 2_400),
        (10_400, 10_400),
    ]


def test_a_day_recorded_again_after_its_period_was_closed_is_paid_once() -> None:
    """190 minutes found no period; October was opened and closed, and the day has 31 minutes: 4.13."""
    story = given(associate_hired()).after(worked_minutes(190))
    story = story.with_events(pay_period_opened(**month(10)), pay_period_closed(**month(10)))
    story = story.with_events(pay_period_opened(**month(11))).after(worked_minutes(31))
    assert story.last(LateToppedUp).amount_minor == 413
    october, november = settled(story.with_events(pay_period_closed(**month(11))), 10, 11)
    assert (october.minutes, october.pay_minor, november.pay_minor) == (0, 0, 413)


def two_months_closed(policy: DeficitPolicy, september: int) -> Given:
    """August's 1,000.00 came back in September (-100.00); October as above; nobody has a statement since."""
    story = given(associate_hired(plan=pay_plan(rate_bp=1_000, deficit_policy=policy)))
    story = story.with_events(pay_period_opened(**month(8))).after(sold(100_000, 8))
    story = story.with_events(pay_period_closed(**month(8))).after(issue_statement(period_id="2024-08"))
    story = story.with_events(pay_period_opened(**month(9)))
    if september < 0:
        story = story.after(accept_return(occurred_at=datetime(2024, 9, 5, tzinfo=UTC)))
    else:
        story = story.after(sold(september, 9, "sal_" + "9" * 32))
    story = story.with_events(pay_period_closed(**month(9)), pay_period_opened(**month(10)))
    story = story.after(sold(200_000, 10, OTHER_SALE), worked(10, 8))
    story = story.with_events(pay_period_closed(**month(10)), pay_period_opened(**month(11)))
    return story.after(worked(10, 20, day=6)).with_events(pay_period_closed(**month(11)))


@pytest.mark.parametrize("policy", ["carry", "recoverable_draw"])
def test_a_debt_that_an_earlier_statement_adds_is_not_taken_from_the_guarantee(
    policy: DeficitPolicy,
) -> None:
    _, september, october, november = settled(two_months_closed(policy, -1), 9, 10, 11)
    assert (september.owed_after_minor - november.owed_before_minor) in (0, -2_400)
    assert october.pay_minor + november.pay_minor == 22_400
    assert november.owed_after_minor == (12_400 if policy == "recoverable_draw" else 10_000)


def test_an_earlier_statement_does_not_recoup_the_draw_of_a_later_period() -> None:
    _, september, october, november = settled(two_months_closed("recoverable_draw", 50_000), 9, 10, 11)
    assert (september.pay_minor, september.recouped_minor) == (5_000, 0)
    assert (october.pay_minor, november.pay_minor, november.owed_after_minor) == (20_000, 2_400, 2_400)

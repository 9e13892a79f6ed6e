"""Hours that a statement counts, or that came late, and were wrong: recorded again, they are put right."""

from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest

from domain.associate.commands import DeficitPolicy
from domain.commission_account.auditing import Audit
from domain.commission_account.events import (
    DeficitWrittenOff,
    LateHoursRecorded,
    LateToppedUp,
    StatementIssued,
)
from tests.domain.builders.autumn import NOVEMBER, OCTOBER, sold
from tests.domain.builders.money_commands import (
    ANNA,
    BEN,
    OTHER_SALE,
    associate_leaves,
    issue_statement,
    pay_plan,
    record_hours,
)
from tests.domain.builders.money_events import associate_hired, pay_period_closed, pay_period_opened
from tests.domain.given import Given, given

DECEMBER = {"period_id": "2024-12", "starts_on": date(2024, 12, 1), "ends_on": date(2024, 12, 31)}


def worked(minutes: int, month: int = 10) -> Any:
    """On the fifth, told on 20 December."""
    return record_hours(
        worked_on=date(2024, month, 5),
        selling_minutes=minutes,
        non_selling_minutes=0,
        occurred_at=datetime(2024, 12, 20, 9, 0, tzinfo=UTC),
    )


def october_paid(*commands: Any, policy: DeficitPolicy = "carry") -> Given:
    """10 % and $8.00 an hour; 60.00 were sold in October, 6.00 earned."""
    plan = pay_plan(rate_bp=1_000, deficit_policy=policy)
    story = given(associate_hired(plan=plan), pay_period_opened(**OCTOBER)).after(sold(6_000, 10), *commands)
    story = story.with_events(pay_period_closed(**OCTOBER), pay_period_opened(**NOVEMBER))
    return story.after(issue_statement(period_id="2024-10"))


def settled(story: Given, month: dict[str, Any], then: dict[str, Any] | None = None) -> Given:
    story = story.with_events(pay_period_closed(**month))
    story = story.with_events(*([pay_period_opened(**then)] if then else []))
    return story.after(issue_statement(period_id=month["period_id"]))


def paid(story: Given) -> list[int]:
    audit = Audit()
    assert [one for at, event in enumerate(story.events, 1) for one in audit.take(event, at)] == []
    return [statement.pay_minor for statement in story.all(StatementIssued)]


def unpaid(story: Given) -> tuple[int, Any]:
    """What Anna owes, and what no statement includes yet."""
    account = story.states.account(ANNA)
    assert account is not None
    return account.owed_minor, account.unsettled


@pytest.mark.parametrize("policy", ["carry", "forgive", "recoverable_draw"])
def test_late_hours_typed_wrong_are_worth_what_the_right_ones_are(policy: DeficitPolicy) -> None:
    story = october_paid(policy=policy).after(worked(960), worked(480), sold(100_000, 11, OTHER_SALE))
    right = october_paid(policy=policy).after(worked(480), sold(100_000, 11, OTHER_SALE))
    assert [late.amount_minor for late in story.all(LateToppedUp)] == [12_200, -6_400]
    assert paid(settled(story, NOVEMBER)) == paid(settled(right, NOVEMBER))
    assert unpaid(story) == unpaid(right)


def test_what_was_paid_too_much_is_taken_out_of_what_exceeds_a_guarantee() -> None:
    """8 h for 4 h: 32.00 too much. November has 8 h and earns 100.00: 36.00 above its guarantee of 64.00."""
    story = settled(october_paid().after(worked(480)), NOVEMBER, DECEMBER).after(worked(240))
    corrected = story.last(LateToppedUp)
    assert (corrected.amount_minor, corrected.owed_minor, corrected.reason) == (0, 3_200, "corrected_hours")
    poor = settled(story.after(worked(480, month=12)), DECEMBER)
    assert (paid(poor), poor.last(StatementIssued).owed_after_minor) == ([600, 5_800, 6_400], 3_200)
    rich = settled(story.after(worked(480, month=12), sold(100_000, 12, OTHER_SALE)), DECEMBER)
    assert (paid(rich), rich.last(StatementIssued).recouped_minor) == ([600, 5_800, 6_800], 3_200)


def test_hours_typed_too_low_are_paid_with_the_open_period() -> None:
    """48 minutes for 480: October paid 6.40 and is worth 64.00."""
    story = october_paid(worked(48)).after(worked(480))
    assert (story.last(LateHoursRecorded).minutes_before, story.last(LateToppedUp).amount_minor) == (
        48,
        5_760,
    )
    assert paid(settled(story, NOVEMBER)) == [640, 5_760]


def test_hours_of_a_statement_are_put_right_as_often_as_they_are_wrong() -> None:
    """8 h, none, 8 h again: what was owed meanwhile is paid and taken back."""
    story = october_paid(worked(480)).after(worked(0), worked(480), sold(100_000, 11, OTHER_SALE))
    assert [(late.amount_minor, late.owed_minor) for late in story.all(LateToppedUp)] == [
        (0, 5_800),
        (5_800, 0),
    ]
    assert paid(settled(story, NOVEMBER)) == [6_400, 5_800 + 10_000 - 5_800]


def test_a_draw_that_was_paid_for_wrong_hours_stays_owed() -> None:
    """It was owed already: nothing more is."""
    story = october_paid(worked(480), policy="recoverable_draw")
    assert unpaid(story.after(worked(0)))[0] == 5_800
    assert story.after(worked(0)).all(LateToppedUp) == []


def test_what_a_leaver_was_paid_too_much_is_written_off() -> None:
    left_at = datetime(2024, 11, 2, 9, 0, tzinfo=UTC)
    leaver = associate_leaves(left_on=date(2024, 10, 31), successors=(), occurred_at=left_at)
    story = october_paid(worked(480)).after(leaver, worked(240))
    assert story.last(LateToppedUp).owed_minor == story.last(DeficitWrittenOff).amount_minor == 3_200
    assert unpaid(story)[0] == 0


def test_late_hours_wait_for_the_statement_of_their_period_before_they_are_put_right() -> None:
    plan = pay_plan(rate_bp=1_000)
    story = given(associate_hired(plan=plan), pay_period_opened(**OCTOBER)).after(sold(6_000, 10))
    story = story.with_events(pay_period_closed(**OCTOBER), pay_period_opened(**NOVEMBER)).after(worked(960))
    refusal = story.refuses(worked(480))
    assert (refusal.code, refusal.field) == ("statement_to_come", "worked_on")
    issued = story.after(issue_statement(period_id="2024-10"), worked(480))
    assert paid(settled(issued, NOVEMBER)) == [600, 5_800]


@pytest.mark.parametrize(
    ("before", "after", "worth"),
    [
        (240, 480, "worth 32.00 USD more, paid with 2024-11"),
        (480, 240, "worth less: 32.00 USD come off what 2024-11 pays"),
    ],
)
def test_the_answer_says_what_a_correction_is_worth(before: int, after: int, worth: str) -> None:
    [warning] = october_paid().after(worked(before)).warns(worked(after))
    assert (warning.code, warning.field) == ("pay_period_closed", "worked_on")
    assert worth in warning.message


def test_the_answer_says_what_was_paid_too_much() -> None:
    [warning] = october_paid(worked(480)).warns(worked(240))
    assert "worth less: 32.00 USD were paid too much and are owed" in warning.message


def test_more_of_ones_own_settled_hours_are_for_somebody_else_to_record():
    def by(recorder: str, minutes: int) -> Any:
        return msgspec.structs.replace(worked(minutes), recorded_by=recorder)

    story = october_paid(worked(60))
    refusal = story.refuses(by(ANNA, 90))
    assert (refusal.code, refusal.field) == ("corrects_own_hours", "recorded_by")
    assert story.when(by(BEN, 90))
    assert story.when(by(ANNA, 30))
    assert story.when(by(ANNA, 60)) == []

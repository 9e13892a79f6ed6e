"""A period that is opened again, or left without a statement, after its late hours were paid: nothing is
paid twice.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from domain.associate.commands import DeficitPolicy
from domain.commission_account.auditing import Audit
from domain.commission_account.discrepancies import Discrepancy
from domain.commission_account.events import DeficitWrittenOff, LateToppedUp, StatementIssued
from domain.messages import Event
from tests.domain.builders.autumn import NOVEMBER, OCTOBER
from tests.domain.builders.money_commands import (
    OTHER_SALE,
    associate_leaves,
    change_pay_plan,
    close_pay_period,
    issue_statement,
    line_to_sell,
    open_pay_period,
    pay_plan,
    record_hours,
    record_sale,
    rehire_associate,
    reopen_pay_period,
)
from tests.domain.builders.money_events import associate_hired
from tests.domain.given import Given, given

TOLD_AT = datetime(2024, 12, 10, 9, 0, tzinfo=UTC)


def plan(policy: DeficitPolicy, base_rate_minor: int = 800) -> Any:
    """10 % and $8.00 an hour."""
    return pay_plan(rate_bp=1_000, deficit_policy=policy, base_rate_minor=base_rate_minor)


def sold(cents: int, sale_id: str, month: int = 10) -> Any:
    at = datetime(2024, month, 5, 15, 0, tzinfo=UTC)
    return record_sale(line_to_sell(unit_price_minor=cents), sale_id=sale_id, occurred_at=at)


def agreed(policy: DeficitPolicy, *, base_rate_minor: int = 800, recompute: bool = False) -> Any:
    return change_pay_plan(
        plan=plan(policy, base_rate_minor),
        effective_on=date(2024, 10, 1),
        recompute=recompute,
        occurred_at=TOLD_AT,
    )


def october_reopened(policy: DeficitPolicy = "carry") -> Given:
    """60.00 sold earn 6.00; 8 h came late: 58.00 are topped up, with November."""
    worked = record_hours(
        worked_on=date(2024, 10, 5), selling_minutes=480, non_selling_minutes=0, occurred_at=TOLD_AT
    )
    story = given(associate_hired(plan=plan(policy))).after(
        open_pay_period(**OCTOBER),
        open_pay_period(**NOVEMBER),
        sold(6_000, "sal_" + "1" * 32),
        close_pay_period(period_id="2024-10", occurred_at=TOLD_AT),
        worked,
    )
    assert story.last(LateToppedUp).amount_minor == 5_800
    return story.after(reopen_pay_period(period_id="2024-10", occurred_at=TOLD_AT))


def settled(story: Given) -> tuple[StatementIssued, StatementIssued]:
    """October's and November's statements, which an audit finds right."""
    for period_id in ("2024-10", "2024-11"):
        story = story.after(
            close_pay_period(period_id=period_id, occurred_at=TOLD_AT), issue_statement(period_id=period_id)
        )
    assert found_in(story.events) == []
    october, november = story.all(StatementIssued)
    return october, november


def found_in(events: Iterable[Event]) -> list[Discrepancy]:
    audit = Audit()
    return [one for at, event in enumerate(events, 1) for one in audit.take(event, at)]


@pytest.mark.parametrize("policy", ["carry", "forgive"])
def test_commission_of_a_reopened_period_replaces_its_late_top_up(policy: DeficitPolicy) -> None:
    """1,000.00 more: 106.00 earned are above the 64.00 guaranteed, and 58.00 of them are paid already."""
    october, november = settled(october_reopened(policy).after(sold(100_000, OTHER_SALE)))
    assert (october.net_minor, october.late_topped_up_minor, october.pay_minor) == (10_600, -5_800, 4_800)
    assert (november.pay_minor, november.owed_after_minor) == (5_800, 0)


@pytest.mark.parametrize(
    ("taken_back_minor", "field", "stored", "expected"),
    [(-5_000, "amount_minor", -5_000, -5_800), (None, "late_taken_back_minor", None, -5_800)],
)
def test_an_audit_finds_what_a_statement_takes_back_wrongly(
    taken_back_minor: int | None, field: str, stored: int | None, expected: int
) -> None:
    story = october_reopened().after(
        sold(100_000, OTHER_SALE),
        close_pay_period(period_id="2024-10", occurred_at=TOLD_AT),
        issue_statement(period_id="2024-10"),
    )
    taken_back = story.last(LateToppedUp)
    wrong = [] if taken_back_minor is None else [replace(taken_back, amount_minor=taken_back_minor)]
    at = story.events.index(taken_back)
    [found] = found_in((*story.events[:at], *wrong, *story.events[at + 1 :]))
    assert (found.field, found.stored, found.expected) == (field, stored, expected)


def test_of_a_late_top_up_stays_what_the_guarantee_still_needs() -> None:
    """300.00 more: 36.00 earned, so that 28.00 of the 58.00 are needed."""
    october, november = settled(october_reopened().after(sold(30_000, OTHER_SALE)))
    assert (october.late_topped_up_minor, october.pay_minor, november.pay_minor) == (-3_000, 600, 5_800)


def test_a_late_draw_is_recouped_out_of_the_commission_of_its_reopened_period() -> None:
    october, november = settled(october_reopened("recoverable_draw").after(sold(100_000, OTHER_SALE)))
    assert (october.late_topped_up_minor, october.recouped_minor, october.pay_minor) == (0, 5_800, 4_800)
    assert (november.pay_minor, november.owed_after_minor) == (5_800, 0)


def test_a_late_top_up_becomes_a_draw_where_the_plan_of_the_last_day_says_so() -> None:
    """Agreed since the top-up: 64.00 are paid together, of which 58.00 are owed."""
    october, november = settled(october_reopened("carry").after(agreed("recoverable_draw")))
    assert (october.topped_up_minor, october.late_topped_up_minor, october.pay_minor) == (5_800, -5_800, 600)
    assert (november.pay_minor, november.owed_after_minor) == (5_800, 5_800)


def test_late_hours_of_a_reopened_period_are_computed_anew_after_its_statement() -> None:
    """They count for its guarantee already: hours at the new rate would count beside them."""
    refusal = october_reopened().refuses(agreed("carry", base_rate_minor=1_000, recompute=True))
    assert (refusal.code, refusal.field) == ("statement_to_come", "effective_on")


def test_a_late_draw_is_written_off_with_the_statement_of_its_own_period() -> None:
    """8 h of October came late: 64.00 are drawn with November. Who left on its last day comes back, and sells
    1,000.00: 100.00 are paid, to which a debt that was written off once too often added 64.00.
    """
    story = given(associate_hired(plan=plan("recoverable_draw"))).after(
        open_pay_period(**OCTOBER),
        open_pay_period(**NOVEMBER),
        close_pay_period(period_id="2024-10", occurred_at=TOLD_AT),
        record_hours(
            worked_on=date(2024, 10, 5), selling_minutes=480, non_selling_minutes=0, occurred_at=TOLD_AT
        ),
        close_pay_period(period_id="2024-11", occurred_at=TOLD_AT),
        issue_statement(period_id="2024-11"),
        associate_leaves(left_on=date(2024, 11, 30), successors=(), occurred_at=TOLD_AT),
    )
    assert (story.last(StatementIssued).pay_minor, story.all(DeficitWrittenOff)) == (6_400, [])
    gone = story.after(issue_statement(period_id="2024-10", occurred_at=TOLD_AT))
    assert (gone.last(StatementIssued).pay_minor, gone.last(DeficitWrittenOff).amount_minor) == (0, 6_400)
    for back, owed_minor in ((story, 6_400), (gone, 0)):
        paid = back.after(
            rehire_associate(rehired_on=date(2024, 12, 1), occurred_at=TOLD_AT),
            open_pay_period(period_id="2024-12", starts_on=date(2024, 12, 1), ends_on=date(2024, 12, 31)),
            sold(100_000, OTHER_SALE, month=12),
            close_pay_period(period_id="2024-12", early=True, occurred_at=TOLD_AT),
            issue_statement(period_id="2024-12"),
        ).last(StatementIssued)
        assert (paid.pay_minor, paid.owed_after_minor) == (10_000, owed_minor)

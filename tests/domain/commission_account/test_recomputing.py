"""A pay plan dated before sales and hours already made: refused with what it would change, or made up for."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from domain.associate.commands import DeficitPolicy, Tier
from domain.associate.events import PayPlanChanged
from domain.commission_account.auditing import Audit
from domain.commission_account.events import (
    CommissionClawedBack,
    CommissionMoved,
    DeficitWrittenOff,
    HoursRecorded,
    LateToppedUp,
    StatementIssued,
)
from domain.sale.commands import Share
from tests.domain.builders.money_commands import (
    ANNA,
    BEN,
    OTHER_SALE,
    SALE,
    accept_return,
    associate_leaves,
    change_pay_plan,
    close_pay_period,
    issue_statement,
    line_to_return,
    line_to_sell,
    pay_plan,
    record_hours,
    record_sale,
)
from tests.domain.builders.money_events import associate_hired, pay_period_opened
from tests.domain.given import Given, given

MARCH = {"period_id": "2024-03", "starts_on": date(2024, 3, 1), "ends_on": date(2024, 3, 31)}
APRIL = {"period_id": "2024-04", "starts_on": date(2024, 4, 1), "ends_on": date(2024, 4, 30)}
#: 6.75 % and $8.00 an hour, which a plan of 10 % and $10.00 an hour is to replace from March on.
SHOP = given(associate_hired(), associate_hired(associate_id=BEN), pay_period_opened(**MARCH))
SOLD = record_sale(line_to_sell(unit_price_minor=10_000))
WORKED = record_hours(selling_minutes=600, non_selling_minutes=0)


def better_plan(**changes: Any) -> Any:
    plan = pay_plan(**{"rate_bp": 1_000, "base_rate_minor": 1_000, **changes.pop("plan", {})})
    at = changes.pop("occurred_at", datetime(2024, 3, 20, tzinfo=UTC))
    return change_pay_plan(plan=plan, effective_on=date(2024, 3, 1), occurred_at=at, **changes)


RECOMPUTED = better_plan(recompute=True)
IN_APRIL = better_plan(recompute=True, occurred_at=datetime(2024, 4, 10, tzinfo=UTC))


def settled(story: Given, month: int) -> Given:
    """Closed and paid; no statement so far says anything that the audit does not expect."""
    at, period_id = datetime(2024, month + 1, 1, 7, 0, tzinfo=UTC), f"2024-{month:02d}"
    story = story.after(
        close_pay_period(period_id=period_id, occurred_at=at),
        issue_statement(period_id=period_id, occurred_at=at),
    )
    audit = Audit()
    assert [one for at, event in enumerate(story.events, 1) for one in audit.take(event, at)] == []
    return story


def march_paid(*before: Any, policy: DeficitPolicy = "carry") -> Given:
    """March has its statement, and April is open."""
    hired = associate_hired(plan=pay_plan(deficit_policy=policy))
    shop = given(hired, associate_hired(associate_id=BEN), pay_period_opened(**MARCH))
    return settled(shop.after(*before), 3).with_events(pay_period_opened(**APRIL))


def unpaid(story: Given) -> tuple[int, Any]:
    """What Anna owes, and what no statement includes yet."""
    account = story.states.account(ANNA)
    assert account is not None
    return account.owed_minor, account.unsettled


def april_of(story: Given) -> StatementIssued:
    return settled(story, 4).last(StatementIssued)


def test_a_plan_is_refused_that_would_change_what_was_earned() -> None:
    refusal = SHOP.after(SOLD, WORKED).refuses(better_plan())
    assert (refusal.code, refusal.field) == ("changes_what_was_earned", "effective_on")
    assert "commission 6.75 becomes 10.00 USD: 3.25 more" in refusal.message
    assert f"line 1 of {SALE}: 6.75 becomes 10.00" in refusal.message
    assert "guarantee 80.00 becomes 100.00 USD: 20.00 more" in refusal.message
    assert "recompute: true" in refusal.message


def test_a_plan_that_changes_nothing_earned_is_no_matter() -> None:
    assert SHOP.when(better_plan())[0].recomputed is False
    assert len(SHOP.after(SOLD, WORKED).when(change_pay_plan(effective_on=date(2024, 3, 6)))) == 1
    other_policy = better_plan(plan={"rate_bp": 675, "base_rate_minor": 800, "deficit_policy": "forgive"})
    assert len(SHOP.after(SOLD, WORKED).when(other_policy)) == 1


def test_the_difference_is_posted_to_the_open_period() -> None:
    story = SHOP.after(SOLD, WORKED, RECOMPUTED)
    assert story.last(PayPlanChanged).recomputed
    moved = story.last(CommissionMoved)
    assert (moved.amount_minor, moved.sales_minor, moved.period_id) == (325, 0, "2024-03")
    assert (moved.reason, moved.counterparties) == ("pay_plan", ())
    assert story.last(HoursRecorded).base_rate_minor == 1_000
    paid = settled(story, 3).last(StatementIssued)
    assert (paid.earned_minor, paid.moved_minor, paid.net_minor) == (675, 325, 1_000)
    assert (paid.guarantee_minor, paid.pay_minor) == (10_000, 10_000)


def test_a_statement_stays_as_issued_and_the_next_one_pays_the_difference() -> None:
    march = march_paid(SOLD)
    assert march.last(StatementIssued).pay_minor == 675
    paid = april_of(march.after(IN_APRIL))
    assert (paid.moved_minor, paid.late_topped_up_minor, paid.pay_minor) == (325, 0, 325)


def test_a_guarantee_that_was_paid_is_topped_up_beside_the_commission() -> None:
    """March paid its guarantee of 80.00, and by the new plan it would have paid 100.00."""
    march = march_paid(SOLD, WORKED)
    assert march.last(StatementIssued).pay_minor == 8_000
    story = march.after(IN_APRIL)
    late = story.last(LateToppedUp)
    assert (late.amount_minor, late.reason, late.for_period_id) == (1_675, "pay_plan", "2024-03")
    paid = april_of(story)
    assert (paid.moved_minor, paid.late_topped_up_minor, paid.pay_minor) == (325, 1_675, 2_000)
    hours_alone = april_of(march_paid(WORKED).after(IN_APRIL))
    assert (hours_alone.late_topped_up_minor, hours_alone.pay_minor) == (2_000, 2_000)


def test_what_comes_back_later_takes_back_what_was_earned_by_the_new_plan() -> None:
    """Three pairs for 100.00: 6.75 became 10.00, and each takes back its own part of it."""
    three = record_sale(line_to_sell(unit_price_minor=4_000, quantity=3, discount_minor=2_000))
    story = march_paid(three).after(IN_APRIL)
    for unit in range(3):
        one = accept_return(
            line_to_return(quantity=1),
            return_id=f"ret_{unit + 1:032x}",
            occurred_at=datetime(2024, 4, 20, tzinfo=UTC),
        )
        story = story.after(one)
    assert [each.amount_minor for each in story.all(CommissionClawedBack)] == [333, 334, 333]
    assert april_of(story).net_minor == 325 - 1_000


def test_only_units_that_the_customer_still_has_are_computed_anew() -> None:
    three = record_sale(line_to_sell(unit_price_minor=4_000, quantity=3, discount_minor=2_000))
    story = SHOP.after(three, accept_return(line_to_return(quantity=1)), RECOMPUTED)
    assert story.last(CommissionMoved).amount_minor == (1_000 - 333) - (675 - 225)
    everything = SHOP.after(SOLD, accept_return(line_to_return(quantity=1))).when(RECOMPUTED)
    assert len(everything) == 1


def test_tiers_begin_where_the_sale_began() -> None:
    """10 % from 150.00 on: the second 100.00 is cut there, and the first stays below."""
    second = record_sale(line_to_sell(unit_price_minor=10_000), sale_id=OTHER_SALE)
    tiers = (Tier(15_000, 1_000),)
    story = SHOP.after(SOLD, second, better_plan(plan={"rate_bp": 675, "tiers": tiers}, recompute=True))
    moved = [(one.sale_id, one.amount_minor) for one in story.all(CommissionMoved)]
    assert moved == [(OTHER_SALE, 338 + 500 - 675)]


def test_whoever_shares_a_line_keeps_their_plan() -> None:
    half = (Share(ANNA, 5_000), Share(BEN, 5_000))
    story = SHOP.after(record_sale(line_to_sell(unit_price_minor=10_000, attribution=half)), RECOMPUTED)
    moved = {one.associate_id: one.amount_minor for one in story.all(CommissionMoved)}
    assert moved[ANNA] == 500 - 338
    assert sum(moved.values()) == 838 - 675


def test_late_hours_after_a_plan_was_computed_anew_are_worth_the_new_rate() -> None:
    """March would have paid 100.00 for ten hours, and pays 120.00 for twelve."""
    late = record_hours(
        worked_on=date(2024, 3, 6),
        selling_minutes=120,
        non_selling_minutes=0,
        occurred_at=datetime(2024, 4, 11, tzinfo=UTC),
    )
    story = march_paid(SOLD, WORKED).after(IN_APRIL, late)
    assert [one.amount_minor for one in story.all(LateToppedUp)] == [1_675, 2_000]
    assert april_of(story).pay_minor == 4_000


def test_a_plan_that_is_taken_back_leaves_what_was_there_before() -> None:
    """Back to 6.75 % in an open period: 3.25 go as they came, and nothing else is left."""
    back = better_plan(plan={"rate_bp": 675, "base_rate_minor": 800}, recompute=True)
    paid = settled(SHOP.after(SOLD, WORKED, RECOMPUTED, back), 3).last(StatementIssued)
    assert (paid.moved_minor, paid.net_minor, paid.guarantee_minor) == (0, 675, 8_000)


@pytest.mark.parametrize("policy", ["carry", "forgive", "recoverable_draw"])
def test_a_plan_that_is_taken_back_takes_its_top_up_along(policy: DeficitPolicy) -> None:
    """There and back, and there again: April pays what the plan that holds in the end is worth more."""
    april = {"occurred_at": datetime(2024, 4, 10, tzinfo=UTC), "recompute": True}
    there = better_plan(plan={"deficit_policy": policy}, **april)
    back = better_plan(plan={"rate_bp": 675, "base_rate_minor": 800, "deficit_policy": policy}, **april)
    march = march_paid(SOLD, WORKED, policy=policy)
    story = march.after(there, back)
    assert [one.amount_minor for one in story.all(LateToppedUp)] == [1_675, -1_675]
    assert unpaid(story) == unpaid(march)
    assert unpaid(story.after(there)) == unpaid(march.after(there))
    assert (april_of(story).pay_minor, april_of(march.after(there)).pay_minor) == (
        0,
        april_of(story.after(there)).pay_minor,
    )


def test_a_lower_plan_never_takes_back_a_guarantee_that_was_paid() -> None:
    lower = better_plan(
        plan={"rate_bp": 500, "base_rate_minor": 700},
        recompute=True,
        occurred_at=datetime(2024, 4, 10, tzinfo=UTC),
    )
    march = march_paid(SOLD, WORKED)
    paid = april_of(march.after(lower))
    assert (paid.moved_minor, paid.late_topped_up_minor, paid.pay_minor) == (-175, 0, 0)
    assert unpaid(march.after(lower, IN_APRIL)) == unpaid(march.after(IN_APRIL))


def test_a_rate_below_the_guarantee_leaves_nothing_when_it_is_taken_back() -> None:
    """March is worth its 80.00 either way: 3.25 come and go, and no top-up makes up for them."""
    april = {"occurred_at": datetime(2024, 4, 10, tzinfo=UTC), "recompute": True}
    there = better_plan(plan={"base_rate_minor": 800}, **april)
    back = better_plan(plan={"rate_bp": 675, "base_rate_minor": 800}, **april)
    march = march_paid(SOLD, WORKED)
    assert unpaid(march.after(there, back)) == unpaid(march)


def test_a_plan_that_is_agreed_again_after_it_was_paid_is_paid_once() -> None:
    """April paid the 20.00 more; back in May they are owed, and there again they are not."""
    may = {"period_id": "2024-05", "starts_on": date(2024, 5, 1), "ends_on": date(2024, 5, 31)}
    in_may = {"occurred_at": datetime(2024, 5, 10, tzinfo=UTC), "recompute": True}
    back = better_plan(plan={"rate_bp": 675, "base_rate_minor": 800}, **in_may)
    april = settled(march_paid(SOLD, WORKED).after(IN_APRIL), 4).with_events(pay_period_opened(**may))
    assert unpaid(april.after(back))[0] == 1_675
    again = settled(april.after(back, better_plan(**in_may)), 5)
    assert [one.pay_minor - one.owed_after_minor for one in again.all(StatementIssued)] == [8_000, 2_000, 0]


def test_what_a_leaver_was_topped_up_by_a_wrong_plan_is_written_off() -> None:
    april = settled(march_paid(WORKED).after(IN_APRIL), 4)
    leaver = associate_leaves(
        left_on=date(2024, 4, 30), successors=(), occurred_at=datetime(2024, 5, 9, tzinfo=UTC)
    )
    back = better_plan(
        plan={"rate_bp": 675, "base_rate_minor": 800},
        recompute=True,
        occurred_at=datetime(2024, 5, 10, tzinfo=UTC),
    )
    story = april.after(leaver, back)
    assert story.last(DeficitWrittenOff).amount_minor == 2_000
    assert unpaid(story)[0] == 0


@pytest.mark.parametrize("done", [SOLD, WORKED])
def test_a_closed_period_is_settled_before_it_is_computed_anew(done: Any) -> None:
    story = SHOP.after(done, close_pay_period()).with_events(pay_period_opened(**APRIL))
    refusal = story.refuses(IN_APRIL)
    assert (refusal.code, refusal.field) == ("statement_to_come", "effective_on")


def test_an_audit_takes_no_correction_for_the_top_up_of_a_later_plan() -> None:
    """March earned 6.75, more than 30 minutes or 20 are worth at 8.00 an hour; at 90.00, 20 are worth 30."""

    def late(minutes: int) -> Any:
        at = datetime(2024, 4, 9, tzinfo=UTC)
        return record_hours(selling_minutes=minutes, non_selling_minutes=0, occurred_at=at)

    story = march_paid(SOLD).after(late(30), late(20))
    dearer = better_plan(
        plan={"rate_bp": 675, "base_rate_minor": 9_000},
        recompute=True,
        occurred_at=datetime(2024, 4, 10, tzinfo=UTC),
    )
    story = story.after(dearer)
    assert [late.amount_minor for late in story.all(LateToppedUp)] == [3_000 - 675]
    april_of(story)

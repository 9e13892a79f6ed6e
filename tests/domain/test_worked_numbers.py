"""Every worked number of the commission rules, as a story: what is done in the shop, and what it comes to in
cents.
"""

from datetime import UTC, date, datetime
from itertools import count

import pytest

from domain.associate.commands import DeficitPolicy
from domain.commission_account.events import (
    CommissionClawedBack,
    CommissionEarned,
    CommissionToppedUp,
    DeficitCarried,
    DeficitForgiven,
    DeficitRecouped,
    StatementIssued,
)
from domain.messages import Command
from domain.pay_period.events import PayPeriodOpened
from domain.return_.events import ReturnAccepted, ReturnMatched
from domain.sale.commands import LineToSell, Share
from domain.sale.events import SaleRecorded
from tests.domain.builders.money_commands import (
    ANNA,
    BEN,
    SALE,
    accept_return,
    accept_return_without_receipt,
    change_pay_plan,
    close_pay_period,
    issue_statement,
    line_to_return,
    line_to_sell,
    match_return,
    pay_plan,
    record_hours,
    record_sale,
)
from tests.domain.builders.money_events import associate_hired, pay_period_opened
from tests.domain.given import Given, given

# --- a shop with four pay periods, a month each
# ---------------------------------------------------------------

MONTHS = {"P1": 3, "P2": 4, "P3": 5, "P4": 6}
LAST_DAYS = {3: 31, 4: 30, 5: 31, 6: 30}
_numbers = count(1)


def month(period_id: str) -> PayPeriodOpened:
    at = MONTHS[period_id]
    return pay_period_opened(
        period_id=period_id, starts_on=date(2024, at, 1), ends_on=date(2024, at, LAST_DAYS[at])
    )


def shop(policy: DeficitPolicy = "carry") -> Given:
    plan = pay_plan(deficit_policy=policy)
    return given(
        associate_hired(plan=plan),
        associate_hired(associate_id=BEN, plan=plan),
        *(month(at) for at in MONTHS),
    )


def noon(period_id: str, day: int = 10) -> datetime:
    return datetime(2024, MONTHS[period_id], day, 12, 0, tzinfo=UTC)


def sold(period_id: str, amount_minor: int, sale_id: str = "") -> Command:
    return record_sale(
        line_to_sell(unit_price_minor=amount_minor),
        sale_id=sale_id or f"sal_{next(_numbers):032x}",
        occurred_at=noon(period_id),
    )


def came_back(period_id: str, sale_id: str) -> Command:
    return accept_return(
        sale_id=sale_id, return_id=f"ret_{next(_numbers):032x}", occurred_at=noon(period_id, 20)
    )


def worked(period_id: str, hours: int) -> list[Command]:
    """Days of eight hours, until these are worked."""
    return [
        record_hours(
            worked_on=date(2024, MONTHS[period_id], 1 + index),
            selling_minutes=60 * min(8, hours - 8 * index),
            non_selling_minutes=0,
        )
        for index in range((hours + 7) // 8)
    ]


def settled(period_id: str) -> list[Command]:
    at = datetime(2024, MONTHS[period_id] + 1, 2, 8, 0, tzinfo=UTC)
    return [
        close_pay_period(period_id=period_id, occurred_at=at),
        issue_statement(period_id=period_id, occurred_at=at),
    ]


def statement(story: Given, period_id: str) -> StatementIssued:
    return story.last(StatementIssued, lambda event: event.period_id == period_id)


P1_SALE = "sal_" + "a1" * 16
OLD_SALE = "sal_" + "a2" * 16


# --- pay is the greater of net commission and guarantee
# -------------------------------------------------------


def test_below_the_guarantee_commission_is_topped_up() -> None:
    story = shop().after(sold("P1", 200_000), *worked("P1", 30), *settled("P1"))
    issued = statement(story, "P1")
    assert issued.earned_minor == 13_500
    assert issued.guarantee_minor == 24_000
    assert issued.topped_up_minor == 10_500
    assert issued.pay_minor == 24_000
    assert [event.amount_minor for event in story.all(CommissionToppedUp)] == [10_500]
    assert not story.last(CommissionToppedUp).recoverable


def test_above_the_guarantee_commission_is_the_pay() -> None:
    story = shop().after(sold("P1", 400_000), *worked("P1", 30), *settled("P1"))
    issued = statement(story, "P1")
    assert (issued.earned_minor, issued.topped_up_minor, issued.pay_minor) == (27_000, 0, 27_000)
    assert story.all(CommissionToppedUp) == []


# --- late returns, deficits and the period after
# --------------------------------------------------------------


def up_to_p1(policy: DeficitPolicy) -> Given:
    """P1: $5,000.00 sold, of which one item of $1,200.00; and $1,800.00 of older goods that P3 will see
    again.
    """
    return shop(policy).after(
        sold("P1", 120_000, P1_SALE), sold("P1", 180_000, OLD_SALE), sold("P1", 200_000), *settled("P1")
    )


def up_to_p2(policy: DeficitPolicy) -> Given:
    return up_to_p1(policy).after(
        sold("P2", 300_000), came_back("P2", P1_SALE), *worked("P2", 40), *settled("P2")
    )


def up_to_p3(policy: DeficitPolicy) -> Given:
    return up_to_p2(policy).after(
        sold("P3", 50_000), came_back("P3", OLD_SALE), *worked("P3", 40), *settled("P3")
    )


def up_to_p4(policy: DeficitPolicy) -> Given:
    return up_to_p3(policy).after(sold("P4", 800_000), *worked("P4", 40), *settled("P4"))


def test_a_late_return_is_posted_to_the_open_period() -> None:
    before = up_to_p1("carry")
    assert statement(before, "P1").pay_minor == 33_750
    story = up_to_p2("carry")
    issued = statement(story, "P2")
    assert (issued.earned_minor, issued.clawed_back_minor, issued.net_minor) == (20_250, 8_100, 12_150)
    assert (issued.guarantee_minor, issued.topped_up_minor, issued.pay_minor) == (32_000, 19_850, 32_000)
    assert story.last(CommissionClawedBack).period_id == "P2"


def test_the_statement_of_a_closed_period_never_changes() -> None:
    first = statement(up_to_p1("carry"), "P1")
    assert up_to_p4("carry").all(StatementIssued, lambda event: event.period_id == "P1") == [first]


def test_a_late_return_takes_back_what_was_earned_and_not_the_rate_of_today() -> None:
    new_rate = change_pay_plan(plan=pay_plan(rate_bp=700), effective_on=date(2024, 4, 1))
    story = up_to_p1("carry").after(
        new_rate, sold("P2", 300_000), came_back("P2", P1_SALE), *worked("P2", 40), *settled("P2")
    )
    issued = statement(story, "P2")
    assert (issued.earned_minor, issued.clawed_back_minor, issued.net_minor) == (21_000, 8_100, 12_900)
    assert story.last(CommissionClawedBack).amount_minor != 8_400


@pytest.mark.parametrize("policy", ["forgive", "carry", "recoverable_draw"])
def test_a_deficit_is_never_taken_out_of_the_guarantee(policy: DeficitPolicy) -> None:
    issued = statement(up_to_p3(policy), "P3")
    assert (issued.earned_minor, issued.clawed_back_minor, issued.net_minor) == (3_375, 12_150, -8_775)
    assert issued.pay_minor == 32_000


def test_policy_a_forgives_the_deficit() -> None:
    story = up_to_p4("forgive")
    assert story.all(DeficitForgiven)[0].amount_minor == 8_775
    assert (statement(story, "P3").topped_up_minor, statement(story, "P3").owed_after_minor) == (32_000, 0)
    assert statement(story, "P4").pay_minor == 54_000


def test_policy_b_carries_the_deficit_and_recoups_it_above_the_guarantee() -> None:
    story = up_to_p4("carry")
    assert story.last(DeficitCarried).amount_minor == 8_775
    assert (statement(story, "P3").topped_up_minor, statement(story, "P3").owed_after_minor) == (
        32_000,
        8_775,
    )
    assert story.last(DeficitRecouped).amount_minor == 8_775
    assert (statement(story, "P4").pay_minor, statement(story, "P4").owed_after_minor) == (45_225, 0)


def test_policy_c_recoups_every_draw_above_the_guarantee() -> None:
    story = up_to_p4("recoverable_draw")
    drawn = [(event.amount_minor, event.recoverable) for event in story.all(CommissionToppedUp)]
    assert drawn == [(19_850, True), (40_775, True)]
    last = statement(story, "P4")
    assert last.owed_before_minor == 60_625
    assert (last.recouped_minor, last.pay_minor, last.owed_after_minor) == (22_000, 32_000, 38_625)


# --- splits and rounding
# --------------------------------------------------------------------------------------


def split(*shares: Share, **line: int) -> LineToSell:
    return line_to_sell(attribution=shares, **{"unit_price_minor": 10_001, **line})


@pytest.mark.parametrize(("shares_bp", "cents"), [((6_000, 4_000), (405, 270)), ((5_000, 5_000), (338, 337))])
def test_a_split_is_settled_by_largest_remainder_and_taken_back_exactly(
    shares_bp: tuple[int, int], cents: tuple[int, int]
) -> None:
    line = split(Share(ANNA, shares_bp[0]), Share(BEN, shares_bp[1]))
    story = shop().after(record_sale(line))
    earned = [(event.associate_id, event.amount_minor) for event in story.all(CommissionEarned)]
    assert earned == [(ANNA, cents[0]), (BEN, cents[1])]
    taken = story.after(accept_return()).all(CommissionClawedBack)
    assert [(event.associate_id, event.amount_minor) for event in taken] == earned


def test_the_first_listed_gets_the_odd_cent() -> None:
    story = shop().after(record_sale(split(Share(BEN, 5_000), Share(ANNA, 5_000))))
    assert [(event.associate_id, event.amount_minor) for event in story.all(CommissionEarned)] == [
        (BEN, 338),
        (ANNA, 337),
    ]


def one_by_one(units: int) -> list[Command]:
    return [accept_return(line_to_return(), return_id=f"ret_{unit:032x}") for unit in range(units)]


def test_an_order_discount_is_spread_over_the_lines_and_refunded_unit_by_unit() -> None:
    lines = (line_to_sell(quantity=3, unit_price_minor=3_333), line_to_sell(unit_price_minor=5_001))
    story = shop().after(record_sale(*lines, order_discount_minor=1_000))
    sale = story.last(SaleRecorded)
    assert [line.discount_minor for line in sale.lines] == [667, 333]
    assert sale.lines[0].net_minor == 9_332
    story = story.after(*one_by_one(3))
    assert [event.refund_minor for event in story.all(ReturnAccepted)] == [3_111, 3_110, 3_111]


def test_commission_taken_back_unit_by_unit_adds_up_to_what_was_earned() -> None:
    story = shop().after(record_sale(line_to_sell(quantity=3, unit_price_minor=1_000)))
    assert story.last(CommissionEarned).amount_minor == 203
    story = story.after(*one_by_one(3))
    assert [event.amount_minor for event in story.all(CommissionClawedBack)] == [68, 67, 68]


# --- no receipt
# -----------------------------------------------------------------------------------------------


def test_no_receipt_costs_no_associate_anything() -> None:
    story = shop().after(record_sale())
    events = story.when(accept_return_without_receipt())
    assert [type(event) for event in events] == [ReturnAccepted]
    assert story.with_events(*events).last(ReturnAccepted).refund_minor == 7_950


def test_a_return_matched_later_moves_the_clawback_to_the_seller_once() -> None:
    story = shop().after(
        record_sale(line_to_sell(unit_price_minor=5_990)), accept_return_without_receipt(), match_return()
    )
    assert story.last(CommissionClawedBack).amount_minor == 404
    matched = story.last(ReturnMatched)
    assert (matched.sold_minor, matched.refund_minor, matched.goodwill_minor) == (5_990, 7_950, 1_960)
    assert story.refuses(match_return()).code == "already_matched"
    assert story.refuses(accept_return(return_id="ret_" + "9" * 32)).code == "more_than_left"


# --- the sign
# -------------------------------------------------------------------------------------------------


def test_a_refund_never_adds_commission() -> None:
    plan = pay_plan(rate_bp=400)
    story = given(associate_hired(plan=plan), month("P1")).after(
        record_sale(line_to_sell(unit_price_minor=100_000), line_to_sell(unit_price_minor=20_000))
    )
    assert story.last(CommissionEarned).amount_minor == 4_800
    story = story.after(accept_return(line_to_return(line_no=1), line_to_return(line_no=2)))
    assert story.last(CommissionClawedBack).amount_minor == 4_800
    account = story.states.account(ANNA)
    assert account is not None
    bucket = account.in_period("P1")
    assert bucket.earned_minor - bucket.clawed_back_minor == 0
    assert bucket.sales_minor == 0
    assert story.states.sale(SALE) is not None

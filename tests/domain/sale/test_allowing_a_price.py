"""Money back on goods that the customer keeps: what it had earned comes back, to the cent."""

from datetime import UTC, datetime
from typing import Any

import pytest

from domain.associate.commands import Tier
from domain.commission_account.events import AllowanceClawedBack, CommissionClawedBack, DeficitThreatening
from domain.return_.events import ReturnAccepted
from domain.sale.commands import Share
from tests.domain.builders.money_commands import (
    ANNA,
    BEN,
    OTHER_RETURN,
    accept_return,
    accept_return_without_receipt,
    allow_price,
    correct_attribution,
    line_to_return,
    line_to_sell,
    match_return,
    pay_plan,
    record_hours,
    record_sale,
    unmatch_return,
)
from tests.domain.builders.money_events import (
    allowance_clawed_back,
    associate_hired,
    pay_period_opened,
    price_allowed,
)
from tests.domain.given import Given, given

SHOP = given(associate_hired(), associate_hired(associate_id=BEN), pay_period_opened())
SCARF = SHOP.after(record_sale(line_to_sell(unit_price_minor=124_000)))


def net_minor(story: Given, who: str = ANNA) -> int:
    account = story.states.account(who)
    assert account is not None
    totals = account.in_period("2024-03")
    return totals.earned_minor - totals.clawed_back_minor + totals.moved_minor


def test_an_allowance_takes_back_what_the_money_had_earned() -> None:
    """1,240.00 earned 83.70; 40.00 back take 2.70; the scarf itself takes 81.00 and refunds 1,200.00."""
    assert net_minor(SCARF) == 8_370
    allowed = SCARF.after(allow_price())
    assert allowed.last(AllowanceClawedBack) == allowance_clawed_back()
    assert net_minor(allowed) == 8_100
    back = allowed.after(accept_return())
    assert back.last(CommissionClawedBack).amount_minor == 8_100
    assert back.last(ReturnAccepted).refund_minor == 120_000
    assert net_minor(back) == 0


def test_the_line_is_kept_at_its_reduced_price() -> None:
    story = SHOP.after(record_sale())
    assert story.when(allow_price())[0] == price_allowed()


def test_two_allowances_add_up() -> None:
    story = SCARF.after(allow_price(), allow_price(amount_minor=120_000))
    assert net_minor(story) == 0
    refusal = story.refuses(allow_price(amount_minor=1))
    assert (refusal.code, refusal.field) == ("allowance_exceeds_price", "amount_minor")


def test_an_allowance_comes_off_the_marginal_rate() -> None:
    """5 % up to 1,000.00 and 10 % from there: 40.00 of 1,240.00 earned 4.00."""
    tiered = pay_plan(rate_bp=500, tiers=(Tier(100_000, 1_000),))
    shop = given(associate_hired(plan=tiered), pay_period_opened())
    story = shop.after(record_sale(line_to_sell(unit_price_minor=124_000)))
    assert story.after(allow_price()).last(AllowanceClawedBack).amount_minor == 400
    more = story.after(allow_price(amount_minor=34_000)).last(AllowanceClawedBack)
    assert more.amount_minor == 2_400 + 500


def test_an_allowance_is_split_as_the_line_is() -> None:
    split = line_to_sell(unit_price_minor=124_000, attribution=(Share(ANNA, 6_000), Share(BEN, 4_000)))
    story = SHOP.after(record_sale(split), allow_price())
    assert [each.amount_minor for each in story.all(AllowanceClawedBack)] == [162, 108]
    assert [net_minor(story.after(accept_return()), who) for who in (ANNA, BEN)] == [0, 0]


def test_units_that_came_back_before_take_no_part_in_an_allowance() -> None:
    """Three at 10.00; one is back, 5.00 are allowed on the other two, and these come back one by one."""
    three = SHOP.after(record_sale(line_to_sell(quantity=3, unit_price_minor=1_000)), accept_return())
    story = three.after(allow_price(amount_minor=500))
    for number in (2, 3):
        story = story.after(accept_return(return_id=f"ret_{number:032x}"))
    assert [each.refund_minor for each in story.all(ReturnAccepted)] == [1_000, 750, 750]
    assert net_minor(story) == 0
    assert story.refuses(accept_return(return_id=OTHER_RETURN)).code == "more_than_left"


def test_an_allowance_adds_no_cent_to_units_whose_neighbours_came_back() -> None:
    """Three at 0.12 earned 2; the first to come back takes 1. The other two keep 1, and not 2 at 0.23."""
    three = SHOP.after(record_sale(line_to_sell(quantity=3, unit_price_minor=12)), accept_return())
    assert net_minor(three) == 1
    story = three.after(allow_price(amount_minor=1))
    assert story.last(AllowanceClawedBack).amount_minor == 0
    assert net_minor(story) == 1
    for number in (2, 3):
        story = story.after(accept_return(return_id=f"ret_{number:032x}"))
    assert [each.amount_minor for each in story.all(CommissionClawedBack)] == [1, 1, 0]
    assert net_minor(story) == 0


def test_a_correction_after_an_allowance_moves_what_is_left() -> None:
    story = SCARF.after(allow_price(), correct_attribution())
    assert (net_minor(story), net_minor(story, BEN)) == (0, 8_100)


def test_a_line_of_the_house_costs_nobody_anything() -> None:
    story = SHOP.after(record_sale(line_to_sell(attribution=())))
    assert len(story.when(allow_price())) == 1


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"sale_id": "sal_" + "9" * 32}, "sale_unknown", "sale_id"),
        ({"line_no": 2}, "line_unknown", "line_no"),
        ({"amount_minor": 124_001}, "allowance_exceeds_price", "amount_minor"),
        ({"tax_minor": 1}, "allowance_exceeds_price", "tax_minor"),
    ],
)
def test_an_allowance_that_cannot_be_is_refused(changes: Any, code: str, field: str) -> None:
    refusal = SCARF.refuses(allow_price(**changes))
    assert (refusal.code, refusal.field) == (code, field)


def test_a_deficit_threatens_below_the_share_of_the_guarantee_that_the_plan_names() -> None:
    """8 h guarantee 64.00, half of that is 32.00; 83.70 less 52.00 is not enough. It is said once."""
    careful = associate_hired(plan=pay_plan(deficit_warning_bp=5_000))
    shop = given(careful, pay_period_opened()).after(
        record_hours(), record_sale(line_to_sell(quantity=2, unit_price_minor=62_000))
    )
    assert shop.after(allow_price(amount_minor=70_000)).all(DeficitThreatening) == []
    warned = shop.after(accept_return(), allow_price(amount_minor=20_000))
    [warning] = warned.all(DeficitThreatening)
    assert (warning.net_minor, warning.guarantee_minor, warning.threshold_minor) == (2_835, 6_400, 3_200)
    again = warned.after(accept_return(return_id=OTHER_RETURN))
    assert len(again.all(DeficitThreatening)) == 1


def test_without_a_share_in_the_plan_no_deficit_is_warned_of() -> None:
    story = SCARF.after(accept_return(line_to_return(), occurred_at=datetime(2024, 3, 20, tzinfo=UTC)))
    assert story.all(DeficitThreatening) == []


def test_a_match_taken_back_before_an_allowance_can_be_made_and_taken_back_again() -> None:
    """The allowance was on all three pairs, of which none had come back by then."""
    story = SHOP.after(
        record_sale(line_to_sell(quantity=3)),
        accept_return_without_receipt(),
        match_return(),
        unmatch_return(),
        allow_price(),
    )
    left_minor = net_minor(story)
    assert net_minor(story.after(match_return(), unmatch_return())) == left_minor

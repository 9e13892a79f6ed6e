"""A walk-in is recognised later, or somebody else turns out to have sold a line."""

from datetime import date, timedelta
from typing import Any

import pytest

from domain.associate.commands import Tier
from domain.commission_account.events import CommissionClawedBack, CommissionMoved
from domain.commission_account.state import Unsettled
from domain.sale.commands import Share
from domain.sale.events import Band, Credit
from tests.domain.builders.money_commands import (
    ANNA,
    BEN,
    CARL,
    CLOSED_AT,
    DORA,
    OTHER_SALE,
    RETURNED_AT,
    SALE,
    accept_return,
    attach_customer,
    correct_attribution,
    line_to_return,
    line_to_sell,
    pay_plan,
    record_sale,
)
from tests.domain.builders.money_events import (
    associate_hired,
    associate_left,
    attribution_corrected,
    commission_moved,
    customer_attached,
    pay_period_closed,
    pay_period_opened,
    pay_plan_changed,
    sold_line,
)
from tests.domain.builders.people_events import customer_forgotten, customer_registered, owner_assigned
from tests.domain.given import Given, given

STAFF = tuple(associate_hired(associate_id=who) for who in (ANNA, BEN, CARL))
APRIL = pay_period_opened(period_id="2024-04", starts_on=date(2024, 4, 1), ends_on=date(2024, 4, 30))
UNTIL_APRIL = pay_period_opened(ends_on=date(2024, 4, 30))
SOLD = given(*STAFF, UNTIL_APRIL, customer_registered()).after(record_sale())


def in_march(story: Given, associate_id: str) -> Unsettled:
    account = story.states.account(associate_id)
    assert account is not None
    return account.in_period("2024-03")


def net_minor(story: Given, associate_id: str) -> int:
    march = in_march(story, associate_id)
    return march.earned_minor - march.clawed_back_minor + march.moved_minor


# --- recognised later ---------------------------------------------------------------------------------------


def test_a_walk_in_recognised_later_gets_the_sale_and_an_owner() -> None:
    owner = owner_assigned(occurred_at=RETURNED_AT, reason="first_sale", sale_id=SALE)
    assert SOLD.when(attach_customer()) == [customer_attached(), owner]


def test_who_has_an_owner_keeps_that_owner() -> None:
    assert SOLD.with_events(owner_assigned(associate_id=BEN)).when(attach_customer()) == [customer_attached()]


def test_only_what_was_not_returned_becomes_the_customers() -> None:
    sale = record_sale(
        line_to_sell(quantity=3, unit_price_minor=3_333, discount_minor=667, tax_minor=100),
        line_to_sell(),
        sale_id=OTHER_SALE,
    )
    back = accept_return(line_to_return(quantity=2), line_to_return(line_no=2), sale_id=OTHER_SALE)
    attached = SOLD.after(sale, back).when(attach_customer(sale_id=OTHER_SALE))[0]
    left = sold_line(
        unit_price_minor=3_333,
        discount_minor=222,
        net_minor=3_111,
        tax_minor=33,
        credits=(Credit(ANNA, 10_000),),
    )
    assert attached.lines == (left,)
    assert attached.net_minor == 3_111


@pytest.mark.parametrize(
    ("before", "changes", "code"),
    [
        ((), {"sale_id": OTHER_SALE}, "sale_unknown"),
        ((), {"customer_id": DORA}, "customer_unknown"),
        ((customer_forgotten(),), {}, "customer_forgotten"),
        ((customer_attached(),), {}, "customer_attached_already"),
    ],
)
def test_a_customer_cannot_be_attached_when(before: Any, changes: Any, code: str) -> None:
    assert SOLD.with_events(*before).refuses(attach_customer(**changes)).code == code


# --- somebody else sold it ----------------------------------------------------------------------------------


def test_a_correction_moves_the_commission_and_shows_both_entries() -> None:
    assert SOLD.when(correct_attribution()) == [
        attribution_corrected(),
        commission_moved(),
        commission_moved(associate_id=BEN, sales_minor=10_000, amount_minor=675, counterparties=(ANNA,)),
    ]


def test_a_correction_to_what_already_holds_changes_nothing() -> None:
    assert SOLD.when(correct_attribution(attribution=(Share(ANNA),))) == []


def test_a_line_of_the_house_can_be_given_to_who_sold_it() -> None:
    houses = given(*STAFF, pay_period_opened()).after(record_sale(line_to_sell(attribution=())))
    moved = houses.when(correct_attribution())[1:]
    assert [(event.associate_id, event.amount_minor, event.counterparties) for event in moved] == [
        (BEN, 675, ())
    ]


def test_after_a_correction_returns_take_back_from_who_is_credited_now() -> None:
    story = SOLD.after(correct_attribution(), accept_return(occurred_at=CLOSED_AT))
    clawed = story.all(CommissionClawedBack)
    assert [(event.associate_id, event.amount_minor) for event in clawed] == [(BEN, 675)]
    assert (net_minor(story, ANNA), net_minor(story, BEN)) == (0, 0)


def test_only_units_that_are_still_sold_are_moved() -> None:
    three = record_sale(line_to_sell(quantity=3, unit_price_minor=1_000), sale_id=OTHER_SALE)
    one_back = accept_return(sale_id=OTHER_SALE)
    story = given(*STAFF, UNTIL_APRIL).after(three, one_back)
    story = story.after(correct_attribution(sale_id=OTHER_SALE))
    assert [event.amount_minor for event in story.all(CommissionMoved)] == [-135, 135]
    assert [event.sales_minor for event in story.all(CommissionMoved)] == [-2_000, 2_000]
    rest = accept_return(
        line_to_return(quantity=2), sale_id=OTHER_SALE, return_id="ret_" + "3" * 32, occurred_at=CLOSED_AT
    )
    story = story.after(rest)
    assert (net_minor(story, ANNA), net_minor(story, BEN)) == (0, 0)
    assert (in_march(story, ANNA).sales_minor, in_march(story, BEN).sales_minor) == (0, 0)


def test_who_keeps_a_share_keeps_frozen_rates_and_others_get_their_plan_of_the_day() -> None:
    """Anna's plan has changed twice since; Ben's on the day of the sale was 7 %, and is 9 % by now."""
    bens = pay_plan_changed(associate_id=BEN, effective_on=date(2024, 3, 1))
    later = pay_plan(rate_bp=900)
    story = given(*STAFF, pay_period_opened(), bens).after(record_sale())
    story = story.with_events(
        pay_plan_changed(plan=later, effective_on=date(2024, 3, 1)),
        pay_plan_changed(associate_id=BEN, plan_no=2, plan=later, effective_on=date(2024, 3, 6)),
    )
    corrected = story.when(correct_attribution(attribution=(Share(BEN, 5_000), Share(ANNA, 5_000))))[0]
    assert corrected.after == (
        Credit(BEN, 5_000, 1, (Band(50_000_000, 700),)),
        Credit(ANNA, 5_000, 0, (Band(50_000_000, 675),)),
    )


def test_who_comes_in_earns_at_the_tier_reached_where_the_correction_goes() -> None:
    tiered = pay_plan(rate_bp=500, tiers=(Tier(10_000, 1_000),))
    story = given(
        associate_hired(), associate_hired(associate_id=BEN, plan=tiered), pay_period_opened(), APRIL
    )
    bens_own = record_sale(line_to_sell(attribution=(Share(BEN),)), sale_id=OTHER_SALE)
    story = story.after(record_sale(), bens_own)
    still_march = story.when(correct_attribution())
    assert still_march[2].amount_minor == 1_000
    in_april = story.with_events(pay_period_closed()).when(correct_attribution())
    assert (in_april[2].period_id, in_april[2].amount_minor) == ("2024-04", 500)


def test_whose_share_stays_as_it_was_is_not_concerned() -> None:
    halves = line_to_sell(attribution=(Share(ANNA, 5_000), Share(BEN, 5_000)))
    story = given(*STAFF, UNTIL_APRIL).after(record_sale(halves))
    moved = story.when(correct_attribution(attribution=(Share(ANNA, 5_000), Share(CARL, 5_000))))[1:]
    assert [(event.associate_id, event.amount_minor) for event in moved] == [(BEN, -337), (CARL, 337)]


def test_a_correction_back_again_leaves_everything_as_it_was() -> None:
    back = correct_attribution(attribution=(Share(ANNA),), occurred_at=CLOSED_AT)
    story = SOLD.after(correct_attribution(), back)
    assert (net_minor(story, ANNA), net_minor(story, BEN)) == (675, 0)


def test_a_correction_after_everything_came_back_moves_nothing_but_says_so() -> None:
    moved = SOLD.after(accept_return()).when(correct_attribution())[1:]
    assert [(event.associate_id, event.sales_minor, event.amount_minor) for event in moved] == [
        (ANNA, 0, 0),
        (BEN, 0, 0),
    ]


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"sale_id": OTHER_SALE}, "sale_unknown", "sale_id"),
        ({"line_no": 2}, "line_unknown", "line_no"),
        ({"attribution": (Share(BEN, 9_999),)}, "split_does_not_add_up", "attribution"),
        (
            {"attribution": (Share(BEN, 5_000), Share(BEN, 5_000))},
            "named_twice",
            "attribution[1].associate_id",
        ),
        (
            {"attribution": (Share("ass_" + "e" * 32),)},
            "associate_unknown",
            "attribution[0].associate_id",
        ),
    ],
)
def test_a_correction_is_refused_when_it_does_not_hold(changes: Any, code: str, field: str) -> None:
    refusal = SOLD.refuses(correct_attribution(**changes))
    assert (refusal.code, refusal.field) == (code, field)


def test_whoever_left_before_the_sale_cannot_have_sold_it_and_whoever_left_since_can() -> None:
    day = date(2024, 3, 5)
    gone = SOLD.with_events(associate_left(associate_id=BEN, left_on=day - timedelta(days=1), successors=()))
    assert gone.refuses(correct_attribution()).code == "associate_has_left"
    since = SOLD.with_events(associate_left(associate_id=BEN, left_on=day, successors=()))
    assert len(since.when(correct_attribution())) == 3


def test_the_sale_remembers_the_credits_that_hold_now() -> None:
    sale = SOLD.after(correct_attribution()).states.sale(SALE)
    assert sale is not None
    assert [credit.associate_id for credit in sale.lines[0].sold.credits] == [BEN]

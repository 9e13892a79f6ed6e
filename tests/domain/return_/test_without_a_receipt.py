"""Goods come back without a receipt; some are traced to their sale later, some are exchanged."""

from datetime import date
from typing import Any

import pytest

from domain.commission_account.events import ClawedBackLine
from domain.return_.commands import LineToReturn
from domain.sale.events import UnitsTakenBack
from tests.domain.builders.money_commands import (
    BEN,
    CLARA,
    CLOSED_AT,
    DORA,
    OTHER_RETURN,
    OTHER_SALE,
    RETURN,
    SALE,
    SHOES,
    accept_return,
    accept_return_without_receipt,
    line_to_sell,
    link_exchange,
    match_return,
    record_sale,
    unlink_exchange,
)
from tests.domain.builders.money_events import (
    associate_hired,
    commission_clawed_back,
    exchange_linked,
    exchange_unlinked,
    pay_period_opened,
    return_accepted_without_receipt,
    return_matched,
    spend_restored,
    units_returned,
)
from tests.domain.builders.people_events import customer_registered
from tests.domain.given import Given, given

SHOP = given(
    associate_hired(),
    associate_hired(associate_id=BEN),
    pay_period_opened(ends_on=date(2024, 4, 30)),
    customer_registered(),
    customer_registered(customer_id=DORA),
)


def sold_to(customer_id: str | None = None) -> Given:
    return SHOP.after(record_sale(line_to_sell(unit_price_minor=5_990), customer_id=customer_id))


def brought_by(customer_id: str | None = None, *lines: LineToReturn, to: str | None = None) -> Given:
    changes: dict[str, Any] = {"lines": lines} if lines else {}
    return sold_to(to).after(accept_return_without_receipt(customer_id=customer_id, **changes))


# --- taken in -----------------------------------------------------------------------------------------------


def test_the_customer_is_refunded_at_once_and_nobody_pays_for_it() -> None:
    assert SHOP.when(accept_return_without_receipt()) == [return_accepted_without_receipt()]
    assert SHOP.when(accept_return_without_receipt(customer_id=DORA)) == [
        return_accepted_without_receipt(customer_id=DORA)
    ]


def test_goods_nobody_can_name_are_taken_back_as_well() -> None:
    accepted = SHOP.when(accept_return_without_receipt(lines=(LineToReturn(refund_minor=100),)))[0]
    assert accepted.lines[0].sku is None
    assert accepted.refund_minor == 100


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"currency": None}, "currency_missing", "currency"),
        ({"lines": (LineToReturn(refund_minor=10**15),)}, "amount_too_large", "lines"),
    ],
)
def test_without_a_receipt_some_things_must_be_said(changes: Any, code: str, field: str) -> None:
    refusal = SHOP.refuses(accept_return_without_receipt(**changes))
    assert (refusal.code, refusal.field) == (code, field)


# --- traced to its sale -------------------------------------------------------------------------------------


def test_a_match_uses_up_the_sale_hits_the_seller_and_books_goodwill() -> None:
    clawed = commission_clawed_back(
        occurred_at=CLOSED_AT, sales_minor=5_990, amount_minor=404, lines=_cut(404)
    )
    used_up = units_returned(occurred_at=CLOSED_AT, lines=(UnitsTakenBack(1, 1, 5_990),))
    assert brought_by().when(match_return()) == [return_matched(), used_up, clawed]


def _cut(amount_minor: int) -> Any:
    return (ClawedBackLine(1, 1, 5_990, amount_minor),)


def test_a_refund_below_the_price_is_negative_goodwill() -> None:
    story = brought_by(None, LineToReturn(sku=SHOES, refund_minor=5_000))
    assert story.when(match_return())[0].goodwill_minor == -990


def test_the_spend_comes_off_once_when_customers_bring_their_own_goods() -> None:
    events = brought_by(CLARA, to=CLARA).when(match_return())
    assert events[0] == return_matched(customer_id=CLARA, already_taken_off=True)
    assert [type(event).__name__ for event in events] == [
        "ReturnMatched",
        "UnitsReturned",
        "CommissionClawedBack",
    ]


def test_the_spend_of_somebody_else_is_restored() -> None:
    events = brought_by(DORA, to=CLARA).when(match_return())
    assert events[:2] == [return_matched(customer_id=CLARA), spend_restored()]
    walk_ins = brought_by(DORA).when(match_return())
    assert walk_ins[:2] == [return_matched(), spend_restored()]
    nobodys = brought_by(None, to=CLARA).when(match_return())
    assert [type(event).__name__ for event in nobodys][1] == "UnitsReturned"


def test_a_match_by_sku_spreads_the_refund_over_the_lines_it_finds() -> None:
    sale = record_sale(
        line_to_sell(unit_price_minor=500),
        line_to_sell(quantity=2, unit_price_minor=450),
        line_to_sell(unit_price_minor=400),
    )
    four = LineToReturn(sku=SHOES, quantity=4, refund_minor=1_002)
    story = SHOP.after(sale, accept_return_without_receipt(lines=(four,)))
    matched = story.when(match_return())[0]
    assert [(line.line_no, line.quantity, line.refund_minor, line.sold_minor) for line in matched.lines] == [
        (1, 1, 251, 500),
        (2, 2, 501, 900),
        (3, 1, 250, 400),
    ]
    assert (matched.refund_minor, matched.sold_minor, matched.goodwill_minor) == (1_002, 1_800, -798)


def test_a_match_by_hand_says_which_line_it_was() -> None:
    sale = record_sale(line_to_sell(), line_to_sell(sku="7001", unit_price_minor=900))
    unnamed = LineToReturn(description="a tie", refund_minor=1_000)
    story = SHOP.after(sale, accept_return_without_receipt(lines=(unnamed,)))
    matched = story.when(match_return(lines=(2,)))[0]
    assert [(line.line_no, line.sku, line.sold_minor) for line in matched.lines] == [(2, "7001", 900)]


def test_what_is_matched_cannot_come_back_again() -> None:
    story = brought_by().after(match_return())
    assert story.refuses(match_return()).code == "already_matched"
    refusal = story.refuses(accept_return(return_id=OTHER_RETURN))
    assert refusal.code == "more_than_left"


def test_a_match_needs_units_that_are_left() -> None:
    story = sold_to().after(
        accept_return(return_id=OTHER_RETURN),
        accept_return_without_receipt(),
        record_sale(sale_id=OTHER_SALE),
    )
    refusal = story.refuses(match_return())
    assert (refusal.code, refusal.field) == ("more_than_left", "sale_id")
    by_hand = story.refuses(match_return(lines=(1,)))
    assert (by_hand.code, by_hand.field) == ("more_than_left", "lines[0]")
    assert story.when(match_return(sale_id=OTHER_SALE))[0].sale_id == OTHER_SALE


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"return_id": OTHER_RETURN}, "return_unknown", "return_id"),
        ({"sale_id": OTHER_SALE}, "sale_unknown", "sale_id"),
        ({"lines": (1, 1)}, "lines_do_not_match", "lines"),
        ({"lines": (2,)}, "line_unknown", "lines[0]"),
    ],
)
def test_a_match_that_does_not_hold_is_refused(changes: Any, code: str, field: str) -> None:
    refusal = brought_by().refuses(match_return(**changes))
    assert (refusal.code, refusal.field) == (code, field)


def test_a_line_without_a_sku_is_not_guessed() -> None:
    refusal = brought_by(None, LineToReturn(description="shoes", refund_minor=1)).refuses(match_return())
    assert (refusal.code, refusal.field) == ("line_unnamed", "lines")


def test_a_return_that_had_a_receipt_is_traced_already() -> None:
    assert sold_to().after(accept_return()).refuses(match_return()).code == "has_receipt"


def test_a_refund_in_another_currency_cannot_have_come_from_this_sale() -> None:
    story = sold_to().after(accept_return_without_receipt(currency="EUR"))
    refusal = story.refuses(match_return())
    assert (refusal.code, refusal.field) == ("currency_differs", "sale_id")


# --- exchanges ----------------------------------------------------------------------------------------------

RETURNED = sold_to(CLARA).after(accept_return(), record_sale(sale_id=OTHER_SALE))


def test_a_return_and_the_sale_that_replaced_it_are_linked() -> None:
    linked = exchange_linked(customer_id=CLARA)
    assert RETURNED.when(link_exchange()) == [linked]
    assert RETURNED.with_events(linked).when(link_exchange()) == []


def test_an_exchange_is_one_other_sale() -> None:
    assert RETURNED.refuses(link_exchange(sale_id=SALE)).code == "same_sale"
    third = "sal_" + "3" * 32
    twice = RETURNED.after(link_exchange(), record_sale(sale_id=third)).refuses(link_exchange(sale_id=third))
    assert (twice.code, twice.field) == ("already_linked", "return_id")
    assert RETURNED.refuses(link_exchange(sale_id=third)).code == "sale_unknown"
    assert RETURNED.refuses(link_exchange(return_id=OTHER_RETURN)).code == "return_unknown"


def test_a_sale_that_was_linked_by_mistake_is_linked_no_longer() -> None:
    linked = RETURNED.after(link_exchange())
    unlinked = exchange_unlinked(customer_id=CLARA)
    assert linked.when(unlink_exchange()) == [unlinked]
    third = "sal_" + "3" * 32
    right = linked.after(unlink_exchange(), record_sale(sale_id=third))
    assert right.when(link_exchange(sale_id=third)) == [exchange_linked(customer_id=CLARA, sale_id=third)]
    for story, sale_id in ((RETURNED, OTHER_SALE), (linked, SALE), (right, OTHER_SALE)):
        refusal = story.refuses(unlink_exchange(sale_id=sale_id))
        assert (refusal.code, refusal.field) == ("not_linked", "sale_id")
    assert RETURNED.refuses(unlink_exchange(return_id=OTHER_RETURN)).code == "return_unknown"


def test_a_matched_return_is_its_sales_customers() -> None:
    story = brought_by(DORA, to=CLARA).after(match_return(), record_sale(sale_id=OTHER_SALE))
    assert story.when(link_exchange()) == [exchange_linked(customer_id=CLARA)]
    assert story.states.return_(RETURN) is not None

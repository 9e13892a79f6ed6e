"""Goods come back with a receipt: what is refunded, what is used up, who gives back what."""

from datetime import date, timedelta
from typing import Any

from domain.return_.commands import LineToReturn
from domain.return_.events import ReturnAccepted
from domain.sale.commands import Share
from domain.sale.events import UnitsReturned, UnitsTakenBack
from tests.domain.builders.money_commands import (
    ANNA,
    BEN,
    CLARA,
    DORA,
    OTHER_RETURN,
    SHOES,
    SOLD_AT,
    accept_return,
    line_to_return,
    line_to_sell,
    record_sale,
)
from tests.domain.builders.money_events import (
    associate_hired,
    associate_left,
    commission_clawed_back,
    pay_period_opened,
    return_accepted,
    units_returned,
)
from tests.domain.builders.people_events import customer_registered
from tests.domain.given import Given, given

SHOP = given(
    associate_hired(),
    associate_hired(associate_id=BEN),
    pay_period_opened(),
    customer_registered(),
    customer_registered(customer_id=DORA),
)
SOLD = SHOP.after(record_sale())
#: Line 1: three shoes; line 2: a tie; line 3: two more of the same shoes, with tax.
MIXED = SHOP.after(
    record_sale(
        line_to_sell(quantity=3, unit_price_minor=1_000),
        line_to_sell(sku="7001", unit_price_minor=500),
        line_to_sell(quantity=2, unit_price_minor=1_000, tax_minor=99),
    )
)


def back(*lines: LineToReturn, **changes: Any) -> Any:
    return accept_return(*lines, **changes)


def taken(story: Given) -> list[tuple[UnitsTakenBack, ...]]:
    return [event.lines for event in story.all(UnitsReturned)]


def test_a_return_uses_up_what_was_sold_and_takes_back_what_it_earned() -> None:
    assert SOLD.when(accept_return()) == [return_accepted(), units_returned(), commission_clawed_back()]


def test_the_seller_is_hit_and_not_the_clerk_wherever_it_is_taken_in() -> None:
    events = SOLD.when(accept_return(accepted_by=BEN, store_id="uptown"))
    assert events[0] == return_accepted(accepted_by=BEN, store_id="uptown")
    assert events[2] == commission_clawed_back()


def test_nobody_gives_back_anything_for_a_line_of_the_house() -> None:
    story = SHOP.after(record_sale(line_to_sell(attribution=())))
    assert [type(event).__name__ for event in story.when(accept_return())] == [
        "ReturnAccepted",
        "UnitsReturned",
    ]


def test_age_wear_and_reason_are_no_reason_to_refuse() -> None:
    years_later = accept_return(
        occurred_at=None, condition="sealed:v1:x:condition:AAAA", reason="sealed:v1:x:reason:AAAA"
    )
    decade = SOLD_AT.replace(year=SOLD_AT.year + 10)
    assert SOLD.when(years_later, now=decade)[0].refund_minor == 10_000


def test_tax_is_refunded_with_the_units_and_adds_up() -> None:
    story = MIXED.after(
        back(line_to_return(line_no=3)), back(line_to_return(line_no=3), return_id=OTHER_RETURN)
    )
    assert [event.tax_minor for event in story.all(ReturnAccepted)] == [50, 49]


def test_whose_spend_it_comes_off_is_the_sales_customer_whoever_brings_it() -> None:
    claras = SHOP.after(record_sale(customer_id=CLARA))
    gift = claras.when(accept_return(customer_id=DORA))
    assert (gift[0].customer_id, gift[0].brought_by) == (CLARA, DORA)
    assert gift[1].customer_id == CLARA
    own = claras.when(accept_return(customer_id=CLARA))[0]
    assert (own.customer_id, own.brought_by) == (CLARA, None)
    walk_in = SOLD.when(accept_return(customer_id=DORA))[0]
    assert (walk_in.customer_id, walk_in.brought_by) == (None, DORA)


# --- which units --------------------------------------------------------------------------------------------


def test_goods_named_by_sku_are_found_on_the_receipt_line_after_line() -> None:
    accepted, used_up, clawed_back = MIXED.when(back(LineToReturn(sku=SHOES, quantity=4)))
    assert [(line.line_no, line.quantity, line.refund_minor) for line in accepted.lines] == [
        (1, 3, 3_000),
        (3, 1, 1_000),
    ]
    assert used_up.lines == (UnitsTakenBack(1, 3, 3_000), UnitsTakenBack(3, 1, 1_000, 50))
    assert [(line.line_no, line.quantity) for line in clawed_back.lines] == [(1, 3), (3, 1)]


def test_a_line_named_twice_comes_back_once_with_all_its_units() -> None:
    story = MIXED.after(back(line_to_return(), LineToReturn(sku=SHOES), line_to_return(line_no=2)))
    assert taken(story) == [(UnitsTakenBack(1, 2, 2_000), UnitsTakenBack(2, 1, 500))]


def test_units_that_came_back_before_are_passed_over() -> None:
    story = MIXED.after(
        back(line_to_return(quantity=2)),
        back(LineToReturn(sku=SHOES, quantity=2), return_id=OTHER_RETURN),
    )
    assert taken(story)[1] == (UnitsTakenBack(1, 1, 1_000), UnitsTakenBack(3, 1, 1_000, 50))


# --- refusals -----------------------------------------------------------------------------------------------


def test_a_quantity_never_comes_back_twice() -> None:
    refusal = SOLD.after(accept_return()).refuses(accept_return(return_id=OTHER_RETURN))
    assert (refusal.code, refusal.field) == ("more_than_left", "lines[0].quantity")
    assert "0 of 1" in refusal.message
    assert "line 1" in refusal.message


def test_no_more_comes_back_than_is_left_and_the_refusal_says_how_many() -> None:
    story = MIXED.after(back(line_to_return(quantity=1)))
    by_line = story.refuses(back(line_to_return(quantity=3), return_id=OTHER_RETURN))
    assert "2 of 3" in by_line.message
    by_sku = story.refuses(back(LineToReturn(sku=SHOES, quantity=5), return_id=OTHER_RETURN))
    assert (by_sku.code, by_sku.field) == ("more_than_left", "lines[0].quantity")
    assert "4 of 5" in by_sku.message
    assert "without a receipt" in by_sku.message


def test_units_of_one_return_are_counted_together() -> None:
    refusal = MIXED.refuses(back(line_to_return(quantity=2), line_to_return(quantity=2)))
    assert (refusal.code, refusal.field) == ("more_than_left", "lines[1].quantity")


def test_a_return_in_another_currency_than_the_receipts_is_refused() -> None:
    refusal = SOLD.refuses(accept_return(currency="EUR"))
    assert (refusal.code, refusal.field) == ("currency_differs", "currency")
    assert "without the receipt" in refusal.message


def test_a_return_is_accepted_only_once() -> None:
    refusal = SOLD.after(accept_return()).refuses(accept_return())
    assert (refusal.code, refusal.field) == ("already_exists", "return_id")


# --- accounts -----------------------------------------------------------------------------------------------


def test_a_leaver_still_gives_back_what_comes_back() -> None:
    story = SOLD.with_events(associate_left(left_on=date(2024, 3, 6)))
    assert story.when(accept_return())[2] == commission_clawed_back()


def test_a_split_is_taken_back_from_everybody_in_one_event_each() -> None:
    shared = line_to_sell(quantity=2, attribution=(Share(ANNA, 6_000), Share(BEN, 4_000)))
    story = SHOP.after(record_sale(shared, line_to_sell(attribution=(Share(BEN),))))
    events = story.when(back(line_to_return(quantity=2), line_to_return(line_no=2)))
    assert [(event.associate_id, event.amount_minor, event.sales_minor) for event in events[2:]] == [
        (ANNA, 810, 12_000),
        (BEN, 540 + 675, 18_000),
    ]


def test_a_return_says_when_it_happened() -> None:
    at = SOLD_AT + timedelta(hours=1)
    assert {event.occurred_at for event in SOLD.when(accept_return(occurred_at=at))} == {at}

"""A return is never refused for what the shop can sort out later: it is taken in, with a warning."""

from datetime import timedelta
from typing import Any

import pytest

from domain.commission_account.events import CommissionClawedBack
from domain.return_.commands import AcceptReturn, LineToReturn
from domain.return_.events import ReturnAccepted, ReturnedLine
from domain.sale.events import UnitsReturned
from tests.domain.builders.money_commands import (
    ANNA,
    BEN,
    CLARA,
    OTHER_SALE,
    SHOES,
    SOLD_AT,
    accept_return,
    accept_return_without_receipt,
    line_to_return,
    line_to_sell,
    record_sale,
)
from tests.domain.builders.money_events import associate_hired, pay_period_opened
from tests.domain.builders.people_events import customer_registered, store_opened
from tests.domain.given import Given, given

SHOP = given(associate_hired(), pay_period_opened(), customer_registered(), store_opened())
#: Line 1: two pairs of shoes for 1,240.00 each; line 2: a tie for 60.00. Clara's.
SOLD = SHOP.after(
    record_sale(
        line_to_sell(quantity=2, unit_price_minor=124_000),
        line_to_sell(sku="7001", unit_price_minor=6_000),
        customer_id=CLARA,
    )
)
SCARF = LineToReturn(sku="8001", description="Scarf", label="Vale", refund_minor=4_500)


def warned(story: Given, command: AcceptReturn) -> list[tuple[str, str]]:
    return [(warning.code, warning.field) for warning in story.warns(command)]


def test_an_ordinary_return_warns_of_nothing() -> None:
    assert warned(SOLD, accept_return(customer_id=CLARA, accepted_by=ANNA)) == []
    assert warned(SOLD, accept_return_without_receipt()) == []


# --- goods that are not on the receipt ----------------------------------------------------------------------


def test_an_article_that_is_not_on_the_receipt_is_taken_as_without_one() -> None:
    bag = accept_return(line_to_return(), SCARF, line_to_return(line_no=2))
    accepted, used_up, clawed_back = SOLD.when(bag)
    assert accepted.lines[2] == ReturnedLine(
        sku="8001", description="Scarf", label="Vale", quantity=1, refund_minor=4_500
    )
    assert [line.line_no for line in accepted.lines] == [1, 2, None]
    assert (accepted.refund_minor, accepted.goodwill_minor) == (124_000 + 6_000 + 4_500, 0)
    assert [units.line_no for units in used_up.lines] == [1, 2]
    assert clawed_back.amount_minor == 8_370 + 405
    assert warned(SOLD, bag) == [("not_on_receipt", "lines[1].sku")]


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (SCARF, "lines[0].sku"),
        (LineToReturn(line_no=4, refund_minor=4_500), "lines[0].line_no"),
        (LineToReturn(description="a hat", refund_minor=4_500), "lines[0].line_no"),
    ],
)
def test_a_bag_with_nothing_from_the_receipt_is_a_return_without_one(line: LineToReturn, field: str) -> None:
    (accepted,) = SOLD.when(accept_return(line, customer_id=CLARA))
    assert (accepted.sale_id, accepted.customer_id, accepted.refund_minor) == (None, CLARA, 4_500)
    assert warned(SOLD, accept_return(line)) == [("not_on_receipt", field)]


def test_the_sku_read_off_the_goods_counts_and_not_the_number_keyed() -> None:
    keyed = accept_return(LineToReturn(line_no=2, sku=SHOES))
    assert SOLD.when(keyed)[1].lines[0].line_no == 1
    assert warned(SOLD, keyed) == [("sku_differs", "lines[0].line_no")]


def test_goods_of_a_sale_nobody_knows_are_taken_without_a_receipt() -> None:
    unknown = accept_return(LineToReturn(line_no=1, refund_minor=900), sale_id=OTHER_SALE, currency="USD")
    (accepted,) = SOLD.when(unknown)
    assert (accepted.sale_id, accepted.refund_minor) == (None, 900)
    assert warned(SOLD, unknown) == [("sale_unknown", "sale_id"), ("no_receipt", "lines[0].line_no")]


def test_without_a_receipt_and_a_refund_nothing_is_refunded_and_it_is_said() -> None:
    silent = accept_return_without_receipt(lines=(LineToReturn(sku=SHOES),))
    assert SOLD.when(silent)[0].refund_minor == 0
    assert warned(SOLD, silent) == [("refund_missing", "lines[0].refund_minor")]


# --- another refund than was paid ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("refund_minor", "goodwill_minor", "open_minor"), [(130_000, 6_000, 0), (120_000, 0, 4_000)]
)
def test_a_refund_that_differs_is_goodwill_above_and_stays_open_below(
    refund_minor: int, goodwill_minor: int, open_minor: int
) -> None:
    command = accept_return(line_to_return(refund_minor=refund_minor))
    accepted, used_up, clawed_back = SOLD.when(command)
    assert accepted.refund_minor == refund_minor
    assert (accepted.goodwill_minor, accepted.open_minor) == (goodwill_minor, open_minor)
    assert accepted.lines[0].sold_minor == used_up.lines[0].refund_minor == 124_000
    assert clawed_back.amount_minor == 8_370
    assert warned(SOLD, command) == [("refund_differs", "lines[0].refund_minor")]


def test_a_refund_is_shared_out_over_the_lines_it_is_given_for() -> None:
    twice = SHOP.after(record_sale(line_to_sell(unit_price_minor=1_000), line_to_sell(unit_price_minor=500)))
    accepted = twice.when(accept_return(LineToReturn(sku=SHOES, quantity=2, refund_minor=1_800)))[0]
    assert [(line.refund_minor, line.sold_minor) for line in accepted.lines] == [(1_200, 1_000), (600, 500)]
    assert accepted.goodwill_minor == 300


# --- people and days ----------------------------------------------------------------------------------------


def test_an_unknown_customer_number_or_clerk_is_a_warning() -> None:
    strangers: dict[str, Any] = {"customer_id": "cus_" + "9" * 32, "accepted_by": BEN}
    for command in (accept_return(**strangers), accept_return_without_receipt(**strangers)):
        accepted = SOLD.when(command)[0]
        assert (accepted.brought_by, accepted.accepted_by) == (None, None)
        assert warned(SOLD, command) == [
            ("customer_unknown", "customer_id"),
            ("associate_unknown", "accepted_by"),
        ]
    assert SOLD.when(accept_return_without_receipt(**strangers))[0].customer_id is None


def test_a_return_dated_before_its_sale_is_posted_at_the_sale_with_a_warning() -> None:
    early = accept_return(occurred_at=SOLD_AT - timedelta(days=2))
    story = SOLD.after(early)
    for kind in (ReturnAccepted, UnitsReturned, CommissionClawedBack):
        assert story.last(kind).occurred_at == SOLD_AT
    assert warned(SOLD, early) == [("before_the_sale", "occurred_at")]

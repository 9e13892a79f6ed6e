"""A return without a receipt is matched in parts, and a wrong match is taken back."""

from datetime import date

import pytest
from msgspec.structs import replace

from domain.commission_account.events import CommissionClawedBack, CommissionRestored
from domain.return_.commands import LineToReturn
from domain.return_.events import MatchedLine, RefundPart, ReturnMatched
from domain.sale.commands import Share
from domain.sale.state import SaleState
from tests.domain.builders.money_commands import (
    ANNA,
    BEN,
    CLARA,
    DORA,
    OTHER_RETURN,
    OTHER_SALE,
    RETURN,
    SALE,
    SHOES,
    accept_return,
    accept_return_without_receipt,
    allow_price,
    correct_attribution,
    line_to_return,
    line_to_sell,
    match_return,
    record_sale,
    unmatch_return,
)
from tests.domain.builders.money_events import (
    associate_hired,
    commission_restored,
    pay_period_opened,
    return_matched,
    return_unmatched,
    spend_taken_off,
    units_restored,
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
#: Two receipts: a pair of shoes for 59.90 and a tie for 30.00 on one, another pair for 70.00 on the other.
TWO_RECEIPTS = SHOP.after(
    record_sale(line_to_sell(unit_price_minor=5_990), line_to_sell(sku="7001", unit_price_minor=3_000)),
    record_sale(line_to_sell(unit_price_minor=7_000), sale_id=OTHER_SALE),
)
#: A bag without a receipt: two pairs of shoes for 140.01 together, and the tie.
BAG = TWO_RECEIPTS.after(
    accept_return_without_receipt(
        lines=(
            LineToReturn(sku=SHOES, label="Alden", quantity=2, refund_minor=14_001),
            LineToReturn(sku="7001", refund_minor=3_000),
        )
    )
)


def traced(match: ReturnMatched) -> list[tuple[int, int, int, int]]:
    return [(line.return_line, line.line_no, line.quantity, line.refund_minor) for line in match.lines]


def sale(story: Given, sale_id: str = SALE) -> SaleState:
    state = story.states.sale(sale_id)
    assert state is not None
    return state


# --- in parts -----------------------------------------------------------------------------------------------


def test_goods_of_two_receipts_are_matched_one_receipt_after_the_other() -> None:
    first = BAG.after(match_return())
    second = first.after(match_return(sale_id=OTHER_SALE))
    assert traced(first.last(ReturnMatched)) == [(1, 1, 1, 7_001), (2, 2, 1, 3_000)]
    assert traced(second.last(ReturnMatched)) == [(1, 1, 1, 7_000)]
    assert [event.goodwill_minor for event in second.all(ReturnMatched)] == [1_011, 0]
    assert [event.amount_minor for event in second.all(CommissionClawedBack)] == [404 + 203, 473]
    refusal = second.refuses(match_return())
    assert refusal.code == "already_matched"
    assert SALE in refusal.message
    assert OTHER_SALE in refusal.message


def test_a_line_that_is_not_from_this_sale_is_passed_over_by_hand() -> None:
    tie_only = BAG.when(match_return(lines=(None, 2)))[0]
    assert traced(tie_only) == [(2, 2, 1, 3_000)]
    assert tie_only.refunds == (RefundPart(3_000),)
    nothing = BAG.refuses(match_return(lines=(None, None)))
    assert (nothing.code, nothing.field) == ("lines_do_not_match", "lines")


def test_a_sale_with_none_of_the_goods_is_no_match() -> None:
    ties = BAG.after(record_sale(line_to_sell(sku="9001"), sale_id="sal_" + "3" * 32))
    refusal = ties.refuses(match_return(sale_id="sal_" + "3" * 32))
    assert (refusal.code, refusal.field) == ("not_on_receipt", "sale_id")


def test_the_article_that_was_not_on_the_receipt_is_matched_to_its_own() -> None:
    scarf = LineToReturn(sku="8001", refund_minor=4_500)
    story = TWO_RECEIPTS.after(
        record_sale(line_to_sell(sku="8001", unit_price_minor=4_000), sale_id="sal_" + "3" * 32),
        accept_return(line_to_return(), scarf),
    )
    matched = story.when(match_return(sale_id="sal_" + "3" * 32))[0]
    assert (traced(matched), matched.goodwill_minor) == ([(2, 1, 1, 4_500)], 500)
    state = story.after(match_return(sale_id="sal_" + "3" * 32)).states.return_(RETURN)
    assert state is not None
    assert (state.sale_id, state.untraced) == (SALE, (0, 0))


def test_a_match_of_before_parts_traces_every_line() -> None:
    older = replace(
        return_matched(),
        lines=tuple(
            MatchedLine(line_no=no, sku=sku, quantity=1, refund_minor=1, sold_minor=1)
            for no, sku in ((1, SHOES), (3, SHOES), (2, "7001"))
        ),
    )
    state = BAG.with_events(older).states.return_(RETURN)
    assert state is not None
    assert (state.untraced, state.matched) == ((0, 0), True)
    assert [line.return_line for line in state.matches[0].lines] == [1, 1, 2]


# --- taken back ---------------------------------------------------------------------------------------------


def one_pair(brought_by: str | None = None, of: str | None = None) -> Given:
    return SHOP.after(
        record_sale(line_to_sell(unit_price_minor=5_990), customer_id=of),
        accept_return_without_receipt(customer_id=brought_by),
        match_return(),
    )


def test_a_wrong_match_is_undone_with_all_that_it_led_to() -> None:
    assert one_pair().when(unmatch_return()) == [
        return_unmatched(),
        units_restored(),
        commission_restored(),
    ]
    assert one_pair(DORA, CLARA).when(unmatch_return()) == [
        return_unmatched(customer_id=CLARA),
        spend_taken_off(),
        units_restored(customer_id=CLARA),
        commission_restored(),
    ]


def test_what_was_unmatched_can_be_matched_anew_and_the_sale_come_back() -> None:
    undone = one_pair().after(unmatch_return())
    assert sale(undone).lines[0].left == 1
    state = undone.states.return_(RETURN)
    assert state is not None
    assert (state.sale_id, state.matched, state.untraced) == (None, False, (1,))
    assert undone.when(match_return())[0] == return_matched()
    assert undone.when(accept_return(return_id=OTHER_RETURN))[0].refund_minor == 5_990


def test_one_of_two_matches_is_taken_back_alone() -> None:
    both = BAG.after(match_return(), match_return(sale_id=OTHER_SALE))
    state = both.after(unmatch_return()).states.return_(RETURN)
    assert state is not None
    assert (state.sale_id, state.untraced) == (OTHER_SALE, (1, 1))


def test_units_that_come_back_after_a_wrong_match_still_add_up() -> None:
    thrice = SHOP.after(
        record_sale(line_to_sell(quantity=3, unit_price_minor=1_000)),
        accept_return_without_receipt(),
        match_return(),
        accept_return(return_id=OTHER_RETURN),
        unmatch_return(),
        accept_return(line_to_return(quantity=2), return_id="ret_" + "3" * 32),
    )
    clawed = sum(event.amount_minor for event in thrice.all(CommissionClawedBack))
    restored = sum(event.amount_minor for event in thrice.all(CommissionRestored))
    assert clawed - restored == 203


def test_commission_is_restored_to_whoever_is_credited_by_now() -> None:
    story = one_pair().after(correct_attribution(attribution=(Share(BEN),)), unmatch_return())
    assert [(event.associate_id, event.amount_minor) for event in story.all(CommissionRestored)] == [
        (BEN, 404)
    ]
    account = story.states.account(ANNA)
    assert account is not None
    totals = account.in_period("2024-03")
    assert totals.earned_minor - totals.clawed_back_minor + totals.moved_minor == 0


@pytest.mark.parametrize(
    ("story", "code"), [(one_pair().after(unmatch_return()), "not_matched"), (BAG, "not_matched")]
)
def test_only_a_match_can_be_taken_back(story: Given, code: str) -> None:
    refusal = story.refuses(unmatch_return())
    assert (refusal.code, refusal.field) == (code, "sale_id")


def test_a_match_stands_once_a_price_was_allowed_on_what_is_left_of_its_line() -> None:
    """Three pairs, one of them traced: the other two stand at another price, and it cannot join them."""
    story = SHOP.after(
        record_sale(line_to_sell(quantity=3)), accept_return_without_receipt(), match_return(), allow_price()
    )
    refusal = story.refuses(unmatch_return())
    assert (refusal.code, refusal.field) == ("price_allowed_since", "sale_id")
    assert story.after(accept_return(return_id=OTHER_RETURN)).all(CommissionRestored) == []


def test_the_parts_of_a_refund_add_up_after_one_was_taken_back() -> None:
    """100 cents for three units are 33, 34 and 33, whichever match is taken back and made anew."""
    third = "sal_" + "3" * 32
    receipts = SHOP.after(
        record_sale(line_to_sell()),
        record_sale(line_to_sell(), sale_id=OTHER_SALE),
        record_sale(line_to_sell(), sale_id=third),
        accept_return_without_receipt(lines=(LineToReturn(sku=SHOES, quantity=3, refund_minor=100),)),
    )
    story = receipts.after(
        match_return(),
        match_return(sale_id=OTHER_SALE),
        unmatch_return(),
        match_return(sale_id=third),
        match_return(),
    )
    state = story.states.return_(RETURN)
    assert state is not None
    parts = [line.refund_minor for match in state.matches for line in match.lines]
    assert (sum(parts), sorted(parts)) == (100, [33, 33, 34])


def test_goods_that_are_traced_already_are_not_traced_again() -> None:
    """The tie is: neither its line nor a receipt with ties alone has anything more for the bag."""
    tie_traced = BAG.after(match_return(lines=(None, 2)))
    refusal = tie_traced.refuses(match_return(sale_id=OTHER_SALE, lines=(None, 1)))
    assert (refusal.code, refusal.field) == ("already_matched", "lines")
    ties = tie_traced.after(record_sale(line_to_sell(sku="7001"), sale_id="sal_" + "3" * 32))
    refusal = ties.refuses(match_return(sale_id="sal_" + "3" * 32))
    assert (refusal.code, refusal.field) == ("not_on_receipt", "sale_id")

"""What a customer spent adds up to the cent, whatever came back and was matched in between."""

from domain.return_.commands import LineToReturn
from domain.return_.events import ReturnUnmatched
from projections.clientele_book.fold import PROJECTION as BOOK
from projections.loyalty_score.fold import PROJECTION as SCORE
from projections.loyalty_score.visits import kept_visits
from tests.domain.builders.money_commands import (
    CLARA,
    CLOSED_AT,
    OTHER_RETURN,
    accept_return,
    accept_return_without_receipt,
    detach_customer,
    line_to_sell,
    match_return,
    record_sale,
    unmatch_return,
)
from tests.domain.builders.money_events import associate_hired, pay_period_opened
from tests.domain.builders.people_events import customer_registered
from tests.domain.given import Given, given
from tests.projections.folding import folded

#: Seconds since 1970, long after everything.
FAR = 2**40


SHOP = given(associate_hired(), pay_period_opened(), customer_registered())


def spent(story: Given) -> tuple[int, list[int]]:
    """Clara's spend in the book, and that of each sale in the score."""
    book, score = (folded(projection, *story.events).states[CLARA] for projection in (BOOK, SCORE))
    kept = [sale.net_minor for visit in kept_visits(score.known, FAR) for sale in visit.sales]
    return book.net_spend_minor, kept


def test_a_match_is_taken_back_after_a_unit_came_back_on_the_receipt() -> None:
    """Three for 100.00 are 33.33, 33.34 and 33.33: the unit that they have again is the latest that came
    back.
    """
    three = line_to_sell(quantity=3, unit_price_minor=3_334, discount_minor=2)
    story = SHOP.after(
        record_sale(three, customer_id=CLARA),
        accept_return_without_receipt(),
        match_return(),
        accept_return(return_id=OTHER_RETURN, occurred_at=CLOSED_AT),
        unmatch_return(),
    )
    unmatched = story.last(ReturnUnmatched)
    assert (unmatched.sold_minor, [line.sold_minor for line in unmatched.kept]) == (3_333, [3_334])
    assert spent(story) == (6_667, [6_667])
    assert story.when(detach_customer(occurred_at=CLOSED_AT))[0].net_minor == 6_667


def test_a_gift_card_that_comes_back_without_a_receipt_was_never_spend() -> None:
    """Its price is in no spend, so that it comes off none: neither at the counter, nor when it is traced."""
    card = line_to_sell(sku="CARD", unit_price_minor=50_000, kind="gift_card", department=None)
    shoes = line_to_sell(department=None)
    back = LineToReturn(sku="CARD", refund_minor=50_000, kind="gift_card")
    story = SHOP.after(
        record_sale(card, shoes, customer_id=CLARA),
        accept_return_without_receipt(lines=(back,), customer_id=CLARA),
    )
    for told in (story, story.after(match_return()), story.after(match_return(), unmatch_return())):
        assert spent(told) == (10_000, [10_000])

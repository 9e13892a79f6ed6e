"""What a customer spent adds up to the cent, whatever came back and was matched in between."""

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
from tests.domain.given import given
from tests.projections.folding import folded

#: Seconds since 1970, long after everything.
FAR = 2**40


def test_a_match_is_taken_back_after_a_unit_came_back_on_the_receipt() -> None:
    """Three for 100.00 are 33.33, 33.34 and 33.33: the unit that they have again is the latest that came
    back.
    """
    three = line_to_sell(quantity=3, unit_price_minor=3_334, discount_minor=2)
    story = given(associate_hired(), pay_period_opened(), customer_registered()).after(
        record_sale(three, customer_id=CLARA),
        accept_return_without_receipt(),
        match_return(),
        accept_return(return_id=OTHER_RETURN, occurred_at=CLOSED_AT),
        unmatch_return(),
    )
    unmatched = story.last(ReturnUnmatched)
    assert (unmatched.sold_minor, [line.sold_minor for line in unmatched.kept]) == (3_333, [3_334])
    book, score = (folded(projection, *story.events).states[CLARA] for projection in (BOOK, SCORE))
    assert book.net_spend_minor == 6_667
    assert [sale.net_minor for visit in kept_visits(score.known, FAR) for sale in visit.sales] == [6_667]
    assert story.when(detach_customer(occurred_at=CLOSED_AT))[0].net_minor == 6_667

"""A sale on the wrong customer is taken off them, and attached to the right one."""

from domain.customer.events import WishFulfilled, WishReopened
from tests.domain.builders.money_commands import (
    CLARA,
    DORA,
    RETURNED_AT,
    accept_return,
    attach_customer,
    detach_customer,
    line_to_sell,
    record_sale,
)
from tests.domain.builders.money_events import associate_hired, customer_detached
from tests.domain.builders.people_commands import MET_AT, fulfil_wish, merge_customers, record_wish
from tests.domain.builders.people_events import customer_registered, wish_reopened
from tests.domain.given import given

SHOP = given(associate_hired(), customer_registered(), customer_registered(customer_id=DORA))
CLARAS = SHOP.after(record_sale(customer_id=CLARA))


def test_a_sale_on_the_wrong_customer_moves_to_the_right_one() -> None:
    assert CLARAS.when(detach_customer())[0] == customer_detached()
    moved = CLARAS.after(detach_customer(), attach_customer(customer_id=DORA))
    sale = moved.states.sale(customer_detached().sale_id)
    assert sale is not None
    assert sale.customer_id == DORA


def test_only_what_has_not_come_back_is_taken_off() -> None:
    two = SHOP.after(record_sale(line_to_sell(quantity=2), customer_id=CLARA), accept_return())
    assert two.when(detach_customer())[0].net_minor == 10_000


def test_the_wishes_it_had_fulfilled_are_open_again() -> None:
    waiting = SHOP.after(record_wish(occurred_at=MET_AT), record_sale(customer_id=CLARA))
    assert waiting.after(detach_customer()).last(WishReopened) == wish_reopened(occurred_at=RETURNED_AT)
    again = waiting.after(detach_customer(), attach_customer())
    assert [event.wish_id for event in again.all(WishFulfilled)] == [1, 1]
    by_hand = SHOP.after(record_wish(), fulfil_wish(), record_sale(customer_id=CLARA), detach_customer())
    assert by_hand.all(WishReopened) == []


def test_the_wishes_of_all_records_of_the_person_are_met_and_reopened() -> None:
    waiting = SHOP.after(record_wish(occurred_at=MET_AT), merge_customers(), record_sale(customer_id=DORA))
    assert [event.customer_id for event in waiting.all(WishFulfilled)] == [CLARA]
    assert [
        event.customer_id for event in waiting.when(detach_customer()) if isinstance(event, WishReopened)
    ] == [CLARA]


def test_a_sale_is_taken_off_nobody_else() -> None:
    for story in (CLARAS.after(detach_customer()), SHOP.after(record_sale(customer_id=DORA))):
        refusal = story.refuses(detach_customer())
        assert (refusal.code, refusal.field) == ("not_their_sale", "customer_id")

"""A first owner follows what is corrected about the first sale, unless somebody set them by hand."""

from typing import Any

import pytest

from domain.customer.events import OwnerAssigned, OwnerReassigned, PrimaryOwnerRemoved
from domain.sale.commands import Share
from tests.domain.builders.money_commands import (
    ANNA,
    BEN,
    CARL,
    CLARA,
    DORA,
    OTHER_SALE,
    RETURNED_AT,
    SALE,
    attach_customer,
    correct_attribution,
    detach_customer,
    line_to_sell,
    record_sale,
)
from tests.domain.builders.money_events import associate_hired, associate_left
from tests.domain.builders.people_commands import (
    assign_owner,
    forget_customer,
    merge_customers,
    reassign_owner,
)
from tests.domain.builders.people_events import customer_registered
from tests.domain.given import Given, given

STAFF = given(
    *(associate_hired(associate_id=associate) for associate in (ANNA, BEN, CARL)),
    customer_registered(),
    customer_registered(customer_id=DORA),
)
#: Anna sold, so that Clara is Anna's.
SOLD = STAFF.after(record_sale(customer_id=CLARA))
TO_HOUSE = correct_attribution(attribution=())


def owner(story: Given, customer_id: str = CLARA) -> str | None:
    customer = story.states.customer(customer_id)
    assert customer is not None
    return customer.primary_owner


def test_the_owner_is_who_sold_it_after_all() -> None:
    [moved] = [event for event in SOLD.when(correct_attribution()) if isinstance(event, OwnerReassigned)]
    assert (moved.associate_id, moved.previous_associate_id, moved.reason, moved.sale_id) == (
        BEN,
        ANNA,
        "attribution_corrected",
        SALE,
    )
    back = SOLD.after(correct_attribution(), correct_attribution(attribution=(Share(ANNA),)))
    assert owner(back) == ANNA


@pytest.mark.parametrize("by_hand", [assign_owner(), reassign_owner(associate_id=CARL)])
def test_an_owner_set_by_hand_stays(by_hand: Any) -> None:
    story = SOLD.after(by_hand, correct_attribution())
    assert owner(story) == by_hand.associate_id
    assert owner(story.after(detach_customer())) == by_hand.associate_id
    assert story.when(by_hand) == []


def test_an_import_that_hands_a_customer_to_their_owner_changes_nothing() -> None:
    assert SOLD.when(reassign_owner(associate_id=ANNA, reason="most_sold")) == []
    assert SOLD.when(reassign_owner(associate_id=ANNA)) != []


def test_an_owner_of_before_the_sale_stays() -> None:
    story = STAFF.after(assign_owner(associate_id=CARL), record_sale(customer_id=CLARA))
    assert owner(story.after(correct_attribution(), detach_customer())) == CARL


def test_only_the_first_sale_makes_the_owner() -> None:
    second = SOLD.after(record_sale(sale_id=OTHER_SALE, customer_id=CLARA))
    assert owner(second.after(correct_attribution(sale_id=OTHER_SALE))) == ANNA
    assert owner(second.after(detach_customer(sale_id=OTHER_SALE))) == ANNA


def test_who_sold_most_of_the_sale_by_then_is_the_owner() -> None:
    two = STAFF.after(
        record_sale(line_to_sell(unit_price_minor=30_000), line_to_sell(), customer_id=CLARA),
        correct_attribution(line_no=2),
    )
    assert owner(two) == ANNA
    assert owner(two.after(correct_attribution(line_no=1))) == BEN


def test_a_sale_that_nobody_sold_leaves_no_owner_until_somebody_did() -> None:
    [removed] = [event for event in SOLD.when(TO_HOUSE) if isinstance(event, PrimaryOwnerRemoved)]
    assert (removed.associate_id, removed.sale_id) == (ANNA, SALE)
    assert [(one.code, one.field) for one in SOLD.warns(TO_HOUSE)] == [("no_owner", "sale_id")]
    story = SOLD.after(TO_HOUSE)
    assert owner(story) is None
    assert owner(story.after(correct_attribution())) == BEN
    assert owner(story.after(record_sale(sale_id=OTHER_SALE, customer_id=CLARA))) == ANNA


def test_a_sale_taken_off_the_wrong_customer_takes_its_owner_along() -> None:
    assert [one.code for one in SOLD.warns(detach_customer())] == ["no_owner"]
    moved = SOLD.after(detach_customer(), attach_customer(customer_id=DORA))
    assert (owner(moved), owner(moved, DORA)) == (None, ANNA)
    corrected = moved.after(correct_attribution())
    assert (owner(corrected), owner(corrected, DORA)) == (None, BEN)


def test_whoever_has_left_takes_on_nobody() -> None:
    gone = SOLD.with_events(associate_left(associate_id=BEN))
    assert owner(gone.after(correct_attribution())) is None


def test_nobody_forgotten_gets_an_owner() -> None:
    forgotten = SOLD.after(forget_customer(occurred_at=RETURNED_AT), correct_attribution())
    assert owner(forgotten) == ANNA


def test_a_merged_record_keeps_following_its_sale() -> None:
    story = STAFF.after(record_sale(customer_id=DORA), merge_customers(occurred_at=RETURNED_AT))
    assert owner(story.after(correct_attribution()), DORA) == BEN
    taken_off = story.after(detach_customer(customer_id=CLARA))
    assert owner(taken_off, DORA) is None
    assert len(taken_off.all(OwnerAssigned)) == 1

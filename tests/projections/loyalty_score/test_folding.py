"""Which events of the log count in the score, and how."""

from datetime import datetime, timedelta
from typing import Any

from domain.customer.events import ContactLogged, WishFulfilled, WishReopened
from domain.heroic_act.events import HeroicActRevoked, HeroicActVerified
from domain.messages import Event
from projections.loyalty_score.folding import FOLDS, apply, seconds_of
from projections.loyalty_score.score import points_of
from projections.loyalty_score.state import Goods, LoyaltyState
from tests.domain.builders.money_commands import CLARA, RETURN, RETURNED_AT, SALE, SOLD_AT
from tests.domain.builders.money_events import (
    customer_attached,
    return_accepted,
    return_accepted_without_receipt,
    return_matched,
    sale_recorded,
    sold_line,
)
from tests.domain.builders.people_events import contact_logged, contact_removed

DAY = timedelta(days=1)
ACT = "act_" + "1" * 32


def known_after(*events: Event) -> LoyaltyState:
    state = LoyaltyState()
    for position, event in enumerate(events, start=1):
        apply(state, event, position)
    return state


def total(state: LoyaltyState, at: datetime) -> int:
    return sum(points_of(state, seconds_of(at)))


def test_a_sale_is_kept_by_department_with_its_place_in_the_log() -> None:
    gloves = sold_line(line_no=2, department="gloves", quantity=2, net_minor=5_000)
    scarf = sold_line(line_no=3, department="gloves", quantity=1, net_minor=700)
    (sale,) = known_after(sale_recorded(sold_line(), gloves, scarf, channel="online")).sales
    assert (sale.sale_id, sale.position, sale.channel, sale.currency) == (SALE, 1, "online", "USD")
    assert sale.sold_at == sale.known_at == int(SOLD_AT.timestamp())
    assert sale.goods == (Goods("shoes", 1, 10_000), Goods("gloves", 3, 5_700))


def test_goods_that_came_back_with_their_receipt_undo_the_visit() -> None:
    state = known_after(sale_recorded(), return_accepted())
    assert total(state, RETURNED_AT - DAY) > 0
    assert total(state, RETURNED_AT) == 0


def test_a_return_without_a_receipt_costs_nothing_until_it_is_matched() -> None:
    bought = known_after(sale_recorded())
    state = known_after(sale_recorded(), return_accepted_without_receipt())
    assert state.returns == []
    later = RETURNED_AT + 30 * DAY
    assert total(state, later) == total(bought, later)
    apply(state, matched(occurred_at=later), 3)
    assert total(state, later - DAY) == total(bought, later - DAY)
    assert total(state, later) == 0


def test_a_match_takes_off_what_the_goods_were_sold_for_not_what_was_refunded() -> None:
    event = return_matched()
    (returned,) = known_after(sale_recorded(), event).returns
    assert [part.net_minor for part in returned.goods] == [sum(line.sold_minor for line in event.lines)]
    assert event.sold_minor != event.refund_minor


def matched(**changes: Any) -> Event:
    event = return_matched(**changes)
    assert (event.return_id, event.sale_id) == (RETURN, SALE)
    return event


def test_a_recognised_walk_in_counts_what_is_still_kept_from_then_on() -> None:
    event = customer_attached()
    state = known_after(event)
    assert state.sales[0].sold_at == int(event.sold_at.timestamp())
    assert total(state, event.occurred_at - DAY / 24) == 0
    assert total(state, event.occurred_at) > 0


def test_contacts_count_only_when_they_were_answered() -> None:
    asked = ContactLogged(
        occurred_at=SOLD_AT,
        customer_id=CLARA,
        channel="call",
        purpose="thanks",
        contacted_by="ass_" + "a" * 32,
    )
    assert total(known_after(asked), SOLD_AT) == 0
    answered = ContactLogged(
        occurred_at=SOLD_AT,
        customer_id=CLARA,
        channel="call",
        purpose="thanks",
        contacted_by="ass_" + "a" * 32,
        answered=True,
    )
    assert total(known_after(answered), SOLD_AT) > 0


def test_a_contact_counts_until_it_is_removed_and_another_one_goes_on_counting() -> None:
    made = contact_logged(occurred_at=SOLD_AT)
    removed = contact_removed(occurred_at=SOLD_AT + DAY, contacted_at=SOLD_AT)
    state = known_after(made, removed)
    assert total(state, SOLD_AT + DAY) == 0 < total(state, SOLD_AT)
    at = SOLD_AT + 2 * DAY
    assert total(known_after(made, made, removed), at) == total(known_after(made), at)
    assert total(known_after(made, made, removed, removed), at) == 0
    elsewhere = contact_removed(occurred_at=SOLD_AT + DAY, contacted_at=SOLD_AT, answered=False)
    assert total(known_after(made, elsewhere), at) == total(known_after(made), at)


def test_fulfilled_wishes_and_verified_acts_count_until_the_act_is_revoked() -> None:
    wish = WishFulfilled(occurred_at=SOLD_AT, customer_id=CLARA, wish_id=1)
    about: dict[str, Any] = {"act_id": ACT, "heroes": ("ass_" + "a" * 32,), "customer_id": CLARA}
    about |= {"kind": "delivery", "happened_on": SOLD_AT.date()}
    verified = HeroicActVerified(occurred_at=SOLD_AT + DAY, **about)
    revoked = HeroicActRevoked(occurred_at=SOLD_AT + 2 * DAY, **about)
    state = known_after(wish, verified, revoked)
    assert total(state, SOLD_AT + DAY) > total(state, SOLD_AT) > 0
    assert total(state, SOLD_AT + 2 * DAY) == total(known_after(wish), SOLD_AT + 2 * DAY)


def test_a_wish_counts_until_it_is_open_again_and_anew_when_it_comes_true() -> None:
    wish = WishFulfilled(occurred_at=SOLD_AT, customer_id=CLARA, wish_id=1, sale_id=SALE)
    again = WishReopened(
        occurred_at=SOLD_AT + DAY, customer_id=CLARA, wish_id=1, sale_id=SALE, recorded_at=SOLD_AT
    )
    at = SOLD_AT + 2 * DAY
    assert total(known_after(wish, again), at) == 0 < total(known_after(wish, again), SOLD_AT)
    assert total(known_after(wish, again, wish), at) == total(known_after(wish), at)


def test_instants_become_seconds_without_floats_rounded_down() -> None:
    assert seconds_of(SOLD_AT + timedelta(microseconds=999_999)) == int(SOLD_AT.timestamp())
    assert seconds_of(datetime.fromisoformat("1969-12-31T23:59:59.5+00:00")) == -1


def test_what_the_fold_says_it_takes_in_it_takes_in() -> None:
    assert {event.__name__ for event in FOLDS} == {
        "SaleRecorded",
        "CustomerAttached",
        "CustomerDetached",
        "ReturnAccepted",
        "ReturnMatched",
        "ReturnUnmatched",
        "PriceAllowed",
        "ContactLogged",
        "ContactRemoved",
        "WishFulfilled",
        "WishReopened",
        "HeroicActVerified",
        "HeroicActRevoked",
    }

"""What she waits for and what she was promised: open until it came true, and only once."""

from datetime import date

from domain.messages import NotFound
from tests.domain.builders import people_commands as ask
from tests.domain.builders import people_events as events
from tests.domain.builders.money_commands import ANNA, BEN, SALE
from tests.domain.builders.money_events import associate_hired, associate_left, sale_recorded
from tests.domain.given import given

KNOWN = given(associate_hired(), events.customer_registered())
WAITING = KNOWN.with_events(events.wish_recorded())
PROMISED = KNOWN.with_events(events.follow_up_planned())


def test_wishes_are_numbered_in_turn_even_after_one_came_true() -> None:
    assert KNOWN.when(ask.record_wish()) == [events.wish_recorded()]
    assert WAITING.after(ask.fulfil_wish()).when(ask.record_wish()) == [events.wish_recorded(wish_id=2)]


def test_a_wish_says_at_least_something() -> None:
    for only in ("label", "sku", "size", "note"):
        nothing_else = dict.fromkeys({"label", "sku", "size", "note"} - {only})
        assert len(KNOWN.when(ask.record_wish(**nothing_else))) == 1
    refusal = KNOWN.refuses(ask.record_wish(label=None, sku=None, size=None, note=None))
    assert refusal.code == "wish_says_nothing"


def test_a_wish_comes_true() -> None:
    assert WAITING.when(ask.fulfil_wish()) == [events.wish_fulfilled()]


def test_a_wish_comes_true_once() -> None:
    refusal = WAITING.after(ask.fulfil_wish()).refuses(ask.fulfil_wish())
    assert (refusal.code, refusal.field) == ("wish_already_fulfilled", "wish_id")


def test_a_wish_that_was_never_recorded_is_not_fulfilled() -> None:
    refusal = WAITING.refuses(ask.fulfil_wish(wish_id=2))
    assert (refusal.code, refusal.field) == ("wish_unknown", "wish_id")


def test_one_wish_coming_true_leaves_the_others_open() -> None:
    waiting = WAITING.with_events(events.wish_recorded(wish_id=2, sku="6002"))
    state = waiting.after(ask.fulfil_wish()).states.customer(events.wish_recorded().customer_id)
    assert state is not None
    assert {number: wish.sku for number, wish in state.open_wishes.items()} == {2: "6002"}


def test_the_sale_that_made_it_come_true_exists() -> None:
    refusal = WAITING.refuses(ask.fulfil_wish(sale_id=SALE))
    assert isinstance(refusal, NotFound)
    assert refusal.field == "sale_id"
    sold = WAITING.with_events(sale_recorded())
    assert sold.when(ask.fulfil_wish(sale_id=SALE)) == [events.wish_fulfilled(sale_id=SALE)]


def test_a_follow_up_is_promised() -> None:
    assert KNOWN.when(ask.plan_follow_up()) == [events.follow_up_planned()]
    assert PROMISED.when(ask.plan_follow_up()) == [events.follow_up_planned(follow_up_id=2)]


def test_a_follow_up_needs_nobody_to_be_named() -> None:
    assert KNOWN.when(ask.plan_follow_up(associate_id=None)) == [events.follow_up_planned(associate_id=None)]


def test_a_follow_up_may_name_an_open_wish_and_no_other() -> None:
    assert WAITING.when(ask.plan_follow_up(wish_id=1)) == [events.follow_up_planned(wish_id=1)]
    assert WAITING.refuses(ask.plan_follow_up(wish_id=2)).code == "wish_unknown"
    came_true = WAITING.after(ask.fulfil_wish())
    assert came_true.refuses(ask.plan_follow_up(wish_id=1)).code == "wish_already_fulfilled"


def test_nobody_promises_a_day_that_has_passed() -> None:
    refusal = KNOWN.refuses(ask.plan_follow_up(due_on=date(2024, 3, 2)))
    assert (refusal.code, refusal.field) == ("due_in_the_past", "due_on")
    assert KNOWN.when(ask.plan_follow_up(due_on=ask.MET_AT.date())) != []


def test_somebody_who_leaves_promises_nothing_more_but_may_still_have_kept_a_promise() -> None:
    leaving = PROMISED.with_events(associate_left())
    assert leaving.refuses(ask.plan_follow_up()).code == "associate_has_left"
    assert leaving.when(ask.complete_follow_up()) == [events.follow_up_completed()]


def test_a_promise_is_kept_by_anybody() -> None:
    with_ben = PROMISED.with_events(associate_hired(associate_id=BEN))
    assert with_ben.when(ask.complete_follow_up(completed_by=BEN)) == [
        events.follow_up_completed(completed_by=BEN)
    ]
    assert with_ben.last(type(events.follow_up_planned())).associate_id == ANNA


def test_a_promise_is_kept_once() -> None:
    refusal = PROMISED.after(ask.complete_follow_up()).refuses(ask.complete_follow_up())
    assert (refusal.code, refusal.field) == ("follow_up_already_completed", "follow_up_id")


def test_a_promise_nobody_made_cannot_be_kept() -> None:
    refusal = PROMISED.refuses(ask.complete_follow_up(follow_up_id=2))
    assert (refusal.code, refusal.field) == ("follow_up_unknown", "follow_up_id")

"""Every fact about a customer that can be typed wrong can be taken back, once."""

from datetime import date, timedelta

import pytest

from domain.customer.events import ContactRemoved
from domain.messages import Command, Event, NotFound
from tests.domain.builders import people_commands as ask
from tests.domain.builders import people_events as events
from tests.domain.builders.money_commands import (
    ANNA,
    BEN,
    CARL,
    CLARA,
    DORA,
    SALE,
    SOLD_AT,
    attach_customer,
    line_to_sell,
    record_sale,
)
from tests.domain.builders.money_events import associate_hired
from tests.domain.given import given

KNOWN = given(
    associate_hired(),
    associate_hired(associate_id=BEN),
    associate_hired(associate_id=CARL),
    events.customer_registered(),
    events.customer_registered(customer_id=DORA),
)

BENS = events.owner_assigned(associate_id=BEN, role="secondary")
MISTAKES: list[tuple[Event, Command, Event]] = [
    (events.contact_point_added(), ask.remove_contact_point(), events.contact_point_removed()),
    (events.occasion_recorded(), ask.remove_occasion(), events.occasion_removed()),
    (events.note_added(), ask.remove_note(), events.note_removed()),
    (events.contact_logged(), ask.remove_contact(), events.contact_removed()),
    (events.wish_recorded(), ask.withdraw_wish(), events.wish_withdrawn()),
    (events.follow_up_planned(), ask.cancel_follow_up(), events.follow_up_cancelled()),
    (BENS, ask.remove_secondary_owner(), events.secondary_owner_removed()),
]


@pytest.mark.parametrize(("mistake", "command", "event"), MISTAKES)
def test_a_mistake_is_taken_back_once(mistake: Event, command: Command, event: Event) -> None:
    made = KNOWN.with_events(mistake)
    assert made.when(command) == [event]
    assert made.after(command).refuses(command).field in (
        "contact_point_id", "occasion_id", "note_id", "contact_id", "wish_id", "follow_up_id", "associate_id",
    )  # fmt: skip
    assert isinstance(KNOWN.refuses(command), NotFound)


def test_a_size_is_taken_back_and_one_nobody_knows_is_none_already() -> None:
    known = KNOWN.with_events(events.size_recorded())
    assert known.when(ask.remove_size()) == [events.size_removed()]
    assert known.after(ask.remove_size()).when(ask.remove_size()) == []


def test_numbers_go_on_after_something_was_taken_back() -> None:
    story = KNOWN.after(ask.record_occasion(), ask.remove_occasion())
    assert story.when(ask.record_occasion()) == [events.occasion_recorded(occasion_id=2)]


def test_a_primary_owner_is_replaced_and_not_removed() -> None:
    refusal = KNOWN.with_events(events.owner_assigned()).refuses(
        ask.remove_secondary_owner(associate_id=ANNA)
    )
    assert "ReassignOwner" in refusal.message


def test_a_promise_that_was_completed_by_mistake_is_due_as_it_was() -> None:
    promised = KNOWN.with_events(events.follow_up_planned(wish_id=1))
    story = promised.after(ask.complete_follow_up())
    assert story.when(ask.reopen_follow_up()) == [events.follow_up_reopened(wish_id=1)]
    again = story.after(ask.reopen_follow_up())
    assert again.states.customer(CLARA) == promised.states.customer(CLARA)
    assert again.when(ask.reopen_follow_up()) == [], "it is open"
    assert again.when(ask.complete_follow_up()) == [events.follow_up_completed()]
    assert (
        promised.after(ask.cancel_follow_up()).refuses(ask.reopen_follow_up()).code == "follow_up_cancelled"
    )
    assert isinstance(promised.refuses(ask.reopen_follow_up(follow_up_id=2)), NotFound)


def test_what_is_dated_before_the_wish_or_the_promise_is_warned_of() -> None:
    made = KNOWN.with_events(events.wish_recorded(), events.follow_up_planned())
    before, after = events.MET_AT - timedelta(minutes=1), events.MET_AT + timedelta(minutes=1)
    for command in (ask.fulfil_wish, ask.complete_follow_up):
        [warning] = made.warns(command(occurred_at=before))
        assert (warning.code, warning.field) == ("before_it_began", "occurred_at")
        assert made.warns(command(occurred_at=after)) == []


@pytest.mark.parametrize("sale_id", [None, SALE])
def test_a_wish_that_was_fulfilled_by_mistake_is_open_as_it_was(sale_id: str | None) -> None:
    waiting = KNOWN.with_events(events.wish_recorded()).after(record_sale())
    story = waiting.after(ask.fulfil_wish(sale_id=sale_id))
    assert story.when(ask.reopen_wish()) == [events.wish_reopened(sale_id=sale_id)]
    again = story.after(ask.reopen_wish())
    assert again.states.customer(CLARA) == waiting.states.customer(CLARA)
    assert again.when(ask.reopen_wish()) == [], "it is open"
    assert again.when(ask.fulfil_wish()) == [events.wish_fulfilled()]
    assert waiting.after(ask.withdraw_wish()).refuses(ask.reopen_wish()).code == "wish_withdrawn"
    assert isinstance(waiting.refuses(ask.reopen_wish(wish_id=2)), NotFound)


# --- contacts -----------------------------------------------------------------------------------------------


def test_a_contact_says_which_occasion_it_was_about() -> None:
    one = KNOWN.with_events(events.occasion_recorded())
    two = one.with_events(events.occasion_recorded(occasion_id=2, kind="trip", on=date(2024, 5, 20)))
    about = ask.log_contact(purpose="occasion", occasion_id=2)
    assert two.when(about) == [events.contact_logged(purpose="occasion", occasion_id=2)]
    unnamed = ask.log_contact(purpose="occasion")
    assert "occasion_unnamed" in [warning.code for warning in two.warns(unnamed)]
    assert "occasion_unnamed" not in [warning.code for warning in one.warns(unnamed)]
    assert one.refuses(about).field == "occasion_id"
    (next_one,) = two.when(unnamed)
    assert next_one == events.contact_logged(purpose="occasion", occasion_id=1), "what comes next is the 17th"


def test_a_removed_contact_says_what_it_had_ticked_off_and_what_is_left() -> None:
    """Contacts of before they had numbers are counted; an unanswered call had ticked off nothing."""
    days = [events.MET_AT + timedelta(days=number) for number in range(5)]
    older = events.contact_logged(occurred_at=days[0], contact_id=None)
    unanswered = events.contact_logged(occurred_at=days[3], answered=False, contact_id=4)
    story = KNOWN.with_events(
        events.occasion_recorded(),
        older,
        events.contact_logged(occurred_at=days[1], contact_id=2),
        events.contact_logged(occurred_at=days[2], purpose="occasion", channel="write", contact_id=None),
        unanswered,
    )
    second = events.contact_removed(contact_id=2, contacted_at=days[1], reached_at=days[0])
    assert story.when(ask.remove_contact(contact_id=2)) == [second]
    (third,) = story.when(ask.remove_contact(contact_id=3))
    told = {"purpose": "occasion", "channel": "write", "occasion_id": 1}
    assert third == events.contact_removed(contact_id=3, contacted_at=days[2], **told)
    (fourth,) = story.when(ask.remove_contact(contact_id=4))
    assert fourth == events.contact_removed(
        contact_id=4, contacted_at=days[3], answered=False, reached_at=days[1]
    )
    again = story.after(ask.remove_contact(contact_id=2)).with_events(
        events.contact_logged(purpose="occasion", occasion_id=1, occurred_at=days[4], contact_id=5)
    )
    (third,) = again.when(ask.remove_contact(contact_id=3))
    assert isinstance(third, ContactRemoved)
    assert (third.reached_at, third.occasion_reached_at) == (days[4], days[4])
    (logged,) = again.when(ask.log_contact())
    assert logged == events.contact_logged(contact_id=6), "numbers go on"


def test_who_forbids_a_channel_in_one_record_forbids_it() -> None:
    no = events.contact_preference_set(channel="call", allowed=False, customer_id=DORA)
    person = KNOWN.with_events(no, *events.customers_merged())
    refusal = person.refuses(ask.log_contact())
    assert (refusal.code, refusal.field) == ("channel_forbidden", "channel")
    assert person.when(ask.log_contact(channel="write")) != []


# --- a wish that they buy themselves ------------------------------------------------------------------------

WAITING = KNOWN.with_events(events.wish_recorded(), events.owner_assigned())


def test_a_wish_closes_by_itself_with_the_sale_as_its_reason() -> None:
    fulfilled = events.wish_fulfilled(occurred_at=SOLD_AT, sale_id=SALE, fulfilled_by=None)
    assert fulfilled in WAITING.when(record_sale(customer_id=CLARA))
    assert fulfilled in WAITING.when(record_sale(line_to_sell(label="ALDEN"), customer_id=CLARA))
    walk_in = WAITING.after(record_sale())
    assert any(event.sale_id == SALE for event in walk_in.when(attach_customer())[1:])


@pytest.mark.parametrize("line", [line_to_sell(sku="7001"), line_to_sell(size="11")])
def test_other_goods_leave_a_wish_open(line: object) -> None:
    events_of_sale = WAITING.when(record_sale(line, customer_id=CLARA))  # type: ignore[arg-type]
    assert not any(isinstance(event, type(events.wish_fulfilled())) for event in events_of_sale)


def test_a_sale_of_before_the_wish_does_not_fulfil_it() -> None:
    early = record_sale(customer_id=CLARA, occurred_at=ask.MET_AT - timedelta(days=1))
    assert len(WAITING.when(early)) == 2


def test_a_wish_of_another_record_of_the_same_person_closes_too() -> None:
    person = KNOWN.with_events(
        events.wish_recorded(customer_id=DORA), events.owner_assigned(), *events.customers_merged()
    )
    fulfilled = events.wish_fulfilled(occurred_at=SOLD_AT, customer_id=DORA, sale_id=SALE, fulfilled_by=None)
    assert fulfilled in person.when(record_sale(customer_id=CLARA))

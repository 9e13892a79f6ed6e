"""What is learned about a customer, once; and when a command is addressed to nobody."""

from datetime import date
from typing import Any

import pytest

from domain.customer.decisions import DECISIONS
from domain.customer.state import evolve
from domain.messages import Command, NotFound, UnknownEvent
from tests.domain.builders import people_commands as ask
from tests.domain.builders import people_events as events
from tests.domain.builders.money_commands import BEN, CLARA, DORA
from tests.domain.builders.money_events import associate_hired, sale_recorded
from tests.domain.given import given

KNOWN = given(associate_hired(), events.customer_registered())
MET_TWICE = KNOWN.with_events(events.customer_registered(customer_id=DORA))

ADDRESSED: tuple[Any, ...] = (
    ask.learn_name,
    ask.add_contact_point,
    ask.set_contact_preference,
    ask.record_size,
    ask.record_taste,
    ask.record_wish,
    ask.fulfil_wish,
    ask.record_occasion,
    ask.add_note,
    ask.log_contact,
    ask.plan_follow_up,
    ask.complete_follow_up,
    ask.assign_owner,
    ask.reassign_owner,
    ask.remove_contact,
    ask.remove_contact_point,
    ask.remove_size,
    ask.remove_occasion,
    ask.remove_note,
    ask.withdraw_wish,
    ask.cancel_follow_up,
    ask.reopen_follow_up,
    ask.reopen_wish,
    ask.remove_secondary_owner,
    ask.merge_customers,
    ask.unmerge_customers,
    ask.forget_customer,
)


def test_the_examples_cover_every_command_that_is_addressed_to_a_customer() -> None:
    assert {type(example()) for example in (ask.register_customer, *ADDRESSED)} == set(DECISIONS)


def test_a_customer_becomes_known() -> None:
    assert given().when(ask.register_customer()) == [events.customer_registered()]


def test_a_customer_may_become_known_without_a_name() -> None:
    [event] = given().when(ask.register_customer(name=None, address_as=None))
    assert event == events.customer_registered(name=None, address_as=None)


def test_nobody_becomes_known_twice() -> None:
    refusal = KNOWN.refuses(ask.register_customer())
    assert (refusal.code, refusal.field) == ("already_exists", "customer_id")


def test_a_forgotten_customer_is_not_registered_anew_under_the_same_number() -> None:
    assert KNOWN.after(ask.forget_customer()).refuses(ask.register_customer()).code == "already_exists"


@pytest.mark.parametrize("example", ADDRESSED)
def test_nothing_is_learned_about_a_customer_nobody_knows(example: Any) -> None:
    refusal = given(associate_hired()).refuses(example())
    assert isinstance(refusal, NotFound)
    assert (refusal.code, refusal.field) == ("customer_unknown", "customer_id")


@pytest.mark.parametrize("example", ADDRESSED)
def test_nothing_is_learned_about_a_forgotten_customer(example: Any) -> None:
    refusal = KNOWN.after(ask.forget_customer()).refuses(example())
    assert (refusal.code, refusal.field) == ("customer_forgotten", "customer_id")


#: What ends or takes back what was begun in the record, and who leads it; a promise only when it is about one
#: of its wishes.
ENDING = (
    ask.fulfil_wish,
    ask.complete_follow_up,
    ask.reassign_owner,
    ask.remove_contact,
    ask.remove_contact_point,
    ask.remove_size,
    ask.remove_occasion,
    ask.remove_note,
    ask.withdraw_wish,
    ask.cancel_follow_up,
    ask.reopen_follow_up,
    ask.reopen_wish,
    ask.remove_secondary_owner,
)


@pytest.mark.parametrize("example", [example for example in ADDRESSED if example not in ENDING])
def test_whatever_is_addressed_to_a_merged_record_names_the_one_to_address(example: Any) -> None:
    merged = MET_TWICE.after(ask.merge_customers(customer_id=DORA, merged_customer_id=CLARA))
    refusal = merged.refuses(example())
    assert (refusal.code, refusal.field) == ("customer_merged_away", "customer_id")
    assert DORA in refusal.message


def test_a_name_is_learned() -> None:
    assert KNOWN.when(ask.learn_name()) == [events.name_learned()]


def test_contact_points_are_numbered_in_turn() -> None:
    assert KNOWN.when(ask.add_contact_point()) == [events.contact_point_added()]
    story = KNOWN.after(ask.add_contact_point(), ask.add_contact_point())
    [third] = story.when(ask.add_contact_point(kind="email"))
    assert third == events.contact_point_added(contact_point_id=3, kind="email")


def test_a_preference_leads_to_an_event_once_and_again_when_it_changes() -> None:
    assert KNOWN.when(ask.set_contact_preference()) == [events.contact_preference_set()]
    agreed = KNOWN.with_events(events.contact_preference_set())
    assert agreed.when(ask.set_contact_preference()) == []
    assert agreed.when(ask.set_contact_preference(allowed=False)) == [
        events.contact_preference_set(allowed=False)
    ]
    assert agreed.when(ask.set_contact_preference(channel="call")) != []


def test_a_no_leads_to_an_event_even_where_nothing_was_agreed() -> None:
    assert KNOWN.when(ask.set_contact_preference(allowed=False)) == [
        events.contact_preference_set(allowed=False)
    ]


def test_a_size_holds_for_an_article_and_a_maker_until_it_changes() -> None:
    assert KNOWN.when(ask.record_size()) == [events.size_recorded()]
    measured = KNOWN.with_events(events.size_recorded())
    assert measured.when(ask.record_size()) == []
    assert measured.when(ask.record_size(size="9.5")) == [events.size_recorded(size="9.5")]
    assert measured.when(ask.record_size(label=None)) == [events.size_recorded(label=None)]


def test_a_taste_is_taken_back_and_found_again() -> None:
    assert KNOWN.when(ask.record_taste()) == [events.taste_recorded()]
    fond = KNOWN.with_events(events.taste_recorded())
    assert fond.when(ask.record_taste()) == []
    assert fond.when(ask.record_taste(liked=False)) == [events.taste_recorded(liked=False)]
    over = fond.with_events(events.taste_recorded(liked=False))
    assert over.when(ask.record_taste(liked=False)) == []
    assert over.when(ask.record_taste()) == [events.taste_recorded()]


def test_a_taste_that_was_never_recorded_is_not_taken_back() -> None:
    assert KNOWN.when(ask.record_taste(liked=False)) == []


def test_an_occasion_is_recorded_again_only_when_something_is_told_about_it() -> None:
    assert KNOWN.when(ask.record_occasion()) == [events.occasion_recorded()]
    remembered = KNOWN.with_events(events.occasion_recorded())
    assert remembered.when(ask.record_occasion()) == []
    told = ask.sealed("description")
    assert remembered.when(ask.record_occasion(description=told)) == [
        events.occasion_recorded(occasion_id=2, description=told)
    ]
    assert remembered.when(ask.record_occasion(on=date(1970, 5, 18))) == [
        events.occasion_recorded(occasion_id=2, on=date(1970, 5, 18))
    ]


def test_notes_are_numbered_in_turn() -> None:
    assert KNOWN.when(ask.add_note()) == [events.note_added()]
    assert KNOWN.with_events(events.note_added()).when(ask.add_note()) == [events.note_added(note_id=2)]


def test_a_contact_on_a_channel_nobody_was_asked_about_warns() -> None:
    assert [warning.code for warning in KNOWN.warns(ask.log_contact())] == ["no_channel_agreed"]
    agreed = KNOWN.with_events(events.contact_preference_set(channel="call"))
    assert agreed.warns(ask.log_contact()) == []


def test_a_contact_on_a_forbidden_channel_is_refused() -> None:
    refused = KNOWN.with_events(events.contact_preference_set(channel="call", allowed=False))
    refusal = refused.refuses(ask.log_contact())
    assert (refusal.code, refusal.field) == ("channel_forbidden", "channel")


@pytest.mark.parametrize(
    ("command", "field"),
    [
        (ask.learn_name(learned_by=BEN), "learned_by"),
        (ask.add_note(written_by=BEN), "written_by"),
        (ask.log_contact(contacted_by=BEN), "contacted_by"),
        (ask.record_wish(recorded_by=BEN), "recorded_by"),
        (ask.fulfil_wish(fulfilled_by=BEN), "fulfilled_by"),
        (ask.complete_follow_up(completed_by=BEN), "completed_by"),
        (ask.plan_follow_up(associate_id=BEN), "associate_id"),
        (ask.assign_owner(associate_id=BEN), "associate_id"),
        (ask.reassign_owner(associate_id=BEN), "associate_id"),
    ],
)
def test_nobody_is_named_who_was_never_hired(command: Command, field: str) -> None:
    story = KNOWN.with_events(events.wish_recorded(), events.follow_up_planned())
    refusal = story.refuses(command)
    assert isinstance(refusal, NotFound)
    assert (refusal.code, refusal.field) == ("associate_unknown", field)


def test_evolve_of_a_customer_refuses_other_events() -> None:
    known = evolve(None, events.customer_registered())
    for state, event in (
        (known, sale_recorded()),
        (known, events.customer_registered()),
        (None, events.name_learned()),
    ):
        with pytest.raises(UnknownEvent):
            evolve(state, event)

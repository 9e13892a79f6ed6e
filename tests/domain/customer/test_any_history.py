"""Whatever is asked, in whatever order, the records stay sound."""

from collections import defaultdict
from contextlib import suppress
from datetime import date

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from domain.customer.commands import (
    AssignOwner,
    ReassignOwner,
    RecordOccasion,
    RecordSize,
    RecordTaste,
    SetContactPreference,
)
from domain.customer.events import (
    ContactPointAdded,
    CustomerEvent,
    CustomerForgotten,
    FollowUpCompleted,
    FollowUpPlanned,
    NoteAdded,
    OccasionRecorded,
    WishFulfilled,
    WishRecorded,
)
from domain.customer.state import CustomerState
from domain.evolve import state_of
from domain.messages import Command, Event, Refused
from tests.domain.builders import people_commands as ask
from tests.domain.builders.money_commands import ANNA, BEN, CARL, CLARA, DORA
from tests.domain.builders.money_events import associate_hired, associate_left
from tests.domain.given import Given, given

ELSA = "cus_" + "3" * 32
EVERYONE = (CLARA, DORA, ELSA)
#: Carl is leaving.
STAFF = given(
    *(associate_hired(associate_id=associate) for associate in (ANNA, BEN, CARL)),
    associate_left(associate_id=CARL),
)

customers = st.sampled_from(EVERYONE)
associates = st.sampled_from((ANNA, BEN, CARL))
numbers = st.integers(1, 4)
words = st.sampled_from(("brown", "blue"))
birthdays = st.sampled_from((date(1970, 5, 17), date(1970, 5, 18)))

KNOWING = st.one_of(
    st.builds(ask.register_customer, customer_id=customers),
    st.builds(ask.learn_name, customer_id=customers, learned_by=associates),
    st.builds(ask.add_contact_point, customer_id=customers),
    st.builds(ask.set_contact_preference, customer_id=customers, allowed=st.booleans()),
    st.builds(ask.record_size, customer_id=customers, size=words),
    st.builds(ask.record_taste, customer_id=customers, value=words, liked=st.booleans()),
    st.builds(ask.record_occasion, customer_id=customers, on=birthdays),
    st.builds(ask.add_note, customer_id=customers),
    st.builds(ask.log_contact, customer_id=customers, contacted_by=associates),
)
PROMISING = st.one_of(
    st.builds(ask.record_wish, customer_id=customers),
    st.builds(ask.fulfil_wish, customer_id=customers, wish_id=numbers),
    st.builds(
        ask.plan_follow_up, customer_id=customers, wish_id=st.none() | numbers, associate_id=associates
    ),
    st.builds(ask.complete_follow_up, customer_id=customers, follow_up_id=numbers),
)
OWNING = st.one_of(
    st.builds(
        ask.assign_owner,
        customer_id=customers,
        associate_id=associates,
        role=st.sampled_from(("primary", "secondary")),
    ),
    st.builds(ask.reassign_owner, customer_id=customers, associate_id=associates),
)
MERGING = st.one_of(
    st.builds(ask.merge_customers, customer_id=customers, merged_customer_id=customers),
    st.builds(ask.unmerge_customers, customer_id=customers, merged_customer_id=customers),
)
FORGETTING = st.builds(ask.forget_customer, customer_id=customers)


def stories(*kinds: st.SearchStrategy[Command]) -> st.SearchStrategy[list[Command]]:
    """Commands of these kinds in any order, all to customers who are known: few kinds make stories that get
    far.
    """
    beginning: list[Command] = [ask.register_customer(customer_id=customer) for customer in EVERYONE]
    return st.lists(st.one_of(*kinds), min_size=5, max_size=40).map(lambda commands: beginning + commands)


SETTLING = (SetContactPreference, RecordSize, RecordTaste, RecordOccasion, AssignOwner, ReassignOwner)
ANYTHING = stories(KNOWING, PROMISING, OWNING, MERGING, FORGETTING)


def told(commands: list[Command]) -> Given:
    """The history after those commands that were accepted."""
    story = STAFF
    for command in commands:
        with suppress(Refused):
            story = story.after(command)
    return story


def records(story: Given) -> dict[str, CustomerState]:
    return {customer: state for customer in EVERYONE if (state := story.states.customer(customer))}


@for_all(stories(OWNING) | ANYTHING)
def test_owners_are_one_primary_and_others_besides(commands: list[Command]) -> None:
    for state in records(told(commands)).values():
        assert len(state.owners) == len(set(state.owners))
        assert CARL not in state.owners


@for_all(stories(PROMISING) | stories(KNOWING) | ANYTHING)
def test_what_is_numbered_is_numbered_from_one_without_gaps(commands: list[Command]) -> None:
    seen: dict[tuple[str, str], list[int]] = defaultdict(list)
    for event in told(commands).events:
        match event:
            case ContactPointAdded():
                seen[event.customer_id, "contact point"].append(event.contact_point_id)
            case WishRecorded():
                seen[event.customer_id, "wish"].append(event.wish_id)
            case FollowUpPlanned():
                seen[event.customer_id, "follow-up"].append(event.follow_up_id)
            case OccasionRecorded():
                seen[event.customer_id, "occasion"].append(event.occasion_id)
            case NoteAdded():
                seen[event.customer_id, "note"].append(event.note_id)
            case _:
                pass
    for numbers_given in seen.values():
        assert numbers_given == list(range(1, len(numbers_given) + 1))


@for_all(stories(PROMISING) | ANYTHING)
def test_what_is_open_was_recorded_and_has_not_come_to_its_end(commands: list[Command]) -> None:
    story = told(commands)
    for customer, state in records(story).items():
        hers = [event for event in story.events if event.stream_id == customer]
        wishes = [event.wish_id for event in hers if isinstance(event, WishRecorded)]
        fulfilled = [event.wish_id for event in hers if isinstance(event, WishFulfilled)]
        promised = [event.follow_up_id for event in hers if isinstance(event, FollowUpPlanned)]
        kept = [event.follow_up_id for event in hers if isinstance(event, FollowUpCompleted)]
        assert len(fulfilled) == len(set(fulfilled))
        assert len(kept) == len(set(kept))
        assert set(state.open_wishes) == set(wishes) - set(fulfilled)
        assert set(state.open_follow_ups) == set(promised) - set(kept)


@for_all(stories(MERGING, FORGETTING) | stories(MERGING) | ANYTHING)
def test_merged_records_name_each_other_one_level_deep(commands: list[Command]) -> None:
    known = records(told(commands))
    for customer, state in known.items():
        assert len(state.absorbed) == len(set(state.absorbed))
        for absorbed in state.absorbed:
            assert known[absorbed].merged_into == customer
        if state.merged_into is not None:
            assert customer in known[state.merged_into].absorbed
            assert state.absorbed == ()
            assert known[state.merged_into].merged_into is None
            assert state.forgotten == known[state.merged_into].forgotten


@for_all(stories(MERGING, OWNING) | ANYTHING, customers, customers)
def test_a_merge_that_is_undone_leaves_both_records_as_they_were(
    commands: list[Command], survivor: str, merged: str
) -> None:
    story = told(commands)
    merge = ask.merge_customers(customer_id=survivor, merged_customer_id=merged)
    try:
        together = story.after(merge)
    except Refused:
        return
    apart = together.after(ask.unmerge_customers(customer_id=survivor, merged_customer_id=merged))
    assert records(apart) == records(story)


@for_all(stories(KNOWING, OWNING))
def test_a_command_without_a_new_effect_leads_to_no_event(commands: list[Command]) -> None:
    story = STAFF
    for command in commands:
        try:
            story = story.after(command)
        except Refused:
            continue
        if isinstance(command, SETTLING):
            assert story.when(command) == []


@for_all(stories(KNOWING, FORGETTING) | ANYTHING)
def test_nothing_is_written_about_the_forgotten(commands: list[Command]) -> None:
    forgotten: set[str] = set()
    for event in told(commands).events:
        if isinstance(event, CustomerEvent):
            assert event.customer_id not in forgotten
        if isinstance(event, CustomerForgotten):
            forgotten.add(event.customer_id)


@settings(max_examples=50)
@for_all(ANYTHING)
def test_the_state_is_what_the_whole_history_leads_to(commands: list[Command]) -> None:
    story = told(commands)
    histories: dict[str, list[Event]] = defaultdict(list)
    for event in story.events:
        histories[event.stream_id].append(event)
    for customer, state in records(story).items():
        assert state_of(histories[customer]) == state

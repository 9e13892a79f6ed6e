"""Whose book she is in: one primary owner, any number of secondary ones, and nobody in both roles."""

from domain.customer.state import CustomerState
from tests.domain.builders import people_commands as ask
from tests.domain.builders import people_events as events
from tests.domain.builders.money_commands import ANNA, BEN, CARL, CLARA
from tests.domain.builders.money_events import associate_hired, associate_left
from tests.domain.given import Given, given

STAFF = [associate_hired(associate_id=associate) for associate in (ANNA, BEN, CARL)]
KNOWN = given(*STAFF, events.customer_registered())
ANNAS = KNOWN.with_events(events.owner_assigned())
SHARED = ANNAS.with_events(events.owner_assigned(associate_id=BEN, role="secondary"))


def clara(story: Given) -> CustomerState:
    state = story.states.customer(CLARA)
    assert state is not None
    return state


def test_a_customer_is_put_in_a_book() -> None:
    assert KNOWN.when(ask.assign_owner()) == [events.owner_assigned()]
    assert clara(ANNAS).owners == (ANNA,)


def test_a_second_primary_owner_is_refused_and_the_way_is_shown() -> None:
    refusal = ANNAS.refuses(ask.assign_owner(associate_id=BEN))
    assert (refusal.code, refusal.field) == ("primary_owner_exists", "role")
    assert ANNA in refusal.message
    assert "ReassignOwner" in refusal.message


def test_a_customer_may_be_in_further_books() -> None:
    secondary = ask.assign_owner(associate_id=BEN, role="secondary")
    assert ANNAS.when(secondary) == [events.owner_assigned(associate_id=BEN, role="secondary")]
    carls_too = SHARED.after(ask.assign_owner(associate_id=CARL, role="secondary"))
    assert clara(carls_too).owners == (ANNA, BEN, CARL)


def test_assigning_the_same_owner_again_changes_nothing() -> None:
    assert ANNAS.when(ask.assign_owner()) == []
    assert SHARED.when(ask.assign_owner(associate_id=BEN, role="secondary")) == []


def test_the_primary_owner_is_not_a_secondary_one_too() -> None:
    refusal = ANNAS.refuses(ask.assign_owner(role="secondary"))
    assert (refusal.code, refusal.field) == ("already_primary_owner", "role")


def test_a_secondary_owner_becomes_the_primary_one_where_there_is_none() -> None:
    bens_somehow = KNOWN.after(ask.assign_owner(associate_id=BEN, role="secondary"))
    bens = bens_somehow.after(ask.assign_owner(associate_id=BEN))
    assert (clara(bens).primary_owner, clara(bens).secondary_owners) == (BEN, ())


def test_a_customer_goes_to_another_book() -> None:
    assert ANNAS.when(ask.reassign_owner()) == [events.owner_reassigned()]
    assert clara(ANNAS.after(ask.reassign_owner())).owners == (BEN,)


def test_a_customer_of_nobody_may_be_reassigned_too() -> None:
    assert KNOWN.when(ask.reassign_owner()) == [events.owner_reassigned(previous_associate_id=None)]


def test_reassigning_to_the_same_owner_changes_nothing() -> None:
    assert ANNAS.when(ask.reassign_owner(associate_id=ANNA)) == []


def test_a_customer_is_taken_over_only_from_their_owner() -> None:
    after_anna = ask.reassign_owner(previous_associate_id=ANNA)
    assert ANNAS.when(after_anna) == [events.owner_reassigned()]
    carls = ANNAS.with_events(events.owner_reassigned(associate_id=CARL))
    assert carls.when(after_anna) == []


def test_a_secondary_owner_who_becomes_the_primary_one_is_a_secondary_one_no_longer() -> None:
    after = clara(SHARED.after(ask.reassign_owner()))
    assert (after.primary_owner, after.secondary_owners) == (BEN, ())


def test_the_former_primary_owner_stays_only_when_assigned_anew() -> None:
    gone = ANNAS.after(ask.reassign_owner())
    assert ANNA not in clara(gone).owners
    back = gone.after(ask.assign_owner(role="secondary"))
    assert clara(back).owners == (BEN, ANNA)


def test_nobody_who_leaves_gets_a_customer() -> None:
    leaving = KNOWN.with_events(associate_left())
    for command in (
        ask.assign_owner(),
        ask.assign_owner(role="secondary"),
        ask.reassign_owner(associate_id=ANNA),
    ):
        refusal = leaving.refuses(command)
        assert (refusal.code, refusal.field) == ("associate_has_left", "associate_id")


def test_the_reason_for_a_hand_over_is_kept() -> None:
    [event] = ANNAS.when(ask.reassign_owner(reason="leaver"))
    assert event == events.owner_reassigned(reason="leaver")

"""What becomes known about a customer, on her page."""

from datetime import date, datetime, timedelta

import pytest
from msgspec.structs import replace

from domain.messages import Event
from projections.clientele_book.fold import PROJECTION
from projections.clientele_book.page import (
    CONTACTS_KEPT,
    FULFILLED_WISHES_KEPT,
    NOTES_KEPT,
    CustomerPage,
    HeroicDeed,
    Ownership,
    Size,
)
from tests.domain.builders.money_commands import ANNA, BEN, CARL, CLARA, DORA, SALE
from tests.domain.builders.people_commands import MET_AT, TOLD_AT, sealed
from tests.domain.builders.people_events import (
    contact_logged,
    contact_point_added,
    contact_point_removed,
    contact_preference_set,
    contact_removed,
    customer_forgotten,
    customer_registered,
    customers_merged,
    customers_unmerged,
    follow_up_cancelled,
    follow_up_completed,
    follow_up_planned,
    follow_up_reopened,
    heroic_act_revoked,
    heroic_act_verified,
    name_learned,
    note_added,
    note_removed,
    occasion_recorded,
    occasion_removed,
    owner_assigned,
    owner_reassigned,
    primary_owner_removed,
    secondary_owner_removed,
    size_recorded,
    size_removed,
    taste_recorded,
    wish_fulfilled,
    wish_recorded,
    wish_reopened,
    wish_withdrawn,
)
from tests.projections.folding import columns_after, state_after

HOUR = timedelta(hours=1)


def page_after(*events: object) -> CustomerPage:
    return state_after(PROJECTION, *events)  # type: ignore[arg-type]


def owners_at(page: CustomerPage, moment: datetime) -> list[Ownership]:
    """Whose customer they were at a moment, in the order they became owners."""
    return [o for o in page.owners if o.since <= moment and (o.until is None or moment < o.until)]


def test_a_registered_customer_has_a_page_with_their_encrypted_name() -> None:
    page = page_after(customer_registered())
    assert (page.customer_id, page.name, page.address_as) == (CLARA, sealed("name"), sealed("address_as"))
    assert (page.reference, page.store_id, page.registered_at) == ("12346", "downtown", MET_AT)


def test_a_new_name_keeps_the_form_of_address_when_none_is_given() -> None:
    page = page_after(customer_registered(), name_learned(name="sealed:new", address_as=None))
    assert (page.name, page.address_as) == ("sealed:new", sealed("address_as"))


def test_contact_points_and_preferences_are_listed() -> None:
    page = page_after(
        contact_point_added(),
        contact_point_added(contact_point_id=2, kind="email", value="sealed:mail"),
        contact_preference_set(),
        contact_preference_set(channel="call", allowed=True),
        contact_preference_set(channel="call", allowed=False),
    )
    assert [(point.contact_point_id, point.kind) for point in page.contact_points] == [
        (1, "phone"),
        (2, "email"),
    ]
    assert page.allowed_channels == ("text",)


def test_a_size_replaces_the_one_of_the_same_article_and_label() -> None:
    page = page_after(size_recorded(), size_recorded(label=None), size_recorded(size="9.5"))
    assert page.sizes == [Size("shoe", "9"), Size("shoe", "9.5", "Alden")]


def test_a_taste_is_listed_once_and_can_be_taken_back() -> None:
    page = page_after(taste_recorded(), taste_recorded(value="green"), taste_recorded())
    assert page.tastes == {"colour": ["green", "brown"]}
    page = page_after(taste_recorded(), taste_recorded(liked=False))
    assert page.tastes == {}


def test_a_wish_is_waited_for_until_it_is_fulfilled() -> None:
    wished = wish_recorded(label="Alden", sku="6001", size=None)
    assert columns_after(PROJECTION, wished)["waiting"] == ["label:alden", "sku:6001"]
    after = (wished, wish_recorded(wish_id=2), wish_fulfilled(occurred_at=TOLD_AT, sale_id="sal_x"))
    page = page_after(*after)
    assert [(wish.wish_id, wish.fulfilled_at, wish.sale_id) for wish in page.wishes] == [
        (1, TOLD_AT, "sal_x"),
        (2, None, None),
    ]
    assert [wish.wish_id for wish in page.open_wishes()] == [2]
    assert columns_after(PROJECTION, wished, wish_fulfilled())["waiting"] is None


def test_only_the_latest_fulfilled_wishes_stay_and_every_open_one() -> None:
    many = range(1, FULFILLED_WISHES_KEPT + 4)
    page = page_after(
        *(wish_recorded(wish_id=number) for number in many), *(wish_fulfilled(wish_id=n) for n in many[1:])
    )
    kept = [wish.wish_id for wish in page.wishes]
    assert kept == [1, *many[-FULFILLED_WISHES_KEPT:]]


def test_the_latest_notes_stay_on_the_page() -> None:
    page = page_after(*(note_added(note_id=number) for number in range(1, NOTES_KEPT + 3)))
    assert [note.note_id for note in page.notes] == list(range(3, NOTES_KEPT + 3))


def test_the_last_contact_is_the_latest_in_time_whoever_logged_it_later() -> None:
    late = contact_logged(occurred_at=TOLD_AT, purpose="wish")
    early = contact_logged(answered=False, channel="text")
    page = page_after(late, early)
    assert page.last_contact is not None
    assert page.last_contact.contacted_at == TOLD_AT
    assert page.last_contact_for == {"wish": TOLD_AT, "thank_you": MET_AT}
    assert (page.contacts_made, page.contacts_answered) == (2, 1)
    assert page_after(early, late).contacts == page.contacts


def test_a_call_that_nobody_answered_is_a_contact_and_ticks_nothing_off() -> None:
    page = page_after(contact_logged(answered=False))
    assert (page.last_contact_for, page.contacts_made) == ({}, 1)
    assert page.last_contact is not None


@pytest.mark.parametrize(
    ("recorded", "taken_back", "left"),
    [
        (contact_point_added(), contact_point_removed(), "contact_points"),
        (size_recorded(), size_removed(), "sizes"),
        (occasion_recorded(), occasion_removed(), "occasions"),
        (note_added(), note_removed(), "notes"),
        (wish_recorded(), wish_withdrawn(), "wishes"),
        (follow_up_planned(), follow_up_cancelled(), "follow_ups"),
        (owner_assigned(associate_id=BEN, role="secondary"), secondary_owner_removed(), "secondary_owners"),
    ],
)
def test_what_was_taken_back_is_on_the_page_no_longer(recorded: Event, taken_back: Event, left: str) -> None:
    assert len(getattr(page_after(recorded), left)) == 1
    page = page_after(recorded, taken_back)
    assert getattr(page, left) == []
    assert page.follow_ups_kept == 0
    assert all(owner.until is not None for owner in page.owners)


def test_the_primary_owner_is_removed_and_a_wish_is_open_again() -> None:
    page = page_after(owner_assigned(), primary_owner_removed(occurred_at=TOLD_AT))
    assert page.primary_owner is None
    assert [owner.until for owner in page.owners] == [TOLD_AT]
    waiting = page_after(wish_recorded())
    fulfilled, reopened = wish_fulfilled(sale_id=SALE), wish_reopened(sale_id=SALE)
    assert page_after(wish_recorded(), fulfilled, reopened).wishes == waiting.wishes
    [anew] = page_after(reopened).wishes
    assert (anew.label, anew.sku, anew.fulfilled_at) == (waiting.wishes[0].label, waiting.wishes[0].sku, None)


def test_a_promise_that_was_completed_by_mistake_is_open_on_the_page_again() -> None:
    promised, done = follow_up_planned(), follow_up_completed()
    page = page_after(promised, done)
    assert ([one.follow_up_id for one in page.completed], page.follow_ups_kept) == ([1], 1)
    assert page_after(promised, done, follow_up_reopened()) == page_after(promised)
    later = [
        event
        for number in range(2, 13)
        for event in (follow_up_planned(follow_up_id=number), follow_up_completed(follow_up_id=number))
    ]
    [pushed_off] = page_after(promised, done, *later, follow_up_reopened()).follow_ups
    assert (pushed_off.due_on, pushed_off.associate_id, pushed_off.reason) == (promised.due_on, ANNA, None)


def test_a_removed_contact_counts_for_nothing_on_the_page() -> None:
    birthday, at = occasion_recorded(), TOLD_AT
    made = (
        birthday,
        contact_logged(contact_id=None, purpose="wish", answered=False, channel="text"),
        contact_logged(contact_id=2, purpose="occasion", occasion_id=1, occurred_at=at),
        contact_logged(contact_id=3, occurred_at=at),
        contact_logged(contact_id=4, purpose="chat", answered=False, occurred_at=at + HOUR),
    )
    undone = (
        contact_removed(contact_id=2, contacted_at=at, purpose="occasion", occasion_id=1),
        contact_removed(contact_id=3, contacted_at=at),
        contact_removed(contact_id=4, contacted_at=at + HOUR, purpose="chat", answered=False),
    )
    assert page_after(*made).occasions[0].reached_at == at
    page, before = page_after(*made, *undone), page_after(*made[:2])
    assert replace(page, contacts_removed=0) == before
    assert [one.contact_id for one in page.contacts] == [1]
    assert page_after(*made, *undone, contact_logged(contact_id=None)).contacts[-1].contact_id == 5


def test_what_another_contact_ticked_off_stays_so_when_one_is_removed() -> None:
    earlier, later = contact_logged(occasion_id=1), contact_logged(contact_id=2, occurred_at=TOLD_AT)
    removed = contact_removed(
        contact_id=2, contacted_at=TOLD_AT, occasion_id=1, reached_at=MET_AT, occasion_reached_at=MET_AT
    )
    page = page_after(occasion_recorded(), earlier, replace(later, occasion_id=1), removed)
    assert (page.last_contact_for, page.occasions[0].reached_at) == ({"thank_you": MET_AT}, MET_AT)


def test_a_contact_told_late_does_not_hide_a_later_one_of_its_purpose() -> None:
    page = page_after(contact_logged(occurred_at=TOLD_AT), contact_logged(occurred_at=MET_AT))
    assert page.last_contact_for == {"thank_you": TOLD_AT}


def test_all_contacts_are_counted_and_the_latest_listed() -> None:
    contacts = [contact_logged(occurred_at=MET_AT + number * HOUR) for number in range(CONTACTS_KEPT + 2)]
    page = page_after(*contacts)
    assert page.contacts_made == CONTACTS_KEPT + 2
    assert [contact.contacted_at for contact in page.contacts] == [c.occurred_at for c in contacts[2:]]


def test_a_purpose_nobody_asks_about_is_not_remembered_for_ever() -> None:
    page = page_after(contact_logged(purpose="chat"))
    assert page.last_contact_for == {}
    assert page.last_contact is not None


def test_a_kept_promise_leaves_the_page_and_is_counted() -> None:
    page = page_after(follow_up_planned(), follow_up_planned(follow_up_id=2), follow_up_completed())
    assert [promise.follow_up_id for promise in page.follow_ups] == [2]
    assert page.follow_ups_kept == 1


def test_occasions_are_listed_as_told() -> None:
    page = page_after(occasion_recorded(), occasion_recorded(occasion_id=2, kind="trip", on=date(2024, 7, 1)))
    assert [(occasion.kind, occasion.on) for occasion in page.occasions] == [
        ("birthday", date(1970, 5, 17)),
        ("trip", date(2024, 7, 1)),
    ]


def test_a_verified_heroic_act_is_on_the_page_until_it_is_revoked() -> None:
    page = page_after(heroic_act_verified())
    assert page.heroics == [HeroicDeed("act_" + "1" * 32, "delivery", date(2024, 3, 6), (BEN,))]
    assert page_after(heroic_act_verified(), heroic_act_revoked()).heroics == []


def test_owners_and_their_history_say_whose_customer_it_was_when() -> None:
    secondary = owner_assigned(associate_id=CARL, role="secondary", occurred_at=MET_AT + HOUR)
    to_ben = owner_reassigned(occurred_at=MET_AT + 2 * HOUR, reason="leaver")
    page = page_after(owner_assigned(reason="first_sale"), secondary, to_ben)
    assert (page.primary_owner, page.secondary_owners) == (BEN, [CARL])
    assert page.owners == [
        Ownership(ANNA, "primary", MET_AT, "first_sale", MET_AT + 2 * HOUR),
        Ownership(CARL, "secondary", MET_AT + HOUR, "by_hand"),
        Ownership(BEN, "primary", MET_AT + 2 * HOUR, "leaver"),
    ]
    assert [owner.associate_id for owner in owners_at(page, MET_AT + HOUR)] == [ANNA, CARL]
    assert [owner.associate_id for owner in owners_at(page, to_ben.occurred_at)] == [CARL, BEN]
    assert owners_at(page, MET_AT - HOUR) == []


def test_a_secondary_owner_who_becomes_the_primary_one_is_secondary_no_longer() -> None:
    page = page_after(
        owner_assigned(),
        owner_assigned(associate_id=BEN, role="secondary"),
        owner_reassigned(occurred_at=TOLD_AT),
    )
    assert (page.primary_owner, page.secondary_owners) == (BEN, [])
    assert [(owner.associate_id, owner.until) for owner in page.owners] == [
        (ANNA, TOLD_AT),
        (BEN, TOLD_AT),
        (BEN, None),
    ]


def test_the_query_columns_name_the_owners() -> None:
    columns = columns_after(PROJECTION, owner_assigned(), owner_assigned(associate_id=BEN, role="secondary"))
    assert (columns["primary_owner"], columns["secondary_owners"]) == (ANNA, [BEN])
    assert columns_after(PROJECTION, owner_assigned())["secondary_owners"] is None


def test_merging_leaves_pointers_and_unmerging_takes_them_away() -> None:
    survivor, merged = customers_merged()
    assert page_after(survivor).absorbed == [DORA]
    assert page_after(merged).merged_into == CLARA
    assert columns_after(PROJECTION, survivor)["related"] is True
    assert columns_after(PROJECTION, merged)["related"] is True
    apart, stands = customers_unmerged()
    assert page_after(survivor, apart).absorbed == []
    assert page_after(merged, stands).merged_into is None
    assert columns_after(PROJECTION, merged, stands)["related"] is False


def test_forgetting_leaves_nothing_sealed_and_nothing_personal_on_the_page() -> None:
    page = page_after(
        customer_registered(),
        contact_point_added(),
        contact_preference_set(),
        size_recorded(),
        taste_recorded(),
        wish_recorded(),
        occasion_recorded(),
        note_added(),
        contact_logged(),
        follow_up_planned(),
        owner_assigned(),
        customer_forgotten(),
    )
    row = PROJECTION.encode(page) + PROJECTION.values(page)[-1].encode()
    assert b"sealed:" not in row
    assert page == CustomerPage(
        customer_id=CLARA,
        registered_at=MET_AT,
        store_id="downtown",
        contacts_made=1,
        contacts_answered=1,
        primary_owner=ANNA,
        owners=[Ownership(ANNA, "primary", MET_AT, "by_hand")],
        forgotten=True,
    )

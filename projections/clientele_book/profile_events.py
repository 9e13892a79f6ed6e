"""How events about the customer themselves change their page."""

from bisect import insort
from operator import attrgetter
from typing import Any

from msgspec.structs import replace

from domain.customer import events
from domain.customer.commands import OwnerRole
from domain.customer.occasions import next_occasion
from domain.heroic_act.events import HeroicActRevoked, HeroicActVerified
from projections import profile_terms
from projections.clientele_book.page import (
    COMPLETED_FOLLOW_UPS_KEPT,
    CONTACTS_KEPT,
    FULFILLED_WISHES_KEPT,
    NOTES_KEPT,
    PURPOSES,
    Contact,
    CustomerPage,
    FollowUp,
    HeroicDeed,
    Note,
    Occasion,
    Ownership,
    Size,
    Wish,
)

_when_contacted = attrgetter("contacted_at")


def registered(page: CustomerPage, event: events.CustomerRegistered) -> None:
    page.registered_at = event.occurred_at
    profile_terms.registered(page, event)


def contact_preference_set(page: CustomerPage, event: events.ContactPreferenceSet) -> None:
    page.preferences[event.channel] = event.allowed


def size_recorded(page: CustomerPage, event: events.SizeRecorded) -> None:
    """One size per article and maker: the latest."""
    page.sizes = [size for size in page.sizes if (size.kind, size.label) != (event.kind, event.label)]
    page.sizes.append(Size(event.kind, event.size, event.label))


def taste_recorded(page: CustomerPage, event: events.TasteRecorded) -> None:
    others = [value for value in page.tastes.get(event.kind, ()) if value != event.value]
    if event.liked:
        others.append(event.value)
    if others:
        page.tastes[event.kind] = others
    else:
        page.tastes.pop(event.kind, None)


def wish_recorded(page: CustomerPage, event: events.WishRecorded) -> None:
    page.wishes.append(
        Wish(
            wish_id=event.wish_id,
            recorded_at=event.occurred_at,
            label=event.label,
            sku=event.sku,
            size=event.size,
            note=event.note,
            recorded_by=event.recorded_by,
        )
    )


def wish_fulfilled(page: CustomerPage, event: events.WishFulfilled) -> None:
    """It stays on the page as fulfilled, until newer ones have pushed it off."""
    page.wishes = [
        replace(wish, fulfilled_at=event.occurred_at, sale_id=event.sale_id)
        if wish.wish_id == event.wish_id
        else wish
        for wish in page.wishes
    ]
    fulfilled = [wish for wish in page.wishes if wish.fulfilled_at is not None]
    if len(fulfilled) > FULFILLED_WISHES_KEPT:
        page.wishes.remove(fulfilled[0])


def occasion_recorded(page: CustomerPage, event: events.OccasionRecorded) -> None:
    page.occasions.append(Occasion(event.occasion_id, event.kind, event.on, event.description))


def note_added(page: CustomerPage, event: events.NoteAdded) -> None:
    page.notes.append(Note(event.note_id, event.occurred_at, event.text, event.written_by))
    del page.notes[:-NOTES_KEPT]


def contact_logged(page: CustomerPage, event: events.ContactLogged) -> None:
    at, purpose = event.occurred_at, event.purpose
    number = event.contact_id or page.contacts_made + page.contacts_removed + 1
    contact = Contact(at, event.channel, purpose, event.contacted_by, event.answered, number)
    insort(page.contacts, contact, key=_when_contacted)
    del page.contacts[:-CONTACTS_KEPT]
    page.contacts_made += 1
    page.contacts_answered += event.answered
    if event.channel == "call" and not event.answered:
        return
    if purpose in PURPOSES:
        page.last_contact_for[purpose] = max(at, page.last_contact_for.get(purpose, at))
    about = event.occasion_id
    if about is None and purpose == "occasion":
        about = next_occasion(((one.occasion_id, one.kind, one.on) for one in page.occasions), at.date())
    page.occasions = [
        replace(occasion, reached_at=max(at, occasion.reached_at or at))
        if occasion.occasion_id == about
        else occasion
        for occasion in page.occasions
    ]


def follow_up_planned(page: CustomerPage, event: events.FollowUpPlanned) -> None:
    page.follow_ups.append(
        FollowUp(event.follow_up_id, event.due_on, event.reason, event.associate_id, event.wish_id)
    )


def follow_up_completed(page: CustomerPage, event: events.FollowUpCompleted) -> None:
    kept = [promise for promise in page.follow_ups if promise.follow_up_id == event.follow_up_id]
    page.follow_ups = [promise for promise in page.follow_ups if promise.follow_up_id != event.follow_up_id]
    page.follow_ups_kept += 1
    page.completed += kept
    del page.completed[:-COMPLETED_FOLLOW_UPS_KEPT]


def owner_changed(page: CustomerPage, event: events.OwnerAssigned | events.OwnerReassigned) -> None:
    """Nobody is both: who becomes the primary owner is a secondary one no longer, and the former primary is
    none.
    """
    associate_id = event.associate_id
    role: OwnerRole = event.role if isinstance(event, events.OwnerAssigned) else "primary"
    ended = [associate_id] if associate_id in page.secondary_owners else []
    page.secondary_owners = [owner for owner in page.secondary_owners if owner != associate_id]
    if role == "secondary":
        page.secondary_owners.append(associate_id)
    else:
        if page.primary_owner is not None:
            ended.append(page.primary_owner)
        page.primary_owner = associate_id
    page.owners = [
        replace(owner, until=event.occurred_at)
        if owner.until is None and owner.associate_id in ended
        else owner
        for owner in page.owners
    ]
    page.owners.append(Ownership(associate_id, role, event.occurred_at, event.reason))


def merged(page: CustomerPage, event: events.CustomersMerged) -> None:
    if event.survives:
        page.absorbed.append(event.other_customer_id)
    else:
        page.merged_into = event.other_customer_id


def unmerged(page: CustomerPage, event: events.CustomersUnmerged) -> None:
    if event.survives:
        page.absorbed = [record for record in page.absorbed if record != event.other_customer_id]
    else:
        page.merged_into = None


def heroic_act_verified(page: CustomerPage, event: HeroicActVerified) -> None:
    page.heroics.append(HeroicDeed(event.act_id, event.kind, event.happened_on, event.heroes))


def heroic_act_revoked(page: CustomerPage, event: HeroicActRevoked) -> None:
    page.heroics = [deed for deed in page.heroics if deed.act_id != event.act_id]


def forgotten(page: CustomerPage, event: events.CustomerForgotten) -> None:
    """What identifies them is erased; money, visits, owners and merges stay."""
    page.forgotten = True
    page.reference = page.name = page.address_as = None
    page.contact_points, page.preferences, page.sizes, page.tastes = [], {}, [], {}
    page.wishes, page.occasions, page.notes, page.follow_ups, page.completed = [], [], [], [], []
    page.contacts, page.last_contact_for = [], {}


FOLDS: dict[type[Any], Any] = {
    events.CustomerRegistered: registered,
    events.NameLearned: profile_terms.name_learned,
    events.ContactPointAdded: profile_terms.contact_point_added,
    events.ContactPreferenceSet: contact_preference_set,
    events.SizeRecorded: size_recorded,
    events.TasteRecorded: taste_recorded,
    events.WishRecorded: wish_recorded,
    events.WishFulfilled: wish_fulfilled,
    events.OccasionRecorded: occasion_recorded,
    events.NoteAdded: note_added,
    events.ContactLogged: contact_logged,
    events.FollowUpPlanned: follow_up_planned,
    events.FollowUpCompleted: follow_up_completed,
    events.OwnerAssigned: owner_changed,
    events.OwnerReassigned: owner_changed,
    events.CustomersMerged: merged,
    events.CustomersUnmerged: unmerged,
    events.CustomerForgotten: forgotten,
    HeroicActVerified: heroic_act_verified,
    HeroicActRevoked: heroic_act_revoked,
}

"""How events that take something back about the customer change their page."""

from operator import attrgetter
from typing import Any

from msgspec.structs import replace

from domain.customer import events
from domain.customer.commands import OwnerRole
from projections.clientele_book.page import PURPOSES, CustomerPage, FollowUp, Wish
from projections.profile_terms import contact_point_removed

_wish_id = attrgetter("wish_id")
_follow_up_id = attrgetter("follow_up_id")


def size_removed(page: CustomerPage, event: events.SizeRemoved) -> None:
    page.sizes = [size for size in page.sizes if (size.kind, size.label) != (event.kind, event.label)]


def occasion_removed(page: CustomerPage, event: events.OccasionRemoved) -> None:
    page.occasions = [one for one in page.occasions if one.occasion_id != event.occasion_id]


def note_removed(page: CustomerPage, event: events.NoteRemoved) -> None:
    page.notes = [note for note in page.notes if note.note_id != event.note_id]


def contact_removed(page: CustomerPage, event: events.ContactRemoved) -> None:
    """What it had ticked off waits again, unless another contact did so, too."""
    page.contacts = [one for one in page.contacts if one.contact_id != event.contact_id]
    page.contacts_made -= 1
    page.contacts_removed += 1
    page.contacts_answered -= event.answered
    page.last_contact_for.pop(event.purpose, None)
    if event.purpose in PURPOSES and event.reached_at is not None:
        page.last_contact_for[event.purpose] = event.reached_at
    page.occasions = [
        replace(one, reached_at=event.occasion_reached_at) if one.occasion_id == event.occasion_id else one
        for one in page.occasions
    ]


def wish_withdrawn(page: CustomerPage, event: events.WishWithdrawn) -> None:
    page.wishes = [wish for wish in page.wishes if wish.wish_id != event.wish_id]


def wish_reopened(page: CustomerPage, event: events.WishReopened) -> None:
    """It is open again, also where newer ones have pushed it off the page meanwhile."""
    fulfilled = next((wish for wish in page.wishes if wish.wish_id == event.wish_id), None)
    if fulfilled is None:
        wish = Wish(event.wish_id, event.recorded_at, event.label, event.sku, event.size)
    else:
        wish = replace(fulfilled, fulfilled_at=None, sale_id=None)
    others = [one for one in page.wishes if one.wish_id != event.wish_id]
    page.wishes = sorted([*others, wish], key=_wish_id)


def follow_up_reopened(page: CustomerPage, event: events.FollowUpReopened) -> None:
    """It is due again, also where newer ones have pushed it off the page meanwhile."""
    page.follow_ups_kept -= 1
    completed = next((one for one in page.completed if one.follow_up_id == event.follow_up_id), None)
    page.completed = [one for one in page.completed if one.follow_up_id != event.follow_up_id]
    again = completed or FollowUp(
        event.follow_up_id, event.due_on, associate_id=event.associate_id, wish_id=event.wish_id
    )
    page.follow_ups = sorted([*page.follow_ups, again], key=_follow_up_id)


def follow_up_cancelled(page: CustomerPage, event: events.FollowUpCancelled) -> None:
    page.follow_ups = [promise for promise in page.follow_ups if promise.follow_up_id != event.follow_up_id]


def primary_owner_removed(page: CustomerPage, event: events.PrimaryOwnerRemoved) -> None:
    page.primary_owner = None
    _no_longer(page, event, "primary")


def secondary_owner_removed(page: CustomerPage, event: events.SecondaryOwnerRemoved) -> None:
    page.secondary_owners = [owner for owner in page.secondary_owners if owner != event.associate_id]
    _no_longer(page, event, "secondary")


def _no_longer(
    page: CustomerPage, event: events.PrimaryOwnerRemoved | events.SecondaryOwnerRemoved, role: OwnerRole
) -> None:
    page.owners = [
        replace(owner, until=event.occurred_at)
        if owner.until is None and owner.role == role and owner.associate_id == event.associate_id
        else owner
        for owner in page.owners
    ]


FOLDS: dict[type[Any], Any] = {
    events.ContactPointRemoved: contact_point_removed,
    events.SizeRemoved: size_removed,
    events.OccasionRemoved: occasion_removed,
    events.NoteRemoved: note_removed,
    events.ContactRemoved: contact_removed,
    events.WishWithdrawn: wish_withdrawn,
    events.WishReopened: wish_reopened,
    events.FollowUpReopened: follow_up_reopened,
    events.FollowUpCancelled: follow_up_cancelled,
    events.PrimaryOwnerRemoved: primary_owner_removed,
    events.SecondaryOwnerRemoved: secondary_owner_removed,
}

"""How events that take something back about the customer change their page."""

from typing import Any

from msgspec.structs import replace

from domain.customer.events import (
    ContactPointRemoved,
    FollowUpCancelled,
    NoteRemoved,
    OccasionRemoved,
    SecondaryOwnerRemoved,
    SizeRemoved,
    WishWithdrawn,
)
from projections.clientele_book.page import CustomerPage


def contact_point_removed(page: CustomerPage, event: ContactPointRemoved) -> None:
    page.contact_points = [
        point for point in page.contact_points if point.contact_point_id != event.contact_point_id
    ]


def size_removed(page: CustomerPage, event: SizeRemoved) -> None:
    page.sizes = [size for size in page.sizes if (size.kind, size.label) != (event.kind, event.label)]


def occasion_removed(page: CustomerPage, event: OccasionRemoved) -> None:
    page.occasions = [one for one in page.occasions if one.occasion_id != event.occasion_id]


def note_removed(page: CustomerPage, event: NoteRemoved) -> None:
    page.notes = [note for note in page.notes if note.note_id != event.note_id]


def wish_withdrawn(page: CustomerPage, event: WishWithdrawn) -> None:
    page.wishes = [wish for wish in page.wishes if wish.wish_id != event.wish_id]


def follow_up_cancelled(page: CustomerPage, event: FollowUpCancelled) -> None:
    page.follow_ups = [promise for promise in page.follow_ups if promise.follow_up_id != event.follow_up_id]


def secondary_owner_removed(page: CustomerPage, event: SecondaryOwnerRemoved) -> None:
    page.secondary_owners = [owner for owner in page.secondary_owners if owner != event.associate_id]
    page.owners = [
        replace(owner, until=event.occurred_at)
        if owner.until is None and owner.role == "secondary" and owner.associate_id == event.associate_id
        else owner
        for owner in page.owners
    ]


FOLDS: dict[type[Any], Any] = {
    ContactPointRemoved: contact_point_removed,
    SizeRemoved: size_removed,
    OccasionRemoved: occasion_removed,
    NoteRemoved: note_removed,
    WishWithdrawn: wish_withdrawn,
    FollowUpCancelled: follow_up_cancelled,
    SecondaryOwnerRemoved: secondary_owner_removed,
}

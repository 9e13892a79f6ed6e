"""Events of a customer."""

from datetime import date, datetime
from typing import ClassVar

from domain.customer.commands import Channel, ContactKind, OccasionKind, OwnerRole, TasteKind
from domain.messages import Event


def owner_tag(associate_id: str) -> str:
    """The tag of every event that makes an associate an owner of a customer, primary or secondary."""
    return f"owner:{associate_id}"


class CustomerEvent(Event, frozen=True, kw_only=True):
    """An event in one customer's history."""

    customer_id: str

    @property
    def stream_id(self) -> str:
        return self.customer_id


class CustomerRegistered(CustomerEvent, frozen=True, kw_only=True):
    names: ClassVar = ("customer_id",)

    reference: str | None = None
    store_id: str | None = None
    name: str | None = None
    address_as: str | None = None


class NameLearned(CustomerEvent, frozen=True, kw_only=True):
    name: str
    address_as: str | None = None
    learned_by: str | None = None


class ContactPointAdded(CustomerEvent, frozen=True, kw_only=True):
    names: ClassVar = ("contact_point_id",)

    contact_point_id: int
    kind: ContactKind
    value: str


class ContactPreferenceSet(CustomerEvent, frozen=True, kw_only=True):
    channel: Channel
    allowed: bool


class SizeRecorded(CustomerEvent, frozen=True, kw_only=True):
    kind: str
    size: str
    label: str | None = None


class TasteRecorded(CustomerEvent, frozen=True, kw_only=True):
    kind: TasteKind
    value: str
    liked: bool = True


class WishRecorded(CustomerEvent, frozen=True, kw_only=True):
    names: ClassVar = ("wish_id",)

    wish_id: int
    label: str | None = None
    sku: str | None = None
    size: str | None = None
    note: str | None = None
    recorded_by: str | None = None


class WishFulfilled(CustomerEvent, frozen=True, kw_only=True):
    wish_id: int
    sale_id: str | None = None
    fulfilled_by: str | None = None


class WishReopened(CustomerEvent, frozen=True, kw_only=True):
    """The sale that fulfilled a wish was not theirs: they wait for it again, as they have since
    `recorded_at`.
    """

    wish_id: int
    sale_id: str
    recorded_at: datetime
    label: str | None = None
    sku: str | None = None
    size: str | None = None


class OccasionRecorded(CustomerEvent, frozen=True, kw_only=True):
    names: ClassVar = ("occasion_id",)

    occasion_id: int
    kind: OccasionKind
    on: date
    description: str | None = None


class NoteAdded(CustomerEvent, frozen=True, kw_only=True):
    names: ClassVar = ("note_id",)

    note_id: int
    text: str
    written_by: str | None = None


class ContactLogged(CustomerEvent, frozen=True, kw_only=True):
    """`contact_id` is empty in events of before contacts had numbers: theirs is their place among the
    customer's contacts. `occasion_id` is the next occasion where none was named.
    """

    names: ClassVar = ("contact_id",)

    channel: Channel
    purpose: str
    contacted_by: str
    answered: bool = False
    occasion_id: int | None = None
    contact_id: int | None = None


class FollowUpPlanned(CustomerEvent, frozen=True, kw_only=True):
    names: ClassVar = ("follow_up_id",)

    follow_up_id: int
    due_on: date
    reason: str
    associate_id: str | None = None
    wish_id: int | None = None


class FollowUpCompleted(CustomerEvent, frozen=True, kw_only=True):
    follow_up_id: int
    completed_by: str | None = None


class OwnerAssigned(CustomerEvent, frozen=True, kw_only=True):
    """`reason`: first_sale, by_hand, most_sold (imported history) or leaver.

    `sale_id` is the first sale: an owner by it follows what is corrected about it. Nobody has both roles: who
    becomes the primary owner is a secondary one no longer.
    """

    associate_id: str
    role: OwnerRole = "primary"
    reason: str = "by_hand"
    sale_id: str | None = None

    @property
    def tags(self) -> tuple[str, ...]:
        return (owner_tag(self.associate_id),)


class OwnerReassigned(CustomerEvent, frozen=True, kw_only=True):
    """The primary owner changed; `previous_associate_id` is the former one, no owner any more unless assigned
    anew.

    A secondary owner who becomes the primary one is a secondary one no longer. `reason`: by_hand,
    attribution_corrected (somebody else sold the first sale, `sale_id`), leaver (a named successor takes
    over), leaver_smallest_book (nobody is named: whoever works in the same place and has the smallest book).
    """

    associate_id: str
    previous_associate_id: str | None = None
    reason: str = "by_hand"
    sale_id: str | None = None

    @property
    def tags(self) -> tuple[str, ...]:
        return (owner_tag(self.associate_id),)


class ContactPointRemoved(CustomerEvent, frozen=True, kw_only=True):
    contact_point_id: int


class SizeRemoved(CustomerEvent, frozen=True, kw_only=True):
    kind: str
    label: str | None = None


class OccasionRemoved(CustomerEvent, frozen=True, kw_only=True):
    occasion_id: int


class NoteRemoved(CustomerEvent, frozen=True, kw_only=True):
    note_id: int


class ContactRemoved(CustomerEvent, frozen=True, kw_only=True):
    """A contact was logged by mistake: it counts for nothing. `contacted_at` to `occasion_id` are its own.

    `reached_at`: when they were last reached for the same purpose by what is left, `occasion_reached_at` for
    the same occasion.
    """

    contact_id: int
    contacted_at: datetime
    channel: Channel
    purpose: str
    answered: bool = False
    occasion_id: int | None = None
    reached_at: datetime | None = None
    occasion_reached_at: datetime | None = None


class WishWithdrawn(CustomerEvent, frozen=True, kw_only=True):
    wish_id: int


class FollowUpCancelled(CustomerEvent, frozen=True, kw_only=True):
    follow_up_id: int


class PrimaryOwnerRemoved(CustomerEvent, frozen=True, kw_only=True):
    """The sale that had made them the primary owner was another customer's, or nobody sold it: there is none,
    until the next sale.
    """

    associate_id: str
    sale_id: str


class SecondaryOwnerRemoved(CustomerEvent, frozen=True, kw_only=True):
    associate_id: str


class CustomersMerged(CustomerEvent, frozen=True, kw_only=True):
    """Written to both histories: `customer_id` is whose history, `other_customer_id` the other record."""

    other_customer_id: str
    survives: bool


class CustomersUnmerged(CustomerEvent, frozen=True, kw_only=True):
    """Written to both histories, as the merge was."""

    other_customer_id: str
    survives: bool


class CustomerForgotten(CustomerEvent, frozen=True, kw_only=True):
    requested_by: str | None = None

    @property
    def erases(self) -> str | None:
        return self.customer_id


TOPICS: dict[str, type[Event]] = {
    "customer.registered.v1": CustomerRegistered,
    "customer.name_learned.v1": NameLearned,
    "customer.contact_point_added.v1": ContactPointAdded,
    "customer.contact_preference_set.v1": ContactPreferenceSet,
    "customer.size_recorded.v1": SizeRecorded,
    "customer.taste_recorded.v1": TasteRecorded,
    "customer.wish_recorded.v1": WishRecorded,
    "customer.wish_fulfilled.v1": WishFulfilled,
    "customer.wish_reopened.v1": WishReopened,
    "customer.occasion_recorded.v1": OccasionRecorded,
    "customer.note_added.v1": NoteAdded,
    "customer.contact_logged.v1": ContactLogged,
    "customer.follow_up_planned.v1": FollowUpPlanned,
    "customer.follow_up_completed.v1": FollowUpCompleted,
    "customer.owner_assigned.v1": OwnerAssigned,
    "customer.owner_reassigned.v1": OwnerReassigned,
    "customer.contact_point_removed.v1": ContactPointRemoved,
    "customer.size_removed.v1": SizeRemoved,
    "customer.occasion_removed.v1": OccasionRemoved,
    "customer.note_removed.v1": NoteRemoved,
    "customer.contact_removed.v1": ContactRemoved,
    "customer.wish_withdrawn.v1": WishWithdrawn,
    "customer.follow_up_cancelled.v1": FollowUpCancelled,
    "customer.primary_owner_removed.v1": PrimaryOwnerRemoved,
    "customer.secondary_owner_removed.v1": SecondaryOwnerRemoved,
    "customer.merged.v1": CustomersMerged,
    "customer.unmerged.v1": CustomersUnmerged,
    "customer.forgotten.v1": CustomerForgotten,
}

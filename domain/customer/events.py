"""Events of a customer."""

from datetime import date, datetime
from typing import ClassVar

from domain.customer.commands import Channel, ContactKind, OccasionKind, OwnerRole, TasteKind
from domain.messages import Event
from domain.personal import Encrypted


def owner_tag(associate_id: str) -> str:
    """The tag of every event that makes an associate an owner of a customer, primary or secondary."""
    return f"owner:{associate_id}"


class CustomerEvent(Event, frozen=True, kw_only=True):
    """An event in one customer's history."""

    customer_id: str
    """Customer whose record it is."""

    @property
    def stream_id(self) -> str:
        return self.customer_id


class CustomerRegistered(CustomerEvent, frozen=True, kw_only=True):
    """A customer becomes known: the first event of their record."""

    names: ClassVar = ("customer_id",)

    reference: str | None = None
    """Their number in another system. Absent: none was given."""
    store_id: str | None = None
    """Store where they became known. Absent: not said."""
    name: Encrypted | None = None
    """Name. Absent: not known yet."""
    address_as: Encrypted | None = None
    """How they like to be addressed. Absent: not known."""


class NameLearned(CustomerEvent, frozen=True, kw_only=True):
    """The name of a customer became known, or changed. It replaces name and address of before."""

    name: Encrypted
    """Name."""
    address_as: Encrypted | None = None
    """How they like to be addressed. Absent: not known."""
    learned_by: str | None = None
    """Associate who learned it. Absent: not said."""


class ContactPointAdded(CustomerEvent, frozen=True, kw_only=True):
    """A telephone number, a mail address or a postal address became known. It is no consent to use it:
    ContactPreferenceSet is.
    """

    names: ClassVar = ("contact_point_id",)

    contact_point_id: int
    """Number of the contact point in the customer's record, from 1."""
    kind: ContactKind
    """What it is: phone, email or address."""
    value: Encrypted
    """The number or address."""


class ContactPreferenceSet(CustomerEvent, frozen=True, kw_only=True):
    """A customer said whether a channel may be used. Nothing said means no."""

    channel: Channel
    """Way of reaching them: call, text or write."""
    allowed: bool
    """True: they agree; false: they do not."""


class SizeRecorded(CustomerEvent, frozen=True, kw_only=True):
    """A size that the customer wears, in the place of the one of before for the same article and maker."""

    kind: str
    """Article, as the shop calls it (shoe, dress, glove)."""
    size: str
    """The size."""
    label: str | None = None
    """Maker it holds for. Absent: any."""


class TasteRecorded(CustomerEvent, frozen=True, kw_only=True):
    """A favourite designer, label, colour or department, or that it is none any longer."""

    kind: TasteKind
    """What it is a taste in."""
    value: str
    """The favourite."""
    liked: bool = True
    """True: a favourite; false: taken back."""


class WishRecorded(CustomerEvent, frozen=True, kw_only=True):
    """The customer waits for something: a label, an item, a size, in any combination. It is open until it is
    fulfilled or withdrawn.
    """

    names: ClassVar = ("wish_id",)

    wish_id: int
    """Number of the wish in the customer's record, from 1."""
    label: str | None = None
    """Maker they wait for. Absent: any."""
    sku: str | None = None
    """Article number they wait for. Absent: any."""
    size: str | None = None
    """Size they wait for. Absent: any."""
    note: Encrypted | None = None
    """What else was said about it. Absent: nothing."""
    recorded_by: str | None = None
    """Associate who recorded it. Absent: not said."""


class WishFulfilled(CustomerEvent, frozen=True, kw_only=True):
    """The customer got what they waited for: by hand, or with a sale of goods that meet the wish."""

    wish_id: int
    """The wish."""
    sale_id: str | None = None
    """Sale that fulfilled it. Absent: none is known."""
    fulfilled_by: str | None = None
    """Associate who fulfilled it. Absent: not said, or a sale did."""


class WishReopened(CustomerEvent, frozen=True, kw_only=True):
    """A wish was fulfilled by mistake, or by a sale that was not theirs: they wait for it again."""

    wish_id: int
    """The wish."""
    sale_id: str | None = None
    """Sale that had fulfilled it. Absent: none had."""
    recorded_at: datetime
    """When the wish was recorded: they have waited since then."""
    label: str | None = None
    """Maker they wait for. Absent: any."""
    sku: str | None = None
    """Article number they wait for. Absent: any."""
    size: str | None = None
    """Size they wait for. Absent: any."""


class OccasionRecorded(CustomerEvent, frozen=True, kw_only=True):
    """A day that matters to the customer; birthdays and anniversaries return every year."""

    names: ClassVar = ("occasion_id",)

    occasion_id: int
    """Number of the occasion in the customer's record, from 1."""
    kind: OccasionKind
    """What day it is."""
    on: date
    """The day; of one that returns, the first."""
    description: Encrypted | None = None
    """What it is about. Absent: nothing was said."""


class NoteAdded(CustomerEvent, frozen=True, kw_only=True):
    """Something that an associate wants to remember about the customer."""

    names: ClassVar = ("note_id",)

    note_id: int
    """Number of the note in the customer's record, from 1."""
    text: Encrypted
    """The note."""
    written_by: str | None = None
    """Associate who wrote it. Absent: not said."""


class ContactLogged(CustomerEvent, frozen=True, kw_only=True):
    """The customer was called, texted or written to."""

    names: ClassVar = ("contact_id",)

    channel: Channel
    """Way of reaching them: call, text or write."""
    purpose: str
    """Short code: thank_you, wish, occasion, follow_up, lapsing, or the shop's own."""
    contacted_by: str
    """Associate who did it."""
    answered: bool = False
    """True where they answered. A call that nobody answered reached nobody."""
    occasion_id: int | None = None
    """Occasion that it counts for: the one named, else the next one where the purpose is occasion. Absent: it
    is about none."""
    contact_id: int | None = None
    """Number of the contact in the customer's record, from 1. Absent: written before contacts had numbers; it
    is its place among the customer's contacts."""


class FollowUpPlanned(CustomerEvent, frozen=True, kw_only=True):
    """A promise to get back to the customer on a day; reactions make one where goods arrive that somebody
    waits for.
    """

    names: ClassVar = ("follow_up_id",)

    follow_up_id: int
    """Number of the follow-up in the customer's record, from 1."""
    due_on: date
    """Day on which it is due."""
    reason: Encrypted
    """What was promised."""
    associate_id: str | None = None
    """Associate who keeps it. Absent: the primary owner of that day."""
    wish_id: int | None = None
    """Wish that it is about. Absent: none."""


class FollowUpCompleted(CustomerEvent, frozen=True, kw_only=True):
    """The promise was kept."""

    follow_up_id: int
    """The follow-up."""
    completed_by: str | None = None
    """Associate who kept it. Absent: not said."""


class FollowUpReopened(CustomerEvent, frozen=True, kw_only=True):
    """A promise was completed by mistake: it is due as it was."""

    follow_up_id: int
    """The follow-up."""
    due_on: date
    """Day on which it is due, as planned."""
    associate_id: str | None = None
    """Associate who keeps it, as planned. Absent: the primary owner of that day."""
    wish_id: int | None = None
    """Wish that it is about, as planned. Absent: none."""


class OwnerAssigned(CustomerEvent, frozen=True, kw_only=True):
    """The customer is in an associate's book from now on. Nobody has both roles: who becomes the primary
    owner is a secondary one no longer.
    """

    associate_id: str
    """The associate."""
    role: OwnerRole = "primary"
    """Primary owner (one, who had none before), or one of any number of secondary ones."""
    reason: str = "by_hand"
    """first_sale (credited with most of it), or by_hand."""
    sale_id: str | None = None
    """First sale, whose corrections the owner follows. Absent: not by a sale."""

    @property
    def tags(self) -> tuple[str, ...]:
        return (owner_tag(self.associate_id),)


class OwnerReassigned(CustomerEvent, frozen=True, kw_only=True):
    """The primary owner changed; the former one is no owner any more unless assigned anew."""

    associate_id: str
    """Primary owner from now on; a secondary one no longer."""
    previous_associate_id: str | None = None
    """Primary owner until now. Absent: there was none."""
    reason: str = "by_hand"
    """by_hand, attribution_corrected (somebody else sold the first sale), most_sold (imported history),
    leaver (a named successor takes over), leaver_smallest_book (nobody is named: whoever works in the same
    place and has the smallest book), or the shop's own."""
    sale_id: str | None = None
    """First sale whose attribution was corrected. Absent: another reason."""

    @property
    def tags(self) -> tuple[str, ...]:
        return (owner_tag(self.associate_id),)


class ContactPointRemoved(CustomerEvent, frozen=True, kw_only=True):
    """A contact point is not theirs, or no longer."""

    contact_point_id: int
    """The contact point."""


class SizeRemoved(CustomerEvent, frozen=True, kw_only=True):
    """A recorded size was wrong, and the right one is not known."""

    kind: str
    """Article, as it was recorded."""
    label: str | None = None
    """Maker, as it was recorded. Absent: it held for any."""


class OccasionRemoved(CustomerEvent, frozen=True, kw_only=True):
    """A day was noted by mistake."""

    occasion_id: int
    """The occasion."""


class NoteRemoved(CustomerEvent, frozen=True, kw_only=True):
    """A note was wrong, or about somebody else."""

    note_id: int
    """The note."""


class ContactRemoved(CustomerEvent, frozen=True, kw_only=True):
    """A contact was logged by mistake: it counts for nothing."""

    contact_id: int
    """The contact."""
    contacted_at: datetime
    """When it was said to have taken place."""
    channel: Channel
    """Channel, as logged."""
    purpose: str
    """Purpose, as logged."""
    answered: bool = False
    """Whether they answered, as logged."""
    occasion_id: int | None = None
    """Occasion that it had counted for. Absent: none."""
    reached_at: datetime | None = None
    """When they were last reached for the same purpose by what is left. Absent: never."""
    occasion_reached_at: datetime | None = None
    """When they were last reached for the same occasion by what is left. Absent: never, or it had counted for
    none."""


class WishWithdrawn(CustomerEvent, frozen=True, kw_only=True):
    """The customer waits for it no longer, or never did."""

    wish_id: int
    """The wish."""


class FollowUpCancelled(CustomerEvent, frozen=True, kw_only=True):
    """A promise was planned by mistake: it was neither kept nor broken."""

    follow_up_id: int
    """The follow-up."""


class PrimaryOwnerRemoved(CustomerEvent, frozen=True, kw_only=True):
    """The sale that had made them the primary owner was another customer's, or nobody sold it: there is none,
    until the next sale.
    """

    associate_id: str
    """Primary owner until now."""
    sale_id: str
    """The sale that had made them so."""


class SecondaryOwnerRemoved(CustomerEvent, frozen=True, kw_only=True):
    """The customer is in this secondary owner's book no longer."""

    associate_id: str
    """The associate."""


class CustomersMerged(CustomerEvent, frozen=True, kw_only=True):
    """Two records turn out to be one person. Written to both histories in one commit; nothing is moved
    between them.
    """

    other_customer_id: str
    """The other record."""
    survives: bool
    """True in the history of the record that the other one is a part of from now on."""


class CustomersUnmerged(CustomerEvent, frozen=True, kw_only=True):
    """A merge was a mistake: both are records of their own again. Written to both histories in one commit."""

    other_customer_id: str
    """The other record."""
    survives: bool
    """True in the history of the record that the other had been a part of."""


class CustomerForgotten(CustomerEvent, frozen=True, kw_only=True):
    """The person is forgotten (erasure): their data key is destroyed in this commit, so that no encrypted
    text about them can be read again, anywhere. Money and statistics stay.
    """

    requested_by: str | None = None
    """Who asked for it, as a short code. Absent: not said."""

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
    "customer.follow_up_reopened.v1": FollowUpReopened,
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

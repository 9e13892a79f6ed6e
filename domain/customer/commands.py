"""Commands about a customer's record."""

from datetime import date
from typing import Annotated, ClassVar, Literal

import msgspec

from domain.ids import CUSTOMER, AssociateId, Code, CustomerId, SaleId
from domain.messages import Command
from domain.personal import Personal

ContactKind = Literal["phone", "email", "address"]
Channel = Literal["call", "text", "write"]
TasteKind = Literal["designer", "label", "colour", "department"]
OccasionKind = Literal["birthday", "anniversary", "trip", "other"]
OwnerRole = Literal["primary", "secondary"]
Number = Annotated[int, msgspec.Meta(ge=1)]


class RegisterCustomer(Command, frozen=True, kw_only=True):
    """A customer becomes known; their name may come later. `reference` is their number in another system."""

    new_id: ClassVar = ("customer_id", CUSTOMER)

    customer_id: CustomerId | None = None
    reference: Code | None = None
    store_id: Code | None = None
    name: Personal | None = None
    address_as: Personal | None = None


class LearnName(Command, frozen=True, kw_only=True):
    """Their name, and how they like to be addressed."""

    customer_id: CustomerId
    name: Personal
    address_as: Personal | None = None
    learned_by: AssociateId | None = None


class AddContactPoint(Command, frozen=True, kw_only=True):
    """A telephone number, a mail address or a postal address."""

    customer_id: CustomerId
    kind: ContactKind
    value: Personal


class SetContactPreference(Command, frozen=True, kw_only=True):
    """Whether they agree to be called, texted or written to. Nothing agreed means no."""

    customer_id: CustomerId
    channel: Channel
    allowed: bool


class RecordSize(Command, frozen=True, kw_only=True):
    """A size they wear: `kind` is the article (shoe, dress, glove), `label` the maker it holds for."""

    customer_id: CustomerId
    kind: Code
    size: Code
    label: Code | None = None


class RecordTaste(Command, frozen=True, kw_only=True):
    """A favourite designer, label, colour or department; `liked` false takes it back."""

    customer_id: CustomerId
    kind: TasteKind
    value: Code
    liked: bool = True


class RecordWish(Command, frozen=True, kw_only=True):
    """Something they are waiting for: a label, an item (SKU), a size, in any combination."""

    customer_id: CustomerId
    label: Code | None = None
    sku: Code | None = None
    size: Code | None = None
    note: Personal | None = None
    recorded_by: AssociateId | None = None


class FulfilWish(Command, frozen=True, kw_only=True):
    """They got what they were waiting for."""

    customer_id: CustomerId
    wish_id: Number
    sale_id: SaleId | None = None
    fulfilled_by: AssociateId | None = None


class RecordOccasion(Command, frozen=True, kw_only=True):
    """A day that matters to them. Birthdays and anniversaries return every year."""

    customer_id: CustomerId
    kind: OccasionKind
    on: date
    description: Personal | None = None


class AddNote(Command, frozen=True, kw_only=True):
    """Whatever an associate wants to remember about them."""

    customer_id: CustomerId
    text: Personal
    written_by: AssociateId | None = None


class LogContact(Command, frozen=True, kw_only=True):
    """They were called, texted or written to.

    `purpose` is a short code: thank_you, wish, occasion, follow_up, lapsing. `occasion_id` says which of
    their occasions it was about; without it the contact counts for the next one.
    """

    customer_id: CustomerId
    channel: Channel
    purpose: Code
    contacted_by: AssociateId
    answered: bool = False
    occasion_id: Number | None = None


class PlanFollowUp(Command, frozen=True, kw_only=True):
    """A promise to get back to them on a day."""

    customer_id: CustomerId
    due_on: date
    reason: Personal
    associate_id: AssociateId | None = None
    wish_id: Number | None = None


class CompleteFollowUp(Command, frozen=True, kw_only=True):
    """The promise was kept."""

    customer_id: CustomerId
    follow_up_id: Number
    completed_by: AssociateId | None = None


class AssignOwner(Command, frozen=True, kw_only=True):
    """The customer belongs to this associate's book: one primary owner, any number of secondary ones."""

    customer_id: CustomerId
    associate_id: AssociateId
    role: OwnerRole = "primary"


class ReassignOwner(Command, frozen=True, kw_only=True):
    """The primary owner changes, by hand or because the owner leaves.

    With `previous_associate_id`, only if the customer still belongs to that associate: a faster writer wins.
    """

    customer_id: CustomerId
    associate_id: AssociateId
    previous_associate_id: AssociateId | None = None
    reason: Code = "by_hand"


class RemoveContactPoint(Command, frozen=True, kw_only=True):
    """A number or an address is not theirs, or no longer."""

    customer_id: CustomerId
    contact_point_id: Number


class RemoveSize(Command, frozen=True, kw_only=True):
    """A size was wrong, and the right one is not known."""

    customer_id: CustomerId
    kind: Code
    label: Code | None = None


class RemoveOccasion(Command, frozen=True, kw_only=True):
    """A day was noted by mistake."""

    customer_id: CustomerId
    occasion_id: Number


class RemoveNote(Command, frozen=True, kw_only=True):
    """A note was wrong, or about somebody else."""

    customer_id: CustomerId
    note_id: Number


class RemoveContact(Command, frozen=True, kw_only=True):
    """A contact was logged by mistake: it was another customer, another purpose or another channel."""

    customer_id: CustomerId
    contact_id: Number


class WithdrawWish(Command, frozen=True, kw_only=True):
    """They wait for it no longer, or never did."""

    customer_id: CustomerId
    wish_id: Number


class CancelFollowUp(Command, frozen=True, kw_only=True):
    """A promise was planned by mistake: it was neither kept nor broken."""

    customer_id: CustomerId
    follow_up_id: Number


class ReopenFollowUp(Command, frozen=True, kw_only=True):
    """A promise was completed by mistake: it is still to be kept."""

    customer_id: CustomerId
    follow_up_id: Number


class ReopenWish(Command, frozen=True, kw_only=True):
    """They did not get what they were waiting for after all: they still wait for it."""

    customer_id: CustomerId
    wish_id: Number


class RemoveSecondaryOwner(Command, frozen=True, kw_only=True):
    """The customer is in this associate's book no longer."""

    customer_id: CustomerId
    associate_id: AssociateId


class MergeCustomers(Command, frozen=True, kw_only=True):
    """Two records turn out to be one person: `merged_customer_id` becomes part of `customer_id`."""

    customer_id: CustomerId
    merged_customer_id: CustomerId


class UnmergeCustomers(Command, frozen=True, kw_only=True):
    """The merge was a mistake; both are records of their own again."""

    customer_id: CustomerId
    merged_customer_id: CustomerId


class ForgetCustomer(Command, frozen=True, kw_only=True):
    """Erase the person: their data key is destroyed, money and statistics stay."""

    customer_id: CustomerId
    requested_by: Code | None = None

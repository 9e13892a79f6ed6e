"""Decides what takes back what was wrong about a customer: compensating events, nothing is erased."""

from datetime import datetime
from typing import Any

from msgspec.structs import asdict

from domain.customer import commands, events
from domain.customer.addressing import addressed_customer
from domain.customer.policies import follow_up_must_be_open, wish_must_be_open
from domain.customer.state import Numbered
from domain.messages import Event, NotFound
from domain.policies import Decision, Decisions, event_of
from domain.state_reader import StateReader


def _removes(what: Numbered, event: type[Event]) -> Decision:
    """How one of a customer's numbered things is removed: it has to be known."""

    def remove(command: Any, states: StateReader, now: datetime) -> list[Event]:
        customer = addressed_customer(command, states, merged_too=True)
        number = getattr(command, f"{what}_id")
        if not customer.has(what, number):
            name = what.replace("_", " ")
            raise NotFound(f"{what}_unknown", f"This customer has no {name} {number}.", f"{what}_id")
        return [event_of(event, command, now)]

    return remove


def remove_contact(command: commands.RemoveContact, states: StateReader, now: datetime) -> list[Event]:
    """Whatever it had ticked off waits again, unless another contact has done so, too."""
    customer = addressed_customer(command, states, merged_too=True)
    contact = customer.contacts.get(command.contact_id)
    if contact is None:
        number = command.contact_id
        raise NotFound("contact_unknown", f"This customer has no contact {number}.", "contact_id")
    left = [one for number, one in customer.contacts.items() if number != command.contact_id and one.reached]
    same_purpose = [one.contacted_at for one in left if one.purpose == contact.purpose]
    same_occasion = [one.contacted_at for one in left if one.occasion_id == contact.occasion_id is not None]
    return [
        event_of(
            events.ContactRemoved,
            command,
            now,
            **asdict(contact),
            reached_at=max(same_purpose, default=None),
            occasion_reached_at=max(same_occasion, default=None),
        )
    ]


def remove_size(command: commands.RemoveSize, states: StateReader, now: datetime) -> list[Event]:
    """A size that is not known is none already."""
    customer = addressed_customer(command, states, merged_too=True)
    event = event_of(events.SizeRemoved, command, now)
    if (command.kind, command.label) not in customer.sizes:
        return []
    return [event]


def withdraw_wish(command: commands.WithdrawWish, states: StateReader, now: datetime) -> list[Event]:
    addressed_customer(command, states, (wish_must_be_open,), merged_too=True)
    return [event_of(events.WishWithdrawn, command, now)]


def cancel_follow_up(command: commands.CancelFollowUp, states: StateReader, now: datetime) -> list[Event]:
    addressed_customer(command, states, (follow_up_must_be_open,), merged_too=True)
    return [event_of(events.FollowUpCancelled, command, now)]


def remove_secondary_owner(
    command: commands.RemoveSecondaryOwner, states: StateReader, now: datetime
) -> list[Event]:
    """Nobody is left without an owner: a primary owner is replaced by ReassignOwner."""
    customer = addressed_customer(command, states, merged_too=True)
    if command.associate_id not in customer.secondary_owners:
        raise NotFound(
            "secondary_owner_unknown",
            f"{command.associate_id} is no secondary owner; ReassignOwner replaces the primary one.",
            "associate_id",
        )
    return [event_of(events.SecondaryOwnerRemoved, command, now)]


DECISIONS: Decisions = {
    commands.RemoveContactPoint: _removes("contact_point", events.ContactPointRemoved),
    commands.RemoveSize: remove_size,
    commands.RemoveOccasion: _removes("occasion", events.OccasionRemoved),
    commands.RemoveNote: _removes("note", events.NoteRemoved),
    commands.RemoveContact: remove_contact,
    commands.WithdrawWish: withdraw_wish,
    commands.CancelFollowUp: cancel_follow_up,
    commands.RemoveSecondaryOwner: remove_secondary_owner,
}

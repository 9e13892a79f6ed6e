"""Decides what takes back what was wrong about a customer: compensating events, nothing is erased."""

from datetime import datetime
from typing import Any

from msgspec.structs import asdict

from domain.customer import commands, events
from domain.customer.addressing import addressed_customer
from domain.customer.policies import (
    follow_up_must_be_known,
    follow_up_must_be_open,
    wish_must_be_known,
    wish_must_be_open,
)
from domain.customer.state import Numbered
from domain.messages import Event, NotFound, Refused, made_of
from domain.policies import Decision, Decisions, business_time, event_of
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
    occasion_reached_at = None
    if contact.occasion_id is not None:
        occasion_reached_at = customer.last_reached_for(contact.occasion_id, command.contact_id)
    return [
        event_of(
            events.ContactRemoved,
            command,
            now,
            **asdict(contact),
            reached_at=customer.last_reached(contact.purpose, command.contact_id),
            occasion_reached_at=occasion_reached_at,
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


def reopen_follow_up(command: commands.ReopenFollowUp, states: StateReader, now: datetime) -> list[Event]:
    """It is due as it was, in Today of whoever made it; one that is open stays so."""
    customer = addressed_customer(command, states, (follow_up_must_be_known,), merged_too=True)
    at = business_time(command, now)
    if command.follow_up_id in customer.open_follow_ups:
        return []
    promise = customer.completed.get(command.follow_up_id)
    if promise is None:
        raise Refused(
            "follow_up_cancelled",
            f"Follow-up {command.follow_up_id} was cancelled: plan it anew.",
            "follow_up_id",
        )
    return [made_of(events.FollowUpReopened, command, promise, occurred_at=at)]


def reopen_wish(command: commands.ReopenWish, states: StateReader, now: datetime) -> list[Event]:
    """They wait for it as before, and are told when it comes; one that is open stays so."""
    customer = addressed_customer(command, states, (wish_must_be_known,), merged_too=True)
    at = business_time(command, now)
    if command.wish_id in customer.open_wishes:
        return []
    met = customer.fulfilled.get(command.wish_id)
    if met is None:
        raise Refused("wish_withdrawn", f"Wish {command.wish_id} was withdrawn: record it anew.", "wish_id")
    return [made_of(events.WishReopened, command, met.wish, sale_id=met.sale_id, occurred_at=at)]


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
    commands.ReopenFollowUp: reopen_follow_up,
    commands.ReopenWish: reopen_wish,
    commands.RemoveSecondaryOwner: remove_secondary_owner,
}

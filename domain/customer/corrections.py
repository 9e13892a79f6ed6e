"""Decides what takes back what was wrong about a customer: compensating events, nothing is erased."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from domain.customer.addressing import addressed_customer
from domain.customer.commands import (
    CancelFollowUp,
    RemoveContactPoint,
    RemoveNote,
    RemoveOccasion,
    RemoveSecondaryOwner,
    RemoveSize,
    WithdrawWish,
)
from domain.customer.events import (
    ContactPointRemoved,
    FollowUpCancelled,
    NoteRemoved,
    OccasionRemoved,
    SecondaryOwnerRemoved,
    SizeRemoved,
    WishWithdrawn,
)
from domain.customer.policies import follow_up_must_be_open, wish_must_be_open
from domain.customer.state import CustomerState, Numbered
from domain.messages import Command, Event, NotFound
from domain.policies import business_time
from domain.state_reader import StateReader


def _must_have(customer: CustomerState, what: Numbered, number: int) -> None:
    if not customer.has(what, number):
        name = what.replace("_", " ")
        raise NotFound(f"{what}_unknown", f"This customer has no {name} {number}.", f"{what}_id")


def remove_contact_point(command: RemoveContactPoint, states: StateReader, now: datetime) -> list[Event]:
    customer = addressed_customer(command, states, merged_too=True)
    _must_have(customer, "contact_point", command.contact_point_id)
    return [
        ContactPointRemoved(
            occurred_at=business_time(command, now),
            customer_id=command.customer_id,
            contact_point_id=command.contact_point_id,
        )
    ]


def remove_occasion(command: RemoveOccasion, states: StateReader, now: datetime) -> list[Event]:
    customer = addressed_customer(command, states, merged_too=True)
    _must_have(customer, "occasion", command.occasion_id)
    return [
        OccasionRemoved(
            occurred_at=business_time(command, now),
            customer_id=command.customer_id,
            occasion_id=command.occasion_id,
        )
    ]


def remove_note(command: RemoveNote, states: StateReader, now: datetime) -> list[Event]:
    customer = addressed_customer(command, states, merged_too=True)
    _must_have(customer, "note", command.note_id)
    return [
        NoteRemoved(
            occurred_at=business_time(command, now),
            customer_id=command.customer_id,
            note_id=command.note_id,
        )
    ]


def remove_size(command: RemoveSize, states: StateReader, now: datetime) -> list[Event]:
    """A size that is not known is none already."""
    customer = addressed_customer(command, states, merged_too=True)
    occurred_at = business_time(command, now)
    if (command.kind, command.label) not in customer.sizes:
        return []
    return [
        SizeRemoved(
            occurred_at=occurred_at,
            customer_id=command.customer_id,
            kind=command.kind,
            label=command.label,
        )
    ]


def withdraw_wish(command: WithdrawWish, states: StateReader, now: datetime) -> list[Event]:
    addressed_customer(command, states, (wish_must_be_open,), merged_too=True)
    return [
        WishWithdrawn(
            occurred_at=business_time(command, now), customer_id=command.customer_id, wish_id=command.wish_id
        )
    ]


def cancel_follow_up(command: CancelFollowUp, states: StateReader, now: datetime) -> list[Event]:
    addressed_customer(command, states, (follow_up_must_be_open,), merged_too=True)
    return [
        FollowUpCancelled(
            occurred_at=business_time(command, now),
            customer_id=command.customer_id,
            follow_up_id=command.follow_up_id,
        )
    ]


def remove_secondary_owner(command: RemoveSecondaryOwner, states: StateReader, now: datetime) -> list[Event]:
    """Nobody is left without an owner: a primary owner is replaced by ReassignOwner."""
    customer = addressed_customer(command, states, merged_too=True)
    if command.associate_id not in customer.secondary_owners:
        raise NotFound(
            "secondary_owner_unknown",
            f"{command.associate_id} is no secondary owner; ReassignOwner replaces the primary one.",
            "associate_id",
        )
    return [
        SecondaryOwnerRemoved(
            occurred_at=business_time(command, now),
            customer_id=command.customer_id,
            associate_id=command.associate_id,
        )
    ]


DECISIONS: dict[type[Command], Callable[[Any, StateReader, datetime], list[Event]]] = {
    RemoveContactPoint: remove_contact_point,
    RemoveSize: remove_size,
    RemoveOccasion: remove_occasion,
    RemoveNote: remove_note,
    WithdrawWish: withdraw_wish,
    CancelFollowUp: cancel_follow_up,
    RemoveSecondaryOwner: remove_secondary_owner,
}

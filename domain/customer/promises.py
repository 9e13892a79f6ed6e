"""Decides what a customer waits for, what was promised to them, and how they were contacted."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from domain.customer import policies
from domain.customer.addressing import addressed_customer
from domain.customer.commands import CompleteFollowUp, FulfilWish, LogContact, PlanFollowUp, RecordWish
from domain.customer.events import (
    ContactLogged,
    FollowUpCompleted,
    FollowUpPlanned,
    WishFulfilled,
    WishRecorded,
)
from domain.messages import CommandWarning, Event
from domain.policies import Decisions, business_time, event_of
from domain.state_reader import StateReader


def record_wish(command: RecordWish, states: StateReader, now: datetime) -> list[Event]:
    customer = addressed_customer(command, states, policies.WISHING_POLICIES)
    return [event_of(WishRecorded, command, now, wish_id=customer.wishes + 1)]


def fulfil_wish(command: FulfilWish, states: StateReader, now: datetime) -> list[Event]:
    """A wish that the sale has closed by itself is fulfilled already."""
    customer = addressed_customer(command, states, merged_too=True)
    met = customer.fulfilled.get(command.wish_id)
    if met is not None and met.sale_id == command.sale_id is not None:
        return []
    addressed_customer(command, states, policies.FULFILLING_POLICIES, merged_too=True)
    return [event_of(WishFulfilled, command, now)]


def log_contact(command: LogContact, states: StateReader, now: datetime) -> list[Event]:
    """One about an occasion may be logged in the record of the occasion, merged or not."""
    about_an_occasion = command.occasion_id is not None
    customer = addressed_customer(command, states, policies.CONTACTING_POLICIES, merged_too=about_an_occasion)
    day = business_time(command, now).date()
    return [
        event_of(
            ContactLogged,
            command,
            now,
            occasion_id=customer.occasion_of(command.purpose, command.occasion_id, day),
            contact_id=customer.contacts_logged + 1,
        )
    ]


def plan_follow_up(command: PlanFollowUp, states: StateReader, now: datetime) -> list[Event]:
    """Nobody named: the primary owner of that day keeps the promise.

    One about a wish is kept in the record of the wish.
    """
    about_a_wish = command.wish_id is not None
    customer = addressed_customer(command, states, policies.PROMISING_POLICIES, merged_too=about_a_wish)
    planned = event_of(FollowUpPlanned, command, now, follow_up_id=customer.follow_ups + 1)
    policies.promise_must_not_be_due_before_it_is_made(command, planned.occurred_at)
    return [planned]


def complete_follow_up(command: CompleteFollowUp, states: StateReader, now: datetime) -> list[Event]:
    addressed_customer(command, states, policies.KEEPING_PROMISES_POLICIES, merged_too=True)
    return [event_of(FollowUpCompleted, command, now)]


DECISIONS: Decisions = {
    RecordWish: record_wish,
    FulfilWish: fulfil_wish,
    LogContact: log_contact,
    PlanFollowUp: plan_follow_up,
    CompleteFollowUp: complete_follow_up,
}


def no_occasion_is_named(
    command: LogContact, states: StateReader, events: Sequence[Event]
) -> Iterator[CommandWarning]:
    customer = policies.known_customer(states, command.customer_id)
    if command.purpose == "occasion" and command.occasion_id is None and len(customer.known_occasions) > 1:
        yield CommandWarning(
            "occasion_unnamed",
            "They have several occasions: the contact counts for the next one. Say which by its number.",
            "occasion_id",
        )


def channel_was_not_agreed(
    command: LogContact, states: StateReader, events: Sequence[Event]
) -> Iterator[CommandWarning]:
    records = policies.records_of_person(states, command.customer_id)
    if not any(command.channel in record.preferences for record in records):
        yield CommandWarning(
            "no_channel_agreed",
            f"It is not recorded whether this customer agrees to {command.channel}: ask, and record it.",
            "channel",
        )


def it_is_dated_before_it_began(
    command: FulfilWish | CompleteFollowUp, states: StateReader, events: Sequence[Event]
) -> Iterator[CommandWarning]:
    """It is recorded for the time that is given: one of the two is wrong."""
    customer = policies.known_customer(states, command.customer_id)
    if isinstance(command, FulfilWish):
        wish = customer.open_wishes.get(command.wish_id)
        began_at = wish.recorded_at if wish is not None else None
    else:
        promise = customer.open_follow_ups.get(command.follow_up_id)
        began_at = promise.made_at if promise is not None else None
    if began_at is not None and command.occurred_at is not None and command.occurred_at < began_at:
        what = "This wish was recorded" if isinstance(command, FulfilWish) else "This was promised"
        yield CommandWarning(
            "before_it_began",
            f"{what} at {began_at.isoformat()}, after this. One of the two times is wrong.",
            "occurred_at",
        )


WARNINGS = {
    LogContact: (no_occasion_is_named, channel_was_not_agreed),
    FulfilWish: (it_is_dated_before_it_began,),
    CompleteFollowUp: (it_is_dated_before_it_began,),
}

"""Decides what is known about a customer: name, contact points, sizes, tastes, occasions and notes."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from domain.customer import policies
from domain.customer.addressing import addressed_customer
from domain.customer.commands import (
    AddContactPoint,
    AddNote,
    LearnName,
    RecordOccasion,
    RecordSize,
    RecordTaste,
    RegisterCustomer,
    SetContactPreference,
)
from domain.customer.events import (
    ContactPointAdded,
    ContactPreferenceSet,
    CustomerRegistered,
    NameLearned,
    NoteAdded,
    OccasionRecorded,
    SizeRecorded,
    TasteRecorded,
)
from domain.messages import Command, Event, Refused
from domain.policies import business_time, given_id
from domain.state_reader import StateReader


def register_customer(command: RegisterCustomer, states: StateReader, now: datetime) -> list[Event]:
    customer_id = given_id(command.customer_id, "customer_id")
    if states.customer(customer_id) is not None:
        raise Refused("already_exists", f"Customer {customer_id} is registered already.", "customer_id")
    return [
        CustomerRegistered(
            occurred_at=business_time(command, now),
            customer_id=customer_id,
            reference=command.reference,
            store_id=command.store_id,
            name=command.name,
            address_as=command.address_as,
        )
    ]


def learn_name(command: LearnName, states: StateReader, now: datetime) -> list[Event]:
    addressed_customer(command, states, policies.NAMING_POLICIES)
    return [
        NameLearned(
            occurred_at=business_time(command, now),
            customer_id=command.customer_id,
            name=command.name,
            address_as=command.address_as,
            learned_by=command.learned_by,
        )
    ]


def add_contact_point(command: AddContactPoint, states: StateReader, now: datetime) -> list[Event]:
    customer = addressed_customer(command, states)
    return [
        ContactPointAdded(
            occurred_at=business_time(command, now),
            customer_id=command.customer_id,
            contact_point_id=customer.contact_points + 1,
            kind=command.kind,
            value=command.value,
        )
    ]


def set_contact_preference(command: SetContactPreference, states: StateReader, now: datetime) -> list[Event]:
    """A refusal is an event even where nothing was agreed before; the same answer again is none."""
    customer = addressed_customer(command, states)
    occurred_at = business_time(command, now)
    if customer.preferences.get(command.channel) is command.allowed:
        return []
    return [
        ContactPreferenceSet(
            occurred_at=occurred_at,
            customer_id=command.customer_id,
            channel=command.channel,
            allowed=command.allowed,
        )
    ]


def record_size(command: RecordSize, states: StateReader, now: datetime) -> list[Event]:
    customer = addressed_customer(command, states)
    occurred_at = business_time(command, now)
    if customer.sizes.get((command.kind, command.label)) == command.size:
        return []
    return [
        SizeRecorded(
            occurred_at=occurred_at,
            customer_id=command.customer_id,
            kind=command.kind,
            size=command.size,
            label=command.label,
        )
    ]


def record_taste(command: RecordTaste, states: StateReader, now: datetime) -> list[Event]:
    customer = addressed_customer(command, states)
    occurred_at = business_time(command, now)
    if ((command.kind, command.value) in customer.tastes) is command.liked:
        return []
    return [
        TasteRecorded(
            occurred_at=occurred_at,
            customer_id=command.customer_id,
            kind=command.kind,
            value=command.value,
            liked=command.liked,
        )
    ]


def record_occasion(command: RecordOccasion, states: StateReader, now: datetime) -> list[Event]:
    """The same kind of day on the same date leads to an event only when it has a description."""
    customer = addressed_customer(command, states)
    occurred_at = business_time(command, now)
    if command.description is None and (command.kind, command.on) in customer.known_occasions.values():
        return []
    return [
        OccasionRecorded(
            occurred_at=occurred_at,
            customer_id=command.customer_id,
            occasion_id=customer.occasions + 1,
            kind=command.kind,
            on=command.on,
            description=command.description,
        )
    ]


def add_note(command: AddNote, states: StateReader, now: datetime) -> list[Event]:
    customer = addressed_customer(command, states, policies.NOTING_POLICIES)
    return [
        NoteAdded(
            occurred_at=business_time(command, now),
            customer_id=command.customer_id,
            note_id=customer.notes + 1,
            text=command.text,
            written_by=command.written_by,
        )
    ]


DECISIONS: dict[type[Command], Callable[[Any, StateReader, datetime], list[Event]]] = {
    RegisterCustomer: register_customer,
    LearnName: learn_name,
    AddContactPoint: add_contact_point,
    SetContactPreference: set_contact_preference,
    RecordSize: record_size,
    RecordTaste: record_taste,
    RecordOccasion: record_occasion,
    AddNote: add_note,
}

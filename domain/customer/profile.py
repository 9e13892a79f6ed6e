"""Decides what is known about a customer: name, contact points, sizes, tastes, occasions and notes."""

from datetime import datetime

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
from domain.messages import Event, Refused
from domain.policies import Decisions, event_of, given_id
from domain.state_reader import StateReader


def register_customer(command: RegisterCustomer, states: StateReader, now: datetime) -> list[Event]:
    customer_id = given_id(command.customer_id, "customer_id")
    if states.customer(customer_id) is not None:
        raise Refused("already_exists", f"Customer {customer_id} is registered already.", "customer_id")
    return [event_of(CustomerRegistered, command, now, customer_id=customer_id)]


def learn_name(command: LearnName, states: StateReader, now: datetime) -> list[Event]:
    addressed_customer(command, states, policies.NAMING_POLICIES)
    return [event_of(NameLearned, command, now)]


def add_contact_point(command: AddContactPoint, states: StateReader, now: datetime) -> list[Event]:
    customer = addressed_customer(command, states)
    return [event_of(ContactPointAdded, command, now, contact_point_id=customer.contact_points + 1)]


def set_contact_preference(command: SetContactPreference, states: StateReader, now: datetime) -> list[Event]:
    """A refusal is an event even where nothing was agreed before; the same answer again is none."""
    customer = addressed_customer(command, states)
    event = event_of(ContactPreferenceSet, command, now)
    if customer.preferences.get(command.channel) is command.allowed:
        return []
    return [event]


def record_size(command: RecordSize, states: StateReader, now: datetime) -> list[Event]:
    customer = addressed_customer(command, states)
    event = event_of(SizeRecorded, command, now)
    if customer.sizes.get((command.kind, command.label)) == command.size:
        return []
    return [event]


def record_taste(command: RecordTaste, states: StateReader, now: datetime) -> list[Event]:
    customer = addressed_customer(command, states)
    event = event_of(TasteRecorded, command, now)
    if ((command.kind, command.value) in customer.tastes) is command.liked:
        return []
    return [event]


def record_occasion(command: RecordOccasion, states: StateReader, now: datetime) -> list[Event]:
    """The same kind of day on the same date leads to an event only when it has a description."""
    customer = addressed_customer(command, states)
    event = event_of(OccasionRecorded, command, now, occasion_id=customer.occasions + 1)
    if command.description is None and (command.kind, command.on) in customer.known_occasions.values():
        return []
    return [event]


def add_note(command: AddNote, states: StateReader, now: datetime) -> list[Event]:
    customer = addressed_customer(command, states, policies.NOTING_POLICIES)
    return [event_of(NoteAdded, command, now, note_id=customer.notes + 1)]


DECISIONS: Decisions = {
    RegisterCustomer: register_customer,
    LearnName: learn_name,
    AddContactPoint: add_contact_point,
    SetContactPreference: set_contact_preference,
    RecordSize: record_size,
    RecordTaste: record_taste,
    RecordOccasion: record_occasion,
    AddNote: add_note,
}

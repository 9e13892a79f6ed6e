"""Decides what is known about a customer: name, contact points, sizes, tastes, occasions and notes."""

from datetime import datetime

from domain.customer import commands, events, policies
from domain.customer.addressing import addressed_customer
from domain.messages import Event, Refused
from domain.policies import Decisions, event_of, given_id
from domain.state_reader import StateReader


def register_customer(command: commands.RegisterCustomer, states: StateReader, now: datetime) -> list[Event]:
    customer_id = given_id(command.customer_id, "customer_id")
    if states.customer(customer_id) is not None:
        raise Refused("already_exists", f"Customer {customer_id} is registered already.", "customer_id")
    return [event_of(events.CustomerRegistered, command, now, customer_id=customer_id)]


def learn_name(command: commands.LearnName, states: StateReader, now: datetime) -> list[Event]:
    addressed_customer(command, states, policies.NAMING_POLICIES)
    return [event_of(events.NameLearned, command, now)]


def add_contact_point(command: commands.AddContactPoint, states: StateReader, now: datetime) -> list[Event]:
    customer = addressed_customer(command, states)
    return [event_of(events.ContactPointAdded, command, now, contact_point_id=customer.contact_points + 1)]


def set_contact_preference(
    command: commands.SetContactPreference, states: StateReader, now: datetime
) -> list[Event]:
    """A refusal is an event even where nothing was agreed before; the same answer again is none."""
    customer = addressed_customer(command, states)
    event = event_of(events.ContactPreferenceSet, command, now)
    if customer.preferences.get(command.channel) is command.allowed:
        return []
    return [event]


def record_size(command: commands.RecordSize, states: StateReader, now: datetime) -> list[Event]:
    customer = addressed_customer(command, states)
    event = event_of(events.SizeRecorded, command, now)
    if customer.sizes.get((command.kind, command.label)) == command.size:
        return []
    return [event]


def record_taste(command: commands.RecordTaste, states: StateReader, now: datetime) -> list[Event]:
    customer = addressed_customer(command, states)
    event = event_of(events.TasteRecorded, command, now)
    if ((command.kind, command.value) in customer.tastes) is command.liked:
        return []
    return [event]


def record_occasion(command: commands.RecordOccasion, states: StateReader, now: datetime) -> list[Event]:
    """The same kind of day on the same date leads to an event only when it has a description."""
    customer = addressed_customer(command, states)
    event = event_of(events.OccasionRecorded, command, now, occasion_id=customer.occasions + 1)
    if command.description is None and (command.kind, command.on) in customer.known_occasions.values():
        return []
    return [event]


def add_note(command: commands.AddNote, states: StateReader, now: datetime) -> list[Event]:
    customer = addressed_customer(command, states, policies.NOTING_POLICIES)
    return [event_of(events.NoteAdded, command, now, note_id=customer.notes + 1)]


DECISIONS: Decisions = {
    commands.RegisterCustomer: register_customer,
    commands.LearnName: learn_name,
    commands.AddContactPoint: add_contact_point,
    commands.SetContactPreference: set_contact_preference,
    commands.RecordSize: record_size,
    commands.RecordTaste: record_taste,
    commands.RecordOccasion: record_occasion,
    commands.AddNote: add_note,
}

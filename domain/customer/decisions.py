"""Decides each command about a customer's record, or refuses it.

A command that changes nothing leads to no event. Encrypted texts are only ever copied; two of them cannot be
compared, so a name or a note always leads to one.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

from domain.customer import policies
from domain.customer.commands import (
    AddContactPoint,
    AddNote,
    AssignOwner,
    CompleteFollowUp,
    ForgetCustomer,
    FulfilWish,
    LearnName,
    LogContact,
    MergeCustomers,
    PlanFollowUp,
    ReassignOwner,
    RecordOccasion,
    RecordSize,
    RecordTaste,
    RecordWish,
    RegisterCustomer,
    SetContactPreference,
    UnmergeCustomers,
)
from domain.customer.events import (
    ContactLogged,
    ContactPointAdded,
    ContactPreferenceSet,
    CustomerForgotten,
    CustomerRegistered,
    CustomersMerged,
    CustomersUnmerged,
    FollowUpCompleted,
    FollowUpPlanned,
    NameLearned,
    NoteAdded,
    OccasionRecorded,
    OwnerAssigned,
    OwnerReassigned,
    SizeRecorded,
    TasteRecorded,
    WishFulfilled,
    WishRecorded,
)
from domain.customer.state import CustomerState
from domain.messages import Command, Event, Refused
from domain.policies import business_time, given_id
from domain.state_reader import StateReader


class _Addressed(Protocol):
    @property
    def customer_id(self) -> str: ...


def _customer(
    command: _Addressed,
    states: StateReader,
    rules: tuple[policies.Policy, ...] = (),
    *,
    merged_too: bool = False,
) -> CustomerState:
    """The record a command is addressed to, once the command keeps all the rules.

    `merged_too`: also one that is read as a part of another. Numbers of wishes and follow-ups are the
    record's own, so only it knows what became of them; and its owner may have to change when they leave.
    """
    found = policies.remembered_customer if merged_too else policies.active_customer
    customer = found(states, command.customer_id)
    for rule in rules:
        rule(customer, command, states)
    return customer


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
    _customer(command, states, policies.NAMING_POLICIES)
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
    customer = _customer(command, states)
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
    customer = _customer(command, states)
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
    customer = _customer(command, states)
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
    customer = _customer(command, states)
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


def record_wish(command: RecordWish, states: StateReader, now: datetime) -> list[Event]:
    customer = _customer(command, states, policies.WISHING_POLICIES)
    return [
        WishRecorded(
            occurred_at=business_time(command, now),
            customer_id=command.customer_id,
            wish_id=customer.wishes + 1,
            label=command.label,
            sku=command.sku,
            size=command.size,
            note=command.note,
            recorded_by=command.recorded_by,
        )
    ]


def fulfil_wish(command: FulfilWish, states: StateReader, now: datetime) -> list[Event]:
    _customer(command, states, policies.FULFILLING_POLICIES, merged_too=True)
    return [
        WishFulfilled(
            occurred_at=business_time(command, now),
            customer_id=command.customer_id,
            wish_id=command.wish_id,
            sale_id=command.sale_id,
            fulfilled_by=command.fulfilled_by,
        )
    ]


def record_occasion(command: RecordOccasion, states: StateReader, now: datetime) -> list[Event]:
    """The same kind of day on the same date leads to an event only when it has a description."""
    customer = _customer(command, states)
    occurred_at = business_time(command, now)
    if command.description is None and (command.kind, command.on) in customer.known_occasions:
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
    customer = _customer(command, states, policies.NOTING_POLICIES)
    return [
        NoteAdded(
            occurred_at=business_time(command, now),
            customer_id=command.customer_id,
            note_id=customer.notes + 1,
            text=command.text,
            written_by=command.written_by,
        )
    ]


def log_contact(command: LogContact, states: StateReader, now: datetime) -> list[Event]:
    """A contact is logged on any channel, agreed to or not: it has happened."""
    _customer(command, states, policies.CONTACTING_POLICIES)
    return [
        ContactLogged(
            occurred_at=business_time(command, now),
            customer_id=command.customer_id,
            channel=command.channel,
            purpose=command.purpose,
            contacted_by=command.contacted_by,
            answered=command.answered,
        )
    ]


def plan_follow_up(command: PlanFollowUp, states: StateReader, now: datetime) -> list[Event]:
    """Nobody named: the primary owner of that day keeps the promise.

    One about a wish is kept in the record of the wish.
    """
    about_a_wish = command.wish_id is not None
    customer = _customer(command, states, policies.PROMISING_POLICIES, merged_too=about_a_wish)
    occurred_at = business_time(command, now)
    policies.promise_must_not_be_due_before_it_is_made(command, occurred_at)
    return [
        FollowUpPlanned(
            occurred_at=occurred_at,
            customer_id=command.customer_id,
            follow_up_id=customer.follow_ups + 1,
            due_on=command.due_on,
            reason=command.reason,
            associate_id=command.associate_id,
            wish_id=command.wish_id,
        )
    ]


def complete_follow_up(command: CompleteFollowUp, states: StateReader, now: datetime) -> list[Event]:
    _customer(command, states, policies.KEEPING_PROMISES_POLICIES, merged_too=True)
    return [
        FollowUpCompleted(
            occurred_at=business_time(command, now),
            customer_id=command.customer_id,
            follow_up_id=command.follow_up_id,
            completed_by=command.completed_by,
        )
    ]


def assign_owner(command: AssignOwner, states: StateReader, now: datetime) -> list[Event]:
    """A secondary owner who is assigned as the primary one, where there is none, is the primary one only."""
    customer = _customer(command, states, policies.ASSIGNING_POLICIES)
    occurred_at = business_time(command, now)
    held = (customer.primary_owner,) if command.role == "primary" else customer.secondary_owners
    if command.associate_id in held:
        return []
    return [
        OwnerAssigned(
            occurred_at=occurred_at,
            customer_id=command.customer_id,
            associate_id=command.associate_id,
            role=command.role,
        )
    ]


def reassign_owner(command: ReassignOwner, states: StateReader, now: datetime) -> list[Event]:
    """The former primary owner does not stay, unless assigned anew as a secondary one."""
    customer = _customer(command, states, policies.REASSIGNING_POLICIES, merged_too=True)
    occurred_at = business_time(command, now)
    if customer.primary_owner == command.associate_id:
        return []
    if command.previous_associate_id not in (None, customer.primary_owner):
        return []
    return [
        OwnerReassigned(
            occurred_at=occurred_at,
            customer_id=command.customer_id,
            associate_id=command.associate_id,
            previous_associate_id=customer.primary_owner,
            reason=command.reason,
        )
    ]


def merge_customers(command: MergeCustomers, states: StateReader, now: datetime) -> list[Event]:
    """Nothing is moved between the records, so that the merge can be undone."""
    _customer(command, states, policies.MERGING_POLICIES)
    occurred_at = business_time(command, now)
    survivor, merged = command.customer_id, command.merged_customer_id
    return [
        CustomersMerged(
            occurred_at=occurred_at, customer_id=survivor, other_customer_id=merged, survives=True
        ),
        CustomersMerged(
            occurred_at=occurred_at, customer_id=merged, other_customer_id=survivor, survives=False
        ),
    ]


def unmerge_customers(command: UnmergeCustomers, states: StateReader, now: datetime) -> list[Event]:
    _customer(command, states, policies.UNMERGING_POLICIES)
    occurred_at = business_time(command, now)
    survivor, merged = command.customer_id, command.merged_customer_id
    return [
        CustomersUnmerged(
            occurred_at=occurred_at, customer_id=survivor, other_customer_id=merged, survives=True
        ),
        CustomersUnmerged(
            occurred_at=occurred_at, customer_id=merged, other_customer_id=survivor, survives=False
        ),
    ]


def forget_customer(command: ForgetCustomer, states: StateReader, now: datetime) -> list[Event]:
    """The person is forgotten, and with them every record that was merged into theirs."""
    customer = _customer(command, states)
    occurred_at = business_time(command, now)
    records = [customer, *(policies.known_customer(states, record) for record in customer.absorbed)]
    return [
        CustomerForgotten(
            occurred_at=occurred_at, customer_id=record.customer_id, requested_by=command.requested_by
        )
        for record in records
    ]


DECISIONS: dict[type[Command], Callable[[Any, StateReader, datetime], list[Event]]] = {
    RegisterCustomer: register_customer,
    LearnName: learn_name,
    AddContactPoint: add_contact_point,
    SetContactPreference: set_contact_preference,
    RecordSize: record_size,
    RecordTaste: record_taste,
    RecordWish: record_wish,
    FulfilWish: fulfil_wish,
    RecordOccasion: record_occasion,
    AddNote: add_note,
    LogContact: log_contact,
    PlanFollowUp: plan_follow_up,
    CompleteFollowUp: complete_follow_up,
    AssignOwner: assign_owner,
    ReassignOwner: reassign_owner,
    MergeCustomers: merge_customers,
    UnmergeCustomers: unmerge_customers,
    ForgetCustomer: forget_customer,
}

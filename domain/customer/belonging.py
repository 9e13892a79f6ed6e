"""Decides whose customer somebody is, which records are one person, and that they are forgotten."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from domain.customer import policies
from domain.customer.addressing import addressed_customer
from domain.customer.commands import (
    AssignOwner,
    ForgetCustomer,
    MergeCustomers,
    ReassignOwner,
    UnmergeCustomers,
)
from domain.customer.events import (
    CustomerForgotten,
    CustomersMerged,
    CustomersUnmerged,
    OwnerAssigned,
    OwnerReassigned,
)
from domain.messages import Command, Event
from domain.policies import business_time
from domain.state_reader import StateReader


def assign_owner(command: AssignOwner, states: StateReader, now: datetime) -> list[Event]:
    """A secondary owner who is assigned as the primary one, where there is none, is the primary one only.

    An owner by the first sale who is assigned by hand follows that sale no longer.
    """
    customer = addressed_customer(command, states, policies.ASSIGNING_POLICIES)
    occurred_at = business_time(command, now)
    by_hand = (customer.primary_owner,) if customer.first_sale is None else ()
    if command.associate_id in (by_hand if command.role == "primary" else customer.secondary_owners):
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
    customer = addressed_customer(command, states, policies.REASSIGNING_POLICIES, merged_too=True)
    occurred_at = business_time(command, now)
    is_settled = customer.first_sale is None or command.reason != "by_hand"
    if customer.primary_owner == command.associate_id and is_settled:
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
    addressed_customer(command, states, policies.MERGING_POLICIES)
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
    addressed_customer(command, states, policies.UNMERGING_POLICIES)
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
    customer = addressed_customer(command, states)
    occurred_at = business_time(command, now)
    records = [customer, *(policies.known_customer(states, record) for record in customer.absorbed)]
    return [
        CustomerForgotten(
            occurred_at=occurred_at, customer_id=record.customer_id, requested_by=command.requested_by
        )
        for record in records
    ]


DECISIONS: dict[type[Command], Callable[[Any, StateReader, datetime], list[Event]]] = {
    AssignOwner: assign_owner,
    ReassignOwner: reassign_owner,
    MergeCustomers: merge_customers,
    UnmergeCustomers: unmerge_customers,
    ForgetCustomer: forget_customer,
}

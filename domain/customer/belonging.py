"""Decides whose customer somebody is, which records are one person, and that they are forgotten."""

from datetime import datetime

from domain.customer import commands, events, policies
from domain.customer.addressing import addressed_customer
from domain.messages import Event
from domain.policies import Decisions, event_of
from domain.state_reader import StateReader


def assign_owner(command: commands.AssignOwner, states: StateReader, now: datetime) -> list[Event]:
    """A secondary owner who is assigned as the primary one, where there is none, is the primary one only.

    An owner by the first sale who is assigned by hand follows that sale no longer.
    """
    customer = addressed_customer(command, states, policies.ASSIGNING_POLICIES)
    event = event_of(events.OwnerAssigned, command, now)
    by_hand = (customer.primary_owner,) if customer.first_sale is None else ()
    if command.associate_id in (by_hand if command.role == "primary" else customer.secondary_owners):
        return []
    return [event]


def reassign_owner(command: commands.ReassignOwner, states: StateReader, now: datetime) -> list[Event]:
    """The former primary owner does not stay, unless assigned anew as a secondary one."""
    customer = addressed_customer(command, states, policies.REASSIGNING_POLICIES, merged_too=True)
    event = event_of(events.OwnerReassigned, command, now, previous_associate_id=customer.primary_owner)
    is_settled = customer.first_sale is None or command.reason != "by_hand"
    if customer.primary_owner == command.associate_id and is_settled:
        return []
    if command.previous_associate_id not in (None, customer.primary_owner):
        return []
    return [event]


def merge_customers(command: commands.MergeCustomers, states: StateReader, now: datetime) -> list[Event]:
    """Nothing is moved between the records, so that the merge can be undone."""
    addressed_customer(command, states, policies.MERGING_POLICIES)
    return _in_both_histories(events.CustomersMerged, command, now)


def unmerge_customers(command: commands.UnmergeCustomers, states: StateReader, now: datetime) -> list[Event]:
    addressed_customer(command, states, policies.UNMERGING_POLICIES)
    return _in_both_histories(events.CustomersUnmerged, command, now)


def _in_both_histories(
    kind: type[events.CustomersMerged | events.CustomersUnmerged],
    command: commands.MergeCustomers | commands.UnmergeCustomers,
    now: datetime,
) -> list[Event]:
    survivor, merged = command.customer_id, command.merged_customer_id
    return [
        event_of(kind, command, now, customer_id=survivor, other_customer_id=merged, survives=True),
        event_of(kind, command, now, customer_id=merged, other_customer_id=survivor, survives=False),
    ]


def forget_customer(command: commands.ForgetCustomer, states: StateReader, now: datetime) -> list[Event]:
    """The person is forgotten, and with them every record that was merged into theirs."""
    customer = addressed_customer(command, states)
    records = [customer, *(policies.known_customer(states, record) for record in customer.absorbed)]
    return [
        event_of(events.CustomerForgotten, command, now, customer_id=record.customer_id) for record in records
    ]


DECISIONS: Decisions = {
    commands.AssignOwner: assign_owner,
    commands.ReassignOwner: reassign_owner,
    commands.MergeCustomers: merge_customers,
    commands.UnmergeCustomers: unmerge_customers,
    commands.ForgetCustomer: forget_customer,
}

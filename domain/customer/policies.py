"""Policies of a customer's record; each name is the rule."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from domain.customer.commands import (
    AddContactPoint,
    AssignOwner,
    CancelFollowUp,
    CompleteFollowUp,
    FulfilWish,
    LogContact,
    MergeCustomers,
    PlanFollowUp,
    ReassignOwner,
    RecordWish,
    ReopenFollowUp,
    ReopenWish,
    UnmergeCustomers,
    WithdrawWish,
)
from domain.customer.state import CustomerState
from domain.messages import NotFound, Refused
from domain.policies import associate_must_still_work_here, named_associate_must_be_known
from domain.state_reader import StateReader

#: A policy about a command and the record it is addressed to; it raises Refused, or returns.
Policy = Callable[[CustomerState, Any, StateReader], None]

#: The shop's day may have begun before it begins in UTC, or last longer.
DAY_TOLERANCE: Final = timedelta(days=1)
_MAIL_ADDRESS: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


def known_customer(states: StateReader, customer_id: str, field: str = "customer_id") -> CustomerState:
    """The record of a customer who has one, or NotFound."""
    customer = states.customer(customer_id)
    if customer is None:
        raise NotFound("customer_unknown", f"There is no customer {customer_id}.", field)
    return customer


def records_of_person(states: StateReader, customer_id: str) -> tuple[CustomerState, ...]:
    """Every record of a person, whichever is named: the one that the others are merged into comes first."""
    named = known_customer(states, customer_id)
    survivor = named if named.merged_into is None else known_customer(states, named.merged_into)
    return (survivor, *(known_customer(states, record) for record in survivor.absorbed))


def remembered_customer(states: StateReader, customer_id: str, field: str = "customer_id") -> CustomerState:
    """A record that is not forgotten, merged or not: what was begun in it can still be ended."""
    customer = known_customer(states, customer_id, field)
    if customer.forgotten:
        raise Refused("customer_forgotten", f"Customer {customer_id} has been forgotten.", field)
    return customer


def active_customer(states: StateReader, customer_id: str, field: str = "customer_id") -> CustomerState:
    """A record that takes commands: known, not forgotten, not merged into another one."""
    customer = remembered_customer(states, customer_id, field)
    if customer.merged_into is not None:
        raise Refused(
            "customer_merged_away",
            f"Customer {customer_id} has been merged into {customer.merged_into}: address that record.",
            field,
        )
    return customer


def is_mail_address(text: str) -> bool:
    """Whether a text looks like name@example.com."""
    return _MAIL_ADDRESS.fullmatch(text.strip()) is not None


def is_telephone_number(text: str) -> bool:
    """Whether there is a digit in it; whatever else is written beside them."""
    return any(letter.isdecimal() for letter in text)


def contact_point_must_be_one(command: AddContactPoint) -> None:
    """Asked of the text before it is encrypted."""
    if command.kind == "email" and not is_mail_address(command.value):
        raise Refused("not_a_mail_address", "A mail address looks like name@example.com.", "value")
    if command.kind == "phone" and not is_telephone_number(command.value):
        raise Refused("not_a_telephone_number", "A telephone number has digits.", "value")


# --- who is named -------------------------------------------------------------------------------------------


learner_must_be_known = named_associate_must_be_known("learned_by")


writer_must_be_known = named_associate_must_be_known("written_by")


caller_must_be_known = named_associate_must_be_known("contacted_by")


def channel_must_not_be_forbidden(customer: CustomerState, command: LogContact, states: StateReader) -> None:
    """In any of the person's records: whoever must not be called must not be called."""
    records = records_of_person(states, customer.customer_id)
    if any(record.preferences.get(command.channel) is False for record in records):
        raise Refused(
            "channel_forbidden",
            f"This customer does not agree to {command.channel}: record their consent, if they gave it.",
            "channel",
        )


def occasion_must_be_known(customer: CustomerState, command: LogContact, states: StateReader) -> None:
    number = command.occasion_id
    if number is not None and not customer.has("occasion", number):
        raise NotFound("occasion_unknown", f"This customer has no occasion {number}.", "occasion_id")


# --- wishes and follow-ups ----------------------------------------------------------------------------------


def wish_must_say_what_for(customer: CustomerState, command: RecordWish, states: StateReader) -> None:
    if not (command.label or command.sku or command.size or command.note):
        raise Refused("wish_says_nothing", "A wish names a label, an item, a size, or at least has a note.")


wish_recorder_must_be_known = named_associate_must_be_known("recorded_by")


def wish_must_be_open(
    customer: CustomerState, command: FulfilWish | PlanFollowUp | WithdrawWish, states: StateReader
) -> None:
    wish_id = command.wish_id
    if wish_id is None or wish_id in customer.open_wishes:
        return
    wish_must_be_known(customer, command, states)
    raise Refused("wish_already_fulfilled", f"Wish {wish_id} is not open any more.", "wish_id")


def wish_must_be_known(
    customer: CustomerState,
    command: FulfilWish | PlanFollowUp | WithdrawWish | ReopenWish,
    states: StateReader,
) -> None:
    wish_id = command.wish_id
    if wish_id is not None and wish_id > customer.wishes:
        raise NotFound("wish_unknown", f"This customer has no wish {wish_id}.", "wish_id")


def fulfilling_sale_must_be_known(customer: CustomerState, command: FulfilWish, states: StateReader) -> None:
    if command.sale_id is not None and states.sale(command.sale_id) is None:
        raise NotFound("sale_unknown", f"There is no sale {command.sale_id}.", "sale_id")


fulfiller_must_be_known = named_associate_must_be_known("fulfilled_by")


def promiser_must_still_work_here(
    customer: CustomerState, command: PlanFollowUp, states: StateReader
) -> None:
    associate_must_still_work_here(states, command.associate_id, "associate_id")


def promise_must_not_be_due_before_it_is_made(command: PlanFollowUp, made_at: datetime) -> None:
    if command.due_on < (made_at - DAY_TOLERANCE).date():
        raise Refused(
            "due_in_the_past", f"{command.due_on} has passed: a follow-up is due on a day to come.", "due_on"
        )


def follow_up_must_be_open(
    customer: CustomerState, command: CompleteFollowUp | CancelFollowUp, states: StateReader
) -> None:
    follow_up_must_be_known(customer, command, states)
    number = command.follow_up_id
    if number not in customer.open_follow_ups:
        raise Refused(
            "follow_up_already_completed", f"Follow-up {number} is not open any more.", "follow_up_id"
        )


def follow_up_must_be_known(
    customer: CustomerState, command: CompleteFollowUp | CancelFollowUp | ReopenFollowUp, states: StateReader
) -> None:
    number = command.follow_up_id
    if number > customer.follow_ups:
        raise NotFound("follow_up_unknown", f"This customer has no follow-up {number}.", "follow_up_id")


completer_must_be_known = named_associate_must_be_known("completed_by")


# --- owners -------------------------------------------------------------------------------------------------


def owner_must_still_work_here(
    customer: CustomerState, command: AssignOwner | ReassignOwner, states: StateReader
) -> None:
    associate_must_still_work_here(states, command.associate_id, "associate_id")


def primary_owner_is_only_replaced_by_reassigning(
    customer: CustomerState, command: AssignOwner, states: StateReader
) -> None:
    if command.role == "primary" and customer.primary_owner not in (None, command.associate_id):
        raise Refused(
            "primary_owner_exists",
            f"The primary owner is {customer.primary_owner}: use ReassignOwner, or assign a secondary owner.",
            "role",
        )


def primary_owner_is_not_a_secondary_one_too(
    customer: CustomerState, command: AssignOwner, states: StateReader
) -> None:
    if command.role == "secondary" and customer.primary_owner == command.associate_id:
        raise Refused(
            "already_primary_owner",
            f"{command.associate_id} is the primary owner; reassign the customer to somebody else first.",
            "role",
        )


# --- two records, one person --------------------------------------------------------------------------------


def records_must_be_two(customer: CustomerState, command: MergeCustomers, states: StateReader) -> None:
    if command.merged_customer_id == command.customer_id:
        raise Refused(
            "same_customer", "A record cannot be merged into itself: name another one.", "merged_customer_id"
        )


def merged_record_must_stand(customer: CustomerState, command: MergeCustomers, states: StateReader) -> None:
    active_customer(states, command.merged_customer_id, "merged_customer_id")


def merged_record_must_not_have_absorbed_others(
    customer: CustomerState, command: MergeCustomers, states: StateReader
) -> None:
    """Merges stay one level deep, so that no reader follows a chain and each can be undone by itself."""
    merged = known_customer(states, command.merged_customer_id, "merged_customer_id")
    if merged.absorbed:
        raise Refused(
            "has_absorbed_others",
            f"{merged.customer_id} has absorbed {', '.join(merged.absorbed)}: "
            "merge the other way round, or unmerge first.",
            "merged_customer_id",
        )


def records_must_be_merged(customer: CustomerState, command: UnmergeCustomers, states: StateReader) -> None:
    merged = known_customer(states, command.merged_customer_id, "merged_customer_id")
    if merged.merged_into != command.customer_id:
        raise Refused(
            "not_merged",
            f"{merged.customer_id} is not merged into {command.customer_id}.",
            "merged_customer_id",
        )


NAMING_POLICIES: tuple[Policy, ...] = (learner_must_be_known,)
NOTING_POLICIES: tuple[Policy, ...] = (writer_must_be_known,)
CONTACTING_POLICIES: tuple[Policy, ...] = (
    caller_must_be_known,
    channel_must_not_be_forbidden,
    occasion_must_be_known,
)
WISHING_POLICIES: tuple[Policy, ...] = (wish_must_say_what_for, wish_recorder_must_be_known)
FULFILLING_POLICIES: tuple[Policy, ...] = (
    wish_must_be_open,
    fulfilling_sale_must_be_known,
    fulfiller_must_be_known,
)
PROMISING_POLICIES: tuple[Policy, ...] = (wish_must_be_open, promiser_must_still_work_here)
KEEPING_PROMISES_POLICIES: tuple[Policy, ...] = (follow_up_must_be_open, completer_must_be_known)
ASSIGNING_POLICIES: tuple[Policy, ...] = (
    owner_must_still_work_here,
    primary_owner_is_only_replaced_by_reassigning,
    primary_owner_is_not_a_secondary_one_too,
)
REASSIGNING_POLICIES: tuple[Policy, ...] = (owner_must_still_work_here,)
MERGING_POLICIES: tuple[Policy, ...] = (
    records_must_be_two,
    merged_record_must_stand,
    merged_record_must_not_have_absorbed_others,
)
UNMERGING_POLICIES: tuple[Policy, ...] = (records_must_be_merged,)

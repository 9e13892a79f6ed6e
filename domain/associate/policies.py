"""Policies of an employment; each name is the rule."""

from collections.abc import Callable
from datetime import date
from typing import Any, Final

from domain.associate.commands import (
    AssociateLeaves,
    CancelLeaving,
    ChangePayPlan,
    HireAssociate,
    LeaveAsAnnounced,
    RehireAssociate,
)
from domain.associate.state import Announced, AssociateState
from domain.messages import NotFound, Refused
from domain.policies import associate_must_still_work_here
from domain.state_reader import StateReader

#: Per hour. The pay for all hours from the first day of the calendar to its last fits into the columns of a
#: ledger.
BASE_RATE_MINOR_MAX: Final = 10**11

#: A policy about a command and the associate it is addressed to; it raises Refused, or returns.
Policy = Callable[[AssociateState, Any, StateReader], None]


def known_associate(states: StateReader, associate_id: str, field: str = "associate_id") -> AssociateState:
    """Somebody who has been hired once, or NotFound."""
    associate = states.associate(associate_id)
    if associate is None:
        raise NotFound("associate_unknown", f"There is no associate {associate_id}.", field)
    return associate


# --- pay plans ----------------------------------------------------------------------------------------------


def tiers_must_rise(command: HireAssociate | ChangePayPlan) -> None:
    thresholds = [tier.from_minor for tier in command.plan.tiers]
    for index in range(1, len(thresholds)):
        if thresholds[index] <= thresholds[index - 1]:
            raise Refused(
                "tiers_do_not_rise",
                f"A tier from {thresholds[index]} cannot follow one from {thresholds[index - 1]}.",
                f"plan.tiers[{index}].from_minor",
            )


def pay_must_be_countable(command: HireAssociate | ChangePayPlan) -> None:
    if command.plan.base_rate_minor > BASE_RATE_MINOR_MAX:
        raise Refused(
            "amount_too_large",
            f"Nobody is paid more than {BASE_RATE_MINOR_MAX} an hour.",
            "plan.base_rate_minor",
        )


def plan_must_keep_the_currency(
    associate: AssociateState, command: ChangePayPlan, states: StateReader
) -> None:
    """An account adds up in one currency; who is to be paid in another one gets another account."""
    if command.plan.currency != associate.currency:
        raise Refused(
            "currency_differs",
            f"This associate is paid in {associate.currency}: no plan can change that.",
            "plan.currency",
        )


def plan_must_not_precede_the_hiring(
    associate: AssociateState, command: ChangePayPlan, states: StateReader
) -> None:
    if command.effective_on < associate.hired_on:
        raise Refused(
            "before_hiring", f"This associate was hired on {associate.hired_on}, with a plan.", "effective_on"
        )


def plan_must_not_follow_the_last_day(
    associate: AssociateState, command: ChangePayPlan, states: StateReader
) -> None:
    if associate.left_on is not None and command.effective_on > associate.left_on:
        raise Refused(
            "associate_has_left", f"The last day of this associate is {associate.left_on}.", "effective_on"
        )


# --- coming and going ---------------------------------------------------------------------------------------


def associate_must_not_have_left(associate: AssociateState, command: Any, states: StateReader) -> None:
    if associate.left_on is not None:
        raise Refused(
            "associate_has_left",
            f"Associate {associate.associate_id} leaves already: the last day is {associate.left_on}.",
            "associate_id",
        )


def last_day_must_not_precede_the_first(associate: AssociateState, left_on: date) -> None:
    first = associate.absences[-1].back_on if associate.absences else associate.hired_on
    if left_on < first:
        raise Refused("before_hiring", f"This associate was hired on {first}.", "left_on")


def leaving_must_be_announced(
    associate: AssociateState, command: LeaveAsAnnounced, states: StateReader
) -> None:
    if associate.announced is None or associate.announced.left_on != command.left_on:
        raise Refused(
            "no_leaving_announced",
            f"No leaving of {associate.associate_id} on {command.left_on} is announced.",
            "left_on",
        )


def leaving_must_be_to_come(associate: AssociateState, command: CancelLeaving, states: StateReader) -> None:
    if associate.left_on is not None:
        raise Refused(
            "associate_has_left",
            f"{associate.associate_id} left on {associate.left_on} already: use RehireAssociate.",
            "associate_id",
        )
    if associate.announced is None:
        raise Refused(
            "no_leaving_announced", f"{associate.associate_id} has announced no leaving.", "associate_id"
        )


def last_day_must_have_come(announced: Announced, today: date) -> None:
    if today < announced.left_on:
        raise Refused(
            "leaving_not_yet", f"The last day is {announced.left_on}, and it is {today}.", "left_on"
        )


def associate_must_have_left(
    associate: AssociateState, command: RehireAssociate, states: StateReader
) -> None:
    if associate.left_on is None:
        raise Refused(
            "still_works_here",
            f"{associate.associate_id} works here; an announced leaving is taken back by CancelLeaving.",
            "associate_id",
        )


def nobody_comes_back_before_the_last_day(associate: AssociateState, rehired_on: date, today: date) -> None:
    if associate.left_on is not None and rehired_on < min(associate.left_on, today):
        raise Refused(
            "before_last_day", f"{associate.associate_id} worked until {associate.left_on}.", "rehired_on"
        )


def successors_must_be_others(
    associate: AssociateState, command: AssociateLeaves, states: StateReader
) -> None:
    for index, successor in enumerate(command.successors):
        if successor == command.associate_id:
            raise Refused("succeeds_self", "Nobody takes over their own book.", f"successors[{index}]")
        if successor in command.successors[:index]:
            raise Refused("named_twice", f"{successor} is named twice.", f"successors[{index}]")


def successors_must_work_here(
    associate: AssociateState, command: AssociateLeaves, states: StateReader
) -> None:
    for index, successor in enumerate(command.successors):
        associate_must_still_work_here(states, successor, f"successors[{index}]")


CHANGING_PLAN_POLICIES: tuple[Policy, ...] = (
    plan_must_keep_the_currency,
    plan_must_not_precede_the_hiring,
    plan_must_not_follow_the_last_day,
)
TRANSFERRING_POLICIES: tuple[Policy, ...] = (associate_must_not_have_left,)
LEAVING_AS_ANNOUNCED_POLICIES: tuple[Policy, ...] = (
    associate_must_not_have_left,
    leaving_must_be_announced,
)
CANCELLING_POLICIES: tuple[Policy, ...] = (leaving_must_be_to_come,)
REHIRING_POLICIES: tuple[Policy, ...] = (associate_must_have_left,)
LEAVING_POLICIES: tuple[Policy, ...] = (
    associate_must_not_have_left,
    successors_must_be_others,
    successors_must_work_here,
)

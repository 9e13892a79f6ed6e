"""Decides what follows when somebody is hired, gets another pay plan, changes stores or leaves."""

from datetime import date, datetime

from msgspec.structs import replace

from domain.associate import commands, events
from domain.associate.policies import (
    CANCELLING_POLICIES,
    CHANGING_PLAN_POLICIES,
    LEAVING_AS_ANNOUNCED_POLICIES,
    LEAVING_POLICIES,
    REHIRING_POLICIES,
    TRANSFERRING_POLICIES,
    known_associate,
    last_day_must_have_come,
    last_day_must_not_precede_the_first,
    nobody_comes_back_before_the_last_day,
    pay_must_be_countable,
    tiers_must_rise,
)
from domain.associate.state import AgreedPlan, Announced, AssociateState
from domain.commission_account.policies import DAY_TOLERANCE
from domain.commission_account.posting import account_of, beginning_of, day_at, store_day
from domain.commission_account.recomputing import compensated, recomputation, refusal_of
from domain.commission_account.warnings import sold_or_worked_after_the_last_day
from domain.commission_account.writing_off import written_off
from domain.currencies import currency_must_exist
from domain.messages import Event, Refused
from domain.policies import Decisions, business_time, event_of, given_id, keeping
from domain.state_reader import StateReader
from domain.store.knowing import store_is_unknown


def hire_associate(command: commands.HireAssociate, states: StateReader, now: datetime) -> list[Event]:
    associate_id = given_id(command.associate_id, "associate_id")
    if states.associate(associate_id) is not None:
        raise Refused("already_exists", f"Associate {associate_id} is hired already.", "associate_id")
    tiers_must_rise(command)
    pay_must_be_countable(command)
    currency_must_exist(command.plan.currency, "plan.currency")
    at = business_time(command, now)
    return [
        event_of(
            events.AssociateHired,
            command,
            now,
            associate_id=associate_id,
            plan=events.frozen(command.plan),
            hired_on=command.hired_on or store_day(states, command.store_id, at),
        )
    ]


def change_pay_plan(command: commands.ChangePayPlan, states: StateReader, now: datetime) -> list[Event]:
    """What was sold before the effective date keeps its plan for ever. What was sold or worked from it on is
    computed anew where that is asked for, and the plan is refused where it is not.
    """
    associate = known_associate(states, command.associate_id)
    tiers_must_rise(command)
    pay_must_be_countable(command)
    for rule in CHANGING_PLAN_POLICIES:
        rule(associate, command, states)
    at = business_time(command, now)
    agreed = AgreedPlan(
        plan_no=len(associate.plans), plan=events.frozen(command.plan), effective_on=command.effective_on
    )
    employment = replace(associate, plans=(*associate.plans, agreed))
    found = recomputation(states, employment, agreed) if command.effective_on <= _latest_day(now) else None
    if found and not command.recompute:
        raise refusal_of(found, associate.currency)
    changed = events.PayPlanChanged(
        occurred_at=at,
        associate_id=command.associate_id,
        plan_no=agreed.plan_no,
        plan=events.frozen(command.plan),
        effective_on=command.effective_on,
        recomputed=bool(found),
    )
    return [changed, *(compensated(states, employment, found, at) if found else [])]


def _latest_day(now: datetime) -> date:
    """No sale and no hours are of a later day, by whatever clock."""
    return (now + DAY_TOLERANCE).date()


def transfer_associate(
    command: commands.TransferAssociate, states: StateReader, now: datetime
) -> list[Event]:
    """Money events go to the new store's calendar from now on.

    A transfer to the same place leads to no event.
    """
    associate = keeping(TRANSFERRING_POLICIES, known_associate(states, command.associate_id), command, states)
    transferred = event_of(events.AssociateTransferred, command, now)
    stays = (command.store_id, command.department) == (associate.store_id, associate.department)
    return [] if stays else [transferred]


def associate_leaves(command: commands.AssociateLeaves, states: StateReader, now: datetime) -> list[Event]:
    """The book goes to the successors; on a day to come, where one is said: that day is announced.

    What is still owed is written off with the last statement, or on leaving if none is due.
    """
    associate = keeping(LEAVING_POLICIES, known_associate(states, command.associate_id), command, states)
    at = business_time(command, now)
    today = day_at(states, associate.store_id, at)
    left_on = command.left_on or today
    last_day_must_not_precede_the_first(associate, left_on)
    if left_on <= max(today, store_day(states, associate.store_id, at)):
        return _left(states, associate, left_on, command.successors, at)
    announced = Announced(left_on=left_on, successors=command.successors)
    if announced == associate.announced:
        return []
    begins_at = beginning_of(states, associate.store_id, left_on)
    return [event_of(events.LeavingAnnounced, command, now, left_on=left_on, begins_at=begins_at)]


def leave_as_announced(command: commands.LeaveAsAnnounced, states: StateReader, now: datetime) -> list[Event]:
    """What was announced happens: see AssociateLeaves."""
    associate = keeping(
        LEAVING_AS_ANNOUNCED_POLICIES, known_associate(states, command.associate_id), command, states
    )
    at = business_time(command, now)
    announced = associate.announced or Announced(left_on=command.left_on, successors=())
    last_day_must_have_come(announced, store_day(states, associate.store_id, at))
    return _left(states, associate, command.left_on, announced.successors, at)


def cancel_leaving(command: commands.CancelLeaving, states: StateReader, now: datetime) -> list[Event]:
    associate = keeping(CANCELLING_POLICIES, known_associate(states, command.associate_id), command, states)
    announced = associate.announced
    return [
        event_of(events.LeavingCancelled, command, now, left_on=announced.left_on)
        for announced in ([announced] if announced is not None else [])
    ]


def rehire_associate(command: commands.RehireAssociate, states: StateReader, now: datetime) -> list[Event]:
    """The pay plan in force and the account go on; customers stay with whoever has them by now."""
    associate = keeping(REHIRING_POLICIES, known_associate(states, command.associate_id), command, states)
    at = business_time(command, now)
    store_id = command.store_id or associate.store_id
    today = store_day(states, store_id, at)
    rehired_on = command.rehired_on or today
    nobody_comes_back_before_the_last_day(associate, rehired_on, today)
    department = associate.department if command.store_id is None else None
    return [
        event_of(
            events.AssociateRehired,
            command,
            now,
            rehired_on=rehired_on,
            store_id=store_id,
            department=command.department or department,
        )
    ]


def _left(
    states: StateReader,
    associate: AssociateState,
    left_on: date,
    successors: tuple[str, ...],
    at: datetime,
) -> list[Event]:
    left = events.AssociateLeft(
        occurred_at=at, associate_id=associate.associate_id, left_on=left_on, successors=successors
    )
    return [left, *written_off(states, associate, account_of(states, associate.associate_id), left_on, at)]


DECISIONS: Decisions = {
    commands.HireAssociate: hire_associate,
    commands.ChangePayPlan: change_pay_plan,
    commands.TransferAssociate: transfer_associate,
    commands.AssociateLeaves: associate_leaves,
    commands.LeaveAsAnnounced: leave_as_announced,
    commands.CancelLeaving: cancel_leaving,
    commands.RehireAssociate: rehire_associate,
}
WARNINGS = {
    commands.HireAssociate: (store_is_unknown,),
    commands.TransferAssociate: (store_is_unknown,),
    commands.AssociateLeaves: (sold_or_worked_after_the_last_day,),
    commands.LeaveAsAnnounced: (sold_or_worked_after_the_last_day,),
}

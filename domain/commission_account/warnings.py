"""Warnings about where money and hours go: each name is what is odd."""

from collections.abc import Iterator, Sequence
from typing import Any

from domain.associate.commands import AssociateLeaves, LeaveAsAnnounced
from domain.associate.events import AssociateLeft
from domain.associate.policies import known_associate
from domain.commission_account.commands import RecordHours
from domain.commission_account.events import AccountEvent, LateHoursRecorded, LateToppedUp
from domain.commission_account.history import history_of
from domain.commission_account.posting import day_at
from domain.messages import CommandWarning, Event
from domain.money import in_major_units
from domain.state_reader import StateReader


def its_pay_period_is_not_opened_yet(
    command: Any, states: StateReader, events: Sequence[Event]
) -> Iterator[CommandWarning]:
    """It waits for a period of its own day; the first statement that reaches the day includes it."""
    days = {getattr(event, "waits_for", None): event for event in events if isinstance(event, AccountEvent)}
    for day in sorted(day for day in days if day is not None):
        yield CommandWarning(
            "pay_period_not_opened",
            f"{day} lies in no pay period yet. It waits for its own: open it, or the first statement of a "
            "later period includes it.",
            "worked_on" if hasattr(command, "worked_on") else "occurred_at",
        )


def worked_before_they_were_hired(
    command: RecordHours, states: StateReader, events: Sequence[Event]
) -> Iterator[CommandWarning]:
    """They count, by the plan they were hired with: one of the two days is wrong."""
    associate = known_associate(states, command.associate_id)
    if command.worked_on < associate.hired_on:
        yield CommandWarning(
            "before_hiring",
            f"{command.associate_id} was hired on {associate.hired_on}, after {command.worked_on}: record "
            "the day again without hours if that is wrong.",
            "worked_on",
        )


def sold_or_worked_after_the_last_day(
    command: AssociateLeaves | LeaveAsAnnounced, states: StateReader, events: Sequence[Event]
) -> Iterator[CommandWarning]:
    """What is there stays: the day is wrong, or somebody else's sales and hours stand in their account."""
    for event in events:
        if not isinstance(event, AssociateLeft):
            continue
        associate = known_associate(states, event.associate_id)
        history = history_of(states, associate)
        sold = {
            sale_id
            for (sale_id, _), line in history.lines.items()
            if day_at(states, associate.store_id, line.occurred_at) > event.left_on
        }
        worked = [day for day, counted in history.days.items() if day > event.left_on and counted.minutes]
        if sold or worked:
            yield CommandWarning(
                "after_last_day",
                f"Sales ({len(sold)}) and days with hours ({len(worked)}) of {event.associate_id} are dated "
                f"after {event.left_on}, and stay as they are. If the day is wrong, use RehireAssociate.",
                "left_on",
            )


def its_pay_period_is_closed(
    command: Any, states: StateReader, events: Sequence[Event]
) -> Iterator[CommandWarning]:
    """Hours that come late; what they are worth is paid with the open period."""
    worth = {event.for_period_id: event for event in events if isinstance(event, LateToppedUp)}
    for event in events:
        if not isinstance(event, LateHoursRecorded):
            continue
        yield CommandWarning(
            "pay_period_closed",
            f"Period {event.period_id} is closed and stays as it is: these hours are worth "
            f"{_worth(worth.get(event.period_id))}.",
            "worked_on",
        )


def _worth(top_up: LateToppedUp | None) -> str:
    if top_up is None:
        return "nothing more"
    currency = top_up.currency
    amount, owed = (
        f"{in_major_units(minor, currency)} {currency}"
        for minor in (abs(top_up.amount_minor), top_up.owed_minor)
    )
    period = top_up.period_id or "the next period"
    if top_up.amount_minor > 0:
        return f"{amount} more, paid with {period}"
    less = [f"{amount} come off what {period} pays"] if top_up.amount_minor else []
    owes = [f"{owed} were paid too much and are owed"] if top_up.owed_minor > 0 else []
    return f"less: {' and '.join([*less, *owes])}"

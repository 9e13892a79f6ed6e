"""Warnings about where money and hours go: each name is what is odd."""

from collections.abc import Iterator, Sequence
from typing import Any

from domain.commission_account.events import AccountEvent, LateHoursRecorded, LateToppedUp
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


def its_pay_period_is_closed(
    command: Any, states: StateReader, events: Sequence[Event]
) -> Iterator[CommandWarning]:
    """Hours that come late; what they are worth is paid with the open period."""
    worth = {event.for_period_id: event for event in events if isinstance(event, LateToppedUp)}
    for event in events:
        if not isinstance(event, LateHoursRecorded):
            continue
        paid = worth.get(event.period_id)
        if paid is None:
            more = "nothing more"
        else:
            amount = f"{in_major_units(paid.amount_minor, paid.currency)} {paid.currency}"
            more = f"{amount} more, paid with {paid.period_id or 'the next period'}"
        yield CommandWarning(
            "pay_period_closed",
            f"Period {event.period_id} is closed and stays as it is: these hours are worth {more}.",
            "worked_on",
        )

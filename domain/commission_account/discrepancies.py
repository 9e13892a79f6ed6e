"""Where an issued statement, or a step that settled its period, is not what history says."""

from typing import Any, Final

import msgspec

from domain.commission_account.events import (
    CommissionToppedUp,
    DeficitCarried,
    DeficitForgiven,
    DeficitRecouped,
    DeficitWrittenOff,
    LateToppedUp,
    StatementIssued,
)
from domain.messages import Event

#: The steps of settling a period, each an event of its own, and the statement's field that has its amount.
STEPS: Final[dict[type[Event], str]] = {
    DeficitRecouped: "recouped_minor",
    DeficitCarried: "carried_minor",
    DeficitForgiven: "forgiven_minor",
    CommissionToppedUp: "topped_up_minor",
    DeficitWrittenOff: "written_off_minor",
    LateToppedUp: "late_taken_back_minor",
}


class Discrepancy(msgspec.Struct, frozen=True, kw_only=True):
    """A field of an issued statement (or of a step that settled its period) that is not what history says.

    `position` is that of the event with the `stored` value; where a step is missing, of its statement.
    Amounts are minor units.
    `period_id` None: what was written off on leaving.
    """

    account_id: str
    associate_id: str
    period_id: str | None
    currency: str
    fact: str
    field: str
    stored: Any
    expected: Any
    position: int


def steps_compared(
    steps: list[tuple[Any, int]], statement: StatementIssued, position: int, expected: dict[str, Any]
) -> list[Discrepancy]:
    """Each step that moved money is an event of its own beside the statement, once, with the statement's
    amount.
    """
    found: list[Discrepancy] = []
    to_come = {name: expected[name] for name in STEPS.values() if expected[name]}
    for step, at in steps:
        found.extend(
            compared(
                step,
                at,
                {"period_id": statement.period_id, "amount_minor": to_come.pop(STEPS[type(step)], 0)},
            )
        )
    for step_class, name in STEPS.items():
        if name in to_come:
            missing = compared(statement, position, {name: to_come[name]}, stored={name: None})
            found.extend(msgspec.structs.replace(one, fact=step_class.__name__) for one in missing)
    return found


def compared(
    event: Any, position: int, expected: dict[str, Any], stored: dict[str, Any] | None = None
) -> list[Discrepancy]:
    said = stored if stored is not None else {name: getattr(event, name) for name in expected}
    return [
        Discrepancy(
            account_id=event.stream_id,
            associate_id=event.associate_id,
            period_id=event.period_id,
            currency=event.currency,
            fact=type(event).__name__,
            field=name,
            stored=said[name],
            expected=value,
            position=position,
        )
        for name, value in expected.items()
        if said[name] != value
    ]

"""The reckoning from events alone finds what does not add up in an account that was computed anew."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from domain.commission_account.events import CommissionMoved, HoursRecorded, PeriodRecomputed
from domain.messages import Event
from domain.sale.events import AttributionCorrected
from tests.domain.builders.money_commands import change_pay_plan, pay_plan
from tests.domain.pay_from_events import Reckoning
from tests.domain.test_worked_numbers import settled, shop, sold, worked

ANEW = change_pay_plan(
    plan=pay_plan(base_rate_minor=1_000, rate_bp=1_000), effective_on=date(2024, 3, 1), recompute=True
)
#: March is paid, April is not, when the plan comes.
EVENTS = (
    shop()
    .after(sold("P1", 10_000), *worked("P1", 10), *settled("P1"))
    .after(sold("P2", 20_000), *worked("P2", 10), ANEW)
    .events
)
Spoils = Callable[[Any], Event | None]


def spoilt(kind: type[Event], spoils: Spoils) -> list[Event]:
    spoilt = [spoils(event) if isinstance(event, kind) else event for event in EVENTS]
    return [event for event in spoilt if event is not None]


def test_an_account_that_was_computed_anew_adds_up() -> None:
    assert {CommissionMoved, PeriodRecomputed, AttributionCorrected} <= {type(event) for event in EVENTS}
    assert Reckoning(EVENTS, "UTC").differences() == []


@pytest.mark.parametrize(
    ("kind", "spoils"),
    [
        (CommissionMoved, lambda event: replace(event, amount_minor=event.amount_minor + 1)),
        (CommissionMoved, lambda _: None),
        (AttributionCorrected, lambda event: replace(event, after=event.before)),
        (HoursRecorded, lambda event: replace(event, base_rate_minor=800)),
        (PeriodRecomputed, lambda event: replace(event, days=())),
    ],
    ids=["a cent", "not moved", "old rates", "old hours", "days of a statement"],
)
def test_what_was_not_computed_anew_is_found(kind: type[Event], spoils: Spoils) -> None:
    assert Reckoning(spoilt(kind, spoils), "UTC").differences() != []

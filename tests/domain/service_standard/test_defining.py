"""Standards of service are defined, replaced and withdrawn, for the company or a store, from a day on."""

from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest

from domain.messages import UnknownEvent
from domain.service_standard.commands import DefineServiceStandard
from domain.service_standard.state import evolve
from tests.domain.builders import people_events as events
from tests.domain.builders import standards as of
from tests.domain.builders.money_commands import STORE
from tests.domain.given import given

APRIL = date(2024, 4, 1)


def test_the_first_one_is_version_one() -> None:
    assert given().when(of.define_service_standard()) == [of.service_standard_defined()]


def test_another_deadline_or_target_replaces_it_from_its_day_on() -> None:
    defined = given(of.service_standard_defined())
    expected = of.service_standard_defined(version=2, effective_on=APRIL, within_days=2)
    assert defined.when(of.define_service_standard(effective_on=APRIL, within_days=2)) == [expected]
    expected = of.service_standard_defined(version=2, target_bp=8_000)
    assert defined.when(of.define_service_standard(target_bp=8_000)) == [expected]


def test_what_holds_already_is_not_defined_again() -> None:
    assert given(of.service_standard_defined()).when(of.define_service_standard(effective_on=APRIL)) == []


def test_kinds_and_scopes_are_counted_apart() -> None:
    defined = given(of.service_standard_defined(), events.store_opened())
    [told] = defined.when(of.define_service_standard(kind="wish_told"))
    [own] = defined.when(of.define_service_standard(scope=STORE))
    assert (told.version, own.version) == (1, 1)
    assert (told.stream_id == of.service_standard_defined().stream_id, own.stream_id == told.stream_id) == (
        True,
        False,
    )


def test_a_standard_that_is_withdrawn_can_be_defined_again() -> None:
    withdrawn = of.service_standard_withdrawn(effective_on=APRIL)
    assert given(of.service_standard_defined()).when(of.withdraw_service_standard(effective_on=APRIL)) == [
        withdrawn
    ]
    again = given(of.service_standard_defined(), withdrawn).when(
        of.define_service_standard(effective_on=APRIL)
    )
    assert again == [of.service_standard_defined(version=3, effective_on=APRIL)]


def test_without_a_day_it_holds_from_the_stores_day_of_the_command() -> None:
    """In New York it is still the 5th."""
    night = datetime(2024, 3, 6, 1, 30, tzinfo=UTC)
    opened = given(events.store_opened())
    [company] = opened.when(of.define_service_standard(effective_on=None, occurred_at=night))
    [own] = opened.when(of.define_service_standard(effective_on=None, occurred_at=night, scope=STORE))
    assert (company.effective_on, own.effective_on) == (date(2024, 3, 6), date(2024, 3, 5))


@pytest.mark.parametrize(
    ("command", "code", "field"),
    [
        (of.define_service_standard(scope="nowhere"), "store_unknown", "scope"),
        (
            of.define_service_standard(within_days=2, effective_on=date(2024, 2, 29)),
            "before_the_latest_version",
            "effective_on",
        ),
        (
            of.withdraw_service_standard(effective_on=date(2024, 2, 29)),
            "before_the_latest_version",
            "effective_on",
        ),
        (of.withdraw_service_standard(kind="wish_told"), "standard_not_defined", "kind"),
        (of.withdraw_service_standard(scope=STORE), "standard_not_defined", "kind"),
    ],
)
def test_what_cannot_hold_is_refused(command: Any, code: str, field: str) -> None:
    refusal = given(of.service_standard_defined()).refuses(command)
    assert (refusal.code, refusal.field) == (code, field)


def test_a_standard_is_withdrawn_once() -> None:
    withdrawn = given(of.service_standard_defined(), of.service_standard_withdrawn())
    assert withdrawn.refuses(of.withdraw_service_standard()).code == "standard_not_defined"


@pytest.mark.parametrize(
    "numbers", ['"within_days": -1', '"within_days": 367', '"within_days": 3, "target_bp": 10001']
)
def test_numbers_out_of_their_bounds_are_no_command(numbers: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(f'{{"kind": "thank_you", {numbers}}}', type=DefineServiceStandard)


def test_their_history_takes_in_nothing_else() -> None:
    with pytest.raises(UnknownEvent):
        evolve(None, events.customer_registered())

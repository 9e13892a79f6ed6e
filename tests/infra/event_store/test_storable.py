"""No command is taken whose values PostgreSQL could not store; the refusal names the field."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.associate.commands import HireAssociate, PayPlan
from domain.customer.commands import AddNote, RegisterCustomer
from domain.decide import DECISIONS
from domain.messages import Command, Refused
from infra.event_store.handler import CommandHandler
from infra.event_store.log import EventLog
from infra.event_store.storable import NUL, SURROGATE, TOO_LARGE, is_storable, refusal_of_json
from tests.domain.any_commands import commands, swapped

#: What no table can store, and what is said of it.
UNSTORABLE = {
    "d\0": NUL,
    "\0": NUL,
    "\ud800": SURROGATE,
    "a\udfffb": SURROGATE,
    2**63: TOO_LARGE,
    -(2**63) - 1: TOO_LARGE,
    10**400: TOO_LARGE,
}
PLAN = PayPlan(currency="USD", base_rate_minor=800, rate_bp=675)


@pytest.mark.parametrize("command_class", list(DECISIONS), ids=lambda each: each.__name__)
@settings(
    max_examples=3,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.function_scoped_fixture,
        HealthCheck.data_too_large,
        HealthCheck.large_base_example,
    ],
)
@given(data=st.data())
def test_every_text_and_number_of_every_command_is_refused_by_its_path(
    command_class: type[Command], handler: CommandHandler, log: EventLog, data: st.DataObject
) -> None:
    command = data.draw(commands(command_class, {}, whole=True).filter(is_storable))
    planted = [
        (path, reason, changed)
        for value, reason in UNSTORABLE.items()
        for path, changed in swapped(command, value)
    ]
    assert planted
    end = log.last_position()
    outcomes = handler.handle_many([(changed, f"k{place}") for place, (_, _, changed) in enumerate(planted)])
    for (path, reason, _), outcome in zip(planted, outcomes, strict=True):
        assert isinstance(outcome, Refused)
        assert (outcome.code, outcome.field, outcome.message) == ("not_storable", path, reason)
    assert log.last_position() == end


def test_a_map_key_is_named_as_json_writes_it(handler: CommandHandler) -> None:
    plan = PayPlan(currency="USD", base_rate_minor=800, rate_bp=675, department_rates_bp={"d\0": 5})
    with pytest.raises(Refused) as refusal:
        handler.handle(HireAssociate(store_id="s", plan=plan), "k")
    assert refusal.value.field == r'plan.department_rates_bp["d\u0000"]'


def test_a_refusal_does_not_harm_the_commands_beside_it(handler: CommandHandler, log: EventLog) -> None:
    fit = RegisterCustomer(reference="r")
    outcomes = handler.handle_many(
        [
            (fit, "a"),
            (RegisterCustomer(reference="r\0"), "b"),
            (fit, "c\0"),
            (fit, "\ud800"),
            (AddNote(customer_id="cus_\0" + "1" * 31, text="a note"), "d"),
            (fit, "e"),
        ]
    )
    assert [isinstance(outcome, Refused) for outcome in outcomes] == [False, True, True, True, True, False]
    assert {outcome.field for outcome in outcomes[2:4] if isinstance(outcome, Refused)} == {"Idempotency-Key"}
    assert log.last_position() == 2


def test_a_batch_of_an_import_is_refused_like_any_other_command(
    handler: CommandHandler, log: EventLog
) -> None:
    batches = [[(RegisterCustomer(reference="r"), "a")], [(RegisterCustomer(reference="r\0"), "b\0")]]
    assert handler.known(["a", "b\0", "\ud800"], []) == (set(), set())
    _, (refused,) = handler.handle_batches(batches)
    assert isinstance(refused, Refused)
    assert log.last_position() == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (rb'{"customer_id": "cus_11111111111111111111111111111111", "text": "\ud800"}', "text"),
        (rb'{"customer_id": "cus_11111111111111111111111111111111", "text": "\ud83d\ude00"}', None),
        (rb'{"customer_id": "\ud800", "text": "a"}', None),
        (b'{"text": NaN, "\\ud800": 1}', None),
        (b"\xff", None),
        (b"[" * 100_000, None),
    ],
)
def test_half_of_a_surrogate_pair_in_json_is_refused_by_its_path(body: bytes, field: str | None) -> None:
    refusal = refusal_of_json(body, AddNote)
    assert (refusal and refusal.field) == field


def test_nobody_is_paid_more_than_a_ledger_can_hold(handler: CommandHandler) -> None:
    plan = PayPlan(currency="USD", base_rate_minor=10**15, rate_bp=0)
    with pytest.raises(Refused) as refusal:
        handler.handle(HireAssociate(store_id="s", plan=plan), "k")
    assert (refusal.value.code, refusal.value.field) == ("amount_too_large", "plan.base_rate_minor")

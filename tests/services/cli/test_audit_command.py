"""`clienteling audit` as it is called: who did what, by the metadata beside the events of a real log."""

import asyncio
from typing import Any

import pytest

from domain.customer.commands import AddNote, RegisterCustomer
from infra.event_store.command_context import CommandContext
from infra.runtime import open_runtime
from infra.settings import Settings
from services.api.main import create_app
from tests.services.api.conftest import client_of, running, servers_of
from tests.services.cli.calling import NAME, NOTE, Call

ANNA = CommandContext(actor="usr:anna", role="manager", correlation_id="till-17")
BEN = CommandContext(actor="usr:ben", correlation_id="till-18")


@pytest.fixture
def clara(settings: Settings) -> str:
    """A customer whom Anna registers, with a note of Ben's; beside Dora, whom Ben registers."""
    with open_runtime(settings) as shop:
        clara = str(shop.handler.handle(RegisterCustomer(name=NAME), "1", ANNA).ids["customer_id"])
        shop.handler.handle(AddNote(customer_id=clara, text=NOTE), "2", BEN)
        shop.handler.handle(RegisterCustomer(), "3", BEN)
    return clara


def audited(call: Call, *filters: object) -> list[dict[str, Any]]:
    called = call("audit", *filters, "--json")
    assert called.code == 0
    return called.document


def positions(call: Call, *filters: object) -> list[int]:
    return [entry["position"] for entry in audited(call, *filters)]


def test_audit_says_who_did_what_and_when_oldest_first(call: Call, clara: str) -> None:
    entries = audited(call)
    numbers = [entry["position"] for entry in entries]
    assert numbers == sorted(numbers)
    first = entries[0]
    assert (first["actor"], first["role"], first["correlation_id"]) == ("usr:anna", "manager", "till-17")
    assert (first["topic"], first["stream_id"], first["version"]) == ("customer.registered.v1", clara, 1)
    assert (first["causation_id"], first["customer_id"]) == ("1", clara)
    times = [entry["recorded_at"] for entry in entries]
    assert times == sorted(times)
    assert all(time.endswith("Z") for time in times)


def test_audit_is_found_by_actor_customer_correlation_and_time(call: Call, clara: str) -> None:
    entries = audited(call)
    everything = [entry["position"] for entry in entries]

    def those(**of: str) -> list[int]:
        return [e["position"] for e in entries if all(e[name] == value for name, value in of.items())]

    assert positions(call, "--actor", "usr:anna") == those(actor="usr:anna") != everything
    assert positions(call, "--customer", clara) == those(customer_id=clara) != everything
    assert positions(call, "--correlation", "till-18") == those(correlation_id="till-18") != everything
    both = ("--customer", clara, "--actor", "usr:ben")
    assert positions(call, *both) == those(customer_id=clara, actor="usr:ben") != those(actor="usr:ben")
    last = entries[-1]["recorded_at"]
    assert positions(call, "--since", last) == those(recorded_at=last) != everything
    assert positions(call, "--since", last[:10]) == everything
    assert positions(call, "--since", "2999-01-01") == []
    assert positions(call, "--limit", 2) == everything[-2:]


def test_audit_is_plain_columns_where_no_terminal_is(call: Call, clara: str) -> None:
    heading, *lines = call("audit").out.splitlines()
    named = "position recorded at actor role event type aggregate correlation id"
    assert " ".join(heading.split()) == named
    assert [field for field in lines[0].split() if "T" not in field] == [
        "1", "usr:anna", "manager", "customer.registered.v1", clara, "till-17",
    ]  # fmt: skip
    assert NAME not in " ".join(lines)


def test_audit_says_when_it_found_nothing(call: Call, clara: str) -> None:
    called = call("audit", "--actor", "usr:nobody")
    assert (called.code, "The log holds nothing of this" in called.said) == (0, True)


@pytest.mark.parametrize(
    ("filters", "says"),
    [
        (("--customer", "Clara"), "--customer takes a customer's id, cus_..., and not 'Clara'"),
        (("--since", "last week"), "neither a date"),
        (("--since", "2026-02-20T10:00:00"), "needs an offset"),
        (("--limit", "0"), "Must be >= 1"),
    ],
)
def test_audit_says_what_is_wrong_with_a_filter(call: Call, filters: tuple[str, str], says: str) -> None:
    called = call("audit", *filters)
    assert (called.code, called.out) == (2, "")
    assert says in called.said.replace("│ ", "")


def test_a_request_is_found_by_the_correlation_id_that_it_came_with(call: Call, settings: Settings) -> None:
    async def register() -> int:
        async with running(create_app(settings, servers_of(settings))) as api, client_of(api) as client:
            headers = {"Idempotency-Key": "key", "X-Correlation-Id": "abc"}
            await client.post(
                "/v1/commands/register-customer", json={}, headers={"Idempotency-Key": "before"}
            )
            answer = await client.post("/v1/commands/register-customer", json={}, headers=headers)
            assert answer.status_code == 201
            return int(answer.json()["position"])

    position = asyncio.run(register())
    [entry] = audited(call, "--correlation", "abc")
    assert (entry["position"], entry["correlation_id"], entry["actor"]) == (position, "abc", "usr:anonymous")
    assert (entry["topic"], entry["causation_id"]) == ("customer.registered.v1", "key")

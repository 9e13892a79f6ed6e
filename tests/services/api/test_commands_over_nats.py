"""Commands over NATS: a store's are handled in their order, with its rights, once, and answered."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import httpx
import msgspec
import psycopg
import pytest
import pytest_asyncio
from nats.aio.client import Client
from nats.js.errors import NotFoundError

from domain.ids import derived_id
from infra.embedded import NatsServer
from infra.event_store.log import EventLog
from infra.messaging.subjects import ANSWERS, COMMANDS
from infra.nats import API_DOMAIN, NatsRole
from infra.postgres.failures import is_unavailable
from infra.runtime import open_runtime
from infra.settings import Settings
from services.api.auth.own_keys import sign_token
from services.api.main import create_app
from services.api.over_nats import TRIES_MAX
from services.api.resources.command_answers import answered as real
from services.cli.sent_commands import send_again
from services.recovery.status import status_of
from tests.infra.messaging.builders import until
from tests.nats_clients import stock_client
from tests.services.api.conftest import client_of, running, servers_of
from tests.services.api.sending import answered, hire, sale_of
from tests.tokens import every_right

STORES = ("downtown", "uptown")


class Shop:
    """A house whose API runs in this process, on a NATS server that knows two stores."""

    def __init__(self, settings: Settings, server: NatsServer, client: httpx.AsyncClient) -> None:
        self.settings = settings
        self.server = server
        self.client = client

    async def till(self, store: str = "downtown") -> Client:
        return await stock_client(self.server.url, self.server.keys, store)

    async def send(self, *commands: tuple[str, Any, dict[str, str]], store: str = "downtown") -> None:
        """As a till does that waits until each is kept."""
        till = await self.till(store)
        for name, body, headers in commands:
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            kept = await till.jetstream().publish(f"clienteling.commands.{name}", content, headers=headers)
            assert kept.stream == COMMANDS
        await till.close()

    async def answers(self, count: int, store: str = "downtown") -> list[tuple[dict[str, str], Any]]:
        """What a till that was away meanwhile reads."""
        till = await self.till(store)
        subscription = await till.jetstream(domain=API_DOMAIN).pull_subscribe_bind(store, ANSWERS)
        told: list[tuple[dict[str, str], Any]] = []
        while len(told) < count:
            for message in await subscription.fetch(count - len(told), timeout=60):
                told.append((message.headers or {}, msgspec.json.decode(message.data)))
                await message.ack_sync()
        await till.close()
        return told

    def kept(self) -> list[tuple[str, str, int]]:
        """The dead letters: key, reason, tries."""
        with psycopg.connect(str(self.settings.database_url)) as connection:
            return connection.execute(
                "SELECT key, reason, tries FROM reactions.kept_aside WHERE source = 'commands' ORDER BY at"
            ).fetchall()

    def log(self) -> list[str]:
        with EventLog(str(self.settings.database_url), pool_size=1) as log:
            return [event.topic for event in log.read(0, 1_000)]


@pytest_asyncio.fixture
async def shop(settings: Settings, own_nats: NatsServer) -> AsyncIterator[Shop]:
    own_nats.configure([], STORES)
    keys = {"nats_url": own_nats.url, "nats_credentials": own_nats.keys, "auth": "on"}
    mine = replace(settings, **keys, reactions_retry_seconds=0.05)
    async with running(create_app(mine, servers_of(mine))) as application, client_of(application) as client:
        client.headers.update(every_right(mine.data_dir))
        operator = await stock_client(own_nats.url, own_nats.keys)

        async def listens() -> bool:
            with suppress(NotFoundError):
                names = [one.name for one in await operator.jetstream().consumers_info(COMMANDS)]
                return set(names) == set(STORES)
            return False

        await until(listens, within_seconds=60)
        await operator.close()
        yield Shop(mine, own_nats, client)


def key(text: str, **more: str) -> dict[str, str]:
    return {"Idempotency-Key": text, **more}


async def test_what_a_store_sends_is_done_in_its_order_once_and_answered_to_who_was_away(shop: Shop):
    anna = await hire(shop.client)
    clara = derived_id("cus", "clara")
    sale = {**sale_of(anna, store_id="downtown"), "customer_id": clara}
    registered = ("register-customer", {"customer_id": clara, "name": "Clara"}, key("1"))
    sold = ("record-sale", sale, key("2", **{"X-Correlation-Id": "basket-7"}))
    await shop.send(registered, sold, sold)
    (first, _), (second, done), (_, again) = await shop.answers(3)
    assert [first["clienteling-status"], second["clienteling-status"]] == ["201", "201"]
    assert (second["ce-causationid"], second["ce-correlationid"]) == ("2", "basket-7")
    assert (second["ce-subject"], second["content-type"]) == ("record-sale", "application/json")
    assert again == {**done, "replayed": True}
    assert "sale.recorded.v1" in done["events"]
    by_http = await shop.client.post("/v1/commands/record-sale", json=sale, headers=key("2"))
    assert (by_http.status_code, by_http.json()) == (200, again)
    assert shop.log().index("customer.registered.v1") < shop.log().index("sale.recorded.v1")
    with EventLog(str(shop.settings.database_url), pool_size=1) as log:
        [recorded] = [event for event in log.read(0, 1_000) if event.topic == "sale.recorded.v1"]
    assert (recorded.actor, recorded.role) == ("usr:nats:downtown", "point_of_sale")
    assert shop.kept() == []
    operator = await stock_client(shop.server.url, shop.server.keys)

    async def is_empty() -> bool:
        return (await operator.jetstream().stream_info(COMMANDS)).state.messages == 0

    await until(is_empty, within_seconds=30)
    await operator.close()


async def test_a_store_is_refused_what_its_till_is_refused_over_http_in_the_same_words(shop: Shop):
    anna = await hire(shop.client)
    token = sign_token(shop.settings, role="point_of_sale", stores=("downtown",), hours=1)
    commands: list[tuple[str, Any, dict[str, str]]] = [
        ("record-sale", sale_of(anna, store_id="uptown"), key("a")),
        ("hire-associate", {"store_id": "downtown"}, key("b")),
        ("register-customer", b"{Clara", key("c")),
        ("register-customer", {"hero": 1}, key("d")),
        ("record-sale", sale_of(derived_id("ass", "nobody"), store_id="downtown"), key("e")),
        ("register-customer", {}, {"X-Other": "1"}),
        ("register-customer", {"name": "Dora"}, key(" ")),
        ("dream", {}, key("f")),
    ]
    await shop.send(*commands)
    answers = await shop.answers(len(commands))
    for (name, body, headers), (told, problem) in zip(commands, answers, strict=True):
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {**headers, "Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        response = await shop.client.post(f"/v1/commands/{name}", content=content, headers=sent)
        assert told["clienteling-status"] == str(response.status_code), (name, body, problem)
        assert told["content-type"] == "application/problem+json"
        same = {"instance", "detail"} if name == "dream" else {"instance"}
        assert {**problem, **dict.fromkeys(same)} == {**response.json(), **dict.fromkeys(same)}
    reasons = [reason for _, reason, _ in shop.kept()]
    assert [reason.split(":")[0] for reason in reasons] == [problem["code"] for _, problem in answers]
    assert "Clara" not in str(reasons)


async def test_nothing_passes_a_command_that_comes_again(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    failures = [psycopg.OperationalError("away"), psycopg.OperationalError("away")]
    assert is_unavailable(failures[0])

    async def at_last(*given: Any) -> Any:
        if given[2] == "register-customer" and failures:
            raise failures.pop()
        if given[4] == "broken":
            raise ZeroDivisionError
        return await real(*given)

    monkeypatch.setattr("services.api.over_nats.answered", at_last)
    cus = [derived_id("cus", str(number)) for number in range(2)]
    await shop.send(
        ("register-customer", {"customer_id": cus[0]}, key("1")),
        ("register-customer", {"customer_id": cus[1]}, key("broken")),
        ("register-customer", {"customer_id": cus[1]}, key("3")),
    )
    answers = await shop.answers(3)
    assert [headers["ce-causationid"] for headers, _ in answers] == ["1", "broken", "3"]
    assert [headers["clienteling-status"] for headers, _ in answers] == ["201", "500", "201"]
    assert failures == []
    [(letter, reason, tries)] = shop.kept()
    assert (reason.split(":")[0], tries, TRIES_MAX) == ("internal", 1, 3)

    monkeypatch.undo()
    with open_runtime(shop.settings) as runtime:
        refused = await asyncio.to_thread(send_again, runtime, letter)
    assert refused is not None
    assert refused.startswith("already_exists")


async def test_one_that_was_refused_is_sent_again_by_an_operator_and_done(shop: Shop):
    anna = derived_id("ass", "anna")
    await shop.send(("record-sale", sale_of(anna, store_id="downtown"), key("sale")))
    [(headers, _)] = await shop.answers(1)
    assert headers["clienteling-status"] in ("404", "422")
    [(letter, _, _)] = shop.kept()
    with open_runtime(shop.settings) as runtime:
        assert await asyncio.to_thread(send_again, runtime, letter) is not None
        assert [tries for _, _, tries in shop.kept()] == [2]
        await hire(shop.client, associate_id=anna)
        assert await asyncio.to_thread(send_again, runtime, letter) is None
    assert shop.kept() == []
    assert [headers["clienteling-status"] for headers, _ in await shop.answers(2)][1] == "201"
    assert shop.log().count("sale.recorded.v1") == 1


async def test_a_store_that_is_left_out_is_shut_out_and_one_that_is_named_is_taken(shop: Shop):
    shop.server.configure([], ["uptown", "harbour"])
    other = await stock_client(shop.server.url, shop.server.keys, NatsRole.OPS)

    async def listens() -> bool:
        names = {one.name for one in await other.jetstream().consumers_info(COMMANDS)}
        return "harbour" in names

    await until(listens, within_seconds=60)
    await other.close()
    await shop.send(("register-customer", {}, key("1")), store="harbour")
    [(headers, _)] = await shop.answers(1, store="harbour")
    assert headers["clienteling-status"] == "201"
    assert await answered(shop.client, "register-customer")


async def test_how_many_commands_wait_and_were_refused_is_measured_by_store(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
):
    hold = asyncio.Event()

    async def later(*given: Any) -> Any:
        await hold.wait()
        return await real(*given)

    monkeypatch.setattr("services.api.over_nats.answered", later)
    await shop.send(("register-customer", {}, key("1")), ("register-customer", {"hero": 1}, key("2")))

    async def says(*lines: str) -> bool:
        return set(lines) <= set((await shop.client.get("/metrics")).text.splitlines())

    waiting = 'clienteling_commands_over_nats_waiting{{store="{}"}} {}'
    parked = "clienteling_commands_over_nats_parked {}"
    await until(
        lambda: says(waiting.format("downtown", 2.0), waiting.format("uptown", 0.0), parked.format(0.0)),
        within_seconds=30,
    )
    with open_runtime(shop.settings) as runtime:
        found = await asyncio.to_thread(status_of, runtime, [])
    assert (found.commands_waiting, found.commands_kept_aside) == (2, 0)
    hold.set()
    await shop.answers(2)
    await until(lambda: says(waiting.format("downtown", 0.0), parked.format(1.0)), within_seconds=30)
    with open_runtime(shop.settings) as runtime:
        found = await asyncio.to_thread(status_of, runtime, [])
    assert (found.commands_waiting, found.commands_kept_aside, found.healthy) == (0, 1, False)


async def test_a_key_goes_on_by_http_for_who_may_send_the_command_alone(shop: Shop):
    anna = await hire(shop.client)
    sale = sale_of(anna, store_id="downtown")
    await shop.send(("record-sale", sale, key("k")))
    [(_, done)] = await shop.answers(1)

    async def by_http(name: str, body: Any, role: Any, *stores: str) -> tuple[int, str | None]:
        token = sign_token(shop.settings, role=role, stores=stores, hours=1)
        headers = key("k", Authorization=f"Bearer {token}")
        response = await shop.client.post(f"/v1/commands/{name}", json=body, headers=headers)
        if response.status_code == 200:
            assert response.json() == {**done, "replayed": True}
        return response.status_code, response.json().get("code")

    assert await by_http("record-sale", sale, "point_of_sale", "downtown") == (200, None)
    assert await by_http("record-sale", sale, "point_of_sale", "uptown") == (403, "not_permitted")
    assert await by_http("record-sale", sale, "auditor") == (403, "not_permitted")
    other = {**sale, "currency": "EUR"}
    reused = (422, "idempotency_key_reused")
    assert await by_http("record-sale", other, "point_of_sale", "downtown") == reused
    assert await by_http("register-customer", {}, "point_of_sale", "downtown") == reused
    assert await by_http("register-customer", {}, "auditor") == (403, "not_permitted")
    # Nor is another store told over NATS what the first was answered.
    await shop.send(("record-sale", sale, key("k")), store="uptown")
    [(headers, problem)] = await shop.answers(1, store="uptown")
    assert (headers["clienteling-status"], problem["code"]) == ("403", "not_permitted")
    assert shop.log().count("sale.recorded.v1") == 1

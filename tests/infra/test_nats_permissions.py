"""Each act that a role or a named consumer may do, and those it may not, on a server with the real table."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import nats
import nats.errors
import pytest
from nats.aio.client import Client

from infra.embedded import NatsServer
from infra.messaging.consumers import ensure_named_consumers
from infra.messaging.inbox import INBOX, STOCK_ARRIVALS, ensure_arrivals_consumer, ensure_inbox
from infra.messaging.stream import declare_stream
from infra.messaging.subjects import EPOCH_SUBJECT
from infra.nats import API_DOMAIN, NatsRole
from infra.nats.accounts import MAY_PUBLISH
from infra.settings import Settings
from tests.infra.messaging.builders import until
from tests.nats_clients import stock_client

STREAM = "CLIENTELING"
SUBJECT = "clienteling.v1.sale.recorded.1"
ARRIVED = "inventory.stock.arrived"
BILLING, WAREHOUSE = "billing", "warehouse"
EVERYBODY = [*NatsRole, BILLING]


@pytest.fixture
def server(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NatsServer]:
    """A server with two named consumers, and without what the other tests' operators may do."""
    real = [subject for subject in MAY_PUBLISH[NatsRole.OPS] if subject != ">"]
    monkeypatch.setitem(MAY_PUBLISH, NatsRole.OPS, real)  # type: ignore[arg-type]
    started = NatsServer(folder / "nats")
    started.configure([BILLING, WAREHOUSE])
    started.start()
    yield started
    started.kill()


class House:
    """The relay and the reactions of a server, which make streams and durables wherever they are missing."""

    def __init__(self, server: NatsServer, relay: Client, reactions: Client) -> None:
        self._server = server
        self._settings = Settings(data_dir=server.folder)
        self.relay = relay.jetstream()
        self.reactions = reactions.jetstream()

    async def prepare(self) -> None:
        """All streams and durables, and an event."""
        await declare_stream(self.relay, self._settings)
        await ensure_named_consumers(self.relay, [BILLING, WAREHOUSE])
        inbox = await ensure_inbox(self.reactions, self._settings)
        await ensure_arrivals_consumer(self.reactions, self._settings, inbox)
        await self.relay.publish(SUBJECT, b"{}")

    async def messages(self) -> int:
        """How many the stream holds."""
        return (await self.relay.stream_info(STREAM)).state.messages


@asynccontextmanager
async def house_of(server: NatsServer, *names: str, **options: Any) -> AsyncGenerator[tuple[Any, ...]]:
    """The house, prepared, and connections of these users."""
    made = [await stock_client(server.url, server.keys, name) for name in ("relay", "reactions")]
    made += [await stock_client(server.url, server.keys, name, **options) for name in names]
    house = House(server, made[0], made[1])
    await house.prepare()
    try:
        yield house, *made[2:]
    finally:
        for client in made:
            await client.close()


def config(name: str, stream: str = STREAM, **more: Any) -> bytes:
    return msgspec.json.encode({"stream_name": stream, "config": {"name": name, **more}})


def acts() -> Iterator[tuple[str, bytes, set[str]]]:
    """Raw requests: subject, payload, and who may make them."""
    relay, projector, reactions, ops, inventory = NatsRole
    stream = msgspec.json.encode({"name": STREAM, "subjects": ["clienteling.v1.>"]})
    api = "$JS.API"
    yield SUBJECT, b"{}", {relay}
    yield "clienteling.v1.customer.registered.9", b"{}", {relay}
    yield ARRIVED, b"{}", {inventory}
    yield f"{api}.STREAM.CREATE.{STREAM}", stream, {relay, ops}
    yield f"{api}.STREAM.UPDATE.{STREAM}", stream, {relay, ops}
    yield f"{api}.STREAM.CREATE.THEIRS", b'{"name":"THEIRS","subjects":["x"]}', {ops}
    yield f"{api}.STREAM.DELETE.{STREAM}", b"", {ops}
    yield f"{api}.STREAM.PURGE.{STREAM}", b"", {ops}
    yield f"{api}.STREAM.MSG.DELETE.{STREAM}", b'{"seq":1}', {ops}
    yield f"{api}.STREAM.DELETE.{INBOX}", b"", {ops}
    yield f"{api}.STREAM.SNAPSHOT.{STREAM}", b'{"deliver_subject":"x"}', {ops}
    yield f"{api}.STREAM.MSG.GET.{STREAM}", b'{"seq":1}', {relay, projector, ops}
    yield f"{api}.STREAM.MSG.GET.{INBOX}", b'{"seq":1}', {ops}
    yield f"{api}.STREAM.INFO.{STREAM}", b"", {relay, projector, ops}
    yield f"{api}.STREAM.LIST", b"", {ops}
    yield f"{api}.CONSUMER.LIST.{STREAM}", b"", {ops}
    ours = {"ack_policy": "none"}
    yield f"{api}.CONSUMER.CREATE.{STREAM}.mine", config("mine", **ours), {relay, projector, ops}
    yield f"{api}.CONSUMER.CREATE.{STREAM}", config(BILLING, **ours), {ops}
    yield f"{api}.CONSUMER.DURABLE.CREATE.{STREAM}.{BILLING}", config(BILLING, **ours), {ops}
    yield f"{api}.CONSUMER.CREATE.{STREAM}.{BILLING}.>", config(BILLING, **ours), {ops}
    for name in (BILLING, WAREHOUSE):
        yield f"{api}.CONSUMER.MSG.NEXT.{STREAM}.{name}", b'{"batch":1,"no_wait":true}', {ops}
        yield f"{api}.CONSUMER.DELETE.{STREAM}.{name}", b"", {ops}
        yield f"{api}.CONSUMER.CREATE.{STREAM}.{name}", config(name, **ours), {relay, ops}
        yield f"{api}.CONSUMER.INFO.{STREAM}.{name}", b"", {relay, ops}
    yield f"{api}.CONSUMER.MSG.NEXT.{INBOX}.{STOCK_ARRIVALS}", b'{"batch":1,"no_wait":true}', {reactions, ops}
    yield f"{api}.CONSUMER.DELETE.{INBOX}.{STOCK_ARRIVALS}", b"", {reactions, ops}
    yield f"{api}.CONSUMER.CREATE.{STREAM}.{STOCK_ARRIVALS}", config(STOCK_ARRIVALS), {relay, projector, ops}
    theirs = f"$JS.{API_DOMAIN}.API.CONSUMER"
    for act, name, who in (
        ("INFO", BILLING, {BILLING}),
        ("MSG.NEXT", BILLING, {BILLING}),
        ("INFO", WAREHOUSE, set[str]()),
        ("MSG.NEXT", WAREHOUSE, set[str]()),
        ("DELETE", BILLING, set[str]()),
        ("CREATE", BILLING, set[str]()),
    ):
        yield f"{theirs}.{act}.{STREAM}.{name}", b'{"batch":1,"no_wait":true}', who


async def is_answered(client: Client, subject: str, payload: bytes) -> bool:
    try:
        # Old style: what a durable gives out keeps its subject, by which an answer is told otherwise.
        answer = await client.request(subject, payload, timeout=0.5, old_style=True)
    except (nats.errors.TimeoutError, nats.errors.NoRespondersError):
        return False
    return b'"err_code":10039' not in answer.data  # JetStream not enabled for account


@pytest.mark.parametrize("name", EVERYBODY)
async def test_each_user_may_make_the_requests_of_their_role_and_no_others(server: NatsServer, name: str):
    table = list(acts())
    assert {name for *_, who in table for name in who} == set(EVERYBODY)
    async with house_of(server, name) as (house, client):
        forbidden = [(subject, payload) for subject, payload, who in table if name not in who]
        answers = await asyncio.gather(*(is_answered(client, *one) for one in forbidden))
        assert [subject for (subject, _), answer in zip(forbidden, answers, strict=True) if answer] == []
        for subject, payload, who in table:
            if name in who:
                await house.prepare()
                assert await is_answered(client, subject, payload), subject


async def test_a_named_consumer_reads_and_acknowledges_with_its_durable(server: NatsServer):
    async with house_of(server, BILLING) as (house, client):
        own = client.jetstream(domain=API_DOMAIN)
        assert (await own.consumer_info(STREAM, BILLING)).num_pending == 1
        subscription = await own.pull_subscribe_bind(BILLING, STREAM)
        [message] = await subscription.fetch(1, timeout=5)
        await message.ack_sync()
        assert (await house.relay.consumer_info(STREAM, BILLING)).num_ack_pending == 0
        notices = await client.subscribe(EPOCH_SUBJECT)
        await client.flush()
        await house.relay._nc.publish(EPOCH_SUBJECT, b"{}")  # pyright: ignore[reportPrivateUsage]
        assert (await notices.next_msg(timeout=5)).data == b"{}"


@pytest.mark.parametrize("name", [role for role in NatsRole if role is not NatsRole.OPS] + [WAREHOUSE])
async def test_nobody_acknowledges_for_another_consumer(server: NatsServer, name: str):
    async with house_of(server, BILLING, name) as (house, owner, other):
        subscription = await owner.jetstream(domain=API_DOMAIN).pull_subscribe_bind(BILLING, STREAM)
        [message] = await subscription.fetch(1, timeout=5)
        await other.publish(message.reply, b"+ACK")
        await other.flush()
        assert (await house.relay.consumer_info(STREAM, BILLING)).num_ack_pending == 1
        await message.ack_sync()
        assert (await house.relay.consumer_info(STREAM, BILLING)).num_ack_pending == 0


async def test_no_answer_to_somebody_else_gets_onto_the_stream(server: NatsServer):
    # An answer goes where the one who asks says: a subject of the stream is nowhere for who is outside.
    async with house_of(server, BILLING, "inventory") as (house, consumer, inventory):
        before = await house.messages()
        asked = f"$JS.{API_DOMAIN}.API.CONSUMER"
        for act in ("INFO", "MSG.NEXT"):
            await consumer.publish(f"{asked}.{act}.{STREAM}.{BILLING}", b"1", reply=SUBJECT)
            await consumer.publish(f"{asked}.{act}.{STREAM}.{BILLING}", b"1", reply=ARRIVED)
        await inventory.publish(ARRIVED, b"{}", reply=SUBJECT)
        for client in (consumer, inventory):
            await client.flush()
        await asyncio.sleep(0.5)
        assert await house.messages() == before
        assert (await house.reactions.stream_info(INBOX)).state.messages == 1


@pytest.mark.parametrize("name", EVERYBODY)
async def test_only_operators_listen_to_what_others_are_sent(server: NatsServer, name: str):
    refused: list[str] = []

    async def error(problem: Exception) -> None:
        refused.append(str(problem))

    async with house_of(server, name, error_cb=error) as (_, client):
        subjects = [">", "clienteling.v1.>", "_INBOX_relay_.>", "$JS.API.>", ARRIVED]
        for subject in subjects:
            await client.subscribe(subject)
        await client.flush()
        wanted = 0 if name == NatsRole.OPS else len(subjects)
        await until(lambda: len(refused) == wanted)


async def test_without_a_key_nobody_gets_in(server: NatsServer):
    with pytest.raises(nats.errors.Error, match="Authorization"):
        await nats.connect(server.url, allow_reconnect=False)


async def test_a_consumer_that_is_left_out_loses_access_and_one_that_is_named_has_it(server: NatsServer):
    server.configure([WAREHOUSE, "shipping"])

    async def is_let_in(name: str) -> bool:
        try:
            await (await stock_client(server.url, server.keys, name)).close()
        except nats.errors.Error:
            return False
        return True

    await until(lambda: is_let_in("shipping"))
    assert await is_let_in(WAREHOUSE)
    assert not await is_let_in(BILLING)

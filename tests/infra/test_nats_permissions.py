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
from infra.messaging.answers import ensure_answers, publish_answer
from infra.messaging.commands import ensure_commands, ensure_sender
from infra.messaging.consumers import ensure_named_consumers
from infra.messaging.inbox import INBOX, STOCK_ARRIVALS, ensure_arrivals_consumer, ensure_inbox
from infra.messaging.stream import NOTED_LINEAGE, declare_stream
from infra.messaging.subjects import ANSWERS, COMMANDS, EPOCH_SUBJECT, answers_to
from infra.nats import API_DOMAIN, NatsRole
from infra.nats.accounts import MAY_PUBLISH
from infra.settings import Settings
from tests.infra.messaging.builders import until
from tests.nats_clients import stock_client

STREAM = "CLIENTELING"
SUBJECT = "clienteling.v1.sale.recorded.1"
ARRIVED = "inventory.stock.arrived"
BILLING, WAREHOUSE = "billing", "warehouse"
STORE = "downtown"
EVERYBODY = [*NatsRole, BILLING, STORE]
NOTES = {NOTED_LINEAGE: '[{"epoch":"first","common_position":0}]'}


@pytest.fixture
def server(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NatsServer]:
    """A server with two named consumers, and without what the other tests' operators may do."""
    real = [subject for subject in MAY_PUBLISH[NatsRole.OPS] if subject != ">"]
    monkeypatch.setitem(MAY_PUBLISH, NatsRole.OPS, real)  # type: ignore[arg-type]
    started = NatsServer(folder / "nats")
    started.configure([BILLING, WAREHOUSE], [STORE, "uptown"])
    started.start()
    yield started
    started.kill()


class House:
    """The relay and the reactions of a server, which make streams and durables wherever they are missing."""

    def __init__(self, server: NatsServer, relay: Client, reactions: Client, api: Client) -> None:
        self._server = server
        self._settings = Settings(data_dir=server.folder)
        self.relay = relay.jetstream()
        self.reactions = reactions.jetstream()
        self.api = api.jetstream()

    async def prepare(self) -> None:
        """All streams and durables, and an event."""
        await declare_stream(self.relay, self._settings)
        await ensure_named_consumers(self.relay, [BILLING, WAREHOUSE], NOTES)
        inbox = await ensure_inbox(self.reactions, self._settings)
        await ensure_arrivals_consumer(self.reactions, self._settings, inbox)
        await ensure_answers(self.reactions, self._settings, "inventory")
        await publish_answer(self.reactions, "inventory", b"no", {})
        await ensure_commands(self.api, self._settings)
        await ensure_sender(self.api, self._settings, STORE)
        for store in (STORE, "uptown"):
            await ensure_answers(self.api, self._settings, store)
            await publish_answer(self.api, store, b"yes", {})
        await self.relay.publish(SUBJECT, b"{}")

    async def messages(self) -> int:
        """How many the stream holds."""
        return (await self.relay.stream_info(STREAM)).state.messages


@asynccontextmanager
async def house_of(server: NatsServer, *names: str, **options: Any) -> AsyncGenerator[tuple[Any, ...]]:
    """The house, prepared, and connections of these users."""
    made = [await stock_client(server.url, server.keys, name) for name in ("relay", "reactions", "api")]
    made += [await stock_client(server.url, server.keys, name, **options) for name in names]
    house = House(server, made[0], made[1], made[2])
    await house.prepare()
    try:
        yield house, *made[3:]
    finally:
        for client in made:
            await client.close()


def config(name: str, stream: str = STREAM, **more: Any) -> bytes:
    return msgspec.json.encode({"stream_name": stream, "config": {"name": name, **more}})


def acts() -> Iterator[tuple[str, bytes, set[str]]]:  # noqa: PLR0915 - one table
    """Raw requests: subject, payload, and who may make them."""
    relay, projector, reactions, api_role, ops, inventory = NatsRole
    stream = msgspec.json.encode({"name": STREAM, "subjects": ["clienteling.v1.>"]})
    api = "$JS.API"
    yield SUBJECT, b"{}", {relay}
    yield "clienteling.v1.customer.registered.9", b"{}", {relay}
    yield ARRIVED, b"{}", {inventory}
    yield f"{api}.STREAM.CREATE.{STREAM}", stream, {relay, ops}
    yield f"{api}.STREAM.UPDATE.{STREAM}", stream, {relay, ops}
    yield f"{api}.STREAM.CREATE.THEIRS", b'{"name":"THEIRS","subjects":["x"]}', {ops}
    yield f"{api}.STREAM.DELETE.{STREAM}", b"", {relay, ops}
    yield f"{api}.STREAM.PURGE.{STREAM}", b"", {ops}
    yield f"{api}.STREAM.MSG.DELETE.{STREAM}", b'{"seq":1}', {ops}
    makers = {INBOX: {reactions, ops}, ANSWERS: {reactions, api_role, ops}, COMMANDS: {api_role, ops}}
    for name, who in makers.items():
        yield f"{api}.STREAM.CREATE.{name}", msgspec.json.encode({"name": name}), {*who}
        yield f"{api}.STREAM.INFO.{name}", b"", {*who}
    yield "clienteling.commands.record-sale", b"{}", {STORE}
    yield "clienteling.commands.downtown.record-sale", b"{}", {ops}
    yield "clienteling.commands.uptown.record-sale", b"{}", {ops}
    yield f"{api}.CONSUMER.MSG.NEXT.{COMMANDS}.{STORE}", b'{"batch":1,"no_wait":true}', {api_role}
    yield f"{api}.CONSUMER.DELETE.{COMMANDS}.{STORE}", b"", {ops}
    for act, payload in (("DELETE", b""), ("PURGE", b""), ("MSG.DELETE", b'{"seq":1}')):
        yield f"{api}.STREAM.{act}.{INBOX}", payload, set()
        yield f"{api}.STREAM.{act}.{COMMANDS}", payload, set()
        yield f"$JS.{API_DOMAIN}.API.STREAM.{act}.{INBOX}", payload, set()
        yield f"$JS.{API_DOMAIN}.API.STREAM.{act}.{ANSWERS}", payload, set()
    yield answers_to("inventory"), b"{}", {reactions, api_role}
    yield answers_to(STORE), b"{}", {api_role}
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
        yield f"{api}.CONSUMER.PAUSE.{STREAM}.{name}", b'{"pause_until":"2190-01-01T00:00:00Z"}', {ops}
        yield f"{api}.CONSUMER.UNPIN.{STREAM}.{name}", b'{"group":"g"}', {ops}
    yield f"{api}.INFO", b"", {ops}
    yield f"{api}.STREAM.RESTORE.THEIRS", b'{"config":{"name":"THEIRS"}}', {ops}
    yield f"{api}.STREAM.LEADER.STEPDOWN.{STREAM}", b"", {ops}
    yield f"{api}.DIRECT.GET.{STREAM}", b'{"seq":1}', set()
    yield f"{api}.DIRECT.GET.{STREAM}.{SUBJECT}", b"", set()
    yield "$SYS.REQ.SERVER.PING", b"", set()
    yield "$SYS.REQ.ACCOUNT.CLIENTELING.JSZ", b"", set()
    yield f"{api}.CONSUMER.MSG.NEXT.{INBOX}.{STOCK_ARRIVALS}", b'{"batch":1,"no_wait":true}', {reactions}
    yield f"{api}.CONSUMER.DELETE.{INBOX}.{STOCK_ARRIVALS}", b"", {reactions, ops}
    yield f"{api}.CONSUMER.CREATE.{STREAM}.{STOCK_ARRIVALS}", config(STOCK_ARRIVALS), {relay, projector, ops}
    theirs = f"$JS.{API_DOMAIN}.API.CONSUMER"
    for act, name, who in (
        ("INFO", "inventory", {str(inventory)}),
        ("MSG.NEXT", "inventory", {str(inventory)}),
        ("DELETE", "inventory", set[str]()),
        ("CREATE", "inventory", set[str]()),
        ("INFO", STORE, {STORE}),
        ("MSG.NEXT", STORE, {STORE}),
        ("MSG.NEXT", "uptown", set[str]()),
        ("INFO", BILLING, set[str]()),
    ):
        yield f"{theirs}.{act}.{ANSWERS}.{name}", b'{"batch":1,"no_wait":true}', who
    for act, name, who in (
        ("INFO", BILLING, {BILLING}),
        ("MSG.NEXT", BILLING, {BILLING}),
        ("INFO", WAREHOUSE, set[str]()),
        ("MSG.NEXT", WAREHOUSE, set[str]()),
        ("DELETE", BILLING, set[str]()),
        ("CREATE", BILLING, set[str]()),
        ("DURABLE.CREATE", BILLING, set[str]()),
        ("DELETE", WAREHOUSE, set[str]()),
    ):
        yield f"{theirs}.{act}.{STREAM}.{name}", b'{"batch":1,"no_wait":true}', who
    for act in ("INFO", "DELETE", "PURGE", "MSG.GET", "MSG.DELETE", "UPDATE"):
        yield f"$JS.{API_DOMAIN}.API.STREAM.{act}.{STREAM}", b'{"seq":1}', set()


async def is_answered(client: Client, subject: str, payload: bytes, seconds: float = 0.5) -> bool:
    try:
        # Old style: what a durable gives out keeps its subject, by which an answer is told otherwise.
        answer = await client.request(subject, payload, timeout=seconds, old_style=True)
    except (nats.errors.TimeoutError, nats.errors.NoRespondersError):
        return False
    return b'"err_code":10039' not in answer.data  # JetStream not enabled for account


@pytest.mark.parametrize("name", EVERYBODY)
async def test_each_user_may_make_the_requests_of_their_role_and_no_others(server: NatsServer, name: str):
    table = list(acts())
    assert {name for *_, who in table for name in who} == set(EVERYBODY)
    async with house_of(server, name) as (house, client):
        forbidden = [(subject, payload) for subject, payload, who in table if name not in who]
        assert len(forbidden) >= 20 or name == NatsRole.OPS
        answers = await asyncio.gather(*(is_answered(client, *one) for one in forbidden))
        assert [subject for (subject, _), answer in zip(forbidden, answers, strict=True) if answer] == []
        for subject, payload, who in table:
            if name in who:
                await house.prepare()
                assert await is_answered(client, subject, payload, 20), subject


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
        assert (await notices.next_msg(timeout=30)).data == b"{}"


async def test_the_inventory_reads_and_hears_what_it_is_answered(server: NatsServer):
    async with house_of(server, "inventory") as (house, inventory):
        subscription = await inventory.jetstream(domain=API_DOMAIN).pull_subscribe_bind("inventory", ANSWERS)
        [message] = await subscription.fetch(1, timeout=5)
        assert message.data == b"no"
        await message.ack_sync()
        assert (await house.reactions.consumer_info(ANSWERS, "inventory")).num_pending == 0
        heard = await inventory.subscribe(answers_to("inventory"))
        await inventory.flush()
        await publish_answer(house.reactions, "inventory", b"no again", {})
        assert (await heard.next_msg(timeout=5)).data == b"no again"


async def test_a_named_consumer_reads_the_lineage_at_its_durable(server: NatsServer):
    async with house_of(server, BILLING) as (house, client):
        own = client.jetstream(domain=API_DOMAIN)
        read = (await own.consumer_info(STREAM, BILLING)).config.metadata or {}
        assert NOTES.items() <= read.items()
        # The log was set back, and the stream was not made anew yet.
        later = {NOTED_LINEAGE: NOTES[NOTED_LINEAGE].replace("first", "second")}
        await ensure_named_consumers(house.relay, [BILLING], later)
        info = await own.consumer_info(STREAM, BILLING)
        assert later.items() <= (info.config.metadata or {}).items()
        assert info.num_pending == 1
        await ensure_named_consumers(house.relay, [BILLING], later)


async def test_whose_a_command_is_says_the_server_whatever_the_sender_says(server: NatsServer):
    async with house_of(server, STORE, "uptown") as (house, downtown, uptown):
        for till in (downtown, uptown, downtown):
            kept = await till.jetstream().publish("clienteling.commands.record-sale", b"{}")
            assert kept.stream == COMMANDS
        for subject in ("clienteling.commands.uptown.record-sale", "clienteling.commands.record-sale.x"):
            assert not await is_answered(downtown, subject, b"{}")
        held = await house.api.stream_info(COMMANDS, subjects_filter=">")
        assert held.state.subjects == {
            "clienteling.commands.downtown.record-sale": 2,
            "clienteling.commands.uptown.record-sale": 1,
        }


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
        except (nats.errors.Error, OSError):
            return False
        return True

    await until(lambda: is_let_in("shipping"))
    assert await is_let_in(WAREHOUSE)
    assert not await is_let_in(BILLING)

"""consume() on a real server, with the key of a named consumer: whatever becomes of the stream beside it."""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest
from nats.aio.client import Client

from clienteling_events import Consumer, EventMessage, HttpHistory, Refused, State
from clienteling_events.stream import DOMAIN, consume
from infra.embedded import NatsServer
from infra.messaging.consumers import ensure_named_consumers
from infra.messaging.stream import declare_stream
from infra.messaging.subjects import STREAM
from infra.settings import Settings
from tests.infra.messaging.builders import until
from tests.kits.houses import House
from tests.kits.test_consumer import Shop, Stopped
from tests.kits.test_history import answering
from tests.nats_clients import stock_client

BILLING = "billing"


@pytest.fixture
def server(folder: Path) -> Iterator[NatsServer]:
    started = NatsServer(folder / "nats")
    started.configure([BILLING])
    started.start()
    yield started
    started.kill()


@dataclass
class Published:
    """A house whose stream is on a server; what the relay does is done by hand here."""

    server: NatsServer
    #: Who has a durable.
    names: tuple[str, ...] = (BILLING,)
    house: House = field(default_factory=lambda: House(Random(1)))
    sent: int = 0

    async def connected(self, name: str) -> Client:
        return await stock_client(self.server.url, self.server.keys, name, allow_reconnect=True,
                                  max_reconnect_attempts=-1, reconnect_time_wait=0.05)  # fmt: skip

    async def publish(self, events: int, *, durable: bool = True) -> None:
        """Record events and publish what the stream does not have."""
        self.house.record_some(events)
        relay = await stock_client(self.server.url, self.server.keys, "relay")
        jetstream = relay.jetstream()
        await declare_stream(jetstream, Settings(data_dir=self.server.folder))
        for event in self.house.stream[self.sent :]:
            await jetstream.publish("clienteling.v1.a.happened.1", event.data, headers=headers_of(event))
        self.sent = len(self.house.stream)
        if durable:
            await ensure_named_consumers(jetstream, self.names, {})
        await relay.close()

    async def delete(self, *, stream: bool) -> None:
        """Delete the stream, or the durable alone."""
        ops = await stock_client(self.server.url, self.server.keys, "ops")
        if stream:
            await ops.jetstream().delete_stream(STREAM)
            self.sent = 0
        else:
            await ops.jetstream().delete_consumer(STREAM, BILLING)
        await ops.close()


def headers_of(event: EventMessage) -> dict[str, str]:
    customer = {} if event.customer is None else {"clienteling-customer": event.customer}
    return customer | {
        "clienteling-position": str(event.position),
        "clienteling-previous-position": str(event.previous_position),
        "clienteling-epoch": event.epoch,
        "clienteling-version": str(event.version),
        "ce-type": event.type,
        "ce-subject": event.subject,
        "ce-id": event.id,
    }


@asynccontextmanager
async def consuming(published: Published, shop: Shop) -> AsyncGenerator[None]:
    """A consumer at work; its error is raised at the end."""
    client = await published.connected(BILLING)
    stop = asyncio.Event()
    working = asyncio.ensure_future(
        consume(
            client.jetstream(domain=DOMAIN, timeout=1), BILLING, shop.consumer, stop=stop, pull_seconds=0.5
        )
    )
    try:
        yield
    finally:
        stop.set()
        try:
            await working
        finally:
            await client.close()


async def has_all(published: Published, shop: Shop) -> None:
    await until(lambda: shop.facts() == published.house.facts(), within_seconds=60)


@pytest.mark.parametrize("stream", [False, True], ids=["durable", "stream"])
async def test_it_goes_on_when_its_durable_or_the_stream_was_deleted(
    server: NatsServer, stream: bool
) -> None:
    published = Published(server)
    shop = Shop(published.house)
    await published.publish(5)
    async with consuming(published, shop):
        await has_all(published, shop)
        await published.delete(stream=stream)
        await published.publish(5)
        await has_all(published, shop)


async def test_it_goes_on_when_the_server_was_killed(server: NatsServer) -> None:
    published = Published(server)
    shop = Shop(published.house)
    await published.publish(5)
    async with consuming(published, shop):
        await has_all(published, shop)
        server.kill()
        server.start()
        await published.publish(5)
        await has_all(published, shop)


async def test_one_whose_database_was_lost_gets_what_it_acknowledged(server: NatsServer) -> None:
    published = Published(server)
    shop = Shop(published.house)
    await published.publish(5)
    async with consuming(published, shop):
        await has_all(published, shop)
    again = Shop(published.house)
    async with consuming(published, again):
        await has_all(published, again)


async def test_it_waits_for_an_api_that_is_not_there_yet(server: NatsServer) -> None:
    published = Published(server)
    shop = Shop(published.house)
    await published.publish(5)
    start, refused = shop.consumer.start, [ConnectionRefusedError()]

    async def started(after: int = 0) -> State:
        if refused:
            raise refused.pop()
        return await start(after)

    shop.consumer.start = started
    async with consuming(published, shop):
        await has_all(published, shop)


async def test_an_api_that_refuses_its_token_ends_it(server: NatsServer) -> None:
    published = Published(server)
    shop = Shop(published.house)
    await published.publish(1)
    client = await published.connected(BILLING)
    with answering((401, {}), (401, {})) as url:
        consumer = Consumer(shop.store, HttpHistory(url, lambda: "expired"), shop.handle, shop.set_back)
        ending = consume(client.jetstream(domain=DOMAIN), BILLING, consumer, stop=asyncio.Event())
        with pytest.raises(Refused, match="answers 401"):
            await asyncio.wait_for(ending, 20)
    await client.close()


async def test_what_a_handler_raises_ends_it_whatever_it_is(server: NatsServer) -> None:
    published = Published(server)
    shop = Shop(published.house)
    await published.publish(1)

    async def handle(*_: object) -> None:
        raise ConnectionError("the handler's own")

    shop.consumer = Consumer(shop.store, published.house, handle, shop.set_back)
    client = await published.connected(BILLING)
    ending = consume(client.jetstream(domain=DOMAIN), BILLING, shop.consumer, stop=asyncio.Event())
    with pytest.raises(ConnectionError, match="own"):
        await asyncio.wait_for(ending, 20)
    await client.close()


@pytest.mark.parametrize("committed", [False, True])
async def test_a_crash_before_acknowledging_handles_nothing_twice(
    server: NatsServer, committed: bool
) -> None:
    published = Published(server)
    shop = Shop(published.house)
    await published.publish(5)
    if committed:
        take = shop.consumer.take

        async def taken_and_stopped(messages: Sequence[EventMessage]) -> None:
            await take(messages)
            raise Stopped

        shop.consumer.take = taken_and_stopped
    else:
        shop.stops_at = published.house.log[0].position
    client = await published.connected(BILLING)
    with pytest.raises(Stopped):
        await consume(client.jetstream(domain=DOMAIN), BILLING, shop.consumer, stop=asyncio.Event())
    await client.close()
    assert bool(shop.facts()) == committed
    shop.began()
    # The durable sends again what was not acknowledged, but later than what comes now: that tells what lacks.
    await published.publish(5)
    async with consuming(published, shop):
        await has_all(published, shop)


async def test_a_restore_while_it_reads_sets_it_back(server: NatsServer) -> None:
    published = Published(server)
    shop = Shop(published.house)
    await published.publish(8)
    async with consuming(published, shop):
        await has_all(published, shop)
        published.house.restore()
        await published.delete(stream=True)
        await published.publish(4)
        await has_all(published, shop)


async def test_messages_are_acknowledged_once_they_are_handled(server: NatsServer) -> None:
    published = Published(server)
    shop = Shop(published.house)
    await published.publish(5)
    async with consuming(published, shop):
        await has_all(published, shop)
    client = await published.connected(BILLING)
    jetstream = client.jetstream(domain=DOMAIN)

    async def nothing_left() -> bool:
        info = await jetstream.consumer_info(STREAM, BILLING)
        return (info.num_pending, info.num_ack_pending) == (0, 0)

    await until(nothing_left)
    with suppress(TimeoutError):
        await client.close()

"""Pulling gives every message once, in order, as soon as it is there, and notices when nothing can come."""

import asyncio

import nats.errors
import pytest
from nats.js.api import AckPolicy, ConsumerConfig

from infra.embedded import NatsServer
from infra.messaging.client import StreamClient
from infra.messaging.consumers import begin_consumer, end_consumer, is_as_we_made_it
from infra.messaging.headers import metadata_of
from infra.messaging.pulls import BatchPull, Delivered
from infra.messaging.stream import declare_stream
from infra.settings import Settings
from tests.infra.messaging.builders import STAMPS, fill, run_of, stream_at


def positions(messages: list[Delivered]) -> list[int]:
    return [metadata_of(message.raw_headers).position for message in messages]


async def durable(client: StreamClient) -> None:
    """A durable consumer whose messages are acknowledged, as other services have and as the inbox does."""
    await client.jetstream().add_consumer("CLIENTELING", durable_name="one", ack_policy="all", ack_wait=30)


async def fetch_within(pull: BatchPull, batch: int, seconds: float = 20) -> list[Delivered]:
    async with asyncio.timeout(seconds):
        while True:
            try:
                return await pull.fetch(batch, timeout=1)
            except nats.errors.TimeoutError:
                continue


async def test_what_is_there_comes_in_full_batches_and_the_rest_without_waiting(settings: Settings):
    async with stream_at(settings) as client:
        await fill(client, run_of(range(1, 2_301)))
        await durable(client)
        pull = BatchPull(client, "CLIENTELING", "one")
        seen: list[int] = []
        sizes: list[int] = []
        while len(seen) < 2_300:
            batch = await pull.fetch(1_000, timeout=30)
            sizes.append(len(batch))
            seen += positions(batch)
            await batch[-1].ack()
        assert seen == list(range(1, 2_301))
        assert sizes == [1_000, 1_000, 300]
        # FastStream asks for the rest of the batch: there is none, and that is known at once.
        with pytest.raises(nats.errors.TimeoutError):
            await asyncio.wait_for(pull.fetch(700, timeout=300), 5)
        await pull.unsubscribe()


async def test_acknowledging_the_last_message_acknowledges_the_batch(settings: Settings):
    async with stream_at(settings) as client:
        jetstream = client.jetstream()
        await fill(client, run_of(range(1, 101)))
        await durable(client)
        pull = BatchPull(client, "CLIENTELING", "one")
        batch = await pull.fetch(60, timeout=5)
        await batch[-1].ack()
        await client.flush()
        info = await jetstream.consumer_info("CLIENTELING", "one")
        assert info.ack_floor is not None
        assert info.ack_floor.stream_seq == 60
        await pull.unsubscribe()


async def test_a_message_that_comes_later_is_given_at_once(settings: Settings):
    async with stream_at(settings) as client:
        await durable(client)
        pull = BatchPull(client, "CLIENTELING", "one")
        with pytest.raises(nats.errors.TimeoutError):
            await pull.fetch(100, timeout=0.2)
        waiting = asyncio.create_task(pull.fetch(100, timeout=300))
        await fill(client, run_of([1, 2, 3]))
        assert positions(await asyncio.wait_for(waiting, 10)) == [1, 2, 3]
        await pull.unsubscribe()


async def test_what_was_not_fetched_is_given_back_and_comes_to_the_next_reader(settings: Settings):
    async with stream_at(settings) as client:
        await fill(client, run_of(range(1, 501)))
        await durable(client)
        first = BatchPull(client, "CLIENTELING", "one")
        taken = await first.fetch(100, timeout=5)
        await taken[-1].ack()
        await first.unsubscribe()
        second = BatchPull(client, "CLIENTELING", "one")
        seen: set[int] = set(positions(taken))
        async with asyncio.timeout(15):
            while len(seen) < 500:
                seen |= set(positions(await second.fetch(100, timeout=5)))
        assert seen == set(range(1, 501))
        await second.unsubscribe()


async def test_every_consumer_begins_behind_a_position_and_has_a_name_of_its_own(settings: Settings):
    async with stream_at(settings) as client:
        await fill(client, run_of([2, 3, 5, 8, 13, 21]))
        names: set[str] = set()
        for after, expected in ((0, 2), (5, 8), (6, 8), (3, 5)):
            name = await begin_consumer(client, "one", after_position=after, stamps=STAMPS)
            pull = BatchPull(client, "CLIENTELING", name)
            assert positions(await pull.fetch(10, timeout=5))[0] == expected
            await pull.unsubscribe()
            names.add(name)
        assert len(names) == 4
        assert all(name.startswith("one-") for name in names)


async def test_a_consumer_of_our_name_that_somebody_else_made_is_noticed(settings: Settings):
    async with stream_at(settings) as client:
        jetstream = client.jetstream()
        name = await begin_consumer(client, "one", after_position=0, stamps=STAMPS)
        assert await is_as_we_made_it(jetstream, name)
        for odd in (
            {"filter_subject": "clienteling.v1.sale.>"},
            {"deliver_policy": "new"},
            {"ack_policy": "explicit"},
        ):
            await end_consumer(jetstream, name)
            assert not await is_as_we_made_it(jetstream, name)
            config = ConsumerConfig(name=name, ack_policy=AckPolicy.NONE).evolve(**odd)
            await jetstream.add_consumer("CLIENTELING", config)
            assert not await is_as_we_made_it(jetstream, name)


async def test_pulling_goes_over_to_another_consumer_when_it_is_told_to(settings: Settings):
    async with stream_at(settings) as client:
        await fill(client, run_of(range(1, 11)))
        first = await begin_consumer(client, "one", after_position=8, stamps=STAMPS)
        pull = BatchPull(client, "CLIENTELING", first)
        assert positions(await pull.fetch(10, timeout=5)) == [9, 10]
        await end_consumer(client.jetstream(), first)
        pull.read_from(await begin_consumer(client, "one", after_position=4, stamps=STAMPS))
        assert positions(await fetch_within(pull, 10)) == [5, 6, 7, 8, 9, 10]
        assert pull.trouble is None
        await pull.unsubscribe()


async def test_what_somebody_writes_to_the_inbox_of_a_reader_stops_nothing(settings: Settings):
    async with stream_at(settings) as client:
        await durable(client)
        pull = BatchPull(client, "CLIENTELING", "one")
        with pytest.raises(nats.errors.TimeoutError):
            await pull.fetch(10, timeout=0.1)
        for reply in (
            "",
            "nobody",
            "$JS.ACK.a",
            "$JS.ACK.CLIENTELING.one.1.x.y.z.w",
            "a.b.c.d.e.f.g.h.i.j.k",
        ):
            await client.publish(pull._inbox, b"junk", reply=reply, headers={"a": "b"})
            await client.publish(pull._inbox, b"junk", reply=reply)
        await fill(client, run_of([1, 2]))
        assert positions(await fetch_within(pull, 10)) == [1, 2]
        await pull.unsubscribe()


async def test_a_deleted_consumer_is_noticed_and_pulling_goes_on_when_it_is_back(settings: Settings):
    async with stream_at(settings) as client:
        jetstream = client.jetstream()
        await durable(client)
        pull = BatchPull(client, "CLIENTELING", "one")
        with pytest.raises(nats.errors.TimeoutError):
            await pull.fetch(10, timeout=0.1)
        await jetstream.delete_consumer("CLIENTELING", "one")
        with pytest.raises(nats.errors.TimeoutError):
            await pull.fetch(10, timeout=1)
        assert pull.trouble is not None
        await durable(client)
        await fill(client, run_of([1]))
        assert positions(await fetch_within(pull, 10)) == [1]
        assert pull.trouble is None
        await pull.unsubscribe()


async def test_pulling_goes_on_after_the_server_was_killed_and_its_storage_lost(
    settings: Settings, own_nats: NatsServer
):
    async with stream_at(settings, own_nats.url) as client:
        await durable(client)
        await fill(client, run_of([1, 2]))
        pull = BatchPull(client, "CLIENTELING", "one")
        assert positions(await pull.fetch(10, timeout=5)) == [1, 2]
        own_nats.kill()
        own_nats.wipe()
        own_nats.start()
        async with stream_at(settings, own_nats.url) as fresh:
            await declare_stream(fresh.jetstream(), settings)
            await durable(fresh)
            await fill(fresh, run_of([1, 2, 3]))
        assert positions(await fetch_within(pull, 10, 60)) == [1, 2, 3]
        await pull.unsubscribe()


async def test_a_request_that_nobody_answers_is_made_again(settings: Settings):
    async with stream_at(settings) as client:
        await fill(client, run_of(range(1, 11)))
        # Somebody takes the request and says nothing, as a server does whose answer is lost.
        taker = await client.subscribe("$JS.API.CONSUMER.MSG.NEXT.CLIENTELING.one")
        pull = BatchPull(client, "CLIENTELING", "one")
        with pytest.raises(nats.errors.TimeoutError):
            await pull.fetch(10, timeout=1)
        assert await taker.next_msg(5)
        await taker.unsubscribe()
        await durable(client)
        assert positions(await fetch_within(pull, 10)) == list(range(1, 11))
        assert pull.trouble is None
        await pull.unsubscribe()

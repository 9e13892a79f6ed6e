"""Nothing that anybody puts onto the stream, or does to a consumer, gets into a table or stops a
projection.
"""

import asyncio
import dataclasses

import psycopg
import pytest
from nats.js.errors import NotFoundError

from infra.settings import Settings
from tests.infra.messaging.builders import stream_at, until
from tests.infra.messaging.strangers import SUBJECT, forged, put
from tests.services.projector.builders import append, checkpoint, note, prepared, projector_at_work
from tests.services.projector.test_projector import assert_tables_are_the_log, projected_to
from tests.services.relay.builders import carried_to, relay_at_work, write


@pytest.fixture
def url(settings: Settings) -> str:
    return prepared(settings)


async def test_what_others_put_onto_the_stream_is_passed_over_and_told(
    settings: Settings, url: str, fresh_database
):
    append(url, [note(1, 1), note(1, 2), note(1, 3)])
    async with relay_at_work(settings):
        await carried_to(settings, str(settings.nats_url), 3)
    # They come before the genuine message of the same position.
    async with stream_at(settings) as client:
        kinds = list(await forged(client, of=3))
        for headers, body in kinds:
            await put(client, headers, body)
    async with projector_at_work(settings) as projector:
        await until(lambda: projector.health()[0].foreign_messages == len(kinds))
        assert checkpoint(url) == 3
        append(url, [note(2, 1)])
        async with relay_at_work(settings):
            await projected_to(url, 4)
            async with stream_at(settings) as client:
                for headers, body in kinds[:6]:
                    await put(client, headers, body)
            await until(lambda: projector.health()[0].foreign_messages == len(kinds) + 6)
        await until(lambda: not projector.health()[0].failing)
        health = projector.health()[0]
        assert (health.errors, health.last_error, health.stalled) == (0, None, False)
    await assert_tables_are_the_log(settings, fresh_database, url)


async def test_thousands_of_messages_do_not_keep_a_projection_from_the_log(
    settings: Settings, url: str, fresh_database
):
    async with relay_at_work(settings), projector_at_work(settings) as projector:
        for first in range(1, 201, 20):
            await asyncio.to_thread(write, url, 1, range(first, first + 20), 10)
            async with stream_at(settings) as client:
                for _ in range(500):
                    await client.publish(SUBJECT, b'{"evil":1}')
                await client.flush()
        await projected_to(url, 200)
        await until(lambda: projector.health()[0].foreign_messages == 5_000)
    await assert_tables_are_the_log(settings, fresh_database, url)


async def test_a_stream_without_stamps_is_taken_in_from_the_log(settings: Settings, url: str, fresh_database):
    await asyncio.to_thread(write, url, 1, range(1, 51), 10)
    async with relay_at_work(settings):
        await carried_to(settings, str(settings.nats_url), 50)
    forget_stamps(url)
    async with stream_at(settings) as client:
        for headers, body in await forged(client, of=50):
            await put(client, headers, body)
    async with projector_at_work(settings) as projector:
        await projected_to(url, 50)
        await until(lambda: projector.health()[0].foreign_messages > 0)
        assert projector.health()[0].errors == 0
    await assert_tables_are_the_log(settings, fresh_database, url)


def forget_stamps(url: str) -> None:
    """As an earlier version left it: nothing in the stream has a stamp that is known."""
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE log_epochs SET stamp_key = NULL")


async def test_consumers_that_are_made_anew_under_their_names_under_load_stall_nothing(
    settings: Settings, url: str, fresh_database
):
    small = dataclasses.replace(settings, projector_batch_events_max=10)
    async with relay_at_work(settings), projector_at_work(small), stream_at(settings) as client:
        jetstream = client.jetstream()

        async def make_anew() -> None:
            # With a batch in flight; what was sent for the old one reaches whatever has its name.
            while True:
                for info in await jetstream.consumers_info("CLIENTELING"):
                    try:
                        found = await jetstream.consumer_info("CLIENTELING", info.name)
                        await jetstream.delete_consumer("CLIENTELING", info.name)
                        floor = found.ack_floor.stream_seq if found.ack_floor else 0
                        await jetstream.add_consumer(
                            "CLIENTELING", found.config.evolve(opt_start_seq=floor + 1)
                        )
                    except NotFoundError:
                        continue
                await asyncio.sleep(0.02)

        stranger = asyncio.create_task(make_anew())
        await asyncio.to_thread(write, url, 1, range(1, 1_501), 5)
        stranger.cancel()
        await projected_to(url, 1_500, within_seconds=30)
    await assert_tables_are_the_log(settings, fresh_database, url)


async def test_an_acknowledgement_that_was_meant_for_an_earlier_consumer_stalls_nothing(
    settings: Settings, url: str, fresh_database
):
    small = dataclasses.replace(settings, projector_batch_events_max=10)
    async with relay_at_work(settings), projector_at_work(small), stream_at(settings) as client:
        jetstream = client.jetstream()
        await asyncio.to_thread(write, url, 1, range(1, 11), 10)
        await projected_to(url, 10)
        for info in await jetstream.consumers_info("CLIENTELING"):
            await jetstream.delete_consumer("CLIENTELING", info.name)
            await jetstream.add_consumer(
                "CLIENTELING", info.config.evolve(deliver_policy="by_start_sequence", opt_start_seq=1)
            )
            # Of a batch that the one before it had delivered, further on than this one is.
            await client.publish(f"$JS.ACK.CLIENTELING.{info.name}.1.5000.5000.1767323045000000000.0")
        await client.flush()
        await asyncio.to_thread(write, url, 1, range(11, 301), 10)
        await projected_to(url, 300, within_seconds=30)
    await assert_tables_are_the_log(settings, fresh_database, url)


async def test_a_consumer_somebody_made_with_a_filter_under_our_name_is_replaced(
    settings: Settings, url: str, fresh_database
):
    async with relay_at_work(settings), projector_at_work(settings), stream_at(settings) as client:
        jetstream = client.jetstream()
        await asyncio.to_thread(write, url, 1, range(1, 11), 10)
        await projected_to(url, 10)
        [ours] = await jetstream.consumers_info("CLIENTELING")
        await jetstream.delete_consumer("CLIENTELING", ours.name)
        await jetstream.add_consumer(
            "CLIENTELING", ours.config.evolve(filter_subject="clienteling.v1.sale.>", opt_start_seq=1)
        )
        await asyncio.to_thread(write, url, 1, range(11, 21), 10)
        await projected_to(url, 20)

        async def replaced() -> bool:
            return len(await jetstream.consumers_info("CLIENTELING")) == 2

        await until(replaced)
    await assert_tables_are_the_log(settings, fresh_database, url)


async def test_messages_that_somebody_else_pulls_and_acknowledges_are_read_from_the_log(
    settings: Settings, url: str, fresh_database
):
    async with relay_at_work(settings), projector_at_work(settings), stream_at(settings) as client:
        await asyncio.to_thread(write, url, 1, range(1, 11), 10)
        await projected_to(url, 10)
        [ours] = await client.jetstream().consumers_info("CLIENTELING")
        thief = await client.subscribe("thief")
        for _ in range(20):
            await client.publish(
                f"$JS.API.CONSUMER.MSG.NEXT.CLIENTELING.{ours.name}", b'{"batch":5}', reply="thief"
            )
        await asyncio.to_thread(write, url, 1, range(11, 31), 1)
        stolen = await thief.next_msg(10)
        await client.publish(stolen.reply, b"+TERM")
        await projected_to(url, 30)
    await assert_tables_are_the_log(settings, fresh_database, url)

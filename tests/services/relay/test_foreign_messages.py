"""Nothing that anybody puts onto the stream stops the relay or gets into its copy of the log."""

import asyncio
import dataclasses
import time

import psycopg
import pytest

from infra.event_store.log import EventLog
from infra.messaging.client import StreamClient
from infra.messaging.stream import NOTED_LINEAGE, declare_stream
from infra.settings import Settings
from tests.infra.messaging.builders import stream_at, until
from tests.infra.messaging.strangers import SUBJECT, forged, put
from tests.services.relay.builders import (
    assert_stream_is_the_log,
    log_of,
    relay_at_work,
    write,
)


@pytest.fixture
def log_url(settings: Settings) -> str:
    """A database with an empty log."""
    EventLog(str(settings.database_url), pool_size=1).close()
    return str(settings.database_url)


async def test_the_relay_goes_on_behind_every_kind_of_message_and_says_how_many(
    settings: Settings, log_url: str
):
    write(log_url, 1, range(1, 6))
    async with relay_at_work(settings) as status, stream_at(settings) as client:
        await until(lambda: status.position == 5)
        kinds = list(await forged(client, of=5))
        for number, (headers, body) in enumerate(kinds, 1):
            await put(client, headers, body)
            await asyncio.to_thread(write, log_url, 1, range(5 + number, 6 + number))
            await until(lambda end=5 + number: status.position == end)
        await until(lambda: status.foreign.count == len(kinds))
        assert status.health().foreign_messages == len(kinds)
        assert "the relay did not write it" in str(status.health().last_foreign)
        assert (status.errors, status.health().failing) == (0, False)
    await assert_stream_is_the_log(settings, str(settings.nats_url), log_url)


async def test_a_relay_that_starts_finds_its_end_before_thousands_of_messages(
    settings: Settings, log_url: str
):
    async with relay_at_work(settings) as status:
        await asyncio.to_thread(write, log_url, 1, range(1, 6))
        await until(lambda: status.position == 5)
    write(log_url, 1, range(6, 8))
    async with stream_at(settings) as client:
        for headers, body in await forged(client, of=5):
            await put(client, headers, body)
        for _ in range(5_000):
            await client.publish(SUBJECT, b'{"evil":1}')
        await client.flush()
    async with relay_at_work(settings) as status:
        await until(lambda: status.position == 7)
        assert status.foreign.count > 4_000
    await assert_stream_is_the_log(settings, str(settings.nats_url), log_url)


async def test_messages_that_keep_coming_do_not_keep_the_relay_from_its_work(
    settings: Settings, log_url: str
):
    small = dataclasses.replace(settings, relay_batch_events_max=20)

    async def go_on_writing(client) -> None:
        while True:
            await client.publish(SUBJECT, b'{"evil":1}')
            await asyncio.sleep(0.05)

    async with relay_at_work(small) as status, stream_at(settings) as client:
        stranger = asyncio.create_task(go_on_writing(client))
        for first in range(1, 401, 40):
            await asyncio.to_thread(write, log_url, 1, range(first, first + 40), 10)
        await until(lambda: status.position == 400, within_seconds=60)
        stranger.cancel()
    await assert_stream_is_the_log(settings, str(settings.nats_url), log_url)


async def test_batches_that_strangers_begin_and_never_end_do_not_keep_the_relay_out(
    settings: Settings, log_url: str
):
    async def begin_batches(client: StreamClient) -> None:
        while True:
            for number in range(60):
                headers = {"Nats-Batch-Id": f"{time.monotonic_ns()}-{number}", "Nats-Batch-Sequence": "1"}
                await client.publish(SUBJECT, b"{}", headers=headers)
            await asyncio.sleep(0.005)

    async with relay_at_work(settings) as status, stream_at(settings) as client:
        await until(lambda: status.doing == "following")
        stranger = asyncio.create_task(begin_batches(client))
        await asyncio.sleep(1)
        for first in range(1, 401, 40):
            await asyncio.to_thread(write, log_url, 1, range(first, first + 40), 10)
        await until(lambda: status.position == 400, within_seconds=60)
        assert not stranger.done()
        stranger.cancel()
    await assert_stream_is_the_log(settings, str(settings.nats_url), log_url)


async def test_a_stream_with_strangers_messages_alone_gets_the_whole_log_behind_them(
    settings: Settings, log_url: str
):
    write(log_url, 1, range(1, 4))
    async with stream_at(settings) as client:
        await put(client, None, b'{"evil":1}')
        await put(client, {"clienteling-position": "7"}, b"{}")
    async with relay_at_work(settings) as status:
        await until(lambda: status.position == 3)
        assert status.foreign.count == 2
    await assert_stream_is_the_log(settings, str(settings.nats_url), log_url)


async def test_a_stream_from_before_there_were_stamps_is_gone_on_with(settings: Settings, log_url: str):
    write(log_url, 1, range(1, 601), per_commit=100)
    async with relay_at_work(settings) as status:
        await until(lambda: status.position == 600)
    # As an earlier version had it: no key, so nothing in the stream has a stamp that is known.
    with psycopg.connect(log_url) as connection:
        connection.execute("UPDATE log_epochs SET stamp_key = NULL")
    async with stream_at(settings) as client:
        for headers, body in list(await forged(client, of=590))[:6]:
            await put(client, headers, body)
    async with relay_at_work(settings) as status:
        await until(lambda: status.doing == "following")
        assert status.position == 600
        await asyncio.to_thread(write, log_url, 1, range(601, 604))
        await until(lambda: status.position == 603)
    assert len(log_of(log_url)) == 603
    async with relay_at_work(settings) as status:
        await until(lambda: status.position == 603)


async def test_a_lineage_that_somebody_removes_from_the_stream_is_noted_again(
    settings: Settings, log_url: str
):
    write(log_url, 1, range(1, 4))
    async with relay_at_work(settings) as status, stream_at(settings) as client:
        await until(lambda: status.position == 3)
        jetstream = client.jetstream()
        config = (await jetstream.stream_info("CLIENTELING")).config
        noted = (config.metadata or {})[NOTED_LINEAGE]
        await jetstream.update_stream(config.evolve(metadata={"theirs": "stays"}))

        async def noted_again() -> bool:
            found = (await jetstream.stream_info("CLIENTELING")).config.metadata or {}
            return {"theirs": "stays", NOTED_LINEAGE: noted}.items() <= found.items()

        await until(noted_again, within_seconds=30)


async def test_settings_of_the_stream_that_somebody_changes_are_brought_back(
    settings: Settings, log_url: str
):
    write(log_url, 1, range(1, 4))
    async with relay_at_work(settings) as status, stream_at(settings) as client:
        await until(lambda: status.position == 3)
        jetstream = client.jetstream()
        config = (await jetstream.stream_info("CLIENTELING")).config
        await jetstream.update_stream(config.evolve(subjects=["elsewhere"], max_msgs=1_000))

        async def brought_back() -> bool:
            found = (await jetstream.stream_info("CLIENTELING")).config
            return (found.subjects, found.max_msgs) == (["clienteling.v1.>"], -1)

        await until(brought_back, within_seconds=30)
        await asyncio.to_thread(write, log_url, 1, range(4, 6))
        await until(lambda: status.position == 5)
        assert await declare_stream(jetstream, settings) == {}
    await assert_stream_is_the_log(settings, str(settings.nats_url), log_url)

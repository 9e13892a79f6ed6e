"""The relay: what stands in the log stands in the stream, in order, each once, and nothing else."""

import asyncio
import dataclasses
from collections.abc import Sequence
from typing import Any

import psycopg
import pytest
from nats.js.errors import APIError

import services.relay.publisher as publisher
from infra.embedded import NatsServer
from infra.event_store.epoch import begin_epoch
from infra.event_store.log import EventLog, LoggedEvent
from infra.messaging.atomic_batches import AtomicBatches, SentBatch
from infra.messaging.connection import connect
from infra.messaging.stream import declare_stream, make_stream_anew
from infra.nats import NatsRole
from infra.settings import Settings
from tests.infra.messaging.builders import batches_over, stream_at, until
from tests.services.relay.builders import (
    assert_stream_is_the_log,
    carried_to,
    epoch_of,
    log_of,
    position_of_stream,
    relay_at_work,
    stream_of,
    write,
    writer_process,
)


@pytest.fixture(params=[0.0, 600.0], ids=["singly", "atomic"], autouse=True)
def small_runs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of a few events go message by message at once, or not at all."""
    monkeypatch.setattr(publisher, "ATOMIC_SECONDS", request.param)


@pytest.fixture
def log_url(settings: Settings) -> str:
    """A database with an empty log."""
    EventLog(str(settings.database_url), pool_size=1).close()
    return str(settings.database_url)


def write_without_notification(log_url: str, state: str = "{}") -> None:
    with psycopg.connect(log_url) as connection:
        connection.execute(
            "INSERT INTO stored_events (originator_id, originator_version, topic, state) "
            "VALUES ('sal_1', 1, 'sale.recorded.v1', convert_to(%s, 'UTF8'))",
            (state,),
        )


async def test_the_stream_becomes_the_log_in_batches_of_any_size(settings: Settings, log_url: str):
    write(log_url, 1, range(1, 1_801), per_commit=600)
    for batch in (500, 7):
        settings = dataclasses.replace(settings, relay_batch_events_max=batch)
        async with relay_at_work(settings) as status:
            await carried_to(settings, str(settings.nats_url), log_of(log_url)[-1][0])
            await until(lambda: status.health().lag_events == 0)
            write(log_url, batch, range(1, 51))
            await carried_to(settings, str(settings.nats_url), log_of(log_url)[-1][0])
        await assert_stream_is_the_log(settings, str(settings.nats_url), log_url)


async def test_a_new_event_is_carried_at_once_though_the_relay_hardly_ever_polls(
    settings: Settings, log_url: str
):
    patient = dataclasses.replace(settings, relay_poll_seconds=60)
    async with relay_at_work(patient) as status:
        await until(lambda: status.doing == "following")
        for version in range(1, 4):
            await asyncio.to_thread(write, log_url, 1, range(version, version + 1))
            await carried_to(settings, str(settings.nats_url), version, within_seconds=20)


async def test_polling_alone_is_enough_when_notifications_are_lost(settings: Settings, log_url: str):
    async with relay_at_work(settings) as status:
        await until(lambda: status.doing == "following")
        write_without_notification(log_url)
        await carried_to(settings, str(settings.nats_url), 1)


async def test_positions_that_were_never_given_leave_no_hole_in_the_chain(settings: Settings, log_url: str):
    write(log_url, 1, range(1, 3))
    with psycopg.connect(log_url) as connection:
        connection.execute("SELECT nextval('stored_events_notification_id_seq') FROM generate_series(1, 5)")
    write(log_url, 1, range(3, 5))
    async with relay_at_work(settings):
        await carried_to(settings, str(settings.nats_url), 9)
    assert [m.metadata.position for m in await stream_of(settings, str(settings.nats_url))] == [1, 2, 8, 9]
    await assert_stream_is_the_log(settings, str(settings.nats_url), log_url)


async def test_writers_in_several_processes_leave_nothing_skipped_doubled_or_out_of_order(
    settings: Settings, log_url: str
):
    async with relay_at_work(settings):
        writers = [writer_process(log_url, n, 250, per_commit) for n, per_commit in enumerate((1, 3, 50), 1)]
        for process in writers:
            assert await asyncio.to_thread(process.wait, 100) == 0
        await carried_to(settings, str(settings.nats_url), log_of(log_url)[-1][0])
    assert len(log_of(log_url)) == 750
    await assert_stream_is_the_log(settings, str(settings.nats_url), log_url)


async def test_two_relays_at_once_neither_interleave_nor_double(settings: Settings, log_url: str):
    small = dataclasses.replace(settings, relay_batch_events_max=20, relay_retry_seconds_max=0.2)
    async with relay_at_work(small) as one, relay_at_work(small) as other:
        for first in range(1, 2_001, 100):
            await asyncio.to_thread(write, log_url, 1, range(first, first + 100), 10)
        await carried_to(settings, str(settings.nats_url), 2_000)
        await until(lambda: one.health().doing == other.health().doing == "following")
    await assert_stream_is_the_log(settings, str(settings.nats_url), log_url)


@pytest.mark.parametrize("made_again", [False, True])
async def test_a_stream_that_was_deleted_is_filled_again_though_nothing_new_is_written(
    settings: Settings, own_nats: NatsServer, log_url: str, made_again: bool
):
    write(log_url, 1, range(1, 801), per_commit=100)
    async with relay_at_work(settings, nats_url=own_nats.url):
        await carried_to(settings, own_nats.url, 800)
        async with stream_at(settings, own_nats.url) as client:
            await client.jetstream().delete_stream("CLIENTELING")
            if made_again:
                await declare_stream(client.jetstream(), settings)
        await carried_to(settings, own_nats.url, 800)
    await assert_stream_is_the_log(settings, own_nats.url, log_url)


async def test_a_stream_ahead_of_the_log_is_refused_with_the_reason(settings: Settings, log_url: str):
    write(log_url, 1, range(1, 11))
    async with relay_at_work(settings):
        await carried_to(settings, str(settings.nats_url), 10)
    with psycopg.connect(log_url) as connection:
        connection.execute("DELETE FROM stored_events WHERE notification_id > 6")
    async with relay_at_work(settings) as status:
        await until(lambda: status.doing == "refusing")
        assert "ahead of the log: it ends at position 10, the log at 6" in str(status.last_error)
        assert status.health().stalled
        # Events written after the log was set back are other ones than those in the stream.
        await asyncio.to_thread(write, log_url, 2, range(1, 9))
        await until(lambda: "version 10 of" in str(status.last_error))
        assert "set back" in str(status.last_error)
    assert await position_of_stream(settings, str(settings.nats_url)) == 10


async def test_a_stream_of_another_epoch_is_refused(settings: Settings, log_url: str):
    write(log_url, 1, range(1, 4))
    async with relay_at_work(settings):
        await carried_to(settings, str(settings.nats_url), 3)
    with psycopg.connect(log_url) as connection:
        connection.execute("INSERT INTO log_epochs (number, epoch) VALUES (2, 'fedcba9876543210')")
    async with relay_at_work(settings) as status:
        await until(lambda: status.doing == "refusing")
        assert "this log is in epoch fedcba9876543210" in str(status.last_error)


async def test_a_relay_that_lost_a_race_derives_its_position_again(settings: Settings, log_url: str):
    unaware = dataclasses.replace(settings, relay_poll_seconds=60)
    write(log_url, 1, range(1, 3))
    async with relay_at_work(unaware) as status:
        await carried_to(settings, str(settings.nats_url), 2)
        epoch = await epoch_of(log_url)
        # Somebody else carries position 3, of which this relay has not heard.
        write_without_notification(log_url)
        async with (
            stream_at(settings) as client,
            batches_over(client, epoch.epoch, epoch.stamp_key) as batches,
        ):
            with EventLog(log_url, pool_size=1) as log:
                await (await batches.send(log.read(2, 1), last_sequence=2)).committed
        await asyncio.to_thread(write, log_url, 1, range(3, 5))
        await carried_to(settings, str(settings.nats_url), 5)
        await until(lambda: status.health().doing == "following")
    await assert_stream_is_the_log(settings, str(settings.nats_url), log_url)


async def test_an_event_too_large_for_the_server_is_named_and_stops_the_relay_there(
    settings: Settings, log_url: str
):
    write(log_url, 1, range(1, 3))
    write_without_notification(log_url, "x" * 2_000_000)
    small = dataclasses.replace(settings, relay_batch_events_max=2)
    async with relay_at_work(small) as status:
        await until(lambda: "the event at position 3 takes 2,000," in str(status.last_error))
        # What was sent before it was still on its way when the error was told.
        await carried_to(settings, str(settings.nats_url), 2)
        assert await position_of_stream(settings, str(settings.nats_url)) == 2


async def test_without_a_database_or_a_server_the_relay_waits_and_then_goes_on(
    settings: Settings, own_nats: NatsServer, log_url: str
):
    own_nats.stop()
    impatient = dataclasses.replace(settings, relay_stalled_seconds=1, nats_connect_seconds=0.5)
    async with relay_at_work(impatient, nats_url=own_nats.url) as status:
        await until(lambda: status.doing == "retrying")
        await until(lambda: status.health().stalled)
        own_nats.start()
        await until(lambda: status.doing == "following")
        write(log_url, 1, range(1, 3))
        await carried_to(settings, own_nats.url, 2)
        assert not status.health().stalled


async def test_nobody_can_delete_what_was_carried(settings: Settings, log_url: str):
    write(log_url, 1, range(1, 3))
    async with relay_at_work(settings):
        await carried_to(settings, str(settings.nats_url), 2)
    client = await connect(settings, str(settings.nats_url), name="test", role=NatsRole.OPS)
    with pytest.raises(APIError):
        await client.jetstream().purge_stream("CLIENTELING")
    await client.close()


async def test_a_stream_that_ends_with_the_same_version_but_another_content_is_refused(
    settings: Settings, log_url: str
):
    write(log_url, 1, range(1, 4))
    async with relay_at_work(settings):
        await carried_to(settings, str(settings.nats_url), 3)
    with psycopg.connect(log_url) as connection:
        connection.execute("UPDATE stored_events SET state = '{}' WHERE notification_id = 3")
    async with relay_at_work(settings) as status:
        await until(lambda: status.doing == "refusing")
        assert "the log has it with another content there" in str(status.last_error)


async def test_a_relay_of_the_epoch_before_gets_nothing_into_a_stream_made_anew(
    settings: Settings, log_url: str
):
    write(log_url, 1, range(1, 5))
    unaware = dataclasses.replace(settings, relay_poll_seconds=60)
    async with relay_at_work(unaware) as status:
        await carried_to(settings, str(settings.nats_url), 4)
        await until(lambda: status.health().lag_events == 0)
        with psycopg.connect(log_url) as connection:
            epoch = begin_epoch(connection, 4)
        # The other stream is filled by others, as far as the relay knew the old one.
        async with (
            stream_at(settings) as client,
            batches_over(client, epoch.epoch, epoch.stamp_key) as batches,
        ):
            first = await make_stream_anew(client.jetstream(), settings)
            assert first == 6
            with EventLog(log_url, pool_size=1) as log:
                await (await batches.send(log.read(0, 4), last_sequence=first - 1)).committed
        await asyncio.to_thread(write, log_url, 1, range(5, 7))
        await carried_to(settings, str(settings.nats_url), 6)
    assert {m.metadata.epoch for m in await stream_of(settings, str(settings.nats_url))} == {epoch.epoch}
    await assert_stream_is_the_log(settings, str(settings.nats_url), log_url)


async def test_lag_is_told_in_seconds_while_the_relay_cannot_carry(
    settings: Settings, own_nats: NatsServer, log_url: str
):
    impatient = dataclasses.replace(settings, nats_connect_seconds=0.5, nats_request_seconds=0.5)
    async with relay_at_work(impatient, nats_url=own_nats.url) as status:
        await until(lambda: status.doing == "following")
        own_nats.stop()
        await asyncio.to_thread(write, log_url, 1, range(1, 3))
        await until(lambda: status.health().lag_seconds > 0.5)
        assert status.health().failing
        own_nats.start()
        await carried_to(settings, own_nats.url, 2)
        await until(lambda: status.health().lag_seconds == 0)
        await until(lambda: not status.health().failing)


async def test_small_runs_go_message_by_message_and_large_ones_as_batches(
    settings: Settings, log_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(publisher, "ATOMIC_SECONDS", 0.0)
    sent: list[tuple[int, bool]] = []
    send = AtomicBatches.send

    async def noted(batches: AtomicBatches, events: Sequence[LoggedEvent], **how: Any) -> SentBatch:
        batch = await send(batches, events, **how)
        sent.append((batch.events, batch.atomic))
        return batch

    monkeypatch.setattr(AtomicBatches, "send", noted)
    async with relay_at_work(settings) as status:
        await until(lambda: status.doing == "following")
        for count in (3, 9, 8):
            await asyncio.to_thread(write, log_url, count, range(1, count + 1), per_commit=count)
            await carried_to(settings, str(settings.nats_url), log_of(log_url)[-1][0])
    assert sent == [(3, False), (9, True), (8, False)]
    await assert_stream_is_the_log(settings, str(settings.nats_url), log_url)

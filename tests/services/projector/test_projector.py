"""The projector from the stream to the tables, while things go wrong around it."""

import asyncio
import dataclasses

import psycopg
import pytest
import structlog

from infra.embedded import NatsServer, PostgresServer
from infra.event_store.epoch import begin_epoch
from infra.event_store.log import EventLog
from infra.messaging.stream import make_stream_anew
from infra.settings import Settings
from projections.registry import BY_NAME
from services.projector.engine import LiveEngine
from tests.infra.messaging.builders import stream_at, until
from tests.services.projector.builders import (
    NOTEBOOK,
    append,
    checkpoint,
    note,
    prepared,
    projector_at_work,
    tables,
)
from tests.services.relay.builders import carried_to, log_of, relay_at_work, write, writer_process


@pytest.fixture
def url(settings: Settings) -> str:
    return prepared(settings)


async def projected_to(
    url: str, position: int, *, within_seconds: float = 60, name: str = "notebook"
) -> None:
    await until(lambda: checkpoint(url, name) >= position, within_seconds=within_seconds)


def set_back(url: str) -> None:
    """The tables as they were before the first fact, as if another generation had been switched to."""
    with psycopg.connect(url) as connection:
        names = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'projections' AND starts_with(tablename, "
            "'notebook')"
        ).fetchall()
        assert names
        for (name,) in names:
            connection.execute(f'TRUNCATE projections."{name}"'.encode())
        connection.execute(
            "UPDATE projections.generations SET position = 0, revision = revision + 1 WHERE name = 'notebook'"
        )


async def assert_tables_are_the_log(settings: Settings, fresh_database, url: str) -> None:
    """The tables are those of an engine that has read the same log alone, in one go."""
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT * FROM stored_events ORDER BY notification_id").fetchall()
    alone = fresh_database()
    prepared(dataclasses.replace(settings, database_url=alone))
    with (
        psycopg.connect(alone) as connection,
        connection.cursor() as cursor,
        cursor.copy("COPY stored_events FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)
    engine = LiveEngine(NOTEBOOK, settings, alone)
    await engine.catch_up(log_of(alone)[-1][0])
    await engine.close()
    assert tables(url) == tables(alone)
    assert checkpoint(url) == checkpoint(alone)


async def test_what_writers_in_several_processes_say_ends_in_the_tables(
    settings: Settings, url: str, fresh_database
):
    async with relay_at_work(settings), projector_at_work(settings):
        writers = [writer_process(url, number, 150, per_commit) for number, per_commit in ((1, 1), (2, 40))]
        for process in writers:
            assert await asyncio.to_thread(process.wait, 100) == 0
        await projected_to(url, log_of(url)[-1][0])
    await assert_tables_are_the_log(settings, fresh_database, url)


async def test_two_projectors_of_one_projection_end_in_the_same_tables(
    settings: Settings, url: str, fresh_database
):
    small = dataclasses.replace(settings, projector_batch_events_max=20)
    async with relay_at_work(settings), projector_at_work(small) as one, projector_at_work(small) as other:
        await asyncio.to_thread(write, url, 1, range(1, 601), 20)
        await projected_to(url, 600)
        assert one.health()[0].last_error is None
        assert other.health()[0].last_error is None
    await assert_tables_are_the_log(settings, fresh_database, url)


async def test_what_is_on_the_stream_at_a_start_comes_by_the_stream(settings: Settings, url: str):
    async with relay_at_work(settings):
        await asyncio.to_thread(write, url, 1, range(1, 601), 20)
        await carried_to(settings, str(settings.nats_url), 600)
    with structlog.testing.capture_logs() as said:
        async with projector_at_work(
            dataclasses.replace(settings, projector_batch_events_max=100)
        ) as projector:
            await projected_to(url, 600)
            assert projector.engines[0].status.filled_events == 0
    assert not [line for line in said if line["event"] == "Nothing can be pulled"]


async def test_an_event_is_seen_soon_though_batches_do_not_fill(settings: Settings, url: str):
    # A fetch would wait so long for a full batch.
    slow = dataclasses.replace(settings, projector_fetch_seconds=60)
    async with relay_at_work(settings), projector_at_work(slow):
        for version in range(1, 4):
            append(url, [note(1, version)])
            await projected_to(url, version, within_seconds=20)


async def test_the_projector_waits_for_a_stream_and_for_a_server(
    settings: Settings, own_nats: NatsServer, url: str
):
    own_nats.stop()
    append(url, [note(1, 1)])
    quick = dataclasses.replace(settings, nats_connect_seconds=0.5, nats_request_seconds=0.5)
    async with projector_at_work(quick, nats_url=own_nats.url):
        own_nats.start()
        async with relay_at_work(settings, nats_url=own_nats.url):
            await projected_to(url, 1)


async def test_a_deleted_consumer_is_made_again_where_the_tables_stand(
    settings: Settings, url: str, fresh_database
):
    async with relay_at_work(settings), projector_at_work(settings):
        await asyncio.to_thread(write, url, 1, range(1, 101), 10)
        await projected_to(url, 100)
        async with stream_at(settings) as client:
            [before] = await client.jetstream().consumers_info("CLIENTELING")
            await client.jetstream().delete_consumer("CLIENTELING", before.name)
            await asyncio.to_thread(write, url, 1, range(101, 201), 10)
            await projected_to(url, 200)

            async def another() -> bool:
                found = await client.jetstream().consumers_info("CLIENTELING")
                return bool(found) and (found[0].config.opt_start_seq or 0) > 100

            await until(another)
            [after] = await client.jetstream().consumers_info("CLIENTELING")
            assert before.name != after.name
            assert {before.name[:10], after.name[:10]} == {"projector-"}
    await assert_tables_are_the_log(settings, fresh_database, url)


async def test_a_stream_that_was_wiped_and_filled_again_loses_and_doubles_nothing(
    settings: Settings, own_nats: NatsServer, url: str, fresh_database
):
    async with (
        relay_at_work(settings, nats_url=own_nats.url),
        projector_at_work(settings, nats_url=own_nats.url),
    ):
        await asyncio.to_thread(write, url, 1, range(1, 301), 10)
        await projected_to(url, 200)
        own_nats.kill()
        own_nats.wipe()
        await asyncio.to_thread(write, url, 1, range(301, 401), 10)
        own_nats.start()
        await projected_to(url, 400)
        await carried_to(settings, own_nats.url, 400)
    await assert_tables_are_the_log(settings, fresh_database, url)


async def test_tables_that_were_set_back_catch_up_though_the_stream_has_nothing_new(
    settings: Settings, url: str, fresh_database
):
    async with relay_at_work(settings), projector_at_work(settings):
        await asyncio.to_thread(write, url, 1, range(1, 51), 10)
        await projected_to(url, 50)
    # As after a crash of PostgreSQL that cost the last commits, or a restored backup of the tables.
    with psycopg.connect(url) as connection:
        connection.execute("TRUNCATE projections.notebook_g1, projections.notebook_g1_lines")
        connection.execute("UPDATE projections.generations SET position = 0, revision = 0")
    async with projector_at_work(settings):
        await projected_to(url, 50)
    await assert_tables_are_the_log(settings, fresh_database, url)


async def test_a_stream_of_another_epoch_is_not_taken_in_and_tables_follow_the_log(
    settings: Settings, url: str
):
    append(url, [note(1, 1)])
    async with relay_at_work(settings):
        await carried_to(settings, str(settings.nats_url), 1)
    with psycopg.connect(url) as connection:
        connection.execute("INSERT INTO log_epochs (number, epoch) VALUES (2, 'fedcba9876543210')")
    append(url, [note(1, 2)])
    async with projector_at_work(settings) as projector:
        await projected_to(url, 2)
        await until(lambda: "earlier epoch of this log" in str(projector.health()[0].last_foreign))
        assert projector.health()[0].last_error is None
        assert projector.health()[0].filled_events == 2


async def test_postgresql_may_be_killed_and_the_projector_goes_on(
    settings: Settings, own_postgres: PostgresServer, fresh_database
):
    own = dataclasses.replace(settings, database_url=own_postgres.url(), projector_retry_seconds=0.1)
    with psycopg.connect(own_postgres.url("postgres"), autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'clienteling'").fetchone():
            connection.execute("CREATE DATABASE clienteling")
    url = prepared(own)
    async with relay_at_work(own), projector_at_work(own):
        await asyncio.to_thread(write, url, 1, range(1, 101), 10)
        await projected_to(url, 50)
        own_postgres.kill()
        own_postgres.start()
        EventLog(url, pool_size=1).close()
        written = log_of(url)[-1][2]
        await asyncio.to_thread(write, url, 1, range(written + 1, 201), 10)
        await projected_to(url, log_of(url)[-1][0])
    await assert_tables_are_the_log(settings, fresh_database, url)


async def test_every_projection_of_the_house_has_tables_the_store_can_write(settings: Settings, url: str):
    for projection in BY_NAME.values():
        engine = LiveEngine(projection, settings, url)
        assert await engine.position() == 0
        await engine.close()
        assert tables(url, projection)["rows"] == []


async def test_tables_that_are_set_back_while_they_are_followed_catch_up(
    settings: Settings, url: str, fresh_database
):
    append(url, [note(1, 1), note(1, 2), note(2, 1)])
    async with relay_at_work(settings), projector_at_work(settings) as projector:
        await projected_to(url, 3)
        await until(lambda: projector.health()[0].position == 3)
        set_back(url)
        await projected_to(url, 3, within_seconds=30)
    await assert_tables_are_the_log(settings, fresh_database, url)


async def test_facts_that_only_the_stream_has_are_not_taken_in(settings: Settings, url: str, fresh_database):
    append(url, [note(1, 1), note(1, 2), note(1, 3), note(2, 1)])
    async with relay_at_work(settings):
        await carried_to(settings, str(settings.nats_url), 4)
    # The log and its tables were set back to position 2, and the shop has gone on.
    with psycopg.connect(url) as connection:
        connection.execute("DELETE FROM stored_events WHERE notification_id > 2")
        connection.execute("SELECT setval('stored_events_notification_id_seq', 2)")
    append(url, [note(3, 1)])
    impatient = dataclasses.replace(settings, projector_stalled_seconds=1, projector_retry_seconds=0.1)
    async with projector_at_work(impatient) as projector:
        await until(lambda: "was it set back" in str(projector.health()[0].last_error))
        await projected_to(url, 3)
        await until(lambda: projector.health()[0].failing)
    await assert_tables_are_the_log(settings, fresh_database, url)


async def test_a_running_projector_goes_over_to_the_stream_of_a_new_epoch(
    settings: Settings, url: str, fresh_database
):
    quick = dataclasses.replace(settings, projector_retry_seconds=0.1)
    async with relay_at_work(settings), projector_at_work(quick) as projector:
        await asyncio.to_thread(write, url, 1, range(1, 101), 10)
        await projected_to(url, 100)
        with psycopg.connect(url) as connection:
            begin_epoch(connection, 100)
        async with stream_at(settings) as client:
            await make_stream_anew(client.jetstream(), settings)
        await asyncio.to_thread(write, url, 1, range(101, 201), 10)
        await projected_to(url, 200)
        await until(lambda: projector.health()[0].last_error is None)
        await until(lambda: projector.health()[0].trouble is None)
        assert not projector.health()[0].stalled
    await assert_tables_are_the_log(settings, fresh_database, url)

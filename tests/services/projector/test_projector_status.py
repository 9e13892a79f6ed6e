"""What the projector says of itself: paused, stalled, and that its tables are ahead of the log."""

import asyncio
import dataclasses
import os

import psycopg
import pytest

from infra.embedded import Servers
from infra.projection_store.catalog import generation_statuses, set_paused
from infra.projection_store.heartbeats import ensure_catalog, heartbeats
from infra.settings import Settings
from services.projector.engine import LiveEngine, OtherHistory
from services.projector.main import project
from tests.infra.messaging.builders import until
from tests.services.projector.builders import (
    NOTEBOOK,
    append,
    checkpoint,
    note,
    prepared,
    projector_at_work,
    tables,
)
from tests.services.relay.builders import relay_at_work


@pytest.fixture
def url(settings: Settings) -> str:
    return prepared(settings)


async def projected_to(
    url: str, position: int, *, within_seconds: float = 60, name: str = "notebook"
) -> None:
    await until(lambda: checkpoint(url, name) >= position, within_seconds=within_seconds)


async def test_pause_and_resume_hold_for_a_running_projector_and_over_a_restart(settings: Settings, url: str):
    append(url, [note(1, 1)])
    async with relay_at_work(settings):
        async with projector_at_work(settings) as projector:
            await projected_to(url, 1)
            with psycopg.connect(url, autocommit=True) as connection:
                set_paused(connection, "notebook", True)
            append(url, [note(1, 2)])
            await until(lambda: projector.health()[0].doing == "paused")
            assert not projector.health()[0].stalled
        async with projector_at_work(settings) as projector:
            await until(lambda: projector.health()[0].doing == "paused")
            assert checkpoint(url) == 1
            with psycopg.connect(url, autocommit=True) as connection:
                (standing,) = generation_statuses(connection)
                assert (standing.paused, standing.position, standing.status) == (True, 1, "active")
                set_paused(connection, "notebook", False)
            await projected_to(url, 2)


async def test_a_projection_that_cannot_move_is_reported_as_stalled_and_goes_on_afterwards(
    settings: Settings, url: str
):
    impatient = dataclasses.replace(settings, projector_stalled_seconds=1, service_heartbeat_seconds=0.2)
    append(url, [note(1, 1)])
    async with relay_at_work(settings), projector_at_work(impatient) as projector:
        await projected_to(url, 1)
        with psycopg.connect(url) as connection:
            # The projector may hold the row at this moment, in this very event loop.
            await asyncio.to_thread(connection.execute, "SELECT 1 FROM projections.generations FOR UPDATE")
            append(url, [note(1, 2)])
            await until(lambda: projector.health()[0].stalled)
            assert projector.health()[0].lag_events == 1
        await projected_to(url, 2)
        await until(lambda: not projector.health()[0].stalled)


async def test_a_service_says_how_it_is_while_it_runs_and_takes_it_back_when_it_stops(
    settings: Settings, url: str
):
    often = dataclasses.replace(settings, service_heartbeat_seconds=0.1)
    ensure_catalog(often, url)
    servers = Servers(url, str(settings.nats_url))
    async with relay_at_work(settings):
        task = asyncio.create_task(project(often, servers, ["heroics_wall", "pay_calendar"]))
        with psycopg.connect(url, autocommit=True) as connection:
            await until(lambda: len(generation_statuses(connection)) == 2)
            await until(lambda: bool(heartbeats(connection)))
            (heartbeat,) = heartbeats(connection)
            assert heartbeat.service == "projector"
            assert [one["projection"] for one in heartbeat.status["projections"]] == [
                "heroics_wall",
                "pay_calendar",
            ]
            assert heartbeat.instance.endswith(f":{os.getpid()}")
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            assert heartbeats(connection) == []
            assert {one.name for one in generation_statuses(connection)} == {"heroics_wall", "pay_calendar"}
            assert all(one.position == 0 for one in generation_statuses(connection))


async def test_a_projector_that_finds_nothing_left_to_fold_follows(settings: Settings, url: str):
    append(url, [note(1, 1), note(1, 2)])
    async with relay_at_work(settings):
        async with projector_at_work(settings):
            await projected_to(url, 2)
        async with projector_at_work(settings) as projector:
            await until(lambda: projector.health()[0].doing == "following")


async def test_tables_that_are_ahead_of_the_log_are_marked_told_and_not_written_to(
    settings: Settings, url: str
):
    append(url, [note(1, 1), note(1, 2), note(1, 3)])
    async with relay_at_work(settings):
        async with projector_at_work(settings):
            await projected_to(url, 3)
        with psycopg.connect(url) as connection:
            connection.execute("DELETE FROM stored_events WHERE notification_id > 1")
        async with projector_at_work(settings) as projector:
            await until(lambda: projector.health()[0].stalled)
        before = tables(url)
        # When the log has caught up with them, it is still remembered.
        with psycopg.connect(url) as connection:
            connection.execute("SELECT setval('stored_events_notification_id_seq', 1)")
        append(url, [note(2, 1), note(2, 2), note(2, 3)])
        engine = LiveEngine(NOTEBOOK, settings, url)
        with pytest.raises(OtherHistory, match="projections rebuild notebook"):
            await engine.catch_up(4)
        await engine.close()
        assert tables(url) == before

"""Connections come with the limits of the settings and outlive their server."""

import asyncio
import dataclasses
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg_pool import PoolTimeout

from infra.embedded import PostgresServer
from infra.postgres import async_pool, connect, connect_async, sync_pool
from infra.settings import Settings


def shown(settings: Settings, parameter: str) -> str:
    with connect(settings, str(settings.database_url), name="test") as connection:
        row = connection.execute("SELECT current_setting(%s)", (parameter,)).fetchone()
        assert row is not None
        return row[0]


def test_a_connection_says_what_it_is_for_and_is_limited(settings: Settings) -> None:
    assert shown(settings, "application_name") == "clienteling test"
    assert shown(settings, "statement_timeout") == "1min"
    assert shown(settings, "TimeZone") == "UTC"


def test_the_address_itself_has_the_last_word_on_options(settings: Settings) -> None:
    url = f"{settings.database_url}&options=-c%20statement_timeout%3D5s%20-c%20work_mem%3D7MB"
    given = dataclasses.replace(settings, database_url=url)
    assert (shown(given, "statement_timeout"), shown(given, "work_mem")) == ("5s", "7MB")


def test_a_statement_that_runs_too_long_is_cancelled(settings: Settings) -> None:
    hasty = dataclasses.replace(settings, database_statement_seconds=0.05)
    with connect(hasty, str(settings.database_url), name="test") as connection:
        with pytest.raises(psycopg.errors.QueryCanceled):
            connection.execute("SELECT pg_sleep(60)")
        connection.execute("SELECT 1")


def test_a_pool_gives_no_more_connections_than_its_size(settings: Settings) -> None:
    hasty = dataclasses.replace(settings, database_pool_wait_seconds=0.1)
    pool = sync_pool(hasty, str(settings.database_url), name="test", size_max=1)
    with pool, pool.connection(), pytest.raises(PoolTimeout), pool.connection():
        pass


async def test_an_async_pool_answers(settings: Settings) -> None:
    async with (
        async_pool(settings, str(settings.database_url), name="test") as pool,
        pool.connection() as connection,
    ):
        cursor = await connection.execute("SELECT current_setting('application_name')")
        assert await cursor.fetchone() == ("clienteling test",)


def test_a_pool_outlives_a_server_that_was_killed_and_started_again(
    own_postgres: PostgresServer, folder: Path
) -> None:
    settings = Settings(data_dir=folder / "data")
    with sync_pool(settings, own_postgres.url(), name="test", size_max=2) as pool:
        with pool.connection() as first, pool.connection() as second:
            first.execute("SELECT 1")
            second.execute("SELECT 1")
        own_postgres.kill()
        own_postgres.start()
        for _ in range(3):
            with pool.connection() as connection:
                connection.execute("SELECT 1")


async def test_who_waits_for_a_notification_is_woken_by_nothing_else(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = str(settings.database_url)
    timers: list[float] = []
    loop = asyncio.get_running_loop()
    call_later = loop.call_later

    def counted(delay: float, *given: Any, **named: Any) -> asyncio.TimerHandle:
        timers.append(delay)
        return call_later(delay, *given, **named)

    async with await connect_async(settings, url, name="test") as listening:
        await listening.execute("LISTEN tests")
        monkeypatch.setattr(loop, "call_later", counted)
        assert [one async for one in listening.notifies(timeout=0.5)] == []
        assert len(timers) == 1
        call_later(0.1, lambda: asyncio.ensure_future(asyncio.to_thread(notify, settings)))
        assert [one.payload async for one in listening.notifies(timeout=30, stop_after=1)] == ["news"]


def notify(settings: Settings) -> None:
    with connect(settings, str(settings.database_url), name="test") as connection:
        connection.execute("SELECT pg_notify('tests', 'news')")

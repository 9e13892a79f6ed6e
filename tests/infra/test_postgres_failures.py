"""Errors of the database are told apart: gone for now, gone with one connection, or ours."""

import dataclasses
import time
from pathlib import Path
from typing import Any, cast

import psycopg
import pytest
from eventsourcing import persistence

from infra.embedded import PostgresServer
from infra.event_store.log import EventLog
from infra.event_store.recorder import LogRecorder
from infra.postgres import async_pool, connect
from infra.postgres.failures import is_lost_connection, is_missing_table, is_unavailable
from infra.settings import Settings


def error_of(settings: Settings, statement: str) -> Exception:
    with (
        connect(settings, str(settings.database_url), name="test") as connection,
        pytest.raises(psycopg.Error) as caught,
    ):
        connection.execute(statement.encode())
    return caught.value


async def test_a_connection_whose_server_was_killed_is_lost_and_others_are_not(
    own_postgres: PostgresServer, folder: Path
) -> None:
    settings = Settings(database_url=own_postgres.url(), data_dir=folder / "data")
    async with async_pool(settings, own_postgres.url(), name="test", size_max=1, check=False) as pool:
        async with pool.connection() as connection:
            await connection.execute("SELECT 1")
        own_postgres.kill()
        own_postgres.start()
        with pytest.raises(psycopg.OperationalError) as caught:
            async with pool.connection() as connection:
                await connection.execute("SELECT 1")
        assert is_lost_connection(caught.value)
        assert is_unavailable(caught.value)


async def test_a_pool_without_a_connection_to_give_has_not_lost_one(settings: Settings) -> None:
    hasty = dataclasses.replace(settings, database_pool_wait_seconds=3)
    async with async_pool(hasty, str(settings.database_url), name="test", size_max=1) as pool:
        async with pool.connection():
            with pytest.raises(psycopg.OperationalError) as caught:
                async with pool.connection():
                    pass
        assert is_unavailable(caught.value)
        assert not is_lost_connection(caught.value)


def test_a_statement_that_took_too_long_has_not_lost_its_connection(settings: Settings) -> None:
    error = error_of(dataclasses.replace(settings, database_statement_seconds=0.05), "SELECT pg_sleep(9)")
    assert is_unavailable(error)
    assert not is_lost_connection(error)


def test_a_transaction_that_was_idle_for_too_long_has_lost_its_connection(settings: Settings) -> None:
    with (
        connect(settings, str(settings.database_url), name="test") as connection,
        pytest.raises(psycopg.errors.IdleInTransactionSessionTimeout) as caught,
        connection.transaction(),
    ):
        _say_nothing(connection)
    assert is_unavailable(caught.value)
    assert is_lost_connection(caught.value)


def test_a_write_to_the_log_that_was_idle_for_too_long_may_work_later(settings: Settings) -> None:
    with (
        EventLog(str(settings.database_url), pool_size=1) as log,
        pytest.raises(persistence.InternalError) as caught,
        cast(LogRecorder, log.recorder).datastore.get_connection() as connection,
        connection.transaction(),
    ):
        _say_nothing(connection)
    assert is_unavailable(caught.value)


def _say_nothing(connection: psycopg.Connection[Any]) -> None:
    connection.execute("SET LOCAL idle_in_transaction_session_timeout = '20ms'")
    time.sleep(1)
    connection.execute("SELECT 1")


def test_a_mistake_of_ours_is_no_failure_of_the_database(settings: Settings) -> None:
    error = error_of(settings, "SELECT 1 / 0")
    assert not is_unavailable(error)
    assert not is_missing_table(error)


def test_a_table_that_nobody_made_is_told_apart(settings: Settings) -> None:
    assert is_missing_table(error_of(settings, "SELECT FROM no_such_table"))
    assert is_missing_table(error_of(settings, "SELECT FROM no_such_schema.no_such_table"))


def test_a_log_without_its_server_is_unavailable_too(own_postgres: PostgresServer) -> None:
    with EventLog(own_postgres.url()) as log:
        own_postgres.kill()
        with pytest.raises(Exception) as caught:
            log.read_stream("cus_" + "0" * 32)
    assert is_unavailable(caught.value)

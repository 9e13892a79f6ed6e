"""The fixtures keep what they promise to every other test."""

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from infra.embedded import NatsServer, PostgresServer
from infra.settings import Settings
from tests.nats_clients import stock_client


@pytest.mark.parametrize("turn", [1, 2])
@pytest.mark.bare_database
def test_each_test_gets_an_empty_database(database_url: str, turn: int) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("CREATE TABLE only_here ()")


def test_a_database_can_be_copied_from_another(fresh_database: Callable[..., str]) -> None:
    template = fresh_database()
    with psycopg.connect(template) as connection:
        connection.execute("CREATE TABLE carried_over ()")
    with psycopg.connect(fresh_database(template)) as connection:
        connection.execute("SELECT FROM carried_over")


@pytest.mark.parametrize("turn", [1, 2])
async def test_each_test_finds_nats_without_streams(nats_url: str, nats_keys: Path, turn: int) -> None:
    connection = await stock_client(nats_url, nats_keys)
    jetstream = connection.jetstream()
    assert await jetstream.streams_info() == []
    await jetstream.add_stream(name="ONLY_HERE", subjects=["only.here"])
    await connection.close()


def test_settings_point_to_this_tests_servers(settings: Settings, database_url: str, nats_url: str) -> None:
    assert (settings.database_url, settings.nats_url) == (database_url, nats_url)


def test_servers_of_ones_own_can_be_killed_and_started_again(
    own_nats: NatsServer, own_postgres: PostgresServer, folder: Path
) -> None:
    before = (own_nats.url, own_postgres.url())
    own_nats.kill()
    own_postgres.kill()
    assert (own_nats.pid(), own_postgres.pid()) == (None, None)
    own_nats.start()
    own_postgres.start()
    assert (own_nats.url, own_postgres.url()) == before

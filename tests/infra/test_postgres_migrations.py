"""Migrations are applied once, in order, by one process at a time, while others go on working."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from infra.postgres import Migrations, connect, migrate
from infra.settings import Settings

pytestmark = pytest.mark.bare_database


@pytest.fixture
def scores(tmp_path: Path) -> Migrations:
    migrations = Migrations("scores", tmp_path)
    write(migrations, "0001_points.sql", "CREATE TABLE scores.points (id text)")
    write(migrations, "0002_latest.sql", "CREATE VIEW scores.latest AS SELECT * FROM scores.points")
    return migrations


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


def write(migrations: Migrations, name: str, statements: str) -> None:
    (migrations.folder / name).write_text(statements)


def names(connection: psycopg.Connection) -> list[str]:
    return [
        name for (name,) in connection.execute("SELECT name FROM scores.applied_migrations ORDER BY number")
    ]


def test_files_are_applied_in_the_order_of_their_numbers_and_once(
    connection: psycopg.Connection, scores: Migrations
) -> None:
    assert migrate(connection, scores) == ["0001_points", "0002_latest"]
    assert migrate(connection, scores) == []
    write(scores, "0003_more.sql", "ALTER TABLE scores.points ADD COLUMN more text")
    assert migrate(connection, scores) == ["0003_more"]
    assert names(connection) == ["0001_points", "0002_latest", "0003_more"]


def test_numbers_that_a_newer_release_applied_are_left_alone(
    connection: psycopg.Connection, scores: Migrations
) -> None:
    migrate(connection, scores)
    connection.execute("INSERT INTO scores.applied_migrations (number, name) VALUES (9, '0009_newer')")
    assert migrate(connection, scores) == []


def test_a_file_that_fails_leaves_nothing_and_those_before_it_stay(
    connection: psycopg.Connection, scores: Migrations
) -> None:
    write(scores, "0003_fails.sql", "CREATE TABLE scores.half (id text); SELECT * FROM scores.no_such_table;")
    with pytest.raises(psycopg.errors.UndefinedTable):
        migrate(connection, scores)
    assert names(connection) == ["0001_points", "0002_latest"]
    assert connection.execute("SELECT to_regclass('scores.half')").fetchone() == (None,)
    held = (
        "SELECT FROM pg_locks WHERE locktype = 'advisory' "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    assert connection.execute(held).fetchall() == []


def test_processes_that_start_together_apply_each_file_once(
    fresh_database: Callable[[], str], scores: Migrations
) -> None:
    def start(url: str) -> list[str]:
        with psycopg.connect(url, autocommit=True) as connection:
            return migrate(connection, scores)

    for _ in range(3):
        url = fresh_database()
        with ThreadPoolExecutor(8) as threads:
            done = list(threads.map(start, [url] * 8))
        assert sorted(done, key=len) == [[]] * 7 + [["0001_points", "0002_latest"]]


def test_a_schema_that_somebody_dropped_is_made_anew(
    connection: psycopg.Connection, scores: Migrations
) -> None:
    migrate(connection, scores)
    connection.execute("DROP SCHEMA scores CASCADE")
    assert migrate(connection, scores) == ["0001_points", "0002_latest"]


@pytest.mark.parametrize("name", ["more.sql", "0002_again.sql", "2_again.sql"])
def test_a_file_without_a_number_of_its_own_is_refused(
    connection: psycopg.Connection, scores: Migrations, name: str
) -> None:
    write(scores, name, "SELECT 1")
    with pytest.raises(ValueError, match=r"has no number of its own: 0001_name\.sql"):
        migrate(connection, scores)


def test_an_index_is_built_outside_a_transaction_while_others_wait_for_it(
    database_url: str, connection: psycopg.Connection, scores: Migrations
) -> None:
    migrate(connection, scores)
    drop = "DROP INDEX CONCURRENTLY IF EXISTS scores.ids;"
    create = "CREATE INDEX CONCURRENTLY ids ON scores.points (id);"
    write(scores, "0003_index.sql", f"-- outside a transaction\n{drop}\n\n{create}")

    def start() -> list[str]:
        with psycopg.connect(database_url, autocommit=True) as other:
            return migrate(other, scores)

    with ThreadPoolExecutor(4) as threads:
        done = [future.result() for future in [threads.submit(start) for _ in range(4)]]
    assert sorted(done, key=len) == [[], [], [], ["0003_index"]]
    assert connection.execute("SELECT to_regclass('scores.ids') IS NULL").fetchone() == (False,)


def test_an_index_that_a_writer_waits_for_while_it_waits_for_them_is_built_anew(
    connection: psycopg.Connection, scores: Migrations, database_url: str
) -> None:
    migrate(connection, scores)
    drop = "DROP INDEX CONCURRENTLY IF EXISTS scores.points_idx;"
    create = "CREATE INDEX CONCURRENTLY points_idx ON scores.points (id);"
    write(scores, "0003_index.sql", f"-- outside a transaction\n{drop}\n\n{create}")
    # Whose patience ends first fails: the one who builds the index.
    connection.execute("SET deadlock_timeout = '3s'")
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'virtualxid' AND datname = %s"
    with psycopg.connect(database_url) as writer, ThreadPoolExecutor(1) as threads:
        writer.execute("SET deadlock_timeout = '5min'")
        writer.commit()
        writer.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        writer.execute("SELECT count(*) FROM scores.applied_migrations")
        migrating = threads.submit(migrate, connection, scores)
        while writer.execute(waiting, (writer.info.dbname,)).fetchone() == (0,):
            time.sleep(0.02)
        writer.execute("LOCK TABLE scores.points IN EXCLUSIVE MODE")
        writer.commit()
        assert migrating.result() == ["0003_index"]
    valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'scores.points_idx'::regclass"
    assert connection.execute(valid).fetchone() == (True,)


def test_writers_go_on_while_a_migration_waits_for_a_reader(
    database_url: str, connection: psycopg.Connection, scores: Migrations
) -> None:
    migrate(connection, scores)
    write(scores, "0003_more.sql", "ALTER TABLE scores.points ADD COLUMN more text")
    with psycopg.connect(database_url) as reader, ThreadPoolExecutor(1) as thread:
        reader.execute("SELECT * FROM scores.points")
        migrating = thread.submit(lambda: migrate(connection, scores))
        with psycopg.connect(database_url, autocommit=True) as writer:
            written = threading.Event()
            for number in range(20):
                # Without an end to the migration's waiting, the first one behind it would wait as long as the
                # reader.
                writer.execute("INSERT INTO scores.points (id) VALUES (%s)", (str(number),))
                written.wait(0.2)
        assert not migrating.done()
        reader.rollback()
        assert migrating.result() == ["0003_more"]
    assert connection.execute("SELECT count(*) FROM scores.points").fetchone() == (20,)


def test_a_migration_may_take_longer_than_other_statements(
    database_url: str, settings: Settings, scores: Migrations
) -> None:
    write(scores, "0003_slow.sql", "SELECT pg_sleep(1.5)")
    limited = Settings(data_dir=settings.data_dir, database_url=database_url, database_statement_seconds=0.5)
    with connect(limited, database_url, name="test") as connection:
        assert migrate(connection, scores)[-1] == "0003_slow"
        with pytest.raises(psycopg.errors.QueryCanceled):
            connection.execute("SELECT pg_sleep(60)")

"""Opening a log makes its tables; when a shop starts, several services do so at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from infra.event_store.lineage import lineage_of
from infra.event_store.log import EventLog

pytestmark = pytest.mark.bare_database


def test_many_may_open_a_new_log_at_once(database_url: str):
    with ThreadPoolExecutor(8) as threads:
        opened = [threads.submit(lambda: EventLog(database_url, pool_size=1).close()) for _ in range(16)]
        for one in opened:
            one.result()


def test_a_log_whose_migration_was_stopped_before_its_epoch_begins_it(
    migrated_database: str, fresh_database: Callable[..., str]
) -> None:
    url = fresh_database(migrated_database)
    log = EventLog(url, pool_size=1)
    with log.connection() as connection:
        assert len(lineage_of(connection).steps) == 1
    log.close()


def test_opening_a_log_that_stands_waits_for_no_writer(database_url: str):
    EventLog(database_url, pool_size=1).close()
    with psycopg.connect(database_url) as writer:
        writer.execute("LOCK TABLE stored_events IN EXCLUSIVE MODE")
        with psycopg.connect(database_url) as watch:
            watch.execute(f"ALTER DATABASE {watch.info.dbname} SET lock_timeout = '2s'".encode())
        EventLog(database_url, pool_size=1).close()


def test_long_facts_are_stored_as_they_are_also_in_a_log_of_an_older_version(database_url: str):
    EventLog(database_url, pool_size=1).close()
    with psycopg.connect(database_url) as connection:
        connection.execute("ALTER TABLE stored_events ALTER COLUMN state SET STORAGE EXTENDED")
        connection.execute("DROP TABLE event_tags, applied_migrations")
    EventLog(database_url, pool_size=1).close()
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "INSERT INTO stored_events (originator_id, originator_version, topic, state) "
            "VALUES ('sal', 1, 'sale.recorded.v1', convert_to(repeat('a receipt ', 2000), 'UTF8'))"
        )
        stored = connection.execute("SELECT pg_column_size(state) FROM stored_events").fetchone()
    assert stored == (20_000,)

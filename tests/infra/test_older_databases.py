"""A database of the release before there were migrations is taken over as it is, while that release still
writes.
"""

import asyncio
import dataclasses
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from domain.customer.commands import AssignOwner, LearnName, RegisterCustomer
from domain.customer.events import owner_tag
from domain.messages import Refused
from infra.clock import SYSTEM_CLOCK
from infra.event_store.epoch import epochs_of
from infra.event_store.handler import CommandHandler
from infra.event_store.log import EventLog
from infra.postgres import connect, connect_async, sync_pool
from infra.projection_store.catalog import generation_statuses
from infra.reaction_store.catalog import ensure_reactions
from infra.settings import Settings
from infra.vault import Vault, prepare_vault

pytestmark = pytest.mark.bare_database

DUMP = (Path(__file__).parent / "databases" / "before_migrations.dump").read_text()
ANNA, BEN = "ass_" + "a" * 32, "ass_" + "b" * 32
ADA, GRACE = "cus_" + "1" * 32, "cus_" + "2" * 32

#: As the older release appends: it knows nothing of tags.
APPEND = (
    "BEGIN; LOCK TABLE stored_events IN EXCLUSIVE MODE; "
    "INSERT INTO stored_events (originator_id, originator_version, topic, state, customer_id) "
    "SELECT * FROM unnest(ARRAY['{0}'], ARRAY[{1}]::bigint[], ARRAY['customer.owner_assigned.v1'], "
    "ARRAY[convert_to('{{\"associate_id\":\"{2}\"}}', 'UTF8')], ARRAY['{0}']); COMMIT"
)


@pytest.fixture
def older(settings: Settings) -> Settings:
    """Two associates, Ada whom both owned in turn, and Grace who was Anna's and is forgotten; 8 events."""
    with psycopg.connect(settings.database_url or "") as connection:
        connection.execute(DUMP.encode())
    return dataclasses.replace(settings, vault_key=bytes(range(32)))


@pytest.fixture
def opened(older: Settings) -> Iterator[tuple[CommandHandler, EventLog, Vault]]:
    url = older.database_url or ""
    ensure_reactions(older, url)
    with EventLog(url) as log, sync_pool(older, url, name="test") as pool:
        with pool.connection() as connection:
            vault = Vault(pool, prepare_vault(older, connection))
        yield CommandHandler(log, vault, SYSTEM_CLOCK), log, vault


def rows(settings: Settings, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(settings.database_url or "") as connection:
        return connection.execute(query.encode()).fetchall()


def test_nothing_that_the_older_release_wrote_is_lost(
    older: Settings, opened: tuple[CommandHandler, EventLog, Vault]
) -> None:
    handler, log, vault = opened
    assert log.last_position() == 8
    assert b"Ada Lovelace" in vault.decrypt_document(log.read_stream(ADA)[0].state)
    again = handler.handle(RegisterCustomer(customer_id=ADA, name="Ada Lovelace"), "register 1")
    assert (again.replayed, again.position) == (True, 3)
    with pytest.raises(Refused) as refusal:
        handler.handle(LearnName(customer_id=GRACE, name="Grace"), "learn")
    assert refusal.value.code == "customer_forgotten"
    assert handler.handle(LearnName(customer_id=ADA, name="Ada King"), "learn 2").position == 9
    assert log.left_out("clientele_book") == {999}
    with connect(older, older.database_url or "", name="test") as connection:
        (wall,) = generation_statuses(connection)
    assert (wall.name, wall.position, wall.paused) == ("heroics_wall", 5, True)
    assert rows(older, "SELECT name, position FROM reactions.positions") == [("wishes", 4)]


def test_its_epoch_goes_on(older: Settings, opened: tuple[CommandHandler, EventLog, Vault]) -> None:
    async def epochs() -> list[tuple[int, str, int, bytes]]:
        async with await connect_async(older, older.database_url or "", name="test") as connection:
            return [(e.number, e.epoch, e.common_position, e.stamp_key) for e in await epochs_of(connection)]

    key = "e329e5312e38b5bb0771da77c0a97925d38e5f0c374bc433235d0928d96e91ce"
    assert asyncio.run(epochs()) == [(1, "b517ae394a42f66e", 0, bytes.fromhex(key))]


def test_who_was_an_owner_before_there_were_tags_is_known(
    opened: tuple[CommandHandler, EventLog, Vault],
) -> None:
    _, log, _ = opened
    assert log.streams_tagged(owner_tag(ANNA)) == [ADA, GRACE]
    assert log.streams_tagged(owner_tag(ANNA), up_to=5) == [ADA]
    assert log.streams_tagged(owner_tag(BEN)) == [ADA]


def _append(connection: psycopg.Connection[Any], statement: bytes) -> None:
    # Its lock of the table and an index that is made meanwhile may wait for each other, until PostgreSQL lets
    # one of them fail: the older release tries such a commit again.
    for _ in range(10):
        with suppress(psycopg.errors.DeadlockDetected):
            connection.execute(statement)
            return
        connection.rollback()
    raise AssertionError("a commit met an index ten times")


def test_what_the_older_release_writes_meanwhile_is_tagged_too(older: Settings) -> None:
    url = older.database_url or ""

    def write(writer: int) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            for version in range(1, 41):
                _append(connection, APPEND.format(f"cus_{writer:032x}", version, ANNA).encode())

    def take_over() -> None:
        EventLog(url, pool_size=1).close()

    with ThreadPoolExecutor(4) as threads:
        writing = [threads.submit(write, writer) for writer in range(3)]
        opening = threads.submit(take_over)
        for done in [*writing, opening]:
            done.result()
    write(3)
    with EventLog(url, pool_size=1) as log:
        assert log.streams_tagged(owner_tag(ANNA)) == sorted(
            [ADA, GRACE, *(f"cus_{n:032x}" for n in range(4))]
        )
    assert rows(older, "SELECT count(*) FROM event_tags WHERE tag LIKE '%a'") == [(2 + 4 * 40,)]


def test_a_backup_of_the_older_release_is_migrated_when_it_is_put_back(
    older: Settings, opened: tuple[CommandHandler, EventLog, Vault]
) -> None:
    handler, _, _ = opened
    handler.handle(AssignOwner(customer_id=ADA, associate_id=ANNA, role="secondary"), "own 3")
    with psycopg.connect(older.database_url or "") as connection:
        # What pg_restore --clean makes of a database that has been migrated.
        connection.execute("DROP TABLE applied_migrations, stored_events, idempotency_keys, log_epochs")
        connection.execute("DROP TABLE quarantined_events; DROP FUNCTION es_insert_events_text")
        connection.execute("DROP TYPE stored_event_text; DROP FUNCTION tag_event")
        public = [part for part in DUMP.split(";\n") if "public." in part and "search_path" not in part]
        connection.execute(";\n".join(public).encode())
    with EventLog(older.database_url or "", pool_size=1) as log:
        assert log.last_position() == 8
        assert log.streams_tagged(owner_tag(ANNA)) == [ADA, GRACE]
    assert rows(older, "SELECT common_position FROM log_epochs") == [(0,)]


def test_a_new_database_has_the_tables_of_one_that_was_taken_over(
    older: Settings, opened: tuple[CommandHandler, EventLog, Vault], fresh_database
) -> None:
    new = dataclasses.replace(older, database_url=fresh_database())
    ensure_reactions(new, new.database_url or "")
    EventLog(new.database_url or "", pool_size=1).close()
    with connect(new, new.database_url or "", name="test") as connection:
        prepare_vault(new, connection)
    columns = (
        "SELECT table_schema, table_name, column_name, data_type, is_nullable, column_default "
        "FROM information_schema.columns "
        "WHERE table_schema IN ('public', 'projections', 'reactions', 'vault') ORDER BY 1, 2, 3"
    )
    indexes = (
        "SELECT indexname, indexdef FROM pg_indexes "
        "WHERE schemaname !~ '^pg_' AND schemaname <> 'infra' ORDER BY 1, 2"
    )
    assert rows(new, columns) == rows(older, columns)
    assert rows(new, indexes) == rows(older, indexes)
    # The older release wrote no tags: where it may still write, a trigger does.
    triggers = "SELECT tgname::text FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1"
    assert rows(new, triggers) == [("keep_destroyed",)]
    assert rows(older, triggers) == [("keep_destroyed",), ("tag_event",)]

"""What each role of PostgreSQL may not do, tried with its own credentials on a database with a history."""

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager, nullcontext
from typing import Any, Final
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import errors

from domain.customer.commands import RegisterCustomer
from infra.database import MIGRATIONS, prepare_database
from infra.embedded import EmbeddedServers
from infra.postgres.rights import RIGHTS
from infra.postgres.roles import SERVICES, DatabaseRole
from infra.runtime import open_runtime
from infra.settings import Settings
from projections.kernel import Projection
from projections.registry import ALL
from services.projector.engine import LiveEngine
from services.rebuild.rebuild import rebuild
from tests.architecture.planting import ROOT

pytestmark = pytest.mark.bare_database

WRITER, READER, RELAY, PROJECTOR, WEBHOOKS = SERVICES
UrlOf = Callable[[DatabaseRole], str]

#: What nobody may do but the owner.
NOBODY: Final = [
    "UPDATE stored_events SET state = 'x'",
    "UPDATE stored_events SET actor = 'somebody else'",
    "DELETE FROM stored_events",
    "TRUNCATE stored_events",
    "DROP TABLE stored_events",
    "ALTER TABLE stored_events ADD COLUMN more text",
    "ALTER TABLE stored_events DISABLE TRIGGER ALL",
    "CREATE TRIGGER t BEFORE INSERT ON stored_events FOR EACH ROW EXECUTE FUNCTION vault.keep_destroyed()",
    "SELECT setval('stored_events_notification_id_seq', 1)",
    "UPDATE idempotency_keys SET answer = 'x'",
    "DELETE FROM idempotency_keys",
    "DELETE FROM event_tags",
    "INSERT INTO quarantined_events VALUES ('log', 'k', 1, 't', 's', 'r')",
    "UPDATE log_epochs SET stamp_key = 'x'",
    "DELETE FROM vault.keys",
    "TRUNCATE vault.keys",
    "ALTER TABLE vault.keys DISABLE TRIGGER keep_destroyed",
    "UPDATE vault.master_key SET fingerprint = 'x'",
    "UPDATE openings.openings SET actor = 'somebody else'",
    "TRUNCATE openings.openings",
    "DROP SCHEMA projections CASCADE",
    "CREATE TABLE public.theirs ()",
    "CREATE SCHEMA theirs",
    "CREATE TEMPORARY TABLE theirs ()",
    "CREATE OR REPLACE FUNCTION public.log_time() RETURNS timestamptz LANGUAGE sql AS 'SELECT now()'",
    "CREATE ROLE theirs SUPERUSER",
    "ALTER ROLE CURRENT_USER SUPERUSER",
    "SET ROLE clienteling",
    "SET SESSION AUTHORIZATION clienteling",
    "SELECT rolpassword FROM pg_authid",
    "SELECT pg_read_file('PG_VERSION')",
    "COPY (SELECT 1) TO PROGRAM 'cat'",
    "COPY (SELECT 1) TO '/tmp/theirs'",
    "ALTER SYSTEM SET log_statement = 'all'",
]
NO_LOG: Final = [
    "INSERT INTO stored_events (originator_id, originator_version) VALUES ('x', 1)",
    "INSERT INTO stored_events (originator_id, originator_version, notification_id) VALUES ('x', 1, 99)",
    "LOCK TABLE stored_events IN EXCLUSIVE MODE",
    "SELECT nextval('stored_events_notification_id_seq')",
    "INSERT INTO event_tags VALUES ('x', 1)",
    "INSERT INTO idempotency_keys VALUES ('x', 'x', 'x')",
    "INSERT INTO log_epochs (number, epoch) VALUES (9, 'x')",
    "INSERT INTO vault.keys VALUES ('cus_x', 'x')",
    "UPDATE vault.keys SET wrapped_key = 'x'",
    "INSERT INTO openings.openings (actor, operation, customers) VALUES ('x', 'x', '{}')",
    "DELETE FROM openings.openings",
    "UPDATE reactions.positions SET position = 0",
]
NO_TABLES: Final = [
    "UPDATE projections.clientele_book SET visits = 1",
    "INSERT INTO projections.clientele_book_g1 (key) VALUES ('x')",
    "DELETE FROM projections.generations",
    "UPDATE projections.generations SET position = 0",
    "TRUNCATE projections.clientele_book_g1",
    "DROP VIEW projections.clientele_book",
    "CREATE TABLE projections.theirs ()",
]
NO_KEYS: Final = [
    "SELECT * FROM vault.keys",
    "SELECT * FROM vault.search_entries",
    "SELECT * FROM vault.master_key",
    "SELECT * FROM openings.openings",
    "SELECT * FROM idempotency_keys",
    "SELECT * FROM sessions.sessions",
    "SELECT * FROM sessions.sign_outs",
]
NO_WEBHOOKS: Final = [
    "SELECT * FROM vault.webhook_secrets",
    "UPDATE webhooks.endpoints SET url = 'x'",
    "UPDATE webhooks.progress SET position = 0",
]
FORBIDDEN: Final = {
    WRITER: [*NOBODY, *NO_TABLES, *NO_WEBHOOKS, "SELECT stamp_key FROM log_epochs"],
    READER: [
        *NOBODY, *NO_LOG, *NO_TABLES, *NO_WEBHOOKS,
        "SELECT stamp_key FROM log_epochs",
        "SELECT * FROM openings.openings",
        "SELECT * FROM sessions.sessions",
        "DELETE FROM projections.heartbeats",
        "DELETE FROM projections.day_entries",
        "DELETE FROM vault.search_entries",
        "SELECT subject_id FROM vault.keys FOR UPDATE",
    ],
    RELAY: [*NOBODY, *NO_LOG, *NO_TABLES, *NO_KEYS, *NO_WEBHOOKS, "SELECT * FROM projections.clientele_book"],
    PROJECTOR: [*NOBODY, *NO_LOG, *NO_KEYS, *NO_WEBHOOKS, "SELECT * FROM reactions.kept_aside"],
    WEBHOOKS: [
        *NOBODY, *NO_LOG, *NO_TABLES,
        # It signs by secrets of its own: no name is read by it.
        *(one for one in NO_KEYS if "master_key" not in one),
        "SELECT * FROM projections.clientele_book",
        "INSERT INTO vault.webhook_secrets (endpoint_id, wrapped) VALUES ('x', 'x')",
        "INSERT INTO webhooks.endpoints (endpoint_id, name, url, types, partitions) "
        "VALUES ('x', 'x', 'x', '{}', '{}')",
        "DELETE FROM webhooks.endpoints",
        "UPDATE webhooks.changes SET actor = 'somebody else'",
    ],
}  # fmt: skip


@pytest.fixture
def url_of(settings: Settings, servers: EmbeddedServers) -> UrlOf:
    """The address of a database with a history and tables, by role."""
    with open_runtime(settings) as shop:
        shop.handler.handle(RegisterCustomer(name="Ada"), "register")
        end = shop.log.last_position()
    name = urlsplit(settings.database_url or "").path[1:]

    def url(role: DatabaseRole) -> str:
        return servers.postgres.url(name, role=role)

    for projection in ALL:
        caught_up(settings, projection, url(PROJECTOR), end)
    return url


def caught_up(settings: Settings, projection: Projection[Any], url: str, end: int) -> None:
    """Take the log into a projection's tables, as the projector does."""

    async def catch_up() -> None:
        engine = LiveEngine(projection, settings, url)
        await engine.catch_up(end)
        await engine.close()

    asyncio.run(catch_up())


@pytest.mark.parametrize("role", SERVICES)
def test_no_role_may_do_what_is_forbidden_to_it(url_of: UrlOf, role: DatabaseRole) -> None:
    assert len(FORBIDDEN[role]) >= 20
    done: list[str] = []
    with psycopg.connect(url_of(role), autocommit=True) as connection:
        assert connection.execute("SELECT current_user").fetchone() == (role.in_database,)
        for statement in FORBIDDEN[role]:
            try:
                with in_transaction(connection, statement):
                    connection.execute(statement.encode())
            except errors.InsufficientPrivilege:
                continue
            done.append(statement)
    assert done == []


def test_what_is_forbidden_is_a_statement_that_the_owner_can_make(url_of: UrlOf) -> None:
    statements = {one for forbidden in FORBIDDEN.values() for one in forbidden}
    wrong: list[str] = []
    with psycopg.connect(url_of(DatabaseRole.OWNER), autocommit=True) as connection:
        for statement in sorted(one for one in statements if not one.startswith(("ALTER SYSTEM", "COPY"))):
            try:
                with in_transaction(connection, statement):
                    connection.execute(statement.encode())
            except psycopg.Error as error:
                # Class 42: a mistake in the statement, or a right that is missing.
                if (error.sqlstate or "").startswith("42"):
                    wrong.append(f"{statement}: {error}")
    assert wrong == []


def test_a_reader_can_write_nothing_at_all(url_of: UrlOf) -> None:
    rights = "INSERT", "UPDATE", "DELETE", "TRUNCATE", "MAINTAIN", "TRIGGER", "REFERENCES"
    with psycopg.connect(url_of(READER), autocommit=True) as connection:
        writable = connection.execute(
            "SELECT relname, may FROM pg_class, unnest(%s::text[]) AS may "
            "WHERE relkind IN ('r', 'v', 'p') AND has_table_privilege(oid, may) AND relname <> 'pg_settings'",
            (list(rights),),
        ).fetchall()
        places = connection.execute(
            "SELECT nspname FROM pg_namespace WHERE has_schema_privilege(oid, 'CREATE') "
            "UNION ALL SELECT datname FROM pg_database WHERE datname = current_database() "
            "AND has_database_privilege(oid, 'CREATE, TEMP') "
            "UNION ALL SELECT sequencename FROM pg_sequences WHERE has_sequence_privilege("
            "format('%I.%I', schemaname, sequencename), 'USAGE, UPDATE')"
        ).fetchall()
    assert (writable, places) == ([], [])


def test_every_table_stands_in_the_table_of_rights(url_of: UrlOf) -> None:
    named = {table for tables in RIGHTS.values() for table in tables}
    with psycopg.connect(url_of(DatabaseRole.OWNER)) as connection:
        tables = connection.execute(
            "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname NOT LIKE 'pg_%' "
            "AND schemaname NOT IN ('information_schema', 'projections') "
            "AND tablename <> 'applied_migrations'"
        ).fetchall()
    assert {table for (table,) in tables} - named == set()


def test_preparing_migrates_every_schema_that_has_migrations() -> None:
    folders = {path.parent for path in (ROOT / "infra").glob("*/migrations/*.sql")}
    assert folders == {migrations.folder for migrations in MIGRATIONS}


def test_preparing_again_changes_nothing(url_of: UrlOf, settings: Settings) -> None:
    catalog = "SELECT relname, xmin::text FROM pg_class WHERE relname !~ '^pg_' ORDER BY 1, 2"
    with psycopg.connect(url_of(DatabaseRole.OWNER), autocommit=True) as connection:
        before = connection.execute(catalog.encode()).fetchall()
        assert prepare_database(settings, url_of(DatabaseRole.OWNER)) == list(SERVICES)
        assert connection.execute(catalog.encode()).fetchall() == before


def test_what_a_rebuild_makes_is_written_and_read_by_the_others(url_of: UrlOf, settings: Settings) -> None:
    owner = url_of(DatabaseRole.OWNER)
    (book,) = [projection for projection in ALL if projection.name == "clientele_book"]
    rebuild(settings, owner, [book], lambda *_: None, lambda _: None)
    with open_runtime(settings) as shop:
        shop.handler.handle(RegisterCustomer(name="Bea"), "register later")
        end = shop.log.last_position()
    caught_up(settings, book, url_of(PROJECTOR), end)
    for role in (READER, WRITER):
        with psycopg.connect(url_of(role)) as connection:
            rows = connection.execute("SELECT count(*) FROM projections.clientele_book").fetchone()
        assert rows == (2,)


def test_rights_that_were_lost_come_back_with_the_next_preparing(url_of: UrlOf, settings: Settings) -> None:
    owner = url_of(DatabaseRole.OWNER)
    with psycopg.connect(owner) as connection:
        # As tables that were put back from a dump without rights, and as a schema that was dropped.
        connection.execute("REVOKE ALL ON stored_events FROM clienteling_reader")
        connection.execute("DROP SCHEMA projections CASCADE")
    prepare_database(settings, owner)
    with psycopg.connect(url_of(READER)) as connection:
        connection.execute("SELECT count(*) FROM stored_events, projections.checkpoints")


@contextmanager
def in_transaction(connection: psycopg.Connection[Any], statement: str) -> Generator[None]:
    """A transaction that is rolled back, where the statement may stand in one."""
    with (
        nullcontext() if statement.startswith("ALTER SYSTEM") else connection.transaction(force_rollback=True)
    ):
        yield

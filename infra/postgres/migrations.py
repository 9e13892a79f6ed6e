"""The migration runner: numbered SQL files, each applied once to a database, in their order.

    LOG = Migrations("public", Path(__file__).parent / "migrations")
    migrate(connection, LOG)

A folder has the files of one schema, `0001_event_log.sql` and so on, and the schema's table
`applied_migrations` says which of them a database has: a backup of one schema brings its own along, and a
dropped schema is made anew. A file is never changed once a release has it. Releases run side by side while
services are replaced one after the other, so a migration leaves what the release before it reads and writes;
numbers that a newer release has applied are none of ours.

Each file is one transaction. One that begins with `-- outside a transaction` is run statement by statement,
each ended by an empty line and such that it can be repeated. Whoever waits for a table's lock makes everybody
after them wait, too: a migration gives up after LOCK_WAIT and tries again, so that writers go on in between.
"""

import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import structlog
from psycopg import Connection, errors
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Identifier

from infra.postgres.locks import key_of
from infra.postgres.pools import unlimited_statements

OUTSIDE_TRANSACTION: Final = "-- outside a transaction"
LOCK_WAIT: Final = "2s"
PAUSE_SECONDS: Final = 0.5
#: How often a process asks whether another one has applied its migrations.
POLL_SECONDS: Final = 0.02

_EXISTS = (
    "SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE n.nspname = %s AND c.relname = 'applied_migrations')"
)
_APPLIED = SQL("SELECT number FROM {}.applied_migrations")
_BOOKKEEPING = SQL(
    "CREATE TABLE IF NOT EXISTS {}.applied_migrations (number int PRIMARY KEY, name text NOT NULL, "
    "applied_at timestamptz NOT NULL DEFAULT clock_timestamp())"
)
_RECORD = SQL("INSERT INTO {}.applied_migrations (number, name) VALUES (%s, %s)")

_log = structlog.get_logger(__name__)


class MigrationsPending(RuntimeError):
    """A database lacks migrations, and the role that we are may not apply them."""


class Migration(NamedTuple):
    """One numbered file."""

    number: int
    name: str
    statements: str


class Migrations(NamedTuple):
    """The migrations of one schema, in a folder."""

    schema: str
    folder: Path

    def read(self) -> list[Migration]:
        """The files in the order of their numbers. Raises ValueError for a name without one or a number given
        twice.
        """
        found: dict[int, Migration] = {}
        for file in sorted(self.folder.glob("*.sql")):
            number, _, _ = file.name.partition("_")
            if not number.isdecimal() or int(number) in found:
                raise ValueError(f"{file} has no number of its own: 0001_name.sql, 0002_name.sql, …")
            found[int(number)] = Migration(int(number), file.stem, file.read_text())
        return [found[number] for number in sorted(found)]


def migrate(connection: Connection[Any], migrations: Migrations) -> list[str]:
    """Apply what a database does not have yet; the names of what was applied. The connection is in
    autocommit. Raises MigrationsPending.
    """
    # Almost every start finds everything applied: that is seen without a lock.
    if not _pending(connection, migrations):
        return []
    with unlimited_statements(connection), _one_at_a_time(connection, migrations.schema):
        pending = _pending(connection, migrations)
        try:
            if pending:
                _prepare(connection, migrations.schema)
            for migration in pending:
                _apply(connection, migrations.schema, migration)
                _log.info("Migrated", schema=migrations.schema, migration=migration.name)
        except errors.InsufficientPrivilege:
            raise MigrationsPending(
                f"the database lacks migrations of the schema {migrations.schema} "
                f"({', '.join(migration.name for migration in pending)}), and {connection.info.user} may not "
                "apply them; `clienteling database prepare` does, with the owner's CLIENTELING_DATABASE_URL"
            ) from None
    return [migration.name for migration in pending]


def _pending(connection: Connection[Any], migrations: Migrations) -> list[Migration]:
    schema = migrations.schema
    with connection.cursor(row_factory=tuple_row) as cursor:
        # Not `to_regclass`: a session remembers what was not there, and looks again only in its next
        # transaction.
        if cursor.execute(_EXISTS, (schema,)).fetchone() != (True,):
            return migrations.read()
        applied = {number for (number,) in cursor.execute(_APPLIED.format(Identifier(schema)))}
    return [migration for migration in migrations.read() if migration.number not in applied]


def _prepare(connection: Connection[Any], schema: str) -> None:
    with connection.cursor(row_factory=tuple_row) as cursor:
        # `IF NOT EXISTS` would ask for the right to make schemas also where it is there.
        if cursor.execute("SELECT FROM pg_namespace WHERE nspname = %s", (schema,)).fetchone() is None:
            cursor.execute(SQL("CREATE SCHEMA {}").format(Identifier(schema)))
        cursor.execute(_BOOKKEEPING.format(Identifier(schema)))


def _apply(connection: Connection[Any], schema: str, migration: Migration) -> None:
    record = _RECORD.format(Identifier(schema)), (migration.number, migration.name)
    while True:
        try:
            if migration.statements.startswith(OUTSIDE_TRANSACTION):
                for statement in migration.statements.split("\n\n"):
                    connection.execute(statement.encode())
                connection.execute(*record)
                return
            with connection.transaction():
                connection.execute(SQL("SET LOCAL lock_timeout = {}").format(LOCK_WAIT))
                connection.execute(migration.statements.encode())
                connection.execute(*record)
            return
        # An index that is made beside the writers waits for their transactions, and one may wait for it.
        except (errors.LockNotAvailable, errors.DeadlockDetected):
            _log.warning("A migration waits for a table's lock", schema=schema, migration=migration.name)
            time.sleep(PAUSE_SECONDS)


@contextmanager
def _one_at_a_time(connection: Connection[Any], schema: str) -> Generator[None]:
    """Hold the lock of a schema's migrations. It is polled: a statement that waits would keep back an index
    built concurrently.
    """
    number = key_of(f"migrations of {schema}")
    with connection.cursor(row_factory=tuple_row) as cursor:
        while cursor.execute("SELECT pg_try_advisory_lock(%s)", (number,)).fetchone() != (True,):
            time.sleep(POLL_SECONDS)
        try:
            yield
        finally:
            if not connection.closed:
                cursor.execute("SELECT pg_advisory_unlock(%s)", (number,))

"""The log's table in PostgreSQL: the library's recorder, with the customer and the answers beside the events.

The library's table lock is kept (POSTGRES_ENABLE_DB_FUNCTIONS would drop it): positions are given in the order of the
commits, so nobody can read past a gap that is filled later.
"""

import hashlib
from collections.abc import Callable, Collection, Generator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

import psycopg
from eventsourcing.persistence import IntegrityError, InterfaceError, OperationalError, StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from eventsourcing.utils import retry
from psycopg import Connection
from psycopg.abc import Query
from psycopg.rows import DictRow
from psycopg.sql import SQL, Composed, Identifier, Literal

from infra.event_store.answers import StoredAnswer
from infra.event_store.quarantine import QUARANTINE_DDL

EVENTS_TABLE = "stored_events"
EVENT_COLUMNS = ("originator_id", "originator_version", "topic", "state", "customer_id")

ForgetOn = Callable[[Connection[Any]], None]


class Seen(NamedTuple):
    """Streams that decisions looked at without writing to them, and the position up to which they knew them."""

    stream_ids: Collection[str] = ()
    position: int = 0


#: The facts that give a customer an owner, and the owner they name. Taken from the stored bytes in a way that fails on none of
#: them: an index is made of it, and whatever could fail there would keep a fact out of the log.
OF_OWNERS = "starts_with(topic, 'customer.owner_')"
NAMED_ASSOCIATE = """substring(encode(state, 'escape') from '"associate_id":"([^"]*)"')"""

EXTRA_DDL = (
    "ALTER TABLE stored_events ADD COLUMN IF NOT EXISTS customer_id text",
    # Receipts of many lines are longer than a row may be; compressing them took PostgreSQL as long as all else about an insert.
    "ALTER TABLE stored_events ALTER COLUMN state SET STORAGE EXTERNAL",
    "CREATE INDEX IF NOT EXISTS stored_events_customer_idx ON stored_events (customer_id, notification_id) "
    "WHERE customer_id IS NOT NULL",
    # Whose book a customer was in at any time: the only question about history that no key of the log answers.
    f"CREATE INDEX IF NOT EXISTS stored_events_owner_idx ON stored_events (({NAMED_ASSOCIATE}), notification_id) "
    f"WHERE {OF_OWNERS}",
    "CREATE TABLE IF NOT EXISTS idempotency_keys ("
    "idempotency_key text PRIMARY KEY, digest bytea NOT NULL, answer bytea NOT NULL, "
    "answered_at timestamptz NOT NULL DEFAULT now())",
    QUARANTINE_DDL,
)

INSERT_ANSWERS = (
    "INSERT INTO idempotency_keys (idempotency_key, digest, answer) "
    "SELECT * FROM unnest(%b::text[], %b::bytea[], %b::bytea[])"
)
INSERT_EVENTS = (
    f"WITH answered AS ({INSERT_ANSWERS}), written AS ("
    "INSERT INTO stored_events (originator_id, originator_version, topic, state, customer_id) "
    "SELECT * FROM unnest(%b::text[], %b::bigint[], %b::text[], %b::bytea[], %b::text[]) "
    # What was only looked at has no version to clash with: whether it has moved on is asked under the table's lock.
    "WHERE NOT EXISTS (SELECT FROM stored_events WHERE notification_id > %b::bigint AND originator_id = ANY(%b::text[])) "
    "RETURNING notification_id) "
    "SELECT array_agg(notification_id ORDER BY notification_id) AS positions FROM written"
)


class LogRecorder(PostgresApplicationRecorder):
    """Inserts the events of a commit, the answers to the commands they came from and what must happen with them."""

    def __init__(self, datastore: PostgresDatastore) -> None:
        super().__init__(datastore, events_table_name=EVENTS_TABLE)
        self.sql_create_statements.extend(Composed([SQL(statement)]) for statement in EXTRA_DDL)
        locked: list[Any] = [
            SQL("BEGIN"),
            *self.lock_table_statements,
            SQL("NOTIFY {}").format(Identifier(self.channel_name)),
        ]
        # One simple query: together they cost one round trip.
        self._begin_locked = SQL("; ").join(locked)

    def create_table(self) -> None:
        """Makes what is missing of types, tables and functions, one process at a time."""
        # Several services open the log at once when the shop starts: without the lock they meet in the catalog and fail,
        # and ALTER TABLE would make every writer wait each time one starts.
        statements = "\n".join(statement.as_string() for statement in self.sql_create_statements)
        digest = hashlib.sha256(statements.encode()).hexdigest()
        with self.datastore.get_connection() as connection:
            if self._stands(connection, digest):
                self.datastore.register_type_adapters()
                return
            connection.execute("SELECT pg_advisory_lock(hashtext('clienteling log'))")
            try:
                if not self._stands(connection, digest):
                    super().create_table()
                    connection.execute(SQL("COMMENT ON TABLE stored_events IS {}").format(Literal(digest)))
            finally:
                connection.execute("SELECT pg_advisory_unlock(hashtext('clienteling log'))")
        self.datastore.register_type_adapters()

    def _stands(self, connection: Connection[DictRow], digest: str) -> bool:
        row = connection.execute(
            "SELECT obj_description(to_regclass('stored_events'), 'pg_class') AS digest"
        ).fetchone()
        return row is not None and row["digest"] == digest

    @retry((InterfaceError, OperationalError), max_attempts=10, wait=0.2)
    def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        *,
        answers: Sequence[StoredAnswer] = (),
        forget: Sequence[ForgetOn] = (),
        seen: Seen | None = None,
        **_: Any,
    ) -> Sequence[int]:
        """One commit. Raises IntegrityError when a stream, also one only seen, has moved on or a key has been answered.

        The library sends all of it in pipeline mode; psycopg 3.3 stops flushing a statement of several megabytes there and
        waits for ever for its answer (seen with imports), so here each statement is sent and answered in turn.
        """
        answered = _columns(answers, ("idempotency_key", "digest", "answer"))
        if not stored_events:
            with self.datastore.get_connection() as connection:
                connection.execute(INSERT_ANSWERS, answered)
            return []
        looked_at = seen or Seen()
        with self.datastore.get_connection() as connection, _begun(connection, self._begin_locked):
            for destroy_key in forget:
                destroy_key(connection)
            row = connection.execute(
                INSERT_EVENTS,
                [
                    *answered,
                    *_columns(stored_events, EVENT_COLUMNS),
                    looked_at.position,
                    list(looked_at.stream_ids),
                ],
            ).fetchone()
            if row is None or row["positions"] is None:
                raise IntegrityError("what a decision looked at has moved on")
            positions: list[int] = row["positions"]
            return positions


@contextmanager
def _begun(connection: Connection[Any], begin: Query) -> Generator[None]:
    """A transaction that `begin` begins, whatever else it does: each way to the server and back counts while others wait for the log."""
    try:
        connection.execute(begin)
        yield
    except BaseException:
        with suppress(psycopg.Error):
            connection.rollback()
        raise
    connection.commit()


def _columns(rows: Sequence[Any], names: Sequence[str]) -> list[list[Any]]:
    return [[getattr(row, name, None) for row in rows] for name in names]

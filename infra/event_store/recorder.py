"""The log's table in PostgreSQL: the library's recorder, with what else belongs to a commit beside the
events.

The library's table lock is kept (POSTGRES_ENABLE_DB_FUNCTIONS would drop it): positions are given in the
order of the commits, so nobody can read past a gap that is filled later.
"""

from collections.abc import Callable, Collection, Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

import psycopg
from eventsourcing.persistence import IntegrityError, InterfaceError, OperationalError, StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from eventsourcing.utils import retry
from psycopg import Connection
from psycopg.abc import Query
from psycopg.sql import SQL, Identifier

from infra.event_store.command_results import StoredResult
from infra.postgres import Migrations, migrate

MIGRATIONS: Final = Migrations("public", Path(__file__).parent / "migrations")
EVENTS_TABLE = "stored_events"
METADATA_COLUMNS = ("actor", "role", "correlation_id", "causation_id", "traceparent")
EVENT_COLUMNS = ("originator_id", "originator_version", "topic", "state", "customer_id", *METADATA_COLUMNS)

#: What else is written in the transaction of a commit.
InCommit = Callable[[Connection[Any]], None]


class ReadSet(NamedTuple):
    """Streams that decisions read without writing to them, and the position up to which they knew them."""

    stream_ids: Collection[str] = ()
    position: int = 0


INSERT_RESULTS = (
    "INSERT INTO idempotency_keys (idempotency_key, digest, answer) "
    "SELECT * FROM unnest(%b::text[], %b::bytea[], %b::bytea[])"
)
INSERT_EVENTS = (
    f"WITH answered AS ({INSERT_RESULTS}), written AS ("
    f"INSERT INTO stored_events ({', '.join(EVENT_COLUMNS)}, recorded_at) "
    # Asked once for the commit, under the table's lock.
    "SELECT *, (SELECT public.log_time()) "
    "FROM unnest(%b::text[], %b::bigint[], %b::text[], %b::bytea[], %b::text[], "
    "%b::text[], %b::text[], %b::text[], %b::text[], %b::text[]) "
    # A stream that was only read has no version to clash with: whether it has moved on is asked under the
    # table's lock.
    "WHERE NOT EXISTS (SELECT FROM stored_events "
    "WHERE notification_id > %b::bigint AND originator_id = ANY(%b::text[])) "
    "RETURNING originator_id, originator_version, notification_id)"
)
INSERT_TAGS = (
    ", tagged AS (INSERT INTO event_tags (tag, position) SELECT t.tag, w.notification_id "
    "FROM unnest(%b::text[], %b::text[], %b::bigint[]) AS t (tag, originator_id, originator_version) "
    "JOIN written w USING (originator_id, originator_version) ON CONFLICT DO NOTHING)"
)
POSITIONS = " SELECT array_agg(notification_id ORDER BY notification_id) AS positions FROM written"


class LogRecorder(PostgresApplicationRecorder):
    """Inserts the events of a commit, their tags, the results of their commands and what belongs to it."""

    def __init__(self, datastore: PostgresDatastore) -> None:
        super().__init__(datastore, events_table_name=EVENTS_TABLE)
        locked: list[Any] = [
            SQL("BEGIN"),
            *self.lock_table_statements,
            SQL("NOTIFY {}").format(Identifier(self.channel_name)),
        ]
        # One simple query: together they cost one round trip.
        self._begin_locked = SQL("; ").join(locked)

    def create_table(self) -> None:
        """Migrate the log's tables."""
        with self.datastore.get_connection() as connection:
            migrate(connection, MIGRATIONS)

    @retry((InterfaceError, OperationalError), max_attempts=10, wait=0.2)
    def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        *,
        results: Sequence[StoredResult] = (),
        in_commit: Sequence[InCommit] = (),
        read_set: ReadSet | None = None,
        **_: Any,
    ) -> Sequence[int]:
        """One commit. Raises IntegrityError when a stream, also of the read set, has moved on or a key has a
        result.

        The library sends all of it in pipeline mode; psycopg 3.3 stops flushing a statement of several
        megabytes there and waits for ever for its answer (seen with imports), so here each statement is sent
        and answered in turn.
        """
        result_columns = _columns(results, ("idempotency_key", "digest", "answer"))
        if not stored_events:
            with self.datastore.get_connection() as connection:
                connection.execute(INSERT_RESULTS, result_columns)
            return []
        read, tags = read_set or ReadSet(), _tags(stored_events)
        with self.datastore.get_connection() as connection, _begun(connection, self._begin_locked):
            for write in in_commit:
                write(connection)
            row = connection.execute(
                INSERT_EVENTS + (INSERT_TAGS if tags else "") + POSITIONS,
                [
                    *result_columns,
                    *_columns(stored_events, EVENT_COLUMNS),
                    read.position,
                    list(read.stream_ids),
                    *tags,
                ],
            ).fetchone()
            if row is None or row["positions"] is None:
                raise IntegrityError("the read set of a decision has moved on")
            positions: list[int] = row["positions"]
            return positions


@contextmanager
def _begun(connection: Connection[Any], begin: Query) -> Generator[None]:
    """A transaction that `begin` begins, whatever else it does: each round trip counts while others wait for
    the log.
    """
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


def _tags(events: Sequence[StoredEvent]) -> list[list[Any]]:
    """Tags, and the streams and versions of the events that have them; nothing without any."""
    rows = [
        (tag, event.originator_id, event.originator_version)
        for event in events
        for tag in getattr(event, "tags", ())
    ]
    return [list(column) for column in zip(*rows, strict=True)]

"""The log's table in PostgreSQL: the library's recorder, with what else belongs to a commit beside the
events.

Writers take turns in a function of ours (the library's, POSTGRES_ENABLE_DB_FUNCTIONS, takes no lock):
positions are given in the order of the commits, so nobody can read past a gap that is filled later.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from eventsourcing.persistence import InterfaceError, OperationalError, StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from eventsourcing.utils import retry
from psycopg import Connection

from infra.event_store.command_results import StoredResult
from infra.event_store.epoch import ensure_epoch, has_begun
from infra.postgres import Migrations, migrate

MIGRATIONS: Final = Migrations("public", Path(__file__).parent / "migrations")
EVENTS_TABLE = "stored_events"
METADATA_COLUMNS = ("actor", "role", "correlation_id", "causation_id", "traceparent")
EVENT_COLUMNS = ("originator_id", "originator_version", "topic", "state", "customer_id", *METADATA_COLUMNS)

#: What else is written in the transaction of a commit.
InCommit = Callable[[Connection[Any]], None]


class Known(NamedTuple):
    """What a decision was made on, and has to be true when its events are written."""

    #: Position, stream, version and bytes of an event, the last that the writer knows of.
    end: tuple[int, str, int, bytes] | tuple[None, None, None, None] = (None, None, None, None)
    #: The positions that every reader leaves out; None where that was not asked.
    left_out: Collection[int] | None = None
    #: The versions of streams that were read without writing to them.
    versions: Mapping[str, int] = {}


INSERT_RESULTS = (
    "INSERT INTO idempotency_keys (idempotency_key, digest, answer) "
    "SELECT * FROM unnest(%b::text[], %b::bytea[], %b::bytea[])"
)
#: What is known, results, events, tags.
APPEND = (
    "SELECT public.append_events("
    "%b::bigint, %b::text, %b::bigint, %b::bytea, %b::bigint[], %b::text[], %b::bigint[], "
    "%b::text[], %b::bytea[], %b::bytea[], "
    "%b::text[], %b::bigint[], %b::text[], %b::bytea[], %b::text[], "
    "%b::text[], %b::text[], %b::text[], %b::text[], %b::text[], "
    "%b::text[], %b::text[], %b::bigint[]) AS positions"
)


class LogRecorder(PostgresApplicationRecorder):
    """Inserts the events of a commit, their tags, the results of their commands and what belongs to it."""

    def __init__(self, datastore: PostgresDatastore) -> None:
        super().__init__(datastore, events_table_name=EVENTS_TABLE)

    def create_table(self) -> None:
        """Migrate the log's tables; a log without an epoch begins its first, also where whoever migrated was
        stopped before.
        """
        with self.datastore.get_connection() as connection:
            if migrate(connection, MIGRATIONS) or not has_begun(connection):
                ensure_epoch(connection)

    @retry((InterfaceError, OperationalError), max_attempts=10, wait=0.2)
    def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        *,
        results: Sequence[StoredResult] = (),
        in_commit: Sequence[InCommit] = (),
        known: Known | None = None,
        **_: Any,
    ) -> Sequence[int]:
        """One commit. Raises IntegrityError when a stream has moved on, what is known does not hold any more,
        or a key has a result.

        The library sends several statements in pipeline mode; psycopg 3.3 stops flushing one of several
        megabytes there and waits for ever for its answer (seen with imports). Here it is one.
        """
        answered = _columns(results, ("idempotency_key", "digest", "answer"))
        if not stored_events:
            with self.datastore.get_connection() as connection:
                connection.execute(INSERT_RESULTS, answered)
            return []
        known = known or Known()
        parameters = [
            *known.end,
            None if known.left_out is None else sorted(known.left_out),
            list(known.versions),
            list(known.versions.values()),
            *answered,
            *_columns(stored_events, EVENT_COLUMNS),
            *_tags(stored_events),
        ]
        with self.datastore.get_connection() as connection:
            if not in_commit:
                return _append(connection, parameters)
            with connection.transaction():
                positions = _append(connection, parameters)
                for write in in_commit:
                    write(connection)
                return positions


def _append(connection: Connection[Any], parameters: list[Any]) -> list[int]:
    row = connection.execute(APPEND, parameters, prepare=True).fetchone()
    return row["positions"] if row else []


def _columns(rows: Sequence[Any], names: Sequence[str]) -> list[list[Any]]:
    return [[getattr(row, name, None) for row in rows] for name in names]


def _tags(events: Sequence[StoredEvent]) -> list[list[Any]]:
    """Tags, and the streams and versions of the events that have them."""
    rows = [
        (tag, event.originator_id, event.originator_version)
        for event in events
        for tag in getattr(event, "tags", ())
    ]
    return [[row[at] for row in rows] for at in range(3)]

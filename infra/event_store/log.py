"""The event log as an eventsourcing application, and reading it by position, stream (and version) or
customer.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Final

import msgspec
from eventsourcing.application import Application
from eventsourcing.persistence import Mapper
from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import DictRow

from infra.event_store.command_results import StoredResult
from infra.event_store.mapper import MsgspecMapper, Record
from infra.event_store.quarantine import EVERY_READER, positions_left_out
from infra.event_store.recorder import InCommit, Known, LogRecorder
from infra.event_store.storable import is_storable
from infra.event_store.turns import turn


class LoggedEvent(msgspec.Struct, frozen=True):
    """A stored event: its position, that of the event before it (0 before the first), and its bytes."""

    position: int
    previous_position: int
    stream_id: str
    version: int
    topic: str
    customer_id: str | None
    state: bytes
    #: Event metadata, where the writer knew of it. Not every reader asks for it.
    recorded_at: datetime | None = None
    actor: str | None = None
    role: str | None = None
    correlation_id: str | None = None
    causation_id: str | None = None
    traceparent: str | None = None

    @property
    def event_id(self) -> str:
        """What names the event outside of the log: `<aggregate>/<version>`."""
        return f"{self.stream_id}/{self.version}"


METADATA: Final = "recorded_at, actor, role, correlation_id, causation_id, traceparent"
SELECT = (
    "SELECT notification_id AS position, originator_id, originator_version, topic, customer_id, state "
    "FROM stored_events "
)
READ = (
    "SELECT notification_id AS position, originator_id, originator_version, topic, customer_id, state, "
    f"{METADATA} FROM stored_events WHERE notification_id > %s ORDER BY notification_id LIMIT %s"
)
PREVIOUS = "SELECT max(notification_id) AS position FROM stored_events WHERE notification_id <= %s"
KNOWN = (
    "SELECT false AS is_stream, idempotency_key AS known FROM idempotency_keys "
    "WHERE idempotency_key = ANY(%b) "
    "UNION ALL "
    "SELECT true, originator_id FROM stored_events WHERE originator_id = ANY(%b) AND originator_version = 1 "
    "UNION ALL SELECT true, tag FROM event_tags WHERE tag = ANY(%b)"
)
FOLLOWING = (
    "SELECT q.left_out, e.* FROM "
    "(SELECT ARRAY("
    f"SELECT position FROM quarantined_events WHERE projection = '{EVERY_READER}') AS left_out) q "
    f"LEFT JOIN ({SELECT} WHERE notification_id >= %s ORDER BY notification_id LIMIT %s) e ON true "
    "ORDER BY e.position"
)
#: Versions of a stream grow with positions: the index of its versions is read backwards.
LAST_OF_STREAM: Final = (
    "originator_id = %s AND originator_version = (SELECT originator_version FROM stored_events "
    "WHERE originator_id = %s AND notification_id <= %s ORDER BY originator_version DESC LIMIT 1)"
)
END_OF_LOG = 2**62
#: The last position recorded by an instant; else 0, or nothing where the first event has no time.
RECORDED_BY = (
    "SELECT coalesce((SELECT notification_id FROM stored_events WHERE recorded_at <= %s "
    "ORDER BY recorded_at DESC, notification_id DESC LIMIT 1), "
    "(SELECT 0 WHERE (SELECT recorded_at IS NOT NULL FROM stored_events ORDER BY notification_id LIMIT 1) "
    "IS NOT FALSE)) AS position"
)
TAGGED = (
    "SELECT DISTINCT e.originator_id FROM event_tags t "
    "JOIN stored_events e ON e.notification_id = t.position WHERE t.tag = %s AND t.position <= %s"
)


def environment(database_url: str, *, pool_size: int = 2, pool_overflow: int = 8) -> dict[str, str]:
    """How the library is told to keep events on PostgreSQL, positions in the order of the commits."""
    target = conninfo_to_dict(database_url)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(target.get("dbname") or "clienteling"),
        "POSTGRES_HOST": str(target.get("host") or "127.0.0.1"),
        "POSTGRES_PORT": str(target.get("port") or "5432"),
        "POSTGRES_USER": str(target.get("user") or "postgres"),
        "POSTGRES_PASSWORD": str(target.get("password") or "unused"),
        "POSTGRES_POOL_SIZE": str(pool_size),
        "POSTGRES_MAX_OVERFLOW": str(pool_overflow),
        "POSTGRES_CONN_MAX_AGE": "3600",
        "ORIGINATOR_ID_TYPE": "text",
        "POSTGRES_ENABLE_DB_FUNCTIONS": "n",
    }


class EventLog(Application[str]):
    """Appends with expected versions, gives positions in commit order; the log is also the outbox."""

    name = "clienteling"

    def __init__(self, database_url: str, *, pool_size: int = 2, pool_overflow: int = 8) -> None:
        super().__init__(env=environment(database_url, pool_size=pool_size, pool_overflow=pool_overflow))

    def construct_mapper(self) -> Mapper[str]:
        return MsgspecMapper()

    def construct_recorder(self) -> LogRecorder:
        self.datastore = self.factory.datastore  # type: ignore[attr-defined]
        recorder = LogRecorder(self.datastore)
        recorder.create_table()
        return recorder

    def append(
        self,
        records: Sequence[Record],
        results: Sequence[StoredResult] = (),
        in_commit: Sequence[InCommit] = (),
        known: Known | None = None,
    ) -> list[int]:
        """Write events, results and what else belongs to a commit; the positions of the events.

        Raises eventsourcing.persistence.IntegrityError when a stream has moved on, what is known does not
        hold any more, or a key has a result.
        """
        # What `save` comes to for events without aggregates. It finds out of each what it is, which takes
        # twice as long as encoding it, and makes a notification of each (benchmark: import).
        stored = list(map(self.mapper.to_stored_event, records))  # type: ignore[arg-type]
        return list(
            self.recorder.insert_events(stored, results=results, in_commit=in_commit, known=known) or ()
        )

    def connection(self) -> Any:
        """A pooled connection as a context manager (dictionary rows, autocommit)."""
        return self.datastore.get_connection()

    def turn(self) -> AbstractContextManager[None]:
        """Hold the writers' turn, for who decides and appends while others do, too."""
        return turn(self.connection())

    def left_out(self, projection: str = EVERY_READER) -> frozenset[int]:
        """The positions of the events that a projection, or every reader, leaves out."""
        with self.connection() as connection:
            return positions_left_out(connection, projection)

    def last_position(self) -> int:
        """Where the log ends; 0 when it is empty."""
        return self.recorder.max_notification_id() or 0

    def last_recorded_by(self, instant: datetime) -> int | None:
        """Where the log ended at an instant; None when the events of then have no metadata."""
        with self.connection() as connection:
            row = connection.execute(RECORDED_BY, (instant,)).fetchone()
        return None if row is None or row["position"] is None else int(row["position"])

    def read(self, after: int, limit: int) -> list[LoggedEvent]:
        """The next events behind a position, at most `limit`, in the order of the log; with metadata."""
        with self.connection() as connection:
            rows = connection.execute(READ, (after, limit)).fetchall()
            previous = _previous(connection, after) if rows else 0
        return list(_chained(rows, previous))

    def read_from(self, position: int, limit: int) -> tuple[frozenset[int], list[LoggedEvent]]:
        """The positions that every reader leaves out, and the events at and behind a position; in one query.

        `previous_position` is not looked up: 0 for the first.
        """
        with self.connection() as connection:
            rows = connection.execute(FOLLOWING, (position, limit)).fetchall()
        events = [] if rows[0]["position"] is None else list(_chained(rows, 0))
        return frozenset(rows[0]["left_out"]), events

    def last_until(self, position: int) -> LoggedEvent | None:
        """The last event up to a position, or None before the first; its `previous_position` is 0."""
        found = self._read_where(
            "notification_id = (SELECT max(notification_id) FROM stored_events WHERE notification_id <= %s)",
            (position,),
        )
        return found[0] if found else None

    def read_stream(
        self, stream_id: str, *, after_version: int = 0, up_to: int = END_OF_LOG
    ) -> list[LoggedEvent]:
        """The history of one stream, up to a position if one is given; `previous_position` is that of the
        same history.
        """
        return self._read_where(
            "originator_id = %s AND originator_version > %s AND notification_id <= %s",
            (stream_id, after_version, up_to),
        )

    def read_back(self, stream_id: str, up_to: int) -> Iterator[LoggedEvent]:
        """The events of one stream up to a position, the last one first, as far as they are taken;
        `previous_position` is 0.
        """
        at = up_to
        while found := self._read_where(LAST_OF_STREAM, (stream_id, stream_id, at)):
            yield from found
            at = found[0].position - 1

    def read_histories(self, stream_ids: list[str]) -> list[LoggedEvent]:
        """The histories of several streams, in the order of the log."""
        return self._read_where("originator_id = ANY(%b)", (stream_ids,))

    def known(self, keys: list[str], stream_ids: list[str]) -> tuple[set[str], set[str]]:
        """Which of these idempotency keys have a result, and which of these streams have a history or tag an
        event; in one query.
        """
        # No other key can have been kept; asking for it would be an error.
        keys = list(filter(is_storable, keys))
        with self.connection() as connection:
            rows = connection.execute(KNOWN, (keys, stream_ids, stream_ids)).fetchall()
        return (
            {row["known"] for row in rows if not row["is_stream"]},
            {row["known"] for row in rows if row["is_stream"]},
        )

    def streams_of(self, customer_ids: list[str]) -> set[str]:
        """The streams that have an event about any of these customers."""
        with self.connection() as connection:
            rows = connection.execute(
                "SELECT DISTINCT originator_id FROM stored_events WHERE customer_id = ANY(%b)",
                (customer_ids,),
            ).fetchall()
        return {row["originator_id"] for row in rows}

    def read_topics(self, topics: Collection[str]) -> list[LoggedEvent]:
        """Every event of these topics, in the order of the log. Reads the whole log."""
        return self._read_where("topic = ANY(%b)", (list(topics),))

    def read_customers(
        self,
        customer_ids: Collection[str],
        topics: Collection[str],
        *,
        up_to: int = END_OF_LOG,
        whenever: Collection[str] = (),
    ) -> list[LoggedEvent]:
        """The events of these topics that concern any of these customers, in the order of the log, up to a
        position.

        Events of the topics `whenever` are among them also behind that position.
        """
        return self._read_where(
            "customer_id = ANY(%b) AND topic = ANY(%b) AND (notification_id <= %s OR topic = ANY(%b))",
            (list(customer_ids), list(topics), up_to, list(whenever)),
        )

    def streams_tagged(self, tag: str, *, up_to: int = END_OF_LOG) -> list[str]:
        """The streams that have an event with this tag, up to a position of the log if one is given."""
        with self.connection() as connection:
            rows = connection.execute(TAGGED, (tag, up_to)).fetchall()
        return sorted(row["originator_id"] for row in rows)

    def read_customer(self, customer_id: str, *, up_to: int | None = None) -> list[LoggedEvent]:
        """Every event about one customer, in the order of the log, up to a position if one is given."""
        return self._read_where(
            "customer_id = %s AND notification_id <= %s",
            (customer_id, up_to if up_to is not None else END_OF_LOG),
        )

    def _read_where(self, condition: str, parameters: tuple[Any, ...]) -> list[LoggedEvent]:
        with self.connection() as connection:
            rows = connection.execute(
                SELECT + "WHERE " + condition + " ORDER BY notification_id", parameters
            ).fetchall()
        return list(_chained(rows, 0))


def _previous(connection: Connection[DictRow], position: int) -> int:
    row = connection.execute(PREVIOUS, (position,)).fetchone()
    return int(row["position"] or 0) if row else 0


def _chained(rows: list[DictRow], previous: int) -> Iterator[LoggedEvent]:
    for row in rows:
        yield LoggedEvent(
            row["position"],
            previous,
            row["originator_id"],
            row["originator_version"],
            row["topic"],
            row["customer_id"],
            bytes(row["state"]),
            *(row.get(name) for name in METADATA.split(", ")),
        )
        previous = row["position"]

"""The log's table in PostgreSQL: the library's recorder, with the customer and the answers beside the events.

The library's table lock is kept (POSTGRES_ENABLE_DB_FUNCTIONS would drop it): positions are given in the order of the
commits, so nobody can read past a gap that is filled later.
"""

from collections.abc import Sequence
from typing import Any

from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg import Cursor
from psycopg.rows import DictRow
from psycopg.sql import SQL, Composed

from infra.event_store.answers import StoredAnswer

EVENTS_TABLE = "stored_events"

EXTRA_DDL = (
    "ALTER TABLE stored_events ADD COLUMN IF NOT EXISTS customer_id text",
    "CREATE INDEX IF NOT EXISTS stored_events_customer_idx ON stored_events (customer_id, notification_id) "
    "WHERE customer_id IS NOT NULL",
    "CREATE TABLE IF NOT EXISTS idempotency_keys ("
    "idempotency_key text PRIMARY KEY, digest bytea NOT NULL, answer bytea NOT NULL, "
    "answered_at timestamptz NOT NULL DEFAULT now())",
)

INSERT_EVENTS = (
    "INSERT INTO stored_events (originator_id, originator_version, topic, state, customer_id) "
    "SELECT * FROM unnest(%b::text[], %b::bigint[], %b::text[], %b::bytea[], %b::text[]) "
    "RETURNING notification_id"
)
INSERT_ANSWERS = (
    "INSERT INTO idempotency_keys (idempotency_key, digest, answer) "
    "SELECT * FROM unnest(%b::text[], %b::bytea[], %b::bytea[])"
)


class LogRecorder(PostgresApplicationRecorder):
    """Inserts the events of a commit, the answers to the commands they came from and what must happen with them."""

    def __init__(self, datastore: PostgresDatastore) -> None:
        super().__init__(datastore, events_table_name=EVENTS_TABLE)
        self.sql_create_statements.extend(Composed([SQL(statement)]) for statement in EXTRA_DDL)

    def _insert_events(
        self,
        curs: Cursor[DictRow],
        stored_events: Sequence[StoredEvent],
        answers: Sequence[StoredAnswer] = (),
        forget: Sequence[Any] = (),
        **_: Any,
    ) -> None:
        for destroy_key in forget:
            destroy_key(curs.connection)
        if answers:
            curs.execute(
                INSERT_ANSWERS,
                (
                    [answer.idempotency_key for answer in answers],
                    [answer.digest for answer in answers],
                    [answer.answer for answer in answers],
                ),
            )

    def _insert_stored_events(
        self, curs: Cursor[DictRow], stored_events: Sequence[StoredEvent], **_: Any
    ) -> None:
        self._lock_table(curs)
        self._notify_channel(curs)
        curs.execute(
            INSERT_EVENTS,
            (
                [str(event.originator_id) for event in stored_events],
                [event.originator_version for event in stored_events],
                [event.topic for event in stored_events],
                [event.state for event in stored_events],
                [getattr(event, "customer_id", None) for event in stored_events],
            ),
        )

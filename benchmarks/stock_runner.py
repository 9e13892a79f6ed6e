"""The commission ledger as the eventsourcing library would have it: its ProjectionRunner, with our fold.

One event after the other, each in a transaction of its own: the account's row is read, folded, written back,
and the position is tracked beside it, as the library's manual shows.
"""

import time
from typing import Any

from eventsourcing.dispatch import singledispatchmethod
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg.sql import SQL

from infra.event_store.log import EventLog, environment
from projections.commission_ledger.fold import PROJECTION
from services.projector.decoding import topics_of

_TABLES = (
    "CREATE TABLE IF NOT EXISTS stock_ledger ("
    "key text PRIMARY KEY, position bigint NOT NULL, state json NOT NULL, "
    "associate_id text, currency text, balance_minor bigint NOT NULL, owed_minor bigint NOT NULL)",
    "CREATE TABLE IF NOT EXISTS stock_ledger_postings ("
    "key text NOT NULL, position bigint NOT NULL, n integer NOT NULL, "
    "source text NOT NULL, target text NOT NULL, lines json NOT NULL, "
    "currency text NOT NULL, kind text NOT NULL, "
    "period_id text, sale_id text, return_id text, occurred_at timestamptz NOT NULL, document json, "
    "PRIMARY KEY (key, position, n))",
)
_READ = "SELECT state::text AS state FROM stock_ledger WHERE key = %s"
_WRITE = (
    "INSERT INTO stock_ledger VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (key) DO UPDATE SET "
    "(position, state, associate_id, currency, balance_minor, owed_minor) = "
    "(EXCLUDED.position, EXCLUDED.state, "
    "EXCLUDED.associate_id, EXCLUDED.currency, EXCLUDED.balance_minor, EXCLUDED.owed_minor)"
)
_ENTER = "INSERT INTO stock_ledger_postings VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"


class LedgerView(PostgresTrackingRecorder):
    """The tables of the ledger, and how far they are."""

    def __init__(self, datastore: PostgresDatastore, **options: Any) -> None:
        super().__init__(datastore, **options)
        self.sql_create_statements.extend(SQL(statement).format() for statement in _TABLES)

    def take(self, key: str, event: Any, tracking: Tracking) -> None:
        """Fold one event into its account's row and its entries."""
        with self.datastore.transaction(commit=True) as cursor:
            row = cursor.execute(_READ, (key,), prepare=True).fetchone()
            state = PROJECTION.empty(key) if row is None else PROJECTION.decode(row["state"])
            position = tracking.notification_id
            entries = PROJECTION.fold(state, event, position)
            written = (key, position, PROJECTION.encode(state).decode(), *PROJECTION.values(state))
            cursor.execute(_WRITE, written, prepare=True)
            if entries:
                cursor.executemany(_ENTER, [(key, position, n, *entry) for n, entry in enumerate(entries)])
            self._insert_tracking(cursor, tracking)


class Ledger(Projection[LedgerView]):
    """Gives each event to the view. The database passes over the topics it does not fold."""

    name = "stockledger"
    topics = tuple(sorted(topics_of(PROJECTION)))

    @singledispatchmethod
    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        self.view.take(domain_event.originator_id, domain_event.event, tracking)


class Log(EventLog):
    """The log, opened as the library's runner opens applications."""

    def __init__(self, env: Any) -> None:
        super().__init__(env["DATABASE_URL"])


def positions_per_second(database_url: str, seconds: float) -> float:
    """How many positions of the log the runner leaves behind in a second; watched for so long."""
    env = environment(database_url) | {"DATABASE_URL": database_url}
    with ProjectionRunner(
        application_class=Log, projection_class=Ledger, view_class=LedgerView, env=env
    ) as runner:
        started, began_at = time.monotonic(), runner.view.max_tracking_id(Log.name) or 0
        runner.run_forever(timeout=seconds)
        reached = runner.view.max_tracking_id(Log.name) or 0
        return (reached - began_at) / (time.monotonic() - started)

"""The commission ledger as the eventsourcing library would have it: its ProjectionRunner, with our fold.

One event after the other, each in a transaction of its own: the account's row is read, folded, written back,
and the position is tracked beside it, as the library's manual shows.
"""

import time
from typing import Any, LiteralString, cast

from eventsourcing.dispatch import singledispatchmethod
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg.sql import SQL

from infra.event_store.log import EventLog, environment
from projections.commission_ledger.fold import PROJECTION
from projections.kernel import Journal
from services.projector.decoding import topics_of

_JOURNAL = PROJECTION.journal or Journal("", ())
#: The tables as the projection declares them, so that they cannot drift apart.
_DDL = PROJECTION.ddl.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS").replace(
    "CREATE INDEX", "CREATE INDEX IF NOT EXISTS"
)
_TABLES = SQL(cast("LiteralString", _DDL)).format(
    table=SQL("stock_ledger"), name=SQL("stock_ledger"), schema=SQL("public")
)
_READ = b"SELECT state::text AS state FROM stock_ledger WHERE key = %s"
_COLUMNS = ("position", "state", *PROJECTION.columns)
_WRITE = (
    f"INSERT INTO stock_ledger (key, {', '.join(_COLUMNS)}) VALUES (%s{', %s' * len(_COLUMNS)}) "
    f"ON CONFLICT (key) DO UPDATE SET {', '.join(f'{column} = EXCLUDED.{column}' for column in _COLUMNS)}"
).encode()
_ENTER = (
    f"INSERT INTO stock_ledger_{_JOURNAL.suffix} VALUES (%s, %s, %s{', %s' * len(_JOURNAL.columns)})"
).encode()


class LedgerView(PostgresTrackingRecorder):
    """The tables of the ledger, and how far they are."""

    def __init__(self, datastore: PostgresDatastore, **options: Any) -> None:
        super().__init__(datastore, **options)
        self.sql_create_statements.append(_TABLES)

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

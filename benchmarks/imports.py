"""Importing against the library's own way of saving, one aggregate's event at a time, on the same facts and server."""

import gzip
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.figure import Figure
from benchmarks.sandbox import Sandbox
from infra.clock import SYSTEM_CLOCK
from infra.event_store.codec import decode
from infra.event_store.handler import Handler
from infra.event_store.log import EventLog
from infra.event_store.mapper import Record
from infra.postgres import sync_pool
from infra.vault import Vault, prepare_vault
from services.ops.importing.account import Account
from services.ops.importing.importer import Importer
from services.ops.importing.online_retail import OnlineRetail

EVENTS_ONE_BY_ONE = 1_500
REAL_FILE = Path(__file__).parents[2] / "shared" / "data" / "online-retail" / "online_retail.csv.gz"
LINES = 120_000


def measure(sandbox: Sandbox, say: Callable[[str], None]) -> list[Figure]:
    """Events per second of an import, and of `Application.save` for each of the same events."""
    if not REAL_FILE.is_file():
        say("import: ../shared/data/online-retail is not here, so there is nothing real to import")
        return []
    with tempfile.TemporaryDirectory() as folder:
        part = Path(folder) / "part.csv"
        with (
            gzip.open(REAL_FILE, "rt", encoding="utf-8") as source,
            part.open("w", encoding="utf-8") as target,
        ):
            for _, line in zip(range(LINES + 1), source, strict=False):
                target.write(line)
        say(f"import: {LINES:,} lines of Online Retail")
        settings = sandbox.settings(sandbox.database())
        with (
            EventLog(settings.database_url or "") as log,
            sync_pool(settings, settings.database_url or "", name="bench") as pool,
        ):
            with pool.connection() as connection:
                vault = Vault(pool, prepare_vault(settings, connection))
            handler = Handler(log, vault, SYSTEM_CLOCK)
            started = time.monotonic()
            account = Account()
            Importer(OnlineRetail([part], 40, account), account, log).run(
                handler, batch_entries_max=settings.import_batch_commands_max
            )
            seconds = time.monotonic() - started
            events = log.last_position()
            some = log.read(0, EVENTS_ONE_BY_ONE)
    say(f"import: {EVENTS_ONE_BY_ONE:,} of the same events one by one")
    with EventLog(sandbox.database()) as stock:
        decoded = [(event, decode(event.topic, event.state)) for event in some]
        records = [
            Record(event.stream_id, event.version, fact) for event, fact in decoded if fact is not None
        ]
        started = time.monotonic()
        for record in records:
            stock.save(record)  # type: ignore[arg-type]
        one_by_one = len(records) / (time.monotonic() - started)
    return [
        Figure(
            name="import",
            of="Online Retail through the handler",
            against="Application.save, one by one",
            value=events / seconds,
            floor=one_by_one,
            unit="events/s",
            goal=10,
        )
    ]

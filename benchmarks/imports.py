"""Importing against the library's own way of saving, one aggregate's event at a time, on the same facts and server."""

import gzip
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.figure import Figure
from benchmarks.sandbox import Sandbox
from infra.clock import SYSTEM_CLOCK
from infra.event_store.handler import Handler
from infra.event_store.log import EventLog
from infra.event_store.mapper import Record
from infra.vault import Vault
from services.ops.importing.account import Account
from services.ops.importing.online_retail import OnlineRetail
from services.ops.importing.run import run_commands

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
        with EventLog(settings.database_url or "") as log, Vault(settings) as vault:
            handler = Handler(log, vault, SYSTEM_CLOCK)
            started = time.monotonic()
            account = Account()
            run_commands(
                handler,
                OnlineRetail(part, 40, account).commands(),
                batch_commands_max=settings.import_batch_commands_max,
                on_batch=lambda _events, _known: None,
            )
            seconds = time.monotonic() - started
            events = log.last_position()
            some = log.read(0, EVENTS_ONE_BY_ONE)
    say(f"import: {EVENTS_ONE_BY_ONE:,} of the same events one by one")
    with EventLog(sandbox.database()) as stock:
        records = [stock.mapper.to_domain_event(logged_as_stored(event)) for event in some]
        started = time.monotonic()
        for record in records:
            stock.save(record)
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

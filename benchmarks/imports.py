"""Importing against the library's own way of saving, one aggregate's event at a time, on the same events and
server; what the tables take of it, and its memory.
"""

import os
import time
from collections.abc import Callable
from statistics import median
from typing import NamedTuple

from eventsourcing.application import Application
from eventsourcing.persistence import Mapper

from benchmarks.figure import Figure
from benchmarks.memory import kilobytes
from benchmarks.sandbox import Sandbox
from benchmarks.sizes import Sizes
from infra.event_store.codec import decode
from infra.event_store.log import environment
from infra.event_store.mapper import MsgspecMapper, Record
from infra.event_store.session import open_session
from infra.garbage import seldom_collected
from infra.postgres import sync_pool
from infra.projection_store.heartbeats import ensure_catalog
from infra.runtime import STATES_REMEMBERED_MAX
from projections.registry import ALL
from services.importing.formats.online_retail.reader import OnlineRetail
from services.importing.pipeline.importer import Importer
from services.importing.pipeline.prefetch import prefetch
from services.importing.pipeline.reconciliation import Reconciliation
from services.rebuild.rebuild import rebuild


def measure(sandbox: Sandbox, say: Callable[[str], None], sizes: Sizes) -> list[Figure]:
    """Events per second of an import, and of the library's own `Application.save` for each of the same
    events.
    """
    if not sizes.import_file.is_file():
        say("import: ../shared/data/online-retail is not here, so there is nothing real to import")
        return []
    one_by_one: list[float] = []
    runs: list[Imported] = []
    for turn in range(1, sizes.turns + 1):
        say(f"import: Online Retail, turn {turn}")
        runs.append(_imported(sandbox, sizes))
        say(f"import: {len(runs[-1].first):,} of the same events one by one, turn {turn}")
        one_by_one.append(_one_by_one(sandbox, runs[-1].first))
    rows_per_second = median([run.rows / run.seconds for run in runs])
    until_read = median([run.rows / (run.seconds + run.tables_seconds) for run in runs])
    return [
        Figure(
            name="import",
            of="Online Retail, all of it, through the handler",
            against="Application.save as the library has it, one by one",
            value=median([run.events / run.seconds for run in runs]),
            floor=median(one_by_one),
            unit="events/s",
            goal=10,
        ),
        Figure(
            name="import until it can be read",
            of="the same, with all tables built in bulk behind it, as `clienteling import` does",
            against="the same without tables",
            value=until_read,
            floor=rows_per_second,
            unit="rows/s",
            goal=0.6,
        ),
        Figure(
            name="import's memory",
            of="the importing process when half of the batches are written",
            against="when all of them are",
            value=median([run.half_mb for run in runs]),
            floor=median([run.end_mb for run in runs]),
            unit="MiB",
            goal=0.8,
        ),
    ]


class Stock(Application[str]):
    """The library's application with its own recorder; only its mapper is ours, since its own cannot read
    msgspec structs.
    """

    def construct_mapper(self) -> Mapper[str]:
        return MsgspecMapper()


class Imported(NamedTuple):
    """An import into an empty log: what it took, what its tables took, and the first of its events."""

    rows: int
    events: int
    seconds: float
    tables_seconds: float
    half_mb: float
    end_mb: float
    first: list[Record]


def _imported(sandbox: Sandbox, sizes: Sizes) -> Imported:
    url = sandbox.database()
    settings = sandbox.settings(url)
    mb: list[float] = []
    with (
        sync_pool(settings, url, name="bench") as pool,
        open_session(settings, url, pool, states_max=STATES_REMEMBERED_MAX) as (log, _, handler),
    ):
        started = time.monotonic()
        reconciliation = Reconciliation()
        source = OnlineRetail([sizes.import_file], 40, reconciliation)
        with seldom_collected():
            Importer(source, reconciliation, log, read=prefetch).run(
                handler,
                batch_entries_max=settings.import_batch_commands_max,
                on_batch=lambda *_: mb.append(kilobytes(os.getpid(), "Rss") / 1024),
            )
        seconds = time.monotonic() - started
        decoded = [
            (event, decode(event.topic, event.state)) for event in log.read(0, sizes.imported_one_by_one)
        ]
        records = [
            Record(event.stream_id, event.version, content)
            for event, content in decoded
            if content is not None
        ]
        events = log.last_position()
    ensure_catalog(settings, url)
    started = time.monotonic()
    rebuild(settings, url, ALL, lambda *_: None, lambda _: None)
    tables_seconds = time.monotonic() - started
    rows = reconciliation.summary.rows
    return Imported(rows, events, seconds, tables_seconds, mb[len(mb) // 2], mb[-1], records)


def _one_by_one(sandbox: Sandbox, records: list[Record]) -> float:
    with Stock(environment(sandbox.database())) as stock:
        started = time.monotonic()
        for record in records:
            stock.save(record)  # type: ignore[arg-type]
        return len(records) / (time.monotonic() - started)

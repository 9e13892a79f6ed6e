"""Importing against the library's own way of saving, one aggregate's event at a time, on the same events and
server.
"""

import time
from collections.abc import Callable
from statistics import median

from eventsourcing.application import Application
from eventsourcing.persistence import Mapper

from benchmarks.figure import Figure
from benchmarks.sandbox import Sandbox
from benchmarks.sizes import Sizes
from infra.event_store.codec import decode
from infra.event_store.log import environment
from infra.event_store.mapper import MsgspecMapper, Record
from infra.event_store.session import open_session
from infra.garbage import seldom_collected
from infra.postgres import sync_pool
from services.importing.formats.online_retail.reader import OnlineRetail
from services.importing.pipeline.importer import Importer
from services.importing.pipeline.prefetch import prefetch
from services.importing.pipeline.reconciliation import Reconciliation


def measure(sandbox: Sandbox, say: Callable[[str], None], sizes: Sizes) -> list[Figure]:
    """Events per second of an import, and of the library's own `Application.save` for each of the same
    events.
    """
    if not sizes.import_file.is_file():
        say("import: ../shared/data/online-retail is not here, so there is nothing real to import")
        return []
    one_by_one: list[float] = []
    imported: list[float] = []
    for turn in range(1, sizes.turns + 1):
        say(f"import: Online Retail, turn {turn}")
        per_second, events = _imported(sandbox, sizes)
        imported.append(per_second)
        say(f"import: {len(events):,} of the same events one by one, turn {turn}")
        one_by_one.append(_one_by_one(sandbox, events))
    return [
        Figure(
            name="import",
            of="Online Retail, all of it, through the handler",
            against="Application.save as the library has it, one by one",
            value=median(imported),
            floor=median(one_by_one),
            unit="events/s",
            goal=10,
        )
    ]


class Stock(Application[str]):
    """The library's application with its own recorder; only its mapper is ours, since its own cannot read
    msgspec structs.
    """

    def construct_mapper(self) -> Mapper[str]:
        return MsgspecMapper()


def _imported(sandbox: Sandbox, sizes: Sizes) -> tuple[float, list[Record]]:
    """Events per second, and the first of the events."""
    url = sandbox.database()
    settings = sandbox.settings(url)
    with (
        sync_pool(settings, url, name="bench") as pool,
        open_session(settings, url, pool) as (log, _, handler),
    ):
        started = time.monotonic()
        reconciliation = Reconciliation()
        source = OnlineRetail([sizes.import_file], 40, reconciliation)
        with seldom_collected():
            Importer(source, reconciliation, log, read=prefetch).run(
                handler, batch_entries_max=settings.import_batch_commands_max
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
        return log.last_position() / seconds, records


def _one_by_one(sandbox: Sandbox, records: list[Record]) -> float:
    with Stock(environment(sandbox.database())) as stock:
        started = time.monotonic()
        for record in records:
            stock.save(record)  # type: ignore[arg-type]
        return len(records) / (time.monotonic() - started)

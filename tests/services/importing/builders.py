"""Small files in the true layouts, and what an import makes of them."""

import csv
import gzip
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain.messages import Command
from infra.event_store.codec import decode
from infra.event_store.handler import CommandHandler
from infra.event_store.log import EventLog
from services.importing.formats.online_retail.reader import OnlineRetail
from services.importing.pipeline.importer import Importer
from services.importing.pipeline.reconciliation import ImportSummary, Reconciliation
from services.importing.pipeline.source_documents import SourceFormat

REAL_DATA = Path(__file__).parents[4] / "shared" / "data"
REAL_FILE = REAL_DATA / "online-retail" / "online_retail.csv.gz"
NORTHWIND = REAL_DATA / "northwind"

ONE = (
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
)
TWO = ("Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID", "Country")

SEALED = re.compile(rb"sealed:v1:[^\"]*")

Cells = tuple[str, str, int | str, str, str, str]


@dataclass
class House:
    """A log of its own, and who writes to it."""

    url: str
    log: EventLog
    handler: CommandHandler

    def facts(self) -> list[tuple[str, int, str, bytes]]:
        """The log: stream, version, topic, bytes. Encrypted texts differ from key to key and are blanked."""
        return [
            (e.stream_id, e.version, e.topic, SEALED.sub(b"sealed", e.state))
            for e in self.log.read(0, 1_000_000)
        ]

    def events(self, topic: str) -> list[Any]:
        """The facts of one topic."""
        return [decode(e.topic, e.state) for e in self.log.read(0, 1_000_000) if e.topic == topic]


def row(
    invoice: str = "536365",
    sku: str = "85123A",
    quantity: int | str = 6,
    at: str = "2010-12-01 08:26:00",
    price: str = "2.55",
    customer: str = "17850",
) -> Cells:
    """One invoice line."""
    return invoice, sku, quantity, at, price, customer


def retail_file(
    folder: Path,
    rows: Iterable[Cells],
    name: str = "retail.csv",
    *,
    header: Sequence[str] = ONE,
    delimiter: str = ",",
) -> Path:
    """A file of Online Retail."""
    path = folder / name
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(header)
    for invoice, sku, quantity, at, price, customer in rows:
        writer.writerow((invoice, sku, "A THING", quantity, at, price, customer, "United Kingdom"))
    content = text.getvalue().encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def dry(source: SourceFormat, reconciliation: Reconciliation) -> tuple[list[Command], ImportSummary]:
    """The commands of an import into an empty log, and its summary."""
    commands = [command for _, command in Importer(source, reconciliation, None).commands()]
    return commands, reconciliation.close()


def dry_retail(*paths: Path, associates: int = 3) -> tuple[list[Command], ImportSummary, Reconciliation]:
    """Online Retail, without a log."""
    reconciliation = Reconciliation()
    commands, summary = dry(OnlineRetail(paths, associates, reconciliation), reconciliation)
    return commands, summary, reconciliation


def import_into(
    house: House,
    source: SourceFormat,
    reconciliation: Reconciliation,
    *,
    batch: int = 50,
    stop_after: int = -1,
) -> ImportSummary:
    """Import; with `stop_after`, break off after so many batches as Ctrl-C would."""
    done = 0

    def on_batch(events: int, already_imported: int) -> None:
        nonlocal done
        reconciliation.summary.events += events
        reconciliation.summary.already_imported += already_imported
        done += 1
        if done == stop_after:
            raise KeyboardInterrupt

    Importer(source, reconciliation, house.log).run(house.handler, batch_entries_max=batch, on_batch=on_batch)
    return reconciliation.close()


def import_retail(
    house: House, *paths: Path, associates: int = 3, batch: int = 50, stop_after: int = -1
) -> ImportSummary:
    """Online Retail, into the log of a house."""
    reconciliation = Reconciliation()
    return import_into(
        house,
        OnlineRetail(paths, associates, reconciliation),
        reconciliation,
        batch=batch,
        stop_after=stop_after,
    )


def sum_of(summary: ImportSummary) -> int:
    """What the summary says that the file comes to (minor units)."""
    skipped = sum(left.amount_minor for left in summary.skipped.values())
    return summary.sold_minor - summary.returned_minor + summary.rounding_minor + skipped

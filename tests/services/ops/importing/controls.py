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
from infra.event_store.handler import Handler
from infra.event_store.log import EventLog
from services.ops.importing.account import Account, Summary
from services.ops.importing.importer import Importer
from services.ops.importing.online_retail import OnlineRetail
from services.ops.importing.slips import Format

REAL_DATA = Path(__file__).parents[5] / "shared" / "data"
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
    handler: Handler

    def facts(self) -> list[tuple[str, int, str, bytes]]:
        """Everything in the log, in its order: stream, version, topic, bytes. Sealed texts differ from key to key: left out."""
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


def dry(source: Format, account: Account) -> tuple[list[Command], Summary]:
    """The commands of an import into an empty log, and its summary."""
    commands = [command for _, command in Importer(source, account, None).commands()]
    return commands, account.close()


def dry_retail(*paths: Path, associates: int = 3) -> tuple[list[Command], Summary, Account]:
    """Online Retail, without a log."""
    account = Account()
    commands, summary = dry(OnlineRetail(paths, associates, account), account)
    return commands, summary, account


def import_into(
    house: House, source: Format, account: Account, *, batch: int = 50, stop_after: int = -1
) -> Summary:
    """Import; with `stop_after`, break off after so many batches as Ctrl-C would."""
    done = 0

    def on_batch(events: int, passed_over: int) -> None:
        nonlocal done
        account.summary.events += events
        account.summary.already_imported += passed_over
        done += 1
        if done == stop_after:
            raise KeyboardInterrupt

    Importer(source, account, house.log).run(house.handler, batch_entries_max=batch, on_batch=on_batch)
    return account.close()


def import_retail(
    house: House, *paths: Path, associates: int = 3, batch: int = 50, stop_after: int = -1
) -> Summary:
    """Online Retail, into the log of a house."""
    account = Account()
    return import_into(
        house, OnlineRetail(paths, associates, account), account, batch=batch, stop_after=stop_after
    )


def sum_of(summary: Summary) -> int:
    """What the summary says that the file comes to (minor units)."""
    left_out = sum(left.amount_minor for left in summary.left_out.values())
    return summary.sold_minor - summary.returned_minor + summary.rounding_minor + left_out

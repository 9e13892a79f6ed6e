"""Files of a till with a mapping, and what an import makes of them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from domain.messages import Command
from services.importing.formats.mapped_csv.mapping import Mapping
from services.importing.formats.mapped_csv.reader import MappedCsv
from services.importing.pipeline.reconciliation import ImportSummary, Reconciliation
from tests.services.importing.builders import dry

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HEADER = (
    "date,invoice,customer,sku,quantity,unit_price,amount,discount,tax,"
    "associate,kind,name,phone,store,currency"
)
COLUMNS = {
    "date": "date",
    "invoice": "invoice",
    "customer": "customer",
    "sku": "sku",
    "quantity": "quantity",
    "unit_price": "unit_price",
    "amount": "amount",
    "discount": "discount",
    "tax": "tax",
    "associate": "associate",
    "kind": "kind",
    "customer_name": "name",
    "phone": "phone",
    "store": "store",
    "currency": "currency",
}


def mapping(**keys: Any) -> Mapping:
    columns = {**COLUMNS, **keys.pop("columns", {})}
    content = {"name": "till", "currency": "EUR", "columns": {k: v for k, v in columns.items() if v}, **keys}
    return msgspec.convert(content, Mapping)


def line(**cells: str) -> str:
    usual = {"date": "2025-03-01 10:00", "invoice": "1", "sku": "A", "quantity": "1", "unit_price": "10.00"}
    return ",".join({**usual, **cells}.get(name, "") for name in HEADER.split(","))


def source(
    folder: Path, lines: list[str], reconciliation: Reconciliation, means: Mapping | None = None, **keys: Any
) -> MappedCsv:
    path = folder / "till.csv"
    path.write_text("\n".join([HEADER, *lines]) + "\n")
    key = keys.pop("key", b"secret")
    read = MappedCsv([path], means or mapping(), reconciliation, now=NOW, **keys)
    read.key_hashes(key)
    return read


def read(
    folder: Path, *lines: str, means: Mapping | None = None, **keys: Any
) -> tuple[list[Command], ImportSummary, Reconciliation]:
    reconciliation = Reconciliation()
    commands, summary = dry(source(folder, list(lines), reconciliation, means, **keys), reconciliation)
    return commands, summary, reconciliation


def of(kind: type[Any], commands: list[Command]) -> list[Any]:
    return [command for command in commands if isinstance(command, kind)]

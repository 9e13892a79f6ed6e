"""Rows of blanks alone, as spreadsheets leave them at the end: counted, and no problem of the file."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.importing.formats.adventureworks.reader import AdventureWorks
from services.importing.formats.mapped_csv.mapping import mapping_of
from services.importing.formats.mapped_csv.reader import MappedCsv
from services.importing.formats.northwind import Northwind
from services.importing.formats.online_retail.reader import OnlineRetail
from services.importing.pipeline.reconciliation import Reconciliation, SkippedRows
from services.importing.pipeline.source_documents import SourceFormat
from tests.services.importing.builders import dry, retail_file, row
from tests.services.importing.formats.test_adventureworks import (
    as_exports_with_headers,
    as_the_install_script_ships_them,
)

EXPORTS = Path(__file__).parents[1] / "exports"
NOW = datetime(2026, 11, 29, tzinfo=UTC)
NORTHWIND = {
    "employees": "employee_id,last_name,first_name\n1,Davolio,Nancy\n",
    "customers": "customer_id,company_name,contact_name,address,city,postal_code,country,phone\nA,,,,,,,\n",
    "categories": "category_id,category_name\n1,Tea\n",
    "products": "product_id,product_name,category_id\n1,Chai,1\n",
    "orders": "order_id,customer_id,employee_id,order_date\n1,A,1,1996-07-04\n",
    "order_details": "order_id,product_id,unit_price,quantity,discount\n1,1,10,2,0\n",
}
#: The empty line is none of the rows.
BLANKS = (",,,,,", "", "  ,  ,,", "," * 40)
#: Writes the files of a format to a folder, and opens them.
Opens = Callable[[Path, Reconciliation], SourceFormat]


def mapped(folder: Path, reconciliation: Reconciliation) -> SourceFormat:
    file, mapping = folder / "amount-refund.csv", mapping_of(EXPORTS / "amount-refund.toml")
    if not file.exists():
        file.write_text((EXPORTS / "amount-refund.csv").read_text())
    return MappedCsv([file], mapping, reconciliation, now=NOW)


def online_retail(folder: Path, reconciliation: Reconciliation) -> SourceFormat:
    if not (folder / "retail.csv").exists():
        retail_file(folder, [row(), row("C2", quantity=-1, at="2010-12-02 09:00:00")])
    return OnlineRetail([folder / "retail.csv"], 3, reconciliation)


def northwind(folder: Path, reconciliation: Reconciliation) -> SourceFormat:
    if not any(folder.iterdir()):
        for name, text in NORTHWIND.items():
            (folder / f"{name}.csv").write_text(text)
    return Northwind(folder, reconciliation)


def adventureworks(write: Callable[[Path], None]) -> Opens:
    def opens(folder: Path, reconciliation: Reconciliation) -> SourceFormat:
        if not any(folder.iterdir()):
            write(folder)
        return AdventureWorks(folder, reconciliation)

    return opens


def add_blanks(file: Path) -> None:
    """In the encoding and with the delimiter of the file."""
    content = file.read_bytes()
    encoding = "utf-16-le" if b"\0" in content else "utf-8"
    text = "".join(f"{blank}\n" for blank in BLANKS)
    delimiter = "," if file.suffix == ".csv" and b"\t" not in content and b"\0" not in content else "\t"
    file.write_bytes(content + text.replace(",", delimiter).encode(encoding))


@pytest.mark.parametrize(
    "opens",
    [
        mapped,
        online_retail,
        northwind,
        adventureworks(as_exports_with_headers),
        adventureworks(as_the_install_script_ships_them),
    ],
    ids=["csv", "online-retail", "northwind", "adventureworks exported", "adventureworks"],
)
def test_rows_of_blanks_are_counted_and_no_problem(tmp_path: Path, opens: Opens) -> None:
    expected, found = Reconciliation(), Reconciliation()
    commands, summary = dry(opens(tmp_path, expected), expected)
    for file in tmp_path.iterdir():
        add_blanks(file)
    again, with_blanks = dry(opens(tmp_path, found), found)
    assert (again, found.problems) == (commands, [])
    assert with_blanks.skipped.pop("blank_row") == SkippedRows(3, 0)
    assert (with_blanks.rows, with_blanks.skipped) == (summary.rows + 3, summary.skipped)

"""AdventureWorks' tables as files: as Microsoft's OLTP install script ships them, and as exports with
headers.

The script's files have no header. Their columns are in the order of the tables; fields end with a tab (or
+|), rows with a new line (or &|), the text is ASCII, Windows-1252, UTF-8 or UTF-16. Exports have headers in
any spelling: SalesOrderID, salesorderid, sales_order_id. The kind of a file is detected.
"""

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TextIO

from services.importing.pipeline import csv_files

FIELD_END, ROW_END = "+|", "&|"
TOO_FEW_COLUMNS = csv_files.BrokenRow("has too few columns")
NULLS = ("NULL", "\\N")

#: The columns in their order; rowguid and ModifiedDate at the end of each are left out here.
LAYOUTS: Mapping[str, tuple[str, ...]] = {
    "SalesOrderHeader": (
        "SalesOrderID", "RevisionNumber", "OrderDate", "DueDate", "ShipDate", "Status",
        "OnlineOrderFlag", "SalesOrderNumber", "PurchaseOrderNumber", "AccountNumber", "CustomerID",
        "SalesPersonID", "TerritoryID", "BillToAddressID", "ShipToAddressID", "ShipMethodID",
        "CreditCardID", "CreditCardApprovalCode", "CurrencyRateID", "SubTotal", "TaxAmt", "Freight",
        "TotalDue", "Comment",
    ),
    "SalesOrderDetail": (
        "SalesOrderID", "SalesOrderDetailID", "CarrierTrackingNumber", "OrderQty", "ProductID",
        "SpecialOfferID", "UnitPrice", "UnitPriceDiscount", "LineTotal",
    ),
    "SalesPerson": (
        "BusinessEntityID", "TerritoryID", "SalesQuota", "Bonus", "CommissionPct", "SalesYTD",
        "SalesLastYear",
    ),
    "SalesTerritoryHistory": ("BusinessEntityID", "TerritoryID", "StartDate", "EndDate"),
    "Customer": ("CustomerID", "PersonID", "StoreID", "TerritoryID", "AccountNumber"),
    "Store": ("BusinessEntityID", "Name", "SalesPersonID", "Demographics"),
    "Person": (
        "BusinessEntityID", "PersonType", "NameStyle", "Title", "FirstName", "MiddleName", "LastName",
        "Suffix", "EmailPromotion", "AdditionalContactInfo", "Demographics",
    ),
    "Product": (
        "ProductID", "Name", "ProductNumber", "MakeFlag", "FinishedGoodsFlag", "Color",
        "SafetyStockLevel", "ReorderPoint", "StandardCost", "ListPrice", "Size", "SizeUnitMeasureCode",
        "WeightUnitMeasureCode", "Weight", "DaysToManufacture", "ProductLine", "Class", "Style",
        "ProductSubcategoryID", "ProductModelID", "SellStartDate", "SellEndDate", "DiscontinuedDate",
    ),
    "ProductSubcategory": ("ProductSubcategoryID", "ProductCategoryID", "Name"),
    "ProductCategory": ("ProductCategoryID", "Name"),
}  # fmt: skip
_ENDING = re.compile(r"\.(csv|tsv|txt)(\.gz)?$", re.IGNORECASE)
SCHEMAS = ("", "sales", "person", "production", "adventureworks")


class Table:
    """One table's file. Rows come as the wanted columns' cells, in their order; NULL is an empty cell."""

    def __init__(self, path: Path, name: str) -> None:
        self.path = path
        self.name = name
        self.size_bytes = path.stat().st_size
        self._layout = [_plain(column) for column in LAYOUTS[name]]
        with csv_files.reading(path) as (_, text):
            first = text.readline()
        if not first.strip():
            raise csv_files.UnusableFile(f"{path}: the file is empty")
        self._ends = FIELD_END in first
        self._delimiter = max(csv_files.DELIMITERS, key=first.count)
        cells = next(self._split(iter([first])))
        header = [_plain(cell) for cell in cells]
        self._has_header = self._layout[0] in header
        self._columns = header if self._has_header else self._layout
        if not self._has_header and not cells[0].strip().isdecimal():
            # Not even a number where the key of the table is: a file of another kind.
            raise csv_files.UnusableFile(
                f"{path}: is no {name} table: expected columns {', '.join(LAYOUTS[name][:4])} and so on"
            )
        if not self._has_header and len(cells) < len(self._layout):
            raise csv_files.UnusableFile(
                f"{path}: has {len(cells)} columns and no header; {name} has {len(self._layout)} and two more"
            )

    def rows(
        self, *wanted: str, on_progress: Callable[[int], None] | None = None
    ) -> Iterator[tuple[int, tuple[str, ...] | csv_files.BrokenRow]]:
        """Row number and the wanted cells, or why there are none. A missing column is empty."""
        places = [
            self._columns.index(_plain(column)) if _plain(column) in self._columns else -1
            for column in wanted
        ]
        with csv_files.reading(self.path) as (raw, text):
            for number, cells in enumerate(self._split(text), start=1):
                if on_progress is not None and number % csv_files.PROGRESS_ROWS == 0:
                    on_progress(raw.tell())
                if (number == 1 and self._has_header) or cells in ([], [""]):
                    continue
                if not "".join(cells).strip():
                    yield number, csv_files.BLANK_ROW
                    continue
                if max(places) >= len(cells):
                    yield number, TOO_FEW_COLUMNS
                    continue
                found = tuple(_clean(cells[place]) if place >= 0 else "" for place in places)
                yield number, csv_files.ZERO_CHARACTER if "\0" in "".join(found) else found
        if on_progress is not None:
            on_progress(self.size_bytes)

    def _split(self, text: TextIO | Iterator[str]) -> Iterator[list[str]]:
        if self._ends:
            yield from _ended(text)
        else:
            # The script's own files quote nothing: a quotation mark there stands for inches.
            quoting = csv.QUOTE_NONE if self._delimiter == "\t" else csv.QUOTE_MINIMAL
            yield from csv.reader(text, delimiter=self._delimiter, quoting=quoting)


def tables_in(folder: Path, required: Sequence[str]) -> dict[str, Table]:
    """The tables in a folder: files named like Customer.csv, Sales.Customer.csv or
    sales_customer.csv(.gz).
    """
    if not folder.is_dir():
        raise csv_files.UnusableFile(f"{folder}: there is no such folder")
    named: dict[str, Path] = {}
    files = [(_plain(_ENDING.sub("", path.name)), path) for path in sorted(folder.iterdir())]
    tables = {_plain(name) for name in LAYOUTS}
    for schema in SCHEMAS:
        for plain, path in files:
            # SalesPerson.csv is the table of that name, and never Person in the schema Sales.
            if plain.startswith(schema) and (not schema or plain not in tables):
                named.setdefault(plain.removeprefix(schema), path)
    found = {name: Table(path, name) for name in LAYOUTS if (path := named.get(_plain(name))) is not None}
    missing = [name for name in required if name not in found]
    if missing:
        raise csv_files.UnusableFile(f"{folder}: has no {', '.join(f'{name}.csv' for name in missing)}")
    return found


def _ended(text: TextIO | Iterator[str]) -> Iterator[list[str]]:
    row = ""
    for line in text:
        row += line
        if row.rstrip("\r\n").endswith(ROW_END):
            yield row.rstrip("\r\n").removesuffix(ROW_END).split(FIELD_END)
            row = ""
    if row.strip():
        yield row.rstrip("\r\n").split(FIELD_END)


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _clean(cell: str) -> str:
    text = cell.strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1].replace('""', '"')
    return "" if text in NULLS else text

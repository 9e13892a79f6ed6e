"""AdventureWorks' tables of salespeople, customers, territories and products."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from services.importing.formats.adventureworks.hand_overs import Territories
from services.importing.formats.adventureworks.tables import Table
from services.importing.pipeline.amounts import ZERO, decimal_of, minor
from services.importing.pipeline.csv_files import BLANK_ROW, BrokenRow
from services.importing.pipeline.row_problems import RowProblem
from services.importing.pipeline.source_documents import Line

RATE_BP_MAX = 10_000


class People:
    """Reads the tables around the orders; calls `report_problem` for what cannot be read."""

    def __init__(self, tables: Mapping[str, Table], report_problem: Callable[[RowProblem], None]) -> None:
        self._tables = tables
        self._report = report_problem
        self.names = self._names()

    def rows(self, table: str, *columns: str) -> Iterator[tuple[str, ...]]:
        """The rows of a table that can be read; none where the folder does not have it."""
        return (cells for _, cells in self.numbered_rows(table, *columns))

    def numbered_rows(self, table: str, *columns: str) -> Iterator[tuple[int, tuple[str, ...]]]:
        """The same, each with its number."""
        if table not in self._tables:
            return
        for number, cells in self._tables[table].rows(*columns):
            if cells is BLANK_ROW:
                continue
            if isinstance(cells, BrokenRow):
                self._report(RowProblem(self._tables[table].path.name, number, "", "", cells.reason))
            else:
                yield number, cells

    def _names(self) -> dict[str, str]:
        rows = self.rows("Person", "BusinessEntityID", "FirstName", "MiddleName", "LastName")
        names = {row[0]: " ".join(part for part in row[1:] if part) for row in rows}
        return {person: name for person, name in names.items() if name}

    def rates_bp(self) -> dict[str, int]:
        """The commission rate of each salesperson, in basis points."""
        rates: dict[str, int] = {}
        for person, percent in self.rows("SalesPerson", "BusinessEntityID", "CommissionPct"):
            try:
                rates[person] = min(max(minor(decimal_of(percent or "0"), 4), 0), RATE_BP_MAX)
            except ValueError:
                why = "has a commission that cannot be read; it counts as none"
                self._report(RowProblem("SalesPerson", 0, "CommissionPct", f"salesperson {person}", why))
                rates[person] = 0
        return rates

    def customers(self) -> dict[str, tuple[str | None, str | None]]:
        """Each customer's name and form of address: a person, or somebody who buys for a store."""
        stores = {row[0]: row[1] for row in self.rows("Store", "BusinessEntityID", "Name")}
        customers: dict[str, tuple[str | None, str | None]] = {}
        for customer, person, store in self.rows("Customer", "CustomerID", "PersonID", "StoreID"):
            contact = self.names.get(person)
            name = ", ".join(part for part in (contact, stores.get(store)) if part)
            customers[customer] = (name or None, contact)
        return customers

    def assigned(self) -> dict[str, tuple[str, str]]:
        """Salesperson and territory of each store's customers at the end of the history."""
        sellers = {row[0]: row[1] for row in self.rows("Store", "BusinessEntityID", "SalesPersonID")}
        return {
            customer: (sellers[store], territory)
            for customer, store, territory in self.rows("Customer", "CustomerID", "StoreID", "TerritoryID")
            if sellers.get(store)
        }

    def territories(self, instant: Callable[[str], datetime]) -> Territories:
        """When each salesperson began in each territory."""
        began: Territories = {}
        columns = ("BusinessEntityID", "TerritoryID", "StartDate")
        for person, territory, start in self.rows("SalesTerritoryHistory", *columns):
            try:
                began.setdefault((person, territory), []).append(instant(start))
            except ValueError:
                why = "has a start that cannot be read"
                self._report(
                    RowProblem("SalesTerritoryHistory", 0, "StartDate", f"salesperson {person}", why)
                )
        return {who: sorted(starts) for who, starts in began.items()}

    def products(self) -> dict[str, Line]:
        """What is known of each product, as a line without amounts."""
        categories = {row[0]: row[1] for row in self.rows("ProductCategory", "ProductCategoryID", "Name")}
        columns = ("ProductSubcategoryID", "ProductCategoryID")
        departments = {row[0]: categories.get(row[1]) for row in self.rows("ProductSubcategory", *columns)}
        columns = ("ProductID", "ProductNumber", "Name", "ProductSubcategoryID", "Size")
        return {
            product: Line(
                number or product, 0, ZERO, 0, 0, name, departments.get(subcategory), size=size or None
            )
            for product, number, name, subcategory, size in self.rows("Product", *columns)
        }

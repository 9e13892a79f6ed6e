"""AdventureWorks, from small files written by hand in the layouts that it is distributed in."""

from collections.abc import Callable
from pathlib import Path

import pytest

from domain.associate.commands import HireAssociate
from domain.customer.commands import ReassignOwner, RegisterCustomer
from domain.messages import Command
from domain.sale.commands import RecordSale
from services.importing.formats.adventureworks.reader import AdventureWorks
from services.importing.formats.adventureworks.tables import LAYOUTS
from services.importing.pipeline.csv_files import UnusableFile
from services.importing.pipeline.reconciliation import ImportSummary, Reconciliation
from services.importing.pipeline.source_documents import SourceDocument
from tests.services.importing.builders import House, dry, import_into, sum_of

#: Store 500 buys from 275, then from 276 who has begun in territory 2 between the orders; it is 277's at the
#: end.
TABLES: dict[str, list[dict[str, str]]] = {
    "SalesOrderHeader": [
        {
            "SalesOrderID": "1",
            "OrderDate": "2011-05-31 00:00:00",
            "Status": "5",
            "OnlineOrderFlag": "0",
            "CustomerID": "900",
            "SalesPersonID": "275",
            "TerritoryID": "2",
            "SubTotal": "150.0015",
            "TaxAmt": "12.01",
            "Freight": "5",
        },
        {
            "SalesOrderID": "2",
            "OrderDate": "2011-09-30 00:00:00",
            "Status": "5",
            "OnlineOrderFlag": "0",
            "CustomerID": "900",
            "SalesPersonID": "276",
            "TerritoryID": "2",
            "SubTotal": "80",
            "TaxAmt": "0",
            "Freight": "0",
        },
        {
            "SalesOrderID": "3",
            "OrderDate": "2011-08-01 00:00:00",
            "Status": "5",
            "OnlineOrderFlag": "1",
            "CustomerID": "901",
            "TerritoryID": "4",
            "SubTotal": "20",
            "TaxAmt": "1.6",
            "Freight": "0",
        },
        {
            "SalesOrderID": "4",
            "OrderDate": "2011-08-02 00:00:00",
            "Status": "6",
            "OnlineOrderFlag": "1",
            "CustomerID": "901",
        },
    ],
    "SalesOrderDetail": [
        {
            "SalesOrderID": "1",
            "SalesOrderDetailID": "1",
            "OrderQty": "3",
            "ProductID": "7",
            "UnitPrice": "33.3345",
            "UnitPriceDiscount": "0.5",
            "LineTotal": "50.001750",
        },
        {
            "SalesOrderID": "1",
            "SalesOrderDetailID": "2",
            "OrderQty": "1",
            "ProductID": "8",
            "UnitPrice": "99.9998",
            "UnitPriceDiscount": "0",
            "LineTotal": "99.999800",
        },
        {
            "SalesOrderID": "2",
            "SalesOrderDetailID": "3",
            "OrderQty": "4",
            "ProductID": "7",
            "UnitPrice": "20",
            "UnitPriceDiscount": "0",
            "LineTotal": "80",
        },
        {
            "SalesOrderID": "3",
            "SalesOrderDetailID": "4",
            "OrderQty": "1",
            "ProductID": "7",
            "UnitPrice": "20",
            "UnitPriceDiscount": "0",
            "LineTotal": "20",
        },
        {
            "SalesOrderID": "4",
            "SalesOrderDetailID": "5",
            "OrderQty": "1",
            "ProductID": "7",
            "UnitPrice": "20",
            "UnitPriceDiscount": "0",
            "LineTotal": "20",
        },
        {
            "SalesOrderID": "99",
            "SalesOrderDetailID": "6",
            "OrderQty": "1",
            "ProductID": "7",
            "UnitPrice": "1",
            "UnitPriceDiscount": "0",
            "LineTotal": "1",
        },
    ],
    "SalesPerson": [
        {"BusinessEntityID": "275", "TerritoryID": "2", "CommissionPct": "0.0120"},
        {"BusinessEntityID": "276", "TerritoryID": "2", "CommissionPct": "0.015"},
        {"BusinessEntityID": "277", "CommissionPct": "0.0000"},
    ],
    "SalesTerritoryHistory": [
        {
            "BusinessEntityID": "275",
            "TerritoryID": "2",
            "StartDate": "2011-05-31 00:00:00",
            "EndDate": "2011-07-15 00:00:00",
        },
        {"BusinessEntityID": "276", "TerritoryID": "2", "StartDate": "2011-07-16 00:00:00"},
    ],
    "Customer": [
        {
            "CustomerID": "900",
            "PersonID": "300",
            "StoreID": "500",
            "TerritoryID": "2",
            "AccountNumber": "AW00000900",
        },
        {"CustomerID": "901", "PersonID": "301", "TerritoryID": "4", "AccountNumber": "AW00000901"},
        {"CustomerID": "902", "StoreID": "501", "TerritoryID": "2", "AccountNumber": "AW00000902"},
    ],
    "Store": [
        {
            "BusinessEntityID": "500",
            "Name": "Bikes & More",
            "SalesPersonID": "277",
            "Demographics": "<a>\nb</a>",
        },
        {"BusinessEntityID": "501", "Name": "Quiet Wheels", "SalesPersonID": "276"},
    ],
    "Person": [
        {"BusinessEntityID": "275", "FirstName": "Sam", "LastName": "Seller"},
        {"BusinessEntityID": "300", "FirstName": "Zoë", "MiddleName": "Q.", "LastName": "Buyer"},
        {"BusinessEntityID": "301", "FirstName": "Ned", "LastName": "Net"},
    ],
    "Product": [
        {
            "ProductID": "7",
            "Name": 'Wheel 26"',
            "ProductNumber": "WH-26",
            "ProductSubcategoryID": "1",
            "Size": "26",
        },
        {"ProductID": "8", "Name": "Pump", "ProductNumber": "PU-1"},
    ],
    "ProductSubcategory": [{"ProductSubcategoryID": "1", "ProductCategoryID": "2", "Name": "Wheels"}],
    "ProductCategory": [{"ProductCategoryID": "2", "Name": "Components"}],
}
TAIL = ("{9E3B8A2F-0000-0000-0000-000000000000}", "2014-06-30 00:00:00")


def as_the_install_script_ships_them(folder: Path) -> None:
    """Without headers: tabs and new lines, and for the tables with XML +| and &| in UTF-16."""
    for name, rows in TABLES.items():
        cells = [[*(row.get(column, "") for column in LAYOUTS[name]), *TAIL] for row in rows]
        if name in ("Person", "Store"):
            text = "".join("+|".join(row) + "&|\r\n" for row in cells)
            (folder / f"{name}.csv").write_bytes(text.encode("utf-16"))
        else:
            text = "".join("\t".join(row) + "\r\n" for row in cells)
            (folder / f"{name}.csv").write_bytes(text.encode())


def as_exports_with_headers(folder: Path) -> None:
    """As the port to PostgreSQL gives them out: lower case, commas, quotes where needed."""
    for name, rows in TABLES.items():
        columns = LAYOUTS[name]
        lines = [",".join(column.lower() for column in columns)]
        for row in rows:
            cells = (row.get(column, "") for column in columns)
            lines.append(",".join('"' + cell.replace('"', '""') + '"' for cell in cells))
        schema = {"Person": "person", "Product": "production"}.get(name, "sales")
        (folder / f"{schema}_{name.lower()}.csv").write_text("\n".join(lines) + "\n")


LAYOUTS_TO_TRY = [as_the_install_script_ships_them, as_exports_with_headers]


def read(folder: Path) -> tuple[list[Command], ImportSummary, Reconciliation]:
    reconciliation = Reconciliation()
    commands, summary = dry(AdventureWorks(folder, reconciliation), reconciliation)
    return commands, summary, reconciliation


@pytest.fixture(params=LAYOUTS_TO_TRY, ids=["install script", "with headers"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    write: Callable[[Path], None] = request.param
    write(tmp_path)
    return tmp_path


@pytest.fixture
def by_the_script(tmp_path: Path) -> Path:
    as_the_install_script_ships_them(tmp_path)
    return tmp_path


def test_every_order_line_is_accounted_for(folder: Path) -> None:
    _, summary, reconciliation = read(folder)
    assert (summary.rows, summary.sales, summary.returns, summary.customers) == (6, 3, 0, 3)
    assert (summary.sold_minor, sum_of(summary)) == (5000 + 10000 + 8000 + 2000, 27100)
    skipped = {reason: (left.rows, left.amount_minor) for reason, left in summary.skipped.items()}
    assert skipped == {"no_such_order": (1, 100), "order_cancelled": (1, 2000)}
    assert reconciliation.problems == []


def test_salespeople_earn_their_own_commission(folder: Path) -> None:
    hired = [command for command in read(folder)[0] if isinstance(command, HireAssociate)]
    assert [(hire.reference, hire.plan.rate_bp, hire.name) for hire in hired] == [
        ("275", 120, "Sam Seller"),
        ("276", 150, None),
        ("277", 0, None),
    ]


def test_reseller_orders_have_a_seller_and_internet_orders_have_none(folder: Path) -> None:
    sales = [command for command in read(folder)[0] if isinstance(command, RecordSale)]
    assert [(sale.receipt_no, sale.channel, len(sale.lines[0].attribution)) for sale in sales] == [
        ("1", "store", 1),
        ("3", "online", 0),
        ("2", "store", 1),
    ]
    first = sales[0].lines[0]
    assert (first.sku, first.description, first.department, first.size) == (
        "WH-26",
        'Wheel 26"',
        "Components",
        "26",
    )
    assert first.quantity * first.unit_price_minor - first.discount_minor == 5000
    assert [line.tax_minor for line in sales[0].lines] == [400, 801]


def test_customers_are_people_or_somebody_who_buys_for_a_store(folder: Path) -> None:
    registered = [command for command in read(folder)[0] if isinstance(command, RegisterCustomer)]
    assert {command.reference: command.name for command in registered} == {
        "900": "Zoë Q. Buyer, Bikes & More",
        "901": "Ned Net",
        "902": "Quiet Wheels",
    }


def test_a_store_is_handed_over_when_its_new_salesperson_began(folder: Path, house: House) -> None:
    reconciliation = Reconciliation()
    import_into(house, AdventureWorks(folder, reconciliation), reconciliation)
    names = {event.associate_id: event.reference for event in house.events("associate.hired.v1")}
    customers = {event.customer_id: event.reference for event in house.events("customer.registered.v1")}
    assigned = house.events("customer.owner_assigned.v1")
    moved = house.events("customer.owner_reassigned.v1")
    assert [(customers[e.customer_id], names[e.associate_id]) for e in assigned] == [("900", "275")]
    assert [
        (customers[e.customer_id], names[e.associate_id], f"{e.occurred_at:%Y-%m-%d}", e.reason)
        for e in moved
    ] == [
        ("900", "276", "2011-07-16", "handed_over"),
        ("900", "277", "2011-09-30", "assigned"),
        ("902", "276", "2011-09-30", "assigned"),
    ]
    earned = {names[e.associate_id]: e.amount_minor for e in house.events("commission_account.earned.v1")}
    assert earned == {"275": 180, "276": 120}


def test_without_a_history_of_territories_the_order_says_when(by_the_script: Path) -> None:
    (by_the_script / "SalesTerritoryHistory.csv").unlink()
    (by_the_script / "Store.csv").unlink()
    moved = [command for command in read(by_the_script)[0] if isinstance(command, ReassignOwner)]
    assert [f"{command.occurred_at:%Y-%m-%d}" for command in moved] == ["2011-09-30"]


def test_a_store_with_two_sellers_on_its_first_day_was_the_firsts(by_the_script: Path) -> None:
    path = by_the_script / "SalesOrderHeader.csv"
    path.write_text(path.read_text().replace("2011-09-30", "2011-05-31"))
    (by_the_script / "SalesTerritoryHistory.csv").unlink()
    (by_the_script / "Store.csv").unlink()
    of_the_store = [
        command for command in read(by_the_script)[0] if isinstance(command, RecordSale | ReassignOwner)
    ][:3]
    assert [type(command) for command in of_the_store] == [RecordSale, ReassignOwner, RecordSale]


def test_an_order_by_an_unknown_salesperson_has_no_seller_and_is_reported(by_the_script: Path) -> None:
    path = by_the_script / "SalesPerson.csv"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[1:]))
    commands, _, reconciliation = read(by_the_script)
    first = next(command for command in commands if isinstance(command, RecordSale))
    assert first.lines[0].attribution == ()
    (problem,) = reconciliation.problems
    assert str(problem) == (
        "SalesOrderHeader.csv line 1: order 1 has a salesperson who is not in SalesPerson; it has no seller"
    )


def test_what_is_missing_is_named(by_the_script: Path, tmp_path: Path) -> None:
    (by_the_script / "Customer.csv").unlink()
    with pytest.raises(UnusableFile, match=r"has no Customer.csv"):
        read(by_the_script)
    with pytest.raises(UnusableFile, match="no such folder"):
        read(tmp_path / "nowhere")


def test_a_file_of_another_kind_is_refused(by_the_script: Path) -> None:
    (by_the_script / "SalesPerson.csv").write_text("some,thing\nelse,\n")
    with pytest.raises(
        UnusableFile, match="is no SalesPerson table: expected columns BusinessEntityID, TerritoryID"
    ):
        read(by_the_script)


@pytest.mark.parametrize(
    ("ship", "below"), [(as_the_install_script_ships_them, 0), (as_exports_with_headers, 1)]
)
def test_an_order_says_in_which_rows_of_which_files_it_stands(
    tmp_path: Path, ship: Callable[[Path], None], below: int
) -> None:
    """Rows of a file with headers begin below them."""
    ship(tmp_path)
    documents = [
        entry
        for entry in AdventureWorks(tmp_path, Reconciliation()).entries()
        if isinstance(entry, SourceDocument)
    ]
    heads, details = (
        next(path.name for path in tmp_path.iterdir() if path.stem.lower().endswith(table))
        for table in ("salesorderheader", "salesorderdetail")
    )
    assert {document.name: document.found_at for document in documents} == {
        "1": f"{heads} line {1 + below}; {details} lines {1 + below}-{2 + below}",
        "2": f"{heads} line {2 + below}; {details} line {3 + below}",
        "3": f"{heads} line {3 + below}; {details} line {4 + below}",
    }

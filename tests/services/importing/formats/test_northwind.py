"""Northwind, from the public data and from spoilt copies of it."""

import shutil
from pathlib import Path

import pytest

from domain.customer.commands import ReassignOwner
from domain.sale.commands import RecordSale
from services.importing.formats.northwind import Northwind
from services.importing.pipeline.csv_files import UnusableFile
from services.importing.pipeline.reconciliation import Reconciliation
from services.importing.pipeline.source_documents import SourceDocument
from tests.services.importing.builders import NORTHWIND, House, dry, import_into, sum_of

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not NORTHWIND.is_dir(), reason="../shared/data/northwind is not here"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "northwind"
    shutil.copytree(NORTHWIND, copy)
    return copy


def test_the_sums_are_the_published_ones() -> None:
    reconciliation = Reconciliation()
    commands, summary = dry(Northwind(NORTHWIND, reconciliation), reconciliation)
    assert (summary.rows, summary.sales, summary.customers) == (2155, 830, 91)
    assert (sum_of(summary), summary.skipped, reconciliation.problems) == (126_579_304, {}, [])
    sales = [command for command in commands if isinstance(command, RecordSale)]
    assert all(line.attribution for sale in sales for line in sale.lines)


def test_the_owner_is_who_sold_most_by_money(house: House) -> None:
    reconciliation = Reconciliation()
    import_into(house, Northwind(NORTHWIND, reconciliation), reconciliation, batch=500)
    sold: dict[str, dict[str, int]] = {}
    owner: dict[str, str] = {}
    for event in house.events("sale.recorded.v1"):
        by = sold.setdefault(event.customer_id, {})
        for line in event.lines:
            seller = line.credits[0].associate_id
            by[seller] = by.get(seller, 0) + line.net_minor
    for topic in ("customer.owner_assigned.v1", "customer.owner_reassigned.v1"):
        owner.update({event.customer_id: event.associate_id for event in house.events(topic)})
    assert len(owner) == 89
    assert all(sold[customer][who] == max(sold[customer].values()) for customer, who in owner.items())
    facts = house.facts()
    reconciliation = Reconciliation()
    assert import_into(house, Northwind(NORTHWIND, reconciliation), reconciliation).events == 0
    assert house.facts() == facts


def test_order_lines_without_their_order_or_with_nonsense_are_skipped(folder: Path) -> None:
    with (folder / "order_details.csv").open("a") as file:
        file.write("99999,11,10,2,0\n10248,11,ten,2,0\n10248,11,10,0,0\n10248,11\n")
    reconciliation = Reconciliation()
    _, summary = dry(Northwind(folder, reconciliation), reconciliation)
    skipped = {reason: (left.rows, left.amount_minor) for reason, left in summary.skipped.items()}
    assert skipped == {"no_such_order": (1, 2000), "nothing_sold": (1, 0), "unreadable": (2, 0)}
    assert (summary.rows, sum_of(summary)) == (2159, 126_579_304 + 2000)


def test_an_order_says_in_which_lines_of_which_files_it_stands(folder: Path) -> None:
    with (folder / "order_details.csv").open("a") as file:
        file.write("10248,11,ten,2,0\n10248,13,10,2,0\n")
    with (folder / "orders.csv").open("a") as file:
        file.write("99,VINET,5,whenever" + "," * 10 + "\n")
    reconciliation = Reconciliation()
    entries = list(Northwind(folder, reconciliation).entries())
    first = next(entry for entry in entries if isinstance(entry, SourceDocument))
    assert (first.name, first.found_at) == ("10248", "orders.csv line 2; order_details.csv lines 2-4, 2158")
    told = [str(problem) for problem in reconciliation.problems]
    assert [each.partition(":")[0] for each in told] == [
        "orders.csv line 832, column order_date",
        "order_details.csv line 2157",
    ]


def test_tables_may_be_spelled_as_other_copies_spell_them(folder: Path) -> None:
    details = folder / "order_details.csv"
    header, rest = details.read_text().split("\n", 1)
    (folder / "Order Details.csv").write_text("OrderID,ProductID,UnitPrice,Quantity,Discount\n" + rest)
    details.unlink()
    assert header.startswith("order_id")
    reconciliation = Reconciliation()
    _, summary = dry(Northwind(folder, reconciliation), reconciliation)
    assert summary.sales == 830


def test_a_missing_table_is_named(folder: Path) -> None:
    (folder / "orders.csv").unlink()
    with pytest.raises(UnusableFile, match=r"orders.csv: there is no such file"):
        Northwind(folder, Reconciliation())


def test_most_customers_change_hands_at_the_end() -> None:
    reconciliation = Reconciliation()
    commands, _ = dry(Northwind(NORTHWIND, reconciliation), reconciliation)
    moves = [command for command in commands if isinstance(command, ReassignOwner)]
    assert {move.reason for move in moves} == {"most_sold"}
    assert all(f"{move.occurred_at:%Y-%m-%d}" == "1998-05-06" for move in moves)

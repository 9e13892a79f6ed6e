"""Amounts, kinds and people of mapped files."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from domain.associate.commands import HireAssociate
from domain.customer.commands import AddContactPoint, RegisterCustomer
from domain.return_.commands import AcceptReturn, MatchReturn
from domain.sale.commands import AllowPrice, RecordSale
from services.importing.pipeline.reconciliation import Reconciliation
from services.importing.pipeline.source_documents import Hire
from tests.services.importing.builders import dry
from tests.services.importing.mapped_files import line, mapping, of, read, source


@pytest.mark.parametrize("person", ["clara@example.org", "Clara Sample", "+49 30 1234567", "Clara"])
def test_who_has_no_number_is_known_by_a_keyed_hash(tmp_path: Path, person: str) -> None:
    commands, _, _ = read(tmp_path, line(customer=person), line(invoice="2", customer=person.upper()))
    (registered,) = of(RegisterCustomer, commands)
    assert person.casefold() not in (registered.reference or "").casefold()
    assert [sale.customer_id for sale in of(RecordSale, commands)] == [registered.customer_id] * 2
    other = read(tmp_path, line(customer=person), key=b"another secret")[0]
    assert of(RegisterCustomer, other)[0].reference != registered.reference
    if "@" in person:
        assert [point.value for point in of(AddContactPoint, commands)] == [person]


def test_the_name_of_an_associate_is_only_kept_where_it_is_encrypted(tmp_path: Path) -> None:
    means = mapping(split_separator="/", pay={"rate_bp": 500, "rates_bp": {"Mo Sample": 600}})
    rows = [line(associate="Mo Sample/A-17"), line(invoice="2", associate="mo sample")]
    entries = list(source(tmp_path, rows, Reconciliation(), means).entries())
    hired = [entry for entry in entries if isinstance(entry, Hire)]
    assert [(hire.name, hire.plan.rate_bp) for hire in hired] == [("Mo Sample", 600), ("A-17", 500)]
    assert [hire.reference for hire in hired][1] == "A-17"
    without_names = [replace(entry, name=None) if isinstance(entry, Hire) else entry for entry in entries]
    assert "sample" not in str(without_names).casefold()


@pytest.mark.parametrize("number", ["k1", "13085", "AA-10001", "cus_9s6XKzkNRiz8i3"])
def test_a_number_of_a_customer_is_kept_as_it_is(tmp_path: Path, number: str) -> None:
    assert of(RegisterCustomer, read(tmp_path, line(customer=number))[0])[0].reference == number


def test_money_back_in_a_file_without_quantities_is_no_return_of_the_goods(tmp_path: Path) -> None:
    means = mapping(columns={"quantity": None, "unit_price": None})
    rows = [
        line(invoice=str(n), customer="k1", date=f"2025-03-0{n}", amount=amount)
        for n, amount in enumerate(("1240.00", "-40.00", "-1200.00"), start=1)
    ]
    commands, summary, _ = read(tmp_path, *rows, means=means)
    (sale,) = of(RecordSale, commands)
    assert [(a.sale_id, a.line_no, a.amount_minor) for a in of(AllowPrice, commands)] == [
        (sale.sale_id, 1, 4_000)
    ]
    assert [back.sale_id for back in of(AcceptReturn, commands)] == [sale.sale_id]
    assert (of(MatchReturn, commands), summary.returned_minor) == ([], 124_000)


def test_tax_that_prices_include_is_taken_off(tmp_path: Path) -> None:
    means = mapping(prices_include_tax=True)
    (sale,) = of(RecordSale, read(tmp_path, line(unit_price="11.90", tax="1.90"), means=means)[0])
    assert (sale.lines[0].unit_price_minor - sale.lines[0].discount_minor, sale.lines[0].tax_minor) == (
        1000,
        190,
    )


def test_tax_is_rounded_after_it_is_taken_off(tmp_path: Path) -> None:
    means = mapping(prices_include_tax=True)
    _, summary, _ = read(tmp_path, line(unit_price="", amount="10.00", tax="0.005"), means=means)
    assert summary.sold_minor == 1_000


@pytest.mark.parametrize(
    ("cells", "reason"),
    [({"kind": "Retuor"}, "unreadable"), ({"kind": "Failed"}, "not_sold"), ({"kind": "void"}, "not_sold")],
)
def test_a_kind_that_is_no_sale_is_never_taken_for_one(
    tmp_path: Path, cells: dict[str, str], reason: str
) -> None:
    _, summary, _ = read(tmp_path, line(kind="Paid"), line(invoice="2", **cells))
    assert (summary.sales, list(summary.skipped)) == (1, [reason])


def test_an_order_discount_is_spread_and_one_that_is_too_large_refused(tmp_path: Path) -> None:
    means = mapping(columns={"discount": None, "order_discount": "discount"})
    rows = [line(discount="10.00", quantity="3", unit_price="33.33"), line(sku="B", unit_price="50.01")]
    (sale,) = of(RecordSale, read(tmp_path, *rows, means=means)[0])
    assert [each.discount_minor for each in sale.lines] == [667, 333]
    _, summary, reconciliation = read(tmp_path, line(discount="10.01"), line(invoice="2"), means=means)
    assert (summary.sales, summary.skipped["unreadable"].amount_minor) == (1, 1_000)
    assert [problem.reason for problem in reconciliation.problems] == ["is more than the order comes to"]


def test_a_yen_has_no_cents(tmp_path: Path) -> None:
    means = mapping(currency="JPY")
    reconciliation = Reconciliation(0)
    commands, summary = dry(
        source(tmp_path, [line(unit_price="1200")], reconciliation, means), reconciliation
    )
    assert (of(RecordSale, commands)[0].lines[0].unit_price_minor, summary.sold_minor) == (1200, 1200)


def test_names_and_telephone_numbers_are_told_once(tmp_path: Path) -> None:
    rows = [
        line(customer="k", name="Ada Lovelace", phone="030 1"),
        line(invoice="2", customer="k", name="Ada L"),
    ]
    commands, _, _ = read(tmp_path, *rows)
    assert [command.name for command in of(RegisterCustomer, commands)] == ["Ada Lovelace"]
    assert [command.value for command in of(AddContactPoint, commands)] == ["030 1"]


def test_made_up_associates_stand_in_where_the_file_names_none(tmp_path: Path) -> None:
    commands, _, _ = read(
        tmp_path, line(customer="k"), line(invoice="2", customer="k", associate="Anna"), associates=2
    )
    assert [hire.made_up for hire in of(HireAssociate, commands)] == [True, True, False]
    assert all(sale.lines[0].attribution for sale in of(RecordSale, commands))

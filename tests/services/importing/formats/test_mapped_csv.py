"""Anybody's own CSV files."""

from pathlib import Path

import pytest

from domain.associate.commands import HireAssociate
from domain.customer.commands import ReassignOwner
from domain.return_.commands import AcceptReturn
from domain.sale.commands import RecordSale
from services.importing.pipeline.csv_files import UnusableFile
from services.importing.pipeline.reconciliation import ImportSummary, Reconciliation
from tests.services.importing.builders import House, import_into, sum_of
from tests.services.importing.mapped_files import line, mapping, of, read, source


def test_rows_of_an_invoice_are_one_sale_by_those_who_sold_each_line(tmp_path: Path) -> None:
    commands, summary, _ = read(
        tmp_path,
        line(customer="k1", associate="Anna", discount="1.50", tax="1.62"),
        line(customer="k1", associate="Ben", sku="B", quantity="2", store=""),
    )
    (sale,) = of(RecordSale, commands)
    assert [(x.unit_price_minor, x.discount_minor, x.tax_minor) for x in sale.lines] == [
        (1000, 150, 162),
        (1000, 0, 0),
    ]
    sellers = [x.attribution[0].associate_id for x in sale.lines]
    assert sellers == [hire.associate_id for hire in of(HireAssociate, commands)]
    assert (summary.sold_minor, summary.sales, sum_of(summary)) == (2850, 1, 2850)


def test_a_return_is_marked_by_kind_quantity_amount_or_invoice(
    tmp_path: Path,
) -> None:
    means = mapping(returns={"kinds": ["Back"], "invoice_prefix": "R"})
    marks = [{"kind": "back"}, {"quantity": "-1"}, {"unit_price": "", "amount": "-10.00"}, {"invoice": "R9"}]
    for number, mark in enumerate(marks):
        cells = {"invoice": f"9{number}", "date": "2025-03-05 09:00", **mark}
        commands, summary, _ = read(tmp_path, line(customer="k"), line(customer="k", **cells), means=means)
        (sale,), (back,) = of(RecordSale, commands), of(AcceptReturn, commands)
        assert (back.sale_id, summary.returned_minor) == (sale.sale_id, 1000), mark


def test_a_discounted_item_comes_back_for_what_was_paid(tmp_path: Path) -> None:
    sold = line(customer="k", quantity="2", discount="2.00")
    back = line(
        customer="k", invoice="2", quantity="-1", unit_price="9.00", date="2025-03-09", associate="Ben"
    )
    (accepted,) = of(AcceptReturn, read(tmp_path, sold, back)[0])
    assert accepted.lines[0].line_no == 1
    assert accepted.accepted_by is not None


def test_amounts_rule_over_unit_prices(tmp_path: Path) -> None:
    (sale,) = of(RecordSale, read(tmp_path, line(quantity="3", unit_price="10.00", amount="25.00"))[0])
    assert (sale.lines[0].unit_price_minor, sale.lines[0].discount_minor) == (1000, 500)


def test_the_owner_is_who_sold_most_by_money_not_by_count(tmp_path: Path) -> None:
    often = [line(invoice=str(n), customer="k", associate="Often", unit_price="375.00") for n in range(4)]
    much = [line(invoice=str(n), customer="k", associate="Much", unit_price="900.00") for n in (8, 9)]
    commands, _, _ = read(tmp_path, *often, *much)
    (owner,) = of(ReassignOwner, commands)
    assert owner.associate_id == of(HireAssociate, commands)[1].associate_id
    assert owner.reason == "most_sold"


def test_numbers_that_restart_by_day_and_store_are_different_invoices(tmp_path: Path) -> None:
    rows = [line(store="a"), line(store="b"), line(store="a", date="2025-03-02")]
    daily = of(RecordSale, read(tmp_path, *rows, means=mapping(invoice_numbers_restart="daily"))[0])
    assert [sale.receipt_no for sale in daily] == ["2025-03-01/a/1", "2025-03-01/b/1", "2025-03-02/a/1"]
    assert [sale.store_id for sale in daily] == ["a", "b", "a"]
    never = of(RecordSale, read(tmp_path, *rows)[0])
    assert sorted(sale.receipt_no for sale in never) == ["a/1", "b/1"]


def test_rows_without_an_invoice_are_sales_known_again_in_the_next_run(tmp_path: Path) -> None:
    rows = [line(invoice=""), line(invoice=""), line(invoice="", sku="B")]
    once = [sale.sale_id for sale in of(RecordSale, read(tmp_path, *rows)[0])]
    more = [sale.sale_id for sale in of(RecordSale, read(tmp_path, line(invoice="", sku="C"), *rows)[0])]
    assert len(set(once)) == 3
    assert set(once) < set(more)


@pytest.mark.parametrize(
    ("cells", "column", "found", "reason"),
    [
        ({"quantity": "one"}, "quantity", "a text of 3 characters (letters)", "is not a number"),
        ({"quantity": "1.5"}, "quantity", "a text of 3 characters (digits, signs)", "is not a whole number"),
        ({"unit_price": "Ada!"}, "unit_price", "a text of 4 characters (letters, signs)", "is not a number"),
        ({"unit_price": ""}, "unit_price", "nothing", "is no price"),
        ({"date": "32"}, "date", "a number of 2 digits", "is not a time"),
        ({"date": "2027-01-01"}, "date", "a text of 10 characters (digits, signs)", "is in the future"),
        ({"sku": ""}, "sku", "nothing", "says what was sold"),
        (
            {"discount": "10.01"},
            "discount",
            "a text of 5 characters (digits, signs)",
            "is more than the line comes to",
        ),
        ({"quantity": "99999999"}, "quantity", "a number of 8 digits", "is too large to be true"),
        ({"customer": "k" * 81}, "customer", "a text of 81 characters (letters)", "is too long"),
    ],
)  # fmt: skip
def test_a_wrong_row_is_reported_without_repeating_it(
    tmp_path: Path, cells: dict[str, str], column: str, found: str, reason: str
) -> None:
    _, summary, reconciliation = read(tmp_path, line(invoice="9"), line(**cells))
    (problem,) = reconciliation.problems
    assert (problem.line, problem.column, problem.found, problem.reason) == (3, column, found, reason)
    assert summary.skipped["unreadable"].rows == 1
    assert summary.sales == 1


def test_another_currency_is_skipped_with_its_amount(tmp_path: Path) -> None:
    _, summary, _ = read(tmp_path, line(), line(invoice="2", currency="USD"))
    assert (summary.skipped["other_currency"].rows, summary.skipped["other_currency"].amount_minor) == (
        1,
        1000,
    )


def test_a_column_that_the_file_does_not_have_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnusableFile, match="no column 'Seller', the header has 'date'"):
        read(tmp_path, line(), means=mapping(columns={"associate": "Seller"}))


def test_it_goes_into_the_log_once(tmp_path: Path, house: House) -> None:
    rows = [
        line(customer="k", associate="Anna", name="Ada"),
        line(invoice="2", customer="k", associate="Ben", unit_price="20.00"),
        line(invoice="3", customer="k", kind="", quantity="-1", date="2025-03-05"),
    ]
    summaries: list[ImportSummary] = []
    for _ in range(2):
        reconciliation = Reconciliation()
        summaries.append(import_into(house, source(tmp_path, rows, reconciliation), reconciliation))
    first, second = summaries
    assert (second.events, second.returns, second.customers) == (0, 1, 1)
    assert (
        sum(back.refund_minor for back in house.events("return.accepted.v1")) == first.returned_minor == 1000
    )
    assert [event.reason for event in house.events("customer.owner_reassigned.v1")] == ["most_sold"]

"""Online Retail: what rows become, and why some are left out."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.associate.commands import HireAssociate
from domain.customer.commands import AssignOwner, RegisterCustomer
from domain.messages import Command
from domain.return_.commands import AcceptReturn, MatchReturn
from domain.sale.commands import RecordSale
from tests.services.importing.builders import TWO, dry_retail, retail_file, row, sum_of

LATER = "2010-12-09 10:00:00"


def sales(commands: list[Command]) -> list[RecordSale]:
    return [command for command in commands if isinstance(command, RecordSale)]


def returns(commands: list[Command]) -> list[AcceptReturn]:
    return [command for command in commands if isinstance(command, AcceptReturn)]


def test_an_invoice_becomes_one_sale_with_its_lines_at_its_own_time(tmp_path: Path) -> None:
    path = retail_file(
        tmp_path, [row(), row(sku="71053", quantity=1, price="3.39", at="2010-12-01 08:27:00")]
    )
    (sale,) = sales(dry_retail(path)[0])
    assert (sale.receipt_no, sale.currency, sale.channel) == ("536365", "GBP", "online")
    assert sale.occurred_at == datetime(2010, 12, 1, 8, 26, tzinfo=UTC)
    assert [(line.sku, line.quantity, line.unit_price_minor) for line in sale.lines] == [
        ("85123A", 6, 255),
        ("71053", 1, 339),
    ]


def test_times_are_british_ones(tmp_path: Path) -> None:
    (sale,) = sales(dry_retail(retail_file(tmp_path, [row(at="2011-07-01 08:26:00")]))[0])
    assert sale.occurred_at == datetime(2011, 7, 1, 7, 26, tzinfo=UTC)


def test_both_spellings_of_header_and_customer_numbers_are_the_same_history(tmp_path: Path) -> None:
    one = dry_retail(retail_file(tmp_path, [row()], "one.csv"))[0]
    two = dry_retail(retail_file(tmp_path, [row(customer="17850.0")], "two.csv.gz", header=TWO))[0]
    assert one == two


def test_a_copy_with_semicolons_and_decimal_commas_is_the_same_history(tmp_path: Path) -> None:
    rows = [row(), row("536366", at="2010-12-13 08:28:00")]
    exotic = [row(price="2,55", at="01/12/2010 08:26"), row("536366", price="2,55", at="13/12/2010 08:28")]
    there = dry_retail(retail_file(tmp_path, exotic, "b.csv", delimiter=";"))[0]
    assert dry_retail(retail_file(tmp_path, rows, "a.csv"))[0] == there


def test_associates_are_made_up_and_labelled_and_a_customer_keeps_theirs(tmp_path: Path) -> None:
    path = retail_file(tmp_path, [row(), row("536366"), row("536367", customer="")])
    commands, _, _ = dry_retail(path, associates=3)
    hired = [command for command in commands if isinstance(command, HireAssociate)]
    assert [hire.made_up for hire in hired] == [True] * 3
    assert "Made-up associate 1" in str(hired[0].name)
    first, second, walk_in = sales(commands)
    assert first.lines[0].attribution == second.lines[0].attribution
    assert first.lines[0].attribution[0].associate_id in {hire.associate_id for hire in hired}
    assert (walk_in.customer_id, walk_in.lines[0].attribution) == (None, ())


def test_exact_duplicates_are_lines(tmp_path: Path) -> None:
    (sale,) = sales(dry_retail(retail_file(tmp_path, [row(), row()]))[0])
    assert len(sale.lines) == 2


def test_a_cancellation_takes_back_the_oldest_sales_of_the_same_customer_and_item(tmp_path: Path) -> None:
    rows = [
        row("1", quantity=2),
        row("2", quantity=5),
        row("3", quantity=9, customer="other"),
        row("C4", quantity=-6, at=LATER),
    ]
    commands, summary, _ = dry_retail(retail_file(tmp_path, rows))
    first, second, _ = sales(commands)
    assert [
        (back.sale_id, back.lines[0].quantity, back.lines[0].refund_minor) for back in returns(commands)
    ] == [
        (first.sale_id, 2, 510),
        (second.sale_id, 4, 1020),
    ]
    assert (summary.returns, summary.returned_minor, summary.skipped) == (2, 1530, {})


def test_a_cancellation_at_another_price_is_matched_for_the_amount_of_the_file(tmp_path: Path) -> None:
    commands, summary, _ = dry_retail(
        retail_file(tmp_path, [row(), row("C2", quantity=-1, price="1.00", at=LATER)])
    )
    (sale,), (back,) = sales(commands), returns(commands)
    assert (back.sale_id, back.lines[0].refund_minor) == (None, 100)
    (match,) = [command for command in commands if isinstance(command, MatchReturn)]
    assert (match.return_id, match.sale_id, match.lines) == (back.return_id, sale.sale_id, (1,))
    assert summary.returned_minor == 100


def test_what_was_sold_later_is_no_sale_a_cancellation_can_come_from(tmp_path: Path) -> None:
    rows = [row("C1", quantity=-1, at="2010-12-01 08:00:00"), row("2", at=LATER)]
    (back,) = returns(dry_retail(retail_file(tmp_path, rows))[0])
    assert back.sale_id is None


def test_more_than_was_sold_comes_back_without_a_receipt(tmp_path: Path) -> None:
    commands, _, _ = dry_retail(retail_file(tmp_path, [row(quantity=2), row("C2", quantity=-5, at=LATER)]))
    assert [(back.sale_id is None, back.lines[0].quantity) for back in returns(commands)] == [
        (False, 2),
        (True, 3),
    ]


def test_nobody_knows_what_an_unnamed_customer_bought_before(tmp_path: Path) -> None:
    rows = [row(customer=""), row("C2", quantity=-1, customer="", at=LATER)]
    (back,) = returns(dry_retail(retail_file(tmp_path, rows))[0])
    assert (back.sale_id, back.customer_id) == (None, None)


def test_a_customer_whose_first_document_is_a_return_has_an_owner_at_once(tmp_path: Path) -> None:
    rows = [row("C1", quantity=-1), row("2", at=LATER), row("3", customer="gifted", price="0", at=LATER)]
    commands, summary, _ = dry_retail(retail_file(tmp_path, rows))
    kinds = [type(command) for command in commands if not isinstance(command, HireAssociate)]
    assert kinds == [RegisterCustomer, AssignOwner, AcceptReturn, RecordSale, RegisterCustomer, RecordSale]
    assert summary.customers == 2


def test_a_split_invoice_is_one_sale_and_one_with_two_customers_is_two(tmp_path: Path) -> None:
    rows = [row("1"), row("2"), row("1", sku="B"), row("3"), row("3", customer="other")]
    receipts = [
        (sale.receipt_no, len(sale.lines)) for sale in sales(dry_retail(retail_file(tmp_path, rows))[0])
    ]
    assert receipts == [("2", 1), ("1", 2), ("3", 1), ("3/2", 1)]


def test_prices_finer_than_a_penny_are_kept_as_amounts(tmp_path: Path) -> None:
    path = retail_file(
        tmp_path, [row(quantity=3, price="0.125"), row("C2", quantity=-3, price="0.125", at=LATER)]
    )
    commands, summary, _ = dry_retail(path)
    (sale,), (back,) = sales(commands), returns(commands)
    (line,) = sale.lines
    assert line.quantity * line.unit_price_minor - line.discount_minor == 38
    assert back.lines[0].refund_minor == 38
    assert (summary.sold_minor, summary.returned_minor, summary.rounding_minor, sum_of(summary)) == (
        38,
        38,
        0,
        0,
    )


@pytest.mark.parametrize(
    ("left", "reason", "amount_minor"),
    [
        (row("A1", price="-11.50", quantity=1, customer=""), "bad_debt_adjustment", -1150),
        (row(quantity=-5, price="0", customer=""), "stock_write_off", 0),
        (row(quantity=-5, price="1.00", customer=""), "stock_write_off", -500),
        (row(price="0", customer=""), "price_zero", 0),
        (row(quantity=0), "quantity_zero", 0),
        (row("C1", quantity=5), "cancellation_of_nothing", 1275),
        (row("C1", quantity=-5, price="0"), "price_not_positive", 0),
        (row(price="-1.00"), "price_not_positive", -600),
        (row(quantity=10**9), "out_of_range", 255 * 10**9),
        (row(sku=""), "no_invoice_or_stock_code", 1530),
        (row(invoice=""), "no_invoice_or_stock_code", 1530),
        (row("9" * 100), "out_of_range", 1530),
        (row(quantity="six"), "unreadable", 0),
        (row(price="cheap"), "unreadable", 0),
        (row(price="nan"), "unreadable", 0),
        (row(at="yesterday"), "unreadable", 0),
        (row(at="2999-01-01 00:00:00"), "unreadable", 0),
    ],
)
def test_rows_are_skipped_for_named_reasons(
    tmp_path: Path, left: tuple[str, str, int | str, str, str, str], reason: str, amount_minor: int
) -> None:
    commands, summary, reconciliation = dry_retail(retail_file(tmp_path, [row("9", sku="kept"), left]))
    assert len(sales(commands)) == 1
    assert not returns(commands)
    assert (list(summary.skipped), summary.rows) == ([reason], 2)
    assert (summary.skipped[reason].rows, summary.skipped[reason].amount_minor) == (1, amount_minor)
    assert sum_of(summary) == 1530 + amount_minor
    assert bool(reconciliation.problems) == (reason == "unreadable")


def test_an_unreadable_cell_is_named_by_file_line_and_column_and_not_repeated(tmp_path: Path) -> None:
    _, _, reconciliation = dry_retail(retail_file(tmp_path, [row(), row(quantity="Ada Lovelace")]))
    (problem,) = reconciliation.problems
    assert str(problem) == (
        "retail.csv line 3, column quantity: a text of 12 characters (letters, blanks) is not a number"
    )


def test_what_comes_off_an_invoice_of_a_customer_is_a_return(tmp_path: Path) -> None:
    commands, summary, _ = dry_retail(retail_file(tmp_path, [row(), row("9", quantity=-1, at=LATER)]))
    assert (returns(commands)[0].sale_id, summary.returned_minor) == (sales(commands)[0].sale_id, 255)


def test_files_that_share_some_days_are_read_as_one(tmp_path: Path) -> None:
    shared = [row("2", at="2010-12-02 09:00:00")] * 2
    first = retail_file(tmp_path, [row("1"), *shared], "first.csv")
    second = retail_file(tmp_path, [*shared, row("C3", quantity=-1, at=LATER)], "second.csv", header=TWO)
    both, summary, _ = dry_retail(second, first)
    assert Counter(sale.receipt_no for sale in sales(both)) == {"1": 1, "2": 1}
    assert returns(both)[0].sale_id == next(sale.sale_id for sale in sales(both) if sale.receipt_no == "1")
    assert (summary.rows, summary.skipped["in_an_earlier_file"].rows) == (6, 2)
    assert sum_of(summary) == 5 * 1530 - 255


def test_a_scattered_file_leads_to_the_same_history(tmp_path: Path) -> None:
    rows = [row("1"), row("1", "B"), row("2", at="2010-12-02 08:00:00"), row("C3", quantity=-7, at=LATER)]
    scattered = [rows[3], rows[0], rows[2], rows[1]]
    in_order = dry_retail(retail_file(tmp_path, rows, "a.csv"))
    assert dry_retail(retail_file(tmp_path, scattered, "b.csv"))[:2] == in_order[:2]

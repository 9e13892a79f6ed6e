"""What shops export: read rightly, or refused with the reason; never guessed."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.customer.commands import AddContactPoint, RegisterCustomer
from domain.messages import Command
from domain.sale.commands import RecordSale
from services.importing.formats.adventureworks.reader import AdventureWorks
from services.importing.formats.mapped_csv.mapping import mapping_of
from services.importing.formats.mapped_csv.reader import MappedCsv
from services.importing.formats.northwind import Northwind
from services.importing.pipeline.csv_files import UnusableFile
from services.importing.pipeline.reconciliation import ImportSummary, Reconciliation
from tests.services.importing.builders import House, dry, dry_retail, import_into, sum_of

EXAMPLES = Path(__file__).parents[4] / "docs" / "examples"
EXPORTS = Path(__file__).parents[1] / "exports"
NOW = datetime(2026, 11, 29, tzinfo=UTC)


def read(name: str, mapping: Path | None = None) -> tuple[list[Command], ImportSummary, Reconciliation]:
    meaning = mapping_of(mapping or EXPORTS / f"{name}.toml")
    reconciliation = Reconciliation()
    source = MappedCsv([EXPORTS / f"{name}.csv"], meaning, reconciliation, now=NOW)
    commands, summary = dry(source, reconciliation)
    return commands, summary, reconciliation


@pytest.mark.parametrize(
    ("name", "sold", "returned", "unreadable_lines"),
    [
        ("amount-refund", 124_000, 8_000, []),
        ("coffee-shop", 600, 0, [3]),
        ("decimal-comma-forgotten", 125_840, 0, []),
        ("first-row-only", 8_800, 0, []),
        ("number-forms", 634_200, 5_000, [14]),
        ("slash-dates", 0, 0, [2, 3]),
        ("square-items", 147_000, 9_000, [6]),
        ("square-transactions", 6_000, 6_000, []),
        ("superstore", 195_148, 0, []),
        ("tax-four-decimals", 199_347, 0, []),
        ("unknown-kind", 10_000, 1_000, [5]),
    ],
)
def test_what_a_shop_exports_adds_up_and_the_rest_is_named(
    name: str, sold: int, returned: int, unreadable_lines: list[int]
) -> None:
    _, summary, reconciliation = read(name)
    assert (summary.sold_minor, summary.returned_minor) == (sold, returned)
    assert [problem.line for problem in reconciliation.problems] == unreadable_lines


@pytest.mark.parametrize(
    ("example", "name", "sold", "returned", "sales", "returns", "left_out"),
    [
        ("shopify", "shopify-orders", 8_800, 400, 3, 1, {"left_out_by_mapping": 1_600}),
        ("woocommerce", "woocommerce-orders", 26_000, 4_000, 3, 1, {}),
        ("square-items", "square-items", 147_000, 9_000, 2, 1, {"left_out_by_mapping": 5_000}),
        ("square-transactions", "square-transactions", 6_000, 6_000, 1, 1, {"nothing_sold": 0}),
        ("lightspeed", "lightspeed", 11_304, 3_478, 1, 1, {"left_out_by_mapping": 14_782}),
        ("toast", "toast", 6_400, 0, 1, 0, {"left_out_by_mapping": 5_900}),
        ("stripe", "stripe", 26_000, 8_000, 3, 2, {"left_out_by_mapping": 4_500}),
    ],
)
def test_the_mapping_for_a_shops_system_reads_its_export(
    example: str, name: str, sold: int, returned: int, sales: int, returns: int, left_out: dict[str, int]
) -> None:
    _, summary, reconciliation = read(name, EXAMPLES / f"{example}.toml")
    assert reconciliation.problems == []
    assert (summary.sold_minor, summary.returned_minor) == (sold, returned)
    assert (summary.sales, summary.returns) == (sales, returns)
    assert {reason: left.amount_minor for reason, left in summary.skipped.items()} == left_out


def test_those_who_sold_together_share_the_line() -> None:
    commands, _, _ = read("toast", EXAMPLES / "toast.toml")
    (sale,) = [command for command in commands if isinstance(command, RecordSale)]
    assert [[share.share_bp for share in line.attribution] for line in sale.lines] == [[5_000, 5_000]] * 2


def test_a_mail_address_of_a_shop_is_only_kept_where_it_is_encrypted() -> None:
    commands, _, _ = read("shopify-orders", EXAMPLES / "shopify.toml")
    registered = [command for command in commands if isinstance(command, RegisterCustomer)]
    addresses = [command.value for command in commands if isinstance(command, AddContactPoint)]
    assert [command.name for command in registered] == ["Pat Made-Up", "Sam Made-Up"]
    assert sorted(value for value in addresses if "@" in value) == ["pat@example.com", "sam@example.com"]
    assert all("@" not in (command.reference or "") for command in registered)


def test_semicolons_do_not_make_points_into_thousands() -> None:
    _, summary, _ = dry_retail(EXPORTS / "online-retail-semicolons.csv")
    assert (summary.sold_minor, sum_of(summary)) == (19_440, 19_440)


def test_semicolons_and_numbers_that_can_be_read_two_ways_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "retail.csv"
    rows = (EXPORTS / "online-retail-semicolons.csv").read_text().splitlines()
    file.write_text("\n".join([rows[0], rows[1].replace("6.95", "2.550")]) + "\n")
    with pytest.raises(UnusableFile, match=r"retail\.csv line 2: '2\.550' can be read two ways"):
        dry_retail(file)


def test_northwind_with_decimal_commas_is_read_as_it_is_written(tmp_path: Path) -> None:
    details = [f"1;7;{price};2;0" for price in ("14,000", "9,8")]
    tables = {
        "employees": "employee_id;last_name;first_name\n5;Sample;Lin",
        "customers": "customer_id;company_name;contact_name;address;city;postal_code;country;phone\n"
        "C1;Made-Up;;;;;;",
        "categories": "category_id;category_name\n1;Hats",
        "products": "product_id;product_name;category_id\n7;Hat;1",
        "orders": "order_id;customer_id;employee_id;order_date\n1;C1;5;25/02/1997",
        "order_details": "\n".join(["order_id;product_id;unit_price;quantity;discount", *details]),
    }
    for name, content in tables.items():
        (tmp_path / f"{name}.csv").write_text(content + "\n")
    reconciliation = Reconciliation()
    commands, summary = dry(Northwind(tmp_path, reconciliation), reconciliation)
    assert (summary.sold_minor, reconciliation.problems) == (2_800 + 1_960, [])
    (sale,) = [command for command in commands if isinstance(command, RecordSale)]
    assert f"{sale.occurred_at:%Y-%m-%d}" == "1997-02-25"


def test_an_orders_first_row_speaks_for_its_others() -> None:
    sales = [command for command in read("first-row-only")[0] if isinstance(command, RecordSale)]
    assert [len(sale.lines) for sale in sales] == [2, 2]
    assert len({sale.customer_id for sale in sales}) == 1
    assert {sale.store_id for sale in sales} == {"Main"}
    assert len({line.attribution for sale in sales for line in sale.lines}) == 1
    assert all(line.attribution for sale in sales for line in sale.lines)


def test_scattered_rows_of_an_order_have_its_customer(tmp_path: Path) -> None:
    file = tmp_path / "till.csv"
    rows = ["1,2025-01-02,C1,A,10.00", "2,2025-01-02,C2,A,10.00", "1,2025-01-02,,B,5.00"]
    file.write_text("\n".join(["invoice,date,customer,sku,amount", *rows]) + "\n")
    toml = tmp_path / "map.toml"
    toml.write_text((EXPORTS / "slash-dates.toml").read_text() + 'customer = "customer"\n')
    reconciliation = Reconciliation()
    commands, _ = dry(MappedCsv([file], mapping_of(toml), reconciliation, now=NOW), reconciliation)
    sales = [command for command in commands if isinstance(command, RecordSale)]
    assert sorted(len(sale.lines) for sale in sales) == [1, 2]
    assert all(sale.customer_id for sale in sales)


@pytest.mark.parametrize(
    ("lines", "keys", "says"),
    [
        (["12.50", "7.90"], "decimal_comma = true", "line 2, column amount: '12.50' has a decimal point"),
        (["1,234", "12,50"], "decimal_comma = false", "line 3, column amount: '12,50' has a decimal comma"),
        (["10", "1.234"], "", "line 3, column amount: '1.234' can be read two ways"),
        (["1,234", "10"], "", "line 2, column amount: '1,234' can be read two ways"),
        (["12.50", "3,5"], "", "line 2, column amount: '12.50' has a decimal point, but .* line 3"),
    ],
)
def test_numbers_that_can_be_read_two_ways_are_refused_with_their_line(
    tmp_path: Path, lines: list[str], keys: str, says: str
) -> None:
    rows = [f"2025-01-0{number};{number};A;{text}" for number, text in enumerate(lines, start=1)]
    file = tmp_path / "till.csv"
    file.write_text("\n".join(["date;invoice;sku;amount", *rows]) + "\n")
    toml = tmp_path / "map.toml"
    shape = f"[file]\n{keys}\n" if keys else ""
    columns = '[columns]\ndate = "date"\ninvoice = "invoice"\nsku = "sku"\namount = "amount"\n'
    toml.write_text(f'name = "till"\ncurrency = "EUR"\n{shape}{columns}')
    with pytest.raises(UnusableFile, match=says):
        MappedCsv([file], mapping_of(toml), Reconciliation(), now=NOW)


def test_the_order_of_days_that_the_file_shows_is_taken(
    tmp_path: Path,
) -> None:
    file, toml = tmp_path / "till.csv", tmp_path / "map.toml"
    file.write_text("date,invoice,sku,amount\n05/02/2023,1,A,10.00\n25/02/2023,2,A,10.00\n")
    content = (EXPORTS / "slash-dates.toml").read_text()
    toml.write_text(content)
    commands, _ = dry(
        MappedCsv([file], mapping_of(toml), reconciliation := Reconciliation(), now=NOW), reconciliation
    )
    days = [f"{command.occurred_at:%Y-%m-%d}" for command in commands if isinstance(command, RecordSale)]
    assert days == ["2023-02-05", "2023-02-25"]
    toml.write_text(content.replace("[columns]", "[file]\nday_first = false\n[columns]"))
    with pytest.raises(UnusableFile, match="line 3, column date: '25/02/2023' has the day first"):
        MappedCsv([file], mapping_of(toml), Reconciliation(), now=NOW)


def test_a_code_that_is_no_currency_is_a_wrong_row(tmp_path: Path) -> None:
    file, toml = tmp_path / "till.csv", tmp_path / "map.toml"
    file.write_text("date,invoice,sku,amount,cur\n2023-02-05,1,A,10.00,XXQ\n2023-02-05,2,A,10.00,EUR\n")
    content = (EXPORTS / "slash-dates.toml").read_text()
    toml.write_text(content + 'currency = "cur"\n')
    reconciliation = Reconciliation()
    _, summary = dry(MappedCsv([file], mapping_of(toml), reconciliation, now=NOW), reconciliation)
    assert [(p.line, p.column, p.reason) for p in reconciliation.problems] == [(2, "cur", "is no currency")]
    assert summary.skipped["other_currency"].amount_minor == 1_000
    toml.write_text(content.replace('"GBP"', '"XXQ"'))
    with pytest.raises(UnusableFile, match="'XXQ' is no currency"):
        mapping_of(toml)


def test_a_cell_with_the_character_zero_is_a_skipped_row(tmp_path: Path, house: House) -> None:
    file = tmp_path / "till.csv"
    file.write_text(
        "date,invoice,sku,amount\n2023-01-02,1,A,10.00\n2023-01-02,2,A\0B,5.00\n2023-01-03,3,A,7.00\n"
    )
    reconciliation = Reconciliation()
    source = MappedCsv([file], mapping_of(EXPORTS / "slash-dates.toml"), reconciliation, now=NOW)
    summary = import_into(house, source, reconciliation)
    assert (summary.sales, summary.sold_minor, summary.skipped["unreadable"].rows) == (2, 1_700, 1)
    (problem,) = reconciliation.problems
    assert (problem.line, problem.reason) == (3, "holds the character U+0000, which no table can store")


def test_adventureworks_without_people_is_imported_whole(house: House) -> None:
    reconciliation = Reconciliation()
    source = AdventureWorks(EXPORTS / "adventureworks-no-person", reconciliation)
    summary = import_into(house, source, reconciliation)
    assert (summary.sales, summary.sold_minor) == (1, 10_000)
    (hired,) = house.events("associate.hired.v1")
    assert (hired.reference, hired.name) == ("274", None)

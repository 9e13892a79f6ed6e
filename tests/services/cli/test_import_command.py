"""`clienteling import` as it is called: exit codes, and what is said where."""

import json
import shutil
from pathlib import Path

import pytest

from services.cli.command_line import run
from tests.services.importing.builders import retail_file, row

EXPORTS = Path(__file__).parents[1] / "importing" / "exports"
MAPPING = (
    'name = "till"\ncurrency = "EUR"\n[columns]\ndate = "D"\nsku = "S"\nunit_price = "P"\ncustomer = "C"\n'
)


def called(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Exit code, standard output and (unwrapped) standard error of one command line."""
    code = run(["import", *map(str, arguments)])
    captured = capsys.readouterr()
    return code, captured.out, " ".join(captured.err.split())


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    path = tmp_path / "map.toml"
    path.write_text(MAPPING)
    return path


def written(folder: Path, content: str) -> Path:
    path = folder / "till.csv"
    path.write_text(content)
    return path


def test_a_file_of_another_kind_is_wrong_usage_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, "a,b\n1,2\n")
    code, out, err = called(capsys, "online-retail", path)
    assert (code, out) == (2, "")
    assert "no column for invoice: expected 'InvoiceNo' or 'Invoice'" in err
    assert "the header has 'a', 'b'" in err
    assert path.name in err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("online-retail", "nothing.csv"), "nothing.csv: there is no such file"),
        (("northwind", "nowhere"), "nowhere: there is no such folder"),
        (("adventureworks", "nowhere"), "nowhere: there is no such folder"),
        (("csv", "nothing.csv", "--mapping", "nothing.toml"), "nothing.toml: there is no such file"),
    ],
)
def test_what_is_not_there_is_wrong_usage(
    arguments: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = called(capsys, *arguments)
    assert (code, out) == (2, "")
    assert says in err


@pytest.mark.parametrize("count", ["0", "1001", "many"])
def test_associates_are_a_number_that_makes_sense(
    count: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = retail_file(tmp_path, [row()])
    assert called(capsys, "online-retail", path, "--associates", count)[0] == 2


def test_an_empty_file_is_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = called(capsys, "online-retail", written(tmp_path, ""))
    assert code == 2
    assert "the file is empty" in err


def test_checking_says_what_an_import_would_do_and_writes_nothing(
    tmp_path: Path, mapping: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, "D,S,P,C\n2025-01-01,shoe,12.50,k1\n2025-01-02,shoe,-12.50,k1\n")
    code, out, _ = called(capsys, "csv", path, "--mapping", mapping, "--check", "--json")
    content = json.loads(out)
    assert (code, content["problems"]) == (0, [])
    assert content["commands"] == {"AcceptReturn": 1, "RecordSale": 1, "RegisterCustomer": 1}
    assert (content["would"]["sold_minor"], content["would"]["returned_minor"]) == (1250, 1250)
    assert content["would"]["left_out"] == {}


def test_checking_names_each_row_that_is_wrong_without_repeating_it(
    tmp_path: Path, mapping: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, "D,S,P,C\n2025-01-01,shoe,Lovelace,k1\n2025-01-01,shoe,1,k1\n2025-01-01,shoe\n")
    code, out, err = called(capsys, "csv", path, "--mapping", mapping, "--check", "--json")
    assert code == 1
    assert [(p["line"], p["column"], p["reason"]) for p in json.loads(out)["problems"]] == [
        (2, "P", "is not a number"),
        (4, "", "has another number of columns than the header"),
    ]
    assert "2 rows cannot be read; nothing was written" in err
    assert "Lovelace" not in out + err
    code, out, _ = called(capsys, "csv", path, "--mapping", mapping, "--check")
    assert (code, "Lovelace" in out) == (1, False)
    assert "is not a number" in " ".join(out.split())


def test_checking_groups_rows_by_column_and_reason_and_says_how_it_was_read(
    tmp_path: Path, mapping: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mapping.write_text(MAPPING + 'kind = "K"\nassociate = "A"\n')
    rows = ["25/01/2025,shoe,x,k1,Paid,Mo", "26/01/2025,shoe,y,k1,Paid,Mo", "27/01/2025,shoe,9.5,k1,Paid,Mo"]
    path = written(tmp_path, "\n".join(["D,S,P,C,K,A", *rows, "28/01/2025,shoe,1,k1,Retuor,Mo"]) + "\n")
    code, out, _ = called(capsys, "csv", path, "--mapping", mapping, "--check", "--json")
    content = json.loads(out)
    assert code == 1
    assert [(g["column"], g["rows"], g["first"]["line"]) for g in content["problem_groups"]] == [
        ("P", 2, 2),
        ("K", 1, 5),
    ]
    read = content["read"]
    assert "line 4, column P: '9.5' shows" in read["numbers"]
    assert "day first, as till.csv line 2" in read["dates"]
    assert [(met["kind"], met["taken_for"], met["rows"]) for met in read["kinds"]] == [
        ("Paid", "sale", 3),
        ("Retuor", "unknown", 1),
    ]
    assert (read["associates"], read["stores"]) == (["Mo"], {"till": 1})
    assert read["from"].startswith("2025-01-27")


def test_every_format_can_be_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = retail_file(tmp_path, [row(), row(quantity="many")])
    code, out, err = called(capsys, "online-retail", path, "--check")
    assert (code, "quantity" in out) == (1, True)
    assert "1 row cannot be read; nothing was written" in err
    folder = EXPORTS / "adventureworks-no-person"
    code, out, err = called(capsys, "adventureworks", folder, "--check", "--json")
    assert (code, json.loads(out)["would"]["sold_minor"]) == (0, 10_000)
    assert "Nothing is wrong with it." in err


def test_a_day_that_can_be_read_two_ways_is_a_wrong_row_in_every_format(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = retail_file(tmp_path, [row(at="05/02/2011 08:26")])
    code, out, _ = called(capsys, "online-retail", path, "--check", "--json")
    assert (code, json.loads(out)["would"]["sales"]) == (1, 0)
    folder = tmp_path / "adventureworks"
    shutil.copytree(EXPORTS / "adventureworks-no-person", folder)
    heads = folder / "SalesOrderHeader.csv"
    heads.write_text(heads.read_text().replace("2024-03-01", "05/02/2024"))
    code, out, _ = called(capsys, "adventureworks", folder, "--check", "--json")
    (problem,) = json.loads(out)["problems"]
    assert (code, problem["line"]) == (1, 2)
    assert "two ways, day or month first" in problem["reason"]


def test_every_format_says_how_its_numbers_and_days_were_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = retail_file(tmp_path, [row(at="25/02/2011 08:26", price="2,55")])
    _, out, _ = called(capsys, "online-retail", path, "--check", "--json")
    read = json.loads(out)["read"]
    assert (read["numbers"], read["dates"]) == ("with a decimal comma", "day first")
    _, out, _ = called(capsys, "adventureworks", EXPORTS / "adventureworks-no-person", "--check", "--json")
    read = json.loads(out)["read"]
    assert (read["numbers"], read["dates"][:10]) == ("with a decimal point", "year first")


def test_checking_counts_the_days_of_the_shop_and_those_of_allowances(
    tmp_path: Path, mapping: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mapping.write_text('time_zone = "America/New_York"\n' + MAPPING + 'quantity = "Q"\n')
    rows = ["2025-01-06 21:00,scarf,1240.00,c,1", "2025-01-10 22:00,scarf,-40.00,c,0"]
    path = written(tmp_path, "\n".join(["D,S,P,C,Q", *rows]) + "\n")
    mapping.write_text(mapping.read_text().replace("unit_price", "amount"))
    code, out, _ = called(capsys, "csv", path, "--mapping", mapping, "--check")
    assert (code, "2025-01-06 to 2025-01-10 (America/New_York)" in out) == (0, True)


def test_checking_counts_rows_whose_kind_is_blank(
    tmp_path: Path, mapping: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mapping.write_text(MAPPING + 'kind = "K"\n')
    path = written(tmp_path, "D,S,P,C,K\n2025-01-01,shoe,1,k1,Paid\n2025-01-02,shoe,1,k1,\n")
    code, out, _ = called(capsys, "csv", path, "--mapping", mapping, "--check")
    assert (code, "Paid: sale (1), blank: as its numbers say (1)" in out) == (0, True)


def test_days_of_both_orders_are_named(
    tmp_path: Path, mapping: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, "D,S,P,C\n25/02/2025,shoe,1,k1\n02/26/2025,shoe,1,k1\n")
    _, out, _ = called(capsys, "csv", path, "--mapping", mapping, "--check", "--json")
    read = json.loads(out)["read"]["dates"]
    assert "'25/02/2025' and till.csv line 3, column D: '02/26/2025' show both" in read


def test_a_file_that_can_be_read_two_ways_is_wrong_usage(
    tmp_path: Path, mapping: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, 'D,S,P,C\n2025-01-01,shoe,"1,234",k1\n')
    code, out, err = called(capsys, "csv", path, "--mapping", mapping)
    assert (code, out) == (2, "")
    assert "till.csv line 2, column P: '1,234' can be read two ways" in err
    code, _, err = called(capsys, "online-retail", retail_file(tmp_path, [row(price="1,234")]), "--check")
    assert (code, "retail.csv line 2: '1,234' can be read two ways" in err) == (2, True)


def test_a_wrong_mapping_is_wrong_usage(
    tmp_path: Path, mapping: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mapping.write_text(MAPPING.replace("sku", "skus"))
    code, _, err = called(capsys, "csv", written(tmp_path, "D,S,P,C\n"), "--mapping", mapping)
    assert code == 2
    assert "there is no key 'skus' in [columns]: did you mean sku?" in err

"""Reading purchases: three formats, the dirt in them, and the messages about rows that cannot be
read.
"""

import gzip
from pathlib import Path

import pytest

from domain.return_.events import ReturnAccepted, ReturnMatched
from domain.sale.events import SaleRecorded
from services.analysis.score.purchase_events import PurchaseEvent, ReadReport
from services.analysis.score.purchase_files import FileFormat, UnreadableRows, purchase_events
from services.importing.pipeline.csv_files import UnusableFile
from tests.services.analysis.score.files import written

II = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country\n"
ONE = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"


def read(path: Path, format: FileFormat, **columns: str) -> tuple[list[PurchaseEvent], ReadReport]:
    report = ReadReport()
    return list(purchase_events([path], format, columns, report)), report


def days_and_amounts(events: list[PurchaseEvent]) -> list[tuple[str, int]]:
    return [
        (event.occurred_at.date().isoformat(), event.net_minor)
        for event in events
        if isinstance(event, SaleRecorded)
    ]


@pytest.mark.parametrize(
    "line", [" 00004 19970101  1   29.33\n", " 00004 0001 19970101  1   29.33\n"], ids=["master", "sample"]
)
def test_cdnow_is_told_apart_by_its_columns(tmp_path: Path, line: str) -> None:
    events, report = read(written(tmp_path, line * 2 + "\n\x1a"), "cdnow")
    assert days_and_amounts(events) == [("1997-01-01", 2933)] * 2
    assert len({event.customer_id for event in events}) == 1
    assert report.rows == 2


def test_gzipped_files_are_read_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "cdnow.txt.gz"
    path.write_bytes(gzip.compress(b"00004 19970101 1 29.33\n"))
    assert days_and_amounts(read(path, "cdnow")[0]) == [("1997-01-01", 2933)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_amounts_of_a_csv_file_are_read_whatever_stands_between_its_columns(
    tmp_path: Path, delimiter: str
) -> None:
    path = written(tmp_path, "Client,Order Date,Total\na,2026-01-01,5.50\n".replace(",", delimiter))
    assert days_and_amounts(read(path, "csv")[0]) == [("2026-01-01", 550)]
    without = written(tmp_path, "Client,Order Date\na,2026-01-01\n".replace(",", delimiter))
    assert days_and_amounts(read(without, "csv")[0]) == [("2026-01-01", 0)]
    called = written(tmp_path, "Client,Order Date,Revenue\na,2026-01-01,5.50\n".replace(",", delimiter))
    assert days_and_amounts(read(called, "csv", amount="Revenue")[0]) == [("2026-01-01", 550)]
    with pytest.raises(UnusableFile, match="no column for amount"):
        read(called, "csv", amount="Turnover")


def test_bad_rows_of_cdnow_are_named_by_their_lines(tmp_path: Path) -> None:
    path = written(
        tmp_path, "1 19970101 1 5.00\n2 19971301 1 5.00\n3 19970101 1\n4 19970101 x 5.00\n5 19970101 1 much\n"
    )
    with pytest.raises(UnreadableRows) as refused:
        read(path, "cdnow")
    assert str(refused.value).splitlines()[1:] == [
        "  line 2: '19971301' is no date (YYYY-MM-DD or YYYYMMDD)",
        "  line 3: 3 columns, the first line has 4",
        "  line 4: 'x' is no number of pieces",
        "  line 5: 'much' is not a number",
    ]


def test_a_file_of_another_shape_is_not_cdnow(tmp_path: Path) -> None:
    with pytest.raises(UnusableFile, match="line 1 has 3 columns"):
        read(written(tmp_path, "customer,date ,amount\n"), "cdnow")


@pytest.mark.parametrize("header", ["customer_id date number_of_cds dollar_value", "CustID,Date,CDs,Dollars"])
def test_the_header_that_some_copies_of_cdnow_have_is_no_row(tmp_path: Path, header: str) -> None:
    events, report = read(written(tmp_path, f"{header}\n00004 19970101 1 29.33\n"), "cdnow")
    assert (days_and_amounts(events), report.rows) == ([("1997-01-01", 2933)], 1)


def test_several_files_are_one_history_in_the_form_that_they_show(tmp_path: Path) -> None:
    first, second = tmp_path / "one.csv", tmp_path / "two.csv"
    first.write_text("customer;date;amount\na;05/02/2020;1.234,50\n")
    second.write_text("customer;date;amount\na;25/02/2020;7,00\n")
    events = list(purchase_events([first, second], "csv", {}, ReadReport()))
    assert days_and_amounts(events) == [("2020-02-05", 123_450), ("2020-02-25", 700)]
    assert len({event.sale_id for event in events if isinstance(event, SaleRecorded)}) == 2
    with pytest.raises(UnreadableRows, match="day or month first"):
        list(purchase_events([first], "csv", {}, ReadReport()))
    said = list(purchase_events([first], "csv", {}, ReadReport(), date_format="%m/%d/%Y"))
    assert days_and_amounts(said) == [("2020-05-02", 123_450)]


def test_csv_columns_are_known_by_their_usual_names_in_any_order(tmp_path: Path) -> None:
    events, _ = read(
        written(tmp_path, "Order Date,Total,Customer_ID\n2020-02-29,12.345,a\n20200301,7,b\n"), "csv"
    )
    assert days_and_amounts(events) == [("2020-02-29", 1235), ("2020-03-01", 700)]


def test_csv_columns_of_other_names_are_named_by_the_caller(tmp_path: Path) -> None:
    path = written(tmp_path, "who,when,how_much\na,2020-02-29 18:30:00,1.00\n")
    events, _ = read(path, "csv", customer="who", date="when", amount="how_much")
    assert days_and_amounts(events) == [("2020-02-29", 100)]
    with pytest.raises(UnusableFile, match="no column for customer"):
        read(path, "csv")


def test_csv_needs_no_amount(tmp_path: Path) -> None:
    assert days_and_amounts(read(written(tmp_path, "cust,date\n1,20060101\n"), "csv")[0]) == [
        ("2006-01-01", 0)
    ]


def test_rows_of_blanks_are_counted_and_no_bad_rows(tmp_path: Path) -> None:
    path = written(tmp_path, "customer,date,amount\na,2020-01-01,5\n,,\n\n , ,,,\n")
    report = ReadReport()
    assert days_and_amounts(list(purchase_events([path], "csv", {}, report))) == [("2020-01-01", 500)]
    assert (report.rows, report.left_out) == (3, {"blank_row": 2})


def test_bad_rows_of_csv_are_named_by_their_lines_and_refunds_are_left_out(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "customer,date,amount\na,2020-01-01,5\na,2020-01-02,-5\n,2020-01-03,5\nb,soon,5\nb,2020-01-05\n",
    )
    report = ReadReport()
    with pytest.raises(UnreadableRows) as refused:
        list(purchase_events([path], "csv", {}, report))
    assert str(refused.value).splitlines()[1:] == [
        "  line 4: no customer",
        "  line 5: 'soon' is not a time",
        "  line 6: has another number of columns than the header",
    ]
    assert report.left_out == {"refund_without_sale": 1}


@pytest.mark.parametrize("header", [ONE, II])
def test_cancellations_come_off_the_oldest_sale_of_the_same_customer_and_stock_code(
    tmp_path: Path, header: str
) -> None:
    rows = (
        "1,A,a,3,2011-01-03 10:00:00,2.00,7,UK\n"
        "2,A,a,3,2011-01-04 10:00:00,2.00,7,UK\n"
        "3,A,a,1,2011-01-04 10:00:00,2.00,,UK\n"
        "C4,A,a,-4,2011-01-05 10:00:00,2.00,7,UK\n"
        "C5,A,a,-1,2011-01-06 10:00:00,1.50,7,UK\n"
        "C6,B,b,-1,2011-01-07 10:00:00,9.00,7,UK\n"
    )
    events, report = read(written(tmp_path, header + rows), "online-retail")
    first, second, *returns = events
    assert days_and_amounts(events) == [("2011-01-03", 600), ("2011-01-04", 600)]
    assert isinstance(first, SaleRecorded)
    assert isinstance(second, SaleRecorded)
    three, one, matched = returns
    assert isinstance(three, ReturnAccepted)
    assert isinstance(one, ReturnAccepted)
    assert isinstance(matched, ReturnMatched)
    assert (three.sale_id, [(line.quantity, line.refund_minor) for line in three.lines]) == (
        first.sale_id,
        [(3, 600)],
    )
    assert (one.sale_id, [(line.quantity, line.refund_minor) for line in one.lines]) == (
        second.sale_id,
        [(1, 200)],
    )
    assert (matched.sale_id, matched.sold_minor, matched.goodwill_minor) == (second.sale_id, 200, -50)
    assert report.left_out == {"no_customer": 1}
    assert report.rows == 6


def test_only_csv_has_columns_to_be_named(tmp_path: Path) -> None:
    with pytest.raises(UnusableFile, match="only csv"):
        read(written(tmp_path, ""), "cdnow", customer="who")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    for format in ("cdnow", "csv", "online-retail"):
        with pytest.raises(UnusableFile, match="no such file"):
            read(tmp_path / "nothing.txt", format)

"""Files as they come."""

import gzip
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.importing.pipeline.csv_files import BrokenRow, CsvFile, UnusableFile

COLUMNS = {"who": ("Who", "Customer ID"), "what": ("What",)}


def written(folder: Path, content: bytes, name: str = "file.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def rows_of(path: Path) -> list[tuple[int, list[str] | None]]:
    read = CsvFile(path, COLUMNS).rows()
    return [(line, None if isinstance(cells, BrokenRow) else list(cells)) for line, cells in read]


def test_columns_are_found_by_any_of_their_spellings_in_any_order(tmp_path: Path) -> None:
    assert rows_of(written(tmp_path, b"what,x,customer id\nshoe,1,17\n")) == [(2, ["17", "shoe"])]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_out(tmp_path: Path, delimiter: str) -> None:
    assert rows_of(written(tmp_path, f"Who{delimiter}What\n1{delimiter}2\n".encode())) == [(2, ["1", "2"])]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le"])
def test_the_encoding_is_found_out(tmp_path: Path, encoding: str) -> None:
    path = written(tmp_path, "Who,What\nZoë,café £5\n".encode(encoding))
    assert rows_of(path) == [(2, ["Zoë", "café £5"])]


def test_a_few_bytes_of_windows_1252_in_a_file_of_utf_8_are_read_as_that(tmp_path: Path) -> None:
    path = written(tmp_path, "Who,What\nZoë,a\n".encode() + b"Zo\xeb,b\n")
    assert [cells for _, cells in rows_of(path)] == [["Zoë", "a"], ["Zoë", "b"]]


def test_a_file_is_unzipped_whatever_it_is_called(tmp_path: Path) -> None:
    assert rows_of(written(tmp_path, gzip.compress(b"Who,What\n1,2\n", mtime=0))) == [(2, ["1", "2"])]


def test_rows_have_the_number_of_the_line_they_begin_on_and_blank_lines_are_none(tmp_path: Path) -> None:
    path = written(tmp_path, b'Who,What\n1,"two\nlines"\n\n2,b\r\n3\n')
    assert rows_of(path) == [(2, ["1", "two\nlines"]), (5, ["2", "b"]), (6, None)]


def test_a_row_with_the_character_zero_is_broken_and_the_others_are_read(tmp_path: Path) -> None:
    path = written(tmp_path, b"Who,What\n1,a\n2,b\0c\n3,d\n")
    assert rows_of(path) == [(2, ["1", "a"]), (3, None), (4, ["3", "d"])]


def test_blanks_behind_the_last_column_are_passed_over(tmp_path: Path) -> None:
    assert rows_of(written(tmp_path, b"Who,What,,\n1,a,,\n2,b\n3,c,,x\n")) == [
        (2, ["1", "a"]),
        (3, ["2", "b"]),
        (4, None),
    ]


def test_lines_above_the_header_are_skipped_and_short_rows_are_filled_up(tmp_path: Path) -> None:
    path = written(tmp_path, b'Report of a till\n"March",\nWho,What\n1,a\n2\n')
    rows = list(CsvFile(path, COLUMNS, skip_rows=2, padded=True).rows())
    assert rows == [(4, ("1", "a")), (5, ("2", ""))]


def test_progress_ends_with_the_size_of_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, b"Who,What\n" + b"1,2\n" * 5_000)
    told: list[int] = []
    assert sum(1 for _ in CsvFile(path, COLUMNS).rows(told.append)) == 5_000
    assert told == sorted(told)
    assert told[-1] == path.stat().st_size


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty"),
        (b"Who,When\n1,2\n", "no column for what: expected 'What', the header has 'Who', 'When'"),
        (b"Who,What\n\0\0\0\0\n", "zero byte"),
        (b"PK\x03\x04rest", "is a workbook"),
        (gzip.compress(b"Who,What\n" + b"1,2\n" * 100, mtime=0)[:-12], "end-of-stream"),
    ],
)
def test_an_unusable_file_is_named_with_what_is_wrong_with_it(
    tmp_path: Path, content: bytes, says: str
) -> None:
    path = written(tmp_path, content)
    with pytest.raises(UnusableFile, match=says) as refusal:
        rows_of(path)
    assert str(path) in str(refusal.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnusableFile, match=r"nothing.csv: there is no such file"):
        CsvFile(tmp_path / "nothing.csv", COLUMNS)


LINES = [
    "1,a",
    "1,b",
    "2,a",
    '"1",a',
    '1,"a"',
    '1,"a,b"',
    '1,"two',
    'lines"',
    '2,x"y',
    '"2"3,a',
    "1",
    "1,2,3",
    "",
    " ",
    '1,x"y,"',
    "11,a",
]


@given(st.lists(st.sampled_from(LINES), max_size=12), st.sampled_from(["\n", "\r\n"]))
@example(["1,a", "1,2,3", "1,b", '1,"two', 'lines"', "1,c"], "\n")
@example(["1,2,3", "1,a", "", "1,b", "2,a"], "\n")
def test_the_quickest_look_sees_every_row_in_a_run_that_begins_like_it(lines: list[str], end: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder), end.join(["Who,What", *lines, ""]).encode())
        file = CsvFile(path, COLUMNS)
        rows = [None if isinstance(cells, BrokenRow) else cells for _, cells in file.rows()]
        place = 0
        for count, cells in file.beginnings("who", "what"):
            run = rows[place : place + count]
            assert len(run) == count
            assert run[0] == cells
            assert {row[0] for row in run if row is not None} <= {cells[0] if cells else None}
            place += count
        assert place == len(rows)


def test_the_quickest_look_takes_apart_the_first_line_of_a_run_alone(tmp_path: Path) -> None:
    path = written(tmp_path, b"Who,What\n1,a\n1,b\n2,c\n2,d\n1,e\n")
    assert list(CsvFile(path, COLUMNS).beginnings("who", "what")) == [
        (2, ("1", "a")),
        (2, ("2", "c")),
        (1, ("1", "e")),
    ]
    turned = written(tmp_path, b"What,Who\na,1\na,1\nb,1\n", "turned.csv")
    assert list(CsvFile(turned, COLUMNS).beginnings("who", "what")) == [(2, ("1", "a")), (1, ("1", "b"))]

"""Tables on terminals of eighty columns: what a person reads stays in one piece as far as there is room."""

from io import StringIO

import pytest
from rich.console import Console

from benchmarks.__main__ import draw_figures
from benchmarks.figure import Figure
from services.cli.output import Output, counted
from services.cli.tables import table

IDENTIFIER = "cus_" + "0123456789abcdef" * 2


@pytest.fixture
def paper(monkeypatch: pytest.MonkeyPatch) -> StringIO:
    console = Console(file=StringIO(), width=80, force_terminal=True, color_system=None, highlight=False)
    monkeypatch.setattr("services.cli.output.out", console)
    assert isinstance(console.file, StringIO)
    return console.file


def test_identifiers_dates_and_amounts_stay_whole_where_words_can_give_way(paper: StringIO) -> None:
    columns = ("customer", "known as", "last visit", ("net spend", "right"))
    table("", columns, [(IDENTIFIER, "Thea Delacroix-Lindqvist", "2026-11-17", "45,991.10 USD")])
    drawn = paper.getvalue()
    assert all(whole in drawn for whole in (IDENTIFIER, "2026-11-17", "45,991.10"))
    assert max(len(line) for line in drawn.splitlines()) <= 80
    assert "│" in drawn


def test_rows_whose_identifiers_do_not_fit_side_by_side_are_drawn_a_field_a_line(paper: StringIO) -> None:
    table("Entries", ("sale", "return", "what"), [(IDENTIFIER, IDENTIFIER, "clawed back")] * 2)
    assert paper.getvalue().split() == [
        "Entries", *("sale", IDENTIFIER, "return", IDENTIFIER, "what", "clawed", "back") * 2
    ]  # fmt: skip


def test_a_wide_table_is_drawn_as_wide_as_its_cells(paper: StringIO) -> None:
    Output(wide=True).show(
        None, lambda _: table("", ("sale", "return", "sku"), [(IDENTIFIER, IDENTIFIER, "S" * 30)])
    )
    (line,) = [line for line in paper.getvalue().splitlines() if IDENTIFIER in line]
    assert line.split() == ["│", IDENTIFIER, "│", IDENTIFIER, "│", "S" * 30, "│"]


def test_what_is_piped_is_plain_columns_a_row_a_line(
    paper: StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.cli.output.out._force_terminal", False)
    row = (IDENTIFIER, IDENTIFIER, "a sentence that would be wrapped on a terminal of eighty columns")
    Output().show([row], lambda rows: table("", ("sale", "return", "why"), rows))
    assert [" ".join(line.split()) for line in paper.getvalue().splitlines()] == [
        "sale return why",
        " ".join(row),
    ]


@pytest.mark.parametrize(("count", "words"), [(0, "0 returns"), (1, "1 return"), (1_200, "1,200 returns")])
def test_one_of_a_kind_is_not_several(count: int, words: str) -> None:
    assert counted(count, "return") == words


def test_short_words_are_not_broken_where_all_of_them_fit(paper: StringIO) -> None:
    columns = (
        "projection",
        ("gen", "right"),
        ("position", "right"),
        ("lag", "right"),
        ("sec", "right"),
        ("rate", "right"),
        "doing",
        ("parked", "right"),
    )
    table("", columns, [("associate_directory", 1, "20,369", 0, "0.0", "0/s", "following", 0)])
    assert "associate_directory" in paper.getvalue()
    assert "following" in paper.getvalue()


def test_a_table_that_is_too_wide_for_any_of_this_is_drawn_all_the_same(paper: StringIO) -> None:
    table("", [f"column {number}" for number in range(14)], [["2026-11-17"] * 14])
    assert max(len(line) for line in paper.getvalue().splitlines()) <= 80


def test_nothing_is_cut_off_where_long_texts_stand_between_figures(paper: StringIO) -> None:
    of, against = (
        "Online Retail, all of it, through the handler",
        "Application.save as the library has it, one by one",
    )
    figure = Figure(name="import", of=of, against=against, value=3_626, floor=525.4, unit="events/s", goal=10)
    draw_figures([figure])
    lines = paper.getvalue().splitlines()
    assert {len(line) for line in lines if line.strip()} == {80}
    cells = [line.strip("│┃").replace("┃", "│").split("│") for line in lines if line[:1] in "│┃"]
    together = [" ".join(" ".join(column).split()) for column in zip(*cells, strict=True)]
    assert together == [
        "figure import",
        f"of {of}",
        "value 3,626 events/s",
        f"held against {against}",
        "floor 525",
        "ratio 6.90",
        "goal 10",
    ]

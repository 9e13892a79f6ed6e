"""Tables on terminals of eighty columns: what a person reads stays in one piece as far as there is room."""

from io import StringIO

import pytest
from rich.console import Console

from benchmarks.figure import Figure
from services.cli.bench import show
from services.cli.output import table

IDENTIFIER = "cus_" + "0123456789abcdef" * 2


@pytest.fixture
def paper(monkeypatch: pytest.MonkeyPatch) -> StringIO:
    console = Console(file=StringIO(), width=80, force_terminal=False, highlight=False)
    monkeypatch.setattr("services.cli.output.out", console)
    assert isinstance(console.file, StringIO)
    return console.file


def test_dates_and_amounts_are_not_broken_where_an_identifier_and_words_can_give_way(paper: StringIO) -> None:
    columns = (
        "customer",
        "known as",
        "visits",
        ("net spend", "right"),
        "last visit",
        "last contact",
        "loves",
    )
    row = (
        IDENTIFIER,
        "Thea Delacroix-Lindqvist",
        29,
        "45,991.10 USD",
        "2026-11-17",
        "2026-11-17",
        "Strand & Hollis",
    )
    table("", columns, [row])
    drawn = paper.getvalue()
    assert drawn.count("2026-11-17") == 2
    assert "45,991.10" in drawn
    assert max(len(line) for line in drawn.splitlines()) <= 80
    assert IDENTIFIER in "".join(line.split("│")[1].strip() for line in drawn.splitlines() if "│" in line)


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
    show([figure])
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

"""Problems of rows, reported without repeating personal data."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple, Protocol

import msgspec


class RowProblem(msgspec.Struct, frozen=True):
    """The place (`line` 0 where there is none), the kind of value found there, and what is wrong with it."""

    file: str
    line: int
    column: str
    found: str
    reason: str

    def __str__(self) -> str:
        where = f"{self.file} line {self.line}" if self.line else self.file
        if self.column:
            where = f"{where}, column {self.column}"
        return f"{where}: {self.found} {self.reason}" if self.found else f"{where}: {self.reason}"


def kind_of(text: str) -> str:
    """Describe a text without repeating it."""
    if not text.strip():
        return "nothing"
    if text.strip().isdecimal():
        return f"a number of {len(text.strip())} digits"
    kinds = [
        name
        for name, holds in (
            ("letters", str.isalpha),
            ("digits", str.isdecimal),
            ("blanks", str.isspace),
            ("signs", lambda sign: not sign.isalnum() and not sign.isspace()),
        )
        if any(holds(character) for character in text)
    ]
    return f"a text of {len(text)} characters ({', '.join(kinds)})"


class Place(NamedTuple):
    """Where a row stands: its file, by number, and its line there."""

    file: int
    line_of_file: int


class PlacedRow(Protocol):
    """A row that knows its file, by number, and its line there."""

    @property
    def file(self) -> int: ...
    @property
    def line_of_file(self) -> int: ...


def found_at(files: Sequence[str], rows: Iterable[PlacedRow]) -> str:
    """The files and lines of some rows: "orders.csv lines 2-4, 9"."""
    places = sorted({(row.file, row.line_of_file) for row in rows})
    return "; ".join(
        f"{files[file]} {_lines([line for _, line in of_file])}"
        for file, of_file in groupby(places, lambda place: place[0])
    )


def _lines(lines: Sequence[int]) -> str:
    """Lines in rising order, those in a row as one range."""
    runs: list[list[int]] = []
    for line in lines:
        if runs and line == runs[-1][-1] + 1:
            runs[-1][1:] = [line]
        else:
            runs.append([line])
    numbers = ", ".join("-".join(map(str, run)) for run in runs)
    return f"line{'s' if len(lines) > 1 else ''} {numbers}"

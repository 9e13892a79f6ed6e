"""Read CSV files: plain or gzipped, in several encodings and delimiters, with headings of several
spellings.
"""

import codecs
import csv
import gzip
import io
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO, TextIO

import msgspec

Progress = Callable[[int], None]

PROGRESS_ROWS = 2000
GZIP_MAGIC = b"\x1f\x8b"
ZIP_MAGIC = b"PK\x03\x04"
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
DELIMITERS = (",", ";", "\t", "|")
LOOKED_AT_BYTES = 4096
#: A prefix that no line has.
NO_BEGINNING = "\n\n"


def _as_windows_1252(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


# Some copies of the public files are Windows-1252, wholly or in places: a byte that is not UTF-8 is read as
# that.
codecs.register_error("windows-1252", _as_windows_1252)


class UnusableFile(ValueError):
    """Raised when a file cannot be imported at all; the message names it and says what was expected."""


class BrokenRow(msgspec.Struct, frozen=True):
    """A row that is none of this file: why, to follow the words "the row"."""

    reason: str


OTHER_COLUMNS = BrokenRow("has another number of columns than the header")
BLANK_ROW = BrokenRow("is blank")
ZERO_CHARACTER = BrokenRow("holds the character U+0000, which no table can store")
Cells = Sequence[str]


class CsvFile:
    """Rows of a CSV file, streamed. `columns` maps each wanted column to the spellings of its heading.

    The delimiter is the one of , ; tab | that occurs most in the header, unless it is given. A column in
    `optional` may be missing: its cells are empty then. The header is read at once: a wrong file is refused.
    The header comes behind `skip_rows` lines. With `padded`, rows that are too short are filled with blanks;
    blanks behind the last column are passed over in any file.
    """

    def __init__(
        self,
        path: Path,
        columns: Mapping[str, Sequence[str]],
        *,
        optional: Sequence[str] = (),
        delimiter: str | None = None,
        encoding: str | None = None,
        skip_rows: int = 0,
        padded: bool = False,
    ) -> None:
        self.path = path
        self._encoding = encoding
        self._skip_rows = skip_rows
        self._padded = padded
        if not path.is_file():
            raise UnusableFile(f"{path}: there is no such file")
        self.size_bytes = path.stat().st_size
        with self._reading() as (_, lines):
            first = lines.readline()
            if not first.strip():
                raise UnusableFile(f"{path}: the file is empty")
            self.delimiter = delimiter or max(DELIMITERS, key=first.count)
            header = next(csv.reader(chain([first], lines), delimiter=self.delimiter))
        self.header = [" ".join(cell.split()) for cell in header]
        while len(self.header) > 1 and not self.header[-1]:
            self.header.pop()
        self._places = dict(zip(columns, self._placed(columns, optional), strict=True))

    def rows(self, on_progress: Progress | None = None) -> Iterator[tuple[int, Cells | BrokenRow]]:
        """Line number in the file and the wanted cells in the order of `columns`, or why there are none.

        `on_progress` gets the number of bytes read. Raises UnusableFile.
        """
        width = len(self.header)
        wanted = self._picking(self._places)
        with self._reading() as (raw, lines):
            reader = csv.reader(lines, delimiter=self.delimiter)
            next(reader, None)
            before = reader.line_num + self._skip_rows
            for count, row in enumerate(reader):
                if on_progress is not None and count % PROGRESS_ROWS == 0:
                    on_progress(raw.tell())
                number, before = before + 1, reader.line_num + self._skip_rows
                if row and not row[0].strip() and not "".join(row).strip():
                    yield number, BLANK_ROW
                    continue
                if len(row) != width and row:
                    row = self._in_shape(row)
                if len(row) == width:
                    # A column that is missing is read from behind the end.
                    row.append("")
                    cells = wanted(row)
                    yield number, ZERO_CHARACTER if "\0" in "".join(cells) else cells
                elif row:
                    yield number, OTHER_COLUMNS
            if on_progress is not None:
                on_progress(self.size_bytes)

    def _in_shape(self, row: list[str]) -> list[str]:
        """A row without the blanks behind its last column, and filled up in a padded file."""
        width = len(self.header)
        if len(row) > width and not any(cell.strip() for cell in row[width:]):
            return row[:width]
        return row + [""] * (width - len(row)) if self._padded and len(row) < width else row

    def runs(self, *names: str) -> Iterator[tuple[int, Sequence[str] | None]]:
        """Count consecutive rows with the same cells in some columns: the count and these cells.

        Quicker than `rows`; cells are None for rows with another number of columns.
        """
        with self._reading() as (_, lines):
            reader = csv.reader(lines, delimiter=self.delimiter)
            next(reader, None)
            yield from self._runs(reader, self._picking(names))

    def beginnings(self, name: str, beside: str) -> Iterator[tuple[int, Sequence[str] | None]]:
        """Count consecutive rows with the same cell in a column: the count, this cell and another of the
        first row.

        Quickest where the column is the first: only the first line of each run and lines with quotes are
        parsed. A row with another number of columns may count to its run; a run may come in several pieces.
        """
        if self._places[name] != 0:
            yield from self.runs(name, beside)
            return
        wanted = self._picking((name, beside))
        with self._reading() as (_, lines):
            lines.readline()
            beginning, count, cells = "", 0, None
            for line in lines:
                plain = '"' not in line
                if count and plain and line.startswith(beginning):
                    count += 1
                    continue
                row = self._row_in(line)
                if row == []:
                    continue
                if count:
                    yield count, cells
                if row is None:
                    # From here on rows and lines are not the same any more.
                    yield from self._runs(csv.reader(chain((line,), lines), delimiter=self.delimiter), wanted)
                    return
                row = self._in_shape(row)
                whole = len(row) == len(self.header)
                cells, count = (wanted(row) if whole else None), 1
                beginning = line[: line.index(self.delimiter) + 1] if whole and plain else NO_BEGINNING
            if count:
                yield count, cells

    def _runs(
        self, rows: Iterable[list[str]], wanted: Callable[[Sequence[str]], Sequence[str]]
    ) -> Iterator[tuple[int, Sequence[str] | None]]:
        width = len(self.header)
        shaped = (row if len(row) == width else self._in_shape(row) for row in rows if row)
        for cells, alike in groupby(wanted(row) if len(row) == width else None for row in shaped):
            yield len(list(alike)), cells

    def _row_in(self, line: str) -> list[str] | None:
        """The cells of a line, [] for an empty one; None when a row does not end where the line does."""
        if '"' not in line:
            bare = line.rstrip("\r\n")
            return bare.split(self.delimiter) if bare else []
        try:
            [row] = csv.reader((line,), delimiter=self.delimiter, strict=True)
        except (csv.Error, ValueError):
            return None
        return row

    def _picking(self, names: Iterable[str]) -> Callable[[Sequence[str]], Sequence[str]]:
        places = [self._places[name] for name in names]
        return itemgetter(*places) if len(places) > 1 else lambda row: tuple(row[place] for place in places)

    @contextmanager
    def _reading(self) -> Generator[tuple[BinaryIO, TextIO]]:
        with reading(self.path, self._encoding) as opened:
            for _ in range(self._skip_rows):
                opened[1].readline()
            yield opened

    def _placed(self, columns: Mapping[str, Sequence[str]], optional: Sequence[str]) -> list[int]:
        spelled = {heading.casefold(): place for place, heading in enumerate(self.header)}
        places: list[int] = []
        for name, spellings in columns.items():
            plain = [" ".join(spelling.split()).casefold() for spelling in spellings]
            place = next((spelled[heading] for heading in plain if heading in spelled), None)
            if place is None and name not in optional:
                wanted = " or ".join(map(repr, spellings))
                missing = (
                    f"no column {wanted}"
                    if [name] == list(spellings)
                    else f"no column for {name}: expected {wanted}"
                )
                raise UnusableFile(
                    f"{self.path}: {missing}, the header has {', '.join(map(repr, self.header))}"
                )
            places.append(len(self.header) if place is None else place)
        return places


def rows_of_all(
    files: Sequence[CsvFile], on_progress: Progress | None = None
) -> Iterator[tuple[int, int, Cells | BrokenRow]]:
    """The rows of several files, one file after the other: file (from 0), line and cells of each."""
    done_bytes = 0
    for number, file in enumerate(files):
        report = partial(_reached, on_progress, done_bytes) if on_progress else None
        for line, cells in file.rows(report):
            yield number, line, cells
        done_bytes += file.size_bytes


def _reached(on_progress: Progress, before: int, read: int) -> None:
    on_progress(before + read)


@contextmanager
def reading(path: Path, encoding: str | None = None) -> Generator[tuple[BinaryIO, TextIO]]:
    """Open the file: the raw file (for `tell`) and its text. Errors of reading become UnusableFile."""
    try:
        with path.open("rb") as raw:
            zipped = raw.read(2) == GZIP_MAGIC
            raw.seek(0)
            source = io.BufferedReader(gzip.GzipFile(fileobj=raw) if zipped else raw, 1 << 20)  # type: ignore[arg-type]
            start = source.peek(LOOKED_AT_BYTES)[:LOOKED_AT_BYTES]
            if start[:2] in UTF16_MARKS:
                encoding = "utf-16"
            elif start[1::2].count(0) > len(start) // 4:
                encoding = "utf-16-le"
            elif start[:4] == ZIP_MAGIC:
                raise UnusableFile(f"{path}: is a workbook or a ZIP file; save its sheet as CSV")
            elif start.count(0) > len(start) // 10:
                raise UnusableFile(f"{path}: holds zero bytes, so it is no CSV file")
            yield (
                raw,
                io.TextIOWrapper(
                    source,
                    encoding or "utf-8-sig",
                    errors="windows-1252" if encoding is None else "strict",
                    newline="",
                ),
            )
    except (EOFError, OSError, UnicodeError, LookupError, csv.Error) as error:
        raise UnusableFile(f"{path}: {error}") from error

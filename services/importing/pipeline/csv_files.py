"""Read CSV files: plain or gzipped, in several encodings and delimiters, with headings of several
spellings.
"""

import codecs
import csv
import gzip
import io
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO, TextIO

Progress = Callable[[int], None]

PROGRESS_ROWS = 2000
GZIP_MAGIC = b"\x1f\x8b"
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


class CsvFile:
    """Rows of a CSV file, streamed. `columns` maps each wanted column to the spellings of its heading.

    The delimiter is the one of , ; tab | that occurs most in the header, unless it is given. A column in
    `optional` may be missing: its cells are empty then. The header is read at once: a wrong file is refused.
    """

    def __init__(
        self,
        path: Path,
        columns: Mapping[str, Sequence[str]],
        *,
        optional: Sequence[str] = (),
        delimiter: str | None = None,
        encoding: str | None = None,
    ) -> None:
        self.path = path
        self._encoding = encoding
        if not path.is_file():
            raise UnusableFile(f"{path}: there is no such file")
        self.size_bytes = path.stat().st_size
        with self._reading() as (_, lines):
            first = lines.readline()
        if not first.strip():
            raise UnusableFile(f"{path}: the file is empty")
        self.delimiter = delimiter or max(DELIMITERS, key=first.count)
        self.header = [cell.strip() for cell in next(csv.reader([first], delimiter=self.delimiter))]
        self._places = dict(zip(columns, self._placed(columns, optional), strict=True))

    def rows(self, on_progress: Progress | None = None) -> Iterator[tuple[int, Sequence[str] | None]]:
        """Line number (the header is 1) and the wanted cells in the order of `columns`; None for a row of
        another shape.

        `on_progress` gets the number of bytes read. Raises UnusableFile.
        """
        width = len(self.header)
        wanted = self._picking(self._places)
        with self._reading() as (raw, lines):
            reader = csv.reader(lines, delimiter=self.delimiter)
            next(reader, None)
            before = reader.line_num
            for count, row in enumerate(reader):
                if on_progress is not None and count % PROGRESS_ROWS == 0:
                    on_progress(raw.tell())
                number, before = before + 1, reader.line_num
                if len(row) == width:
                    # A column that is missing is read from behind the end.
                    row.append("")
                    yield number, wanted(row)
                elif row:
                    yield number, None
            if on_progress is not None:
                on_progress(self.size_bytes)

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
                whole = len(row) == len(self.header)
                cells, count = (wanted(row) if whole else None), 1
                beginning = line[: line.index(self.delimiter) + 1] if whole and plain else NO_BEGINNING
            if count:
                yield count, cells

    def _runs(
        self, rows: Iterable[list[str]], wanted: Callable[[Sequence[str]], Sequence[str]]
    ) -> Iterator[tuple[int, Sequence[str] | None]]:
        width = len(self.header)
        for cells, alike in groupby(wanted(row) if len(row) == width else None for row in rows if row):
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
            yield opened

    def _placed(self, columns: Mapping[str, Sequence[str]], optional: Sequence[str]) -> list[int]:
        spelled = {heading.casefold(): place for place, heading in enumerate(self.header)}
        places: list[int] = []
        for name, spellings in columns.items():
            place = next((spelled[s.casefold()] for s in spellings if s.casefold() in spelled), None)
            if place is None and name not in optional:
                raise UnusableFile(
                    f"{self.path}: no column for {name}: expected {' or '.join(map(repr, spellings))}, "
                    f"the header has {', '.join(map(repr, self.header))}"
                )
            places.append(len(self.header) if place is None else place)
        return places


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
            elif b"\0" in start:
                raise UnusableFile(f"{path}: holds a zero byte, so it is no CSV file")
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

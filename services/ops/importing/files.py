"""CSV files as they come: plain or gzipped, UTF-8 or Windows-1252, with headers of several spellings."""

import csv
import gzip
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO


class UnusableFile(ValueError):
    """A file that cannot be imported at all; the message names it and says what was expected."""


class CsvFile:
    """Rows of a CSV file, streamed. `columns` names what is wanted and the spellings of each heading."""

    def __init__(self, path: Path, columns: Mapping[str, Sequence[str]]) -> None:
        self.path = path
        self._columns = columns
        if not path.is_file():
            raise UnusableFile(f"{path}: there is no such file")
        self.size_bytes = path.stat().st_size

    def rows(
        self, on_progress: Callable[[int], None] | None = None
    ) -> Iterator[tuple[int, list[str] | None]]:
        """Line number (the header is 1) and the wanted cells in the order of `columns`; None for a row of another shape.

        `on_progress` is told how many bytes of the file have been read.
        """
        with self.path.open("rb") as raw:
            source: BinaryIO = gzip.GzipFile(fileobj=raw) if self.path.suffix == ".gz" else raw  # type: ignore[assignment]
            try:
                reader = csv.reader(_lines(source, self.path))
                header = next(reader, None)
                if header is None:
                    raise UnusableFile(f"{self.path}: the file is empty")
                places = self._places([cell.strip() for cell in header])
                width = len(header)
                for number, row in enumerate(reader, start=2):
                    if on_progress is not None and number % 2000 == 0:
                        on_progress(raw.tell())
                    if not row:
                        continue
                    yield number, [row[place] for place in places] if len(row) == width else None
            except (EOFError, gzip.BadGzipFile, csv.Error, OSError) as error:
                raise UnusableFile(f"{self.path}: {error}") from error
            if on_progress is not None:
                on_progress(self.size_bytes)

    def _places(self, header: list[str]) -> list[int]:
        spelled = {heading.casefold(): place for place, heading in enumerate(header)}
        places: list[int] = []
        for name, spellings in self._columns.items():
            place = next((spelled[s.casefold()] for s in spellings if s.casefold() in spelled), None)
            if place is None:
                raise UnusableFile(
                    f"{self.path}: no column for {name}: expected {' or '.join(map(repr, spellings))}, "
                    f"the header has {', '.join(map(repr, header))}"
                )
            places.append(place)
        return places


def _lines(source: BinaryIO, path: Path) -> Iterator[str]:
    # Some copies of the public files are Windows-1252; a line that is not UTF-8 is read as that.
    first = True
    for line in io.BufferedReader(source, 1 << 20):  # type: ignore[arg-type]
        try:
            text = line.decode("utf-8-sig" if first else "utf-8")
        except UnicodeDecodeError:
            text = line.decode("cp1252", "replace")
        if "\0" in text:
            raise UnusableFile(f"{path}: holds a zero byte, so it is no CSV file")
        first = False
        yield text

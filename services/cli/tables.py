"""Tables on the terminal: whole identifiers whatever its width, and plain columns where no terminal is."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from rich.box import HEAVY_HEAD
from rich.cells import cell_len
from rich.table import Table

from services.cli import output

#: Amounts, dates and words that are no longer than this stay in one piece.
UNBROKEN_MAX: Final = 20
#: Identifiers stay in one piece however long they are: somebody copies them.
IDENTIFIER: Final = re.compile(r"[a-z]{3}_\S+")
#: What a column's frame and margins take.
FRAME_WIDTH: Final = 3
#: Less than this is no column.
NARROWEST: Final = 6


def table(title: str, columns: Sequence[str | tuple[str, str]], rows: Iterable[Sequence[Any]]) -> None:
    """Draw a table; a column is its heading, or heading and justification (`right`).

    A table whose identifiers do not fit side by side is drawn row by row, a field on each line.
    """
    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    headings = [(column, "left") if isinstance(column, str) else column for column in columns]
    texts = [[heading, *(row[n] for row in cells)] for n, (heading, _) in enumerate(headings)]
    if (widths := _widths(texts, output.out.width)) is None:
        _draw_row_by_row(title, [heading for heading, _ in headings], cells)
        return
    if title:
        # Not the table's own, which would be wrapped to its width.
        output.say(title, style="italic")
    framed = output.out.is_terminal
    drawn = Table(header_style="bold", box=HEAVY_HEAD if framed else None, pad_edge=framed)
    for (heading, justify), width in zip(headings, widths, strict=True):
        drawn.add_column(heading, justify=justify, overflow="fold", width=width)  # type: ignore[arg-type]
    for row in cells:
        drawn.add_row(*row)
    output.out.print(drawn)


def _draw_row_by_row(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    output.say(title, style="italic")
    widest = max(len(heading) for heading in headings)
    for row in rows:
        for heading, cell in zip(headings, row, strict=True):
            output.say(f"{heading:<{widest}}  {cell}")
        output.say()


def _widths(columns: Sequence[Sequence[str]], width: int) -> list[int] | None:
    """How wide each column is, heading and cells given: as wide as its cells, the widest narrowed until
    the table fits. None where it cannot.
    """
    widths = [
        max((cell_len(line) for text in texts for line in text.splitlines()), default=0) for texts in columns
    ]
    too_much = _framed_width(widths) - width
    if too_much <= 0:
        return widths
    least = next((least for least in _least_widths(columns) if _framed_width(least) <= width), None)
    if least is None:
        return None
    for _ in range(too_much):
        n = max(range(len(widths)), key=lambda n: (widths[n] > least[n], widths[n]))
        widths[n] -= widths[n] > least[n]
    return widths


def _least_widths(columns: Sequence[Sequence[str]]) -> Iterable[list[int]]:
    """How narrow each column may become: short words stay in one piece, or at least dates and amounts."""
    yield [_unbroken(texts) for texts in columns]
    yield [_unbroken(texts, identifiers_only=not _holds_figures(texts)) for texts in columns]


def _framed_width(widths: Sequence[int]) -> int:
    return sum(widths) + FRAME_WIDTH * len(widths) + 1


def _holds_figures(texts: Sequence[str]) -> bool:
    """Whether the cells beneath the heading are dates, amounts or numbers."""
    words = [word for text in texts[1:] for word in text.split()]
    return any(word[-1].isdigit() for word in words) and all(len(word) <= UNBROKEN_MAX for word in words)


def _unbroken(texts: Iterable[str], *, identifiers_only: bool = False) -> int:
    """How wide a column has to be so that identifiers, and short words, stay in one piece."""
    words = (word for text in texts for word in text.split())
    kept = (
        len(word)
        for word in words
        if IDENTIFIER.match(word) or (not identifiers_only and len(word) <= UNBROKEN_MAX)
    )
    return max(kept, default=NARROWEST)

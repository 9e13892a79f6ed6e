"""What people and programs are shown: tables and JSON on standard output, progress and remarks on standard
error.
"""

import sys
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import msgspec
from cyclopts import Parameter
from rich.cells import cell_len
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.prompt import Confirm
from rich.table import Table

from domain.money import in_major_units

#: The switch every command has that answers programs as well as people.
Json = Annotated[
    bool,
    Parameter(
        help="Print one JSON document on standard output and nothing else there.",
        negative="",
        show_default=False,
    ),
]

#: The switch of commands that would ask first.
Yes = Annotated[bool, Parameter(help="Do it without asking.", negative="", show_default=False)]

#: Amounts, dates and words that are no longer than this stay in one piece in a table; identifiers may go on
#: in the next line.
UNBROKEN_MAX = 20
#: What a column's frame and margins take.
FRAME_WIDTH = 3
#: Less than this is no column.
NARROWEST = 6


class WrongUsage(ValueError):
    """What was typed cannot be meant, and no look at the shop would tell otherwise: exit code 2."""


out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def document(content: Any) -> None:
    """The one JSON document of a `--json` run."""
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n")
    sys.stdout.flush()


def complain(message: str) -> None:
    """Say on standard error what went wrong."""
    err.print(f"clienteling: {message}", style="red", markup=False, soft_wrap=True)


def agreed(question: str) -> bool:
    """Ask the person at the terminal; without one the answer is no."""
    if not sys.stdin.isatty():
        return False
    return Confirm.ask(question, console=err, default=False)


def remark(message: str) -> None:
    """Say something by the way, on standard error."""
    err.print(message, style="dim", markup=False, soft_wrap=True)


def table(title: str, columns: Sequence[str | tuple[str, str]], rows: Iterable[Sequence[Any]]) -> None:
    """A table; a column is its heading, or heading and justification (`right`)."""
    drawn = Table(title=title, title_justify="left", header_style="bold")
    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    headings = [(column, "left") if isinstance(column, str) else column for column in columns]
    texts = [[heading, *(row[n] for row in cells)] for n, (heading, _) in enumerate(headings)]
    for (heading, justify), width in zip(headings, _widths(texts, out.width), strict=True):
        # What does not fit goes on in the next line: an identifier that is cut off names nothing.
        drawn.add_column(heading, justify=justify, overflow="fold", width=width)  # type: ignore[arg-type]
    for row in cells:
        drawn.add_row(*row)
    out.print(drawn)


def _widths(columns: Sequence[Sequence[str]], width: int) -> list[int]:
    """How wide each column is, heading and cells given: as wide as its cells, the widest narrowed until
    the table fits.
    """
    widths = [
        max((cell_len(line) for text in texts for line in text.splitlines()), default=0) for texts in columns
    ]
    least = [least or NARROWEST for least in _least_widths(columns, width)]
    too_much = sum(widths) + FRAME_WIDTH * len(widths) + 1 - width
    for _ in range(too_much):
        n = max(range(len(widths)), key=lambda n: (widths[n] > least[n], widths[n]))
        widths[n] -= widths[n] > least[n]
    return widths


def _least_widths(columns: Sequence[Sequence[str]], width: int) -> list[int | None]:
    """How narrow each column may become, heading and cells given: short words stay in one piece, at least
    dates and amounts.
    """
    unbroken: list[int | None] = [_unbroken(texts) for texts in columns]
    figures = [
        least if _holds_figures(texts) else None for least, texts in zip(unbroken, columns, strict=True)
    ]
    for widths in (unbroken, figures):
        if sum(least or NARROWEST for least in widths) + FRAME_WIDTH * len(widths) + 1 <= width:
            return widths
    return [None] * len(columns)


def _holds_figures(texts: Sequence[str]) -> bool:
    """Whether the cells beneath the heading are dates, amounts or numbers."""
    words = [word for text in texts[1:] for word in text.split()]
    return any(word[-1].isdigit() for word in words) and all(len(word) <= UNBROKEN_MAX for word in words)


def _unbroken(texts: Iterable[str]) -> int:
    """How wide a column has to be so that short words stay in one piece."""
    words = (word for text in texts for word in text.split())
    return max((len(word) for word in words if len(word) <= UNBROKEN_MAX), default=1)


def money(amount_minor: int, currency: str, *, named: bool = True) -> str:
    """An amount as people write it: 1,234.50 USD, 1,234 JPY; without the code where something else names
    it.
    """
    amount = in_major_units(amount_minor, currency, group=",")
    return f"{amount} {currency}" if named and currency else amount


def progress(*, quiet: bool = False) -> Progress:
    """A progress bar on standard error, with counts, time elapsed and time left."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=err,
        disable=quiet,
    )

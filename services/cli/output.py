"""What people and programs are shown: results on standard output, progress and remarks on standard error."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import msgspec
from cyclopts import Parameter
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

from domain.money import in_major_units

#: As wide as no table is: nothing is wrapped.
UNWRAPPED = 10_000

Shown = TypeVar("Shown")

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


class WrongUsage(ValueError):
    """What was typed cannot be meant, and no look at the shop would tell otherwise: exit code 2."""


def flag(text: str, name: str | None = None) -> Parameter:
    """A switch that is off unless it is given."""
    return Parameter(name=name, help=text, negative="", show_default=False)


#: The switch of commands that would ask first.
Yes = Annotated[bool, flag("Do it without asking.")]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Output:
    """How a command shows its result: the options `--json` and `--wide`."""

    json: Annotated[bool, flag("Print one JSON document on standard output and nothing else there.")] = False
    wide: Annotated[bool, flag("Draw tables in full width, however narrow the terminal is.")] = False

    def show(self, content: Shown, draw: Callable[[Shown], None]) -> None:
        """Print the one JSON document, or draw the content for people."""
        if self.json:
            sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n")
            sys.stdout.flush()
            return
        if self.wide or not out.is_terminal:
            out.width = UNWRAPPED
        draw(content)

    @property
    def quiet(self) -> bool:
        """Whether progress is kept to itself: a program asked, and nobody looks on."""
        return self.json and not err.is_terminal

    def confirms(self, question: str, *, yes: bool) -> bool:
        """Whether to go on: `--yes`, or the answer of the person at the terminal, who is not asked for
        JSON.
        """
        if yes or self.json or not sys.stdin.isatty():
            return yes
        return Confirm.ask(question, console=err, default=False)


def say(line: str = "", style: str | None = None) -> None:
    """Print a line of the result."""
    out.print(line, style=style, markup=False, soft_wrap=True)


def complain(message: str) -> None:
    """Say on standard error what went wrong."""
    err.print(f"clienteling: {message}", style="red", markup=False, soft_wrap=True)


def remark(message: str) -> None:
    """Say something by the way, on standard error."""
    err.print(message, style="dim", markup=False, soft_wrap=True)


def money(amount_minor: int, currency: str, *, named: bool = True) -> str:
    """An amount as people write it: 1,234.50 USD, 1,234 JPY; without the code where something else names
    it.
    """
    amount = in_major_units(amount_minor, currency, group=",")
    return f"{amount} {currency}" if named and currency else amount


def counted(count: int, one: str, several: str | None = None) -> str:
    """A number of things: 1 return, 2 returns."""
    return f"{count:,} {one if count == 1 else several or f'{one}s'}"


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


def ignore(_content: Any) -> None:
    """Draw nothing: the result of this command is what it did."""

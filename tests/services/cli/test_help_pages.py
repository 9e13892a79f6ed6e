"""Help pages: a person can learn from them on a terminal of eighty columns, and what they show as an
example is one.
"""

import re
import shlex
from collections.abc import Iterator
from io import StringIO

import pytest
from cyclopts import App
from rich.console import Console

from services.cli.command_line import app

COLUMNS = 80
NOT_COMMANDS = frozenset({"--help", "-h", "--version", "-V", "--install-completion"})
SERVICES = ("api", "relay", "projector", "reactions", "webhooks", "all")
NO_EXAMPLE_NEEDED = frozenset(f"serve {service}" for service in (*SERVICES, "maintenance"))


def _commands(parent: App, *path: str) -> Iterator[str]:
    for name in parent:
        if name not in NOT_COMMANDS:
            found = parent[name]
            yield " ".join((*path, name))
            yield from _commands(found, *path, name)


EVERY_PAGE = ("", *_commands(app))


def page(command: str, width: int = COLUMNS) -> list[str]:
    """The lines of a help page on a terminal of this width."""
    paper = Console(file=StringIO(), width=width, force_terminal=False, color_system=None)
    app.help_print(shlex.split(command), console=paper)
    return [line.rstrip() for line in paper.file.getvalue().splitlines()]  # type: ignore[attr-defined]


def told(command: str, width: int = COLUMNS) -> list[str]:
    """What stands between the usage line and the table of commands or parameters."""
    lines = page(command, width)
    end = next((n for n, line in enumerate(lines) if line.startswith("╭")), len(lines))
    return lines[1:end]


def examples(command: str) -> list[str]:
    """The lines that are set apart and can be typed as they stand."""
    return [line.strip() for line in told(command) if line.startswith("    ")]


def test_every_command_has_a_page() -> None:
    assert {"demo", "ledger explain", "customers redact", "score evaluate", "events tail"} <= set(EVERY_PAGE)


@pytest.mark.parametrize("command", EVERY_PAGE)
def test_nothing_is_wrapped_twice_at_eighty_columns(command: str) -> None:
    # The first paragraph flows; whatever stands behind it is laid out, and must be the same on a wide
    # terminal.
    narrow, wide = "\n".join(told(command)), "\n".join(told(command, 300))
    assert narrow.strip().split("\n\n")[1:] == wide.strip().split("\n\n")[1:]


@pytest.mark.parametrize("command", EVERY_PAGE)
def test_no_line_is_wider_than_eighty_columns(command: str) -> None:
    assert [line for line in page(command) if len(line) > COLUMNS] == []


@pytest.mark.parametrize("command", sorted({*EVERY_PAGE} - NO_EXAMPLE_NEEDED))
def test_every_page_shows_examples_that_can_be_typed(command: str) -> None:
    shown = examples(command)
    assert shown
    for line in shown:
        words = shlex.split(re.split(r" > | \| ", line)[0])
        while "=" in words[0]:
            words.pop(0)
        assert words[0] == "clienteling"
        if words[-1] == "--help":
            continue
        # Raises when there is no such command, argument or option, or when one is missing.
        app.parse_args(words[1:], exit_on_error=False, print_error=False)
        assert " ".join(words[1:]).startswith(command)

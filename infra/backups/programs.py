"""Running PostgreSQL's programs for backups."""

import subprocess
from collections.abc import Sequence
from typing import Final

from infra.backups.failure import BackupFailed
from infra.embedded import program_folder
from infra.postgres import program_environment
from infra.settings import environment_with

_LINES_MAX: Final = 4


def command_of(name: str, *arguments: object) -> list[str]:
    """The command line of a program of the right version."""
    return [str(program_folder() / name), *map(str, arguments)]


def run_program(name: str, *arguments: object, database_url: str | None = None) -> str:
    """Run a program to its end; what it printed. Raises BackupFailed with its own last words."""
    done = subprocess.run(
        command_of(name, *arguments),
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        env=environment_of(database_url),
    )
    if done.returncode != 0:
        raise BackupFailed(f"{name} failed: {_last(done.stderr.splitlines())}")
    return done.stdout


def environment_of(database_url: str | None) -> dict[str, str]:
    """The environment of a program that works on a database, or on files alone."""
    return environment_with({} if database_url is None else program_environment(database_url))


def _last(lines: Sequence[str]) -> str:
    return " / ".join(line.strip() for line in lines[-_LINES_MAX:]) or "it said nothing"

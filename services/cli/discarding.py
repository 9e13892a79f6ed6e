"""`clienteling dead-letters discard --all`: which dead letters are meant, how many, and giving them up."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

import msgspec
from cyclopts import Parameter

from domain.messages import Refused
from infra.clock import SYSTEM_CLOCK
from infra.dead_letters import DeadLetter, dead_letters
from services.cli.letters import draw_letters
from services.cli.output import Output, WrongUsage, Yes, counted, flag, say


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Many:
    """Options of discarding many at once, instead of the one of a key."""

    all: Annotated[bool, flag("All that wait there, of each key the first; or those of the filters.")] = False
    reason: Annotated[str | None, Parameter(help="Only those whose reason has these words.")] = None
    older_than_days: Annotated[float | None, Parameter(help="Only those that wait for so long.")] = None
    dry_run: Annotated[bool, flag("Only say which they are, and how many.")] = False
    yes: Yes = False

    def check(self, key: str | None, position: int | None) -> None:
        """Raises WrongUsage unless either a key is given, or --all."""
        filtered = self.reason is not None or self.older_than_days is not None or self.dry_run
        if (key is None) is not self.all or (self.all and position is not None):
            raise WrongUsage("say which: a KEY, or --all (with --reason, --older-than-days)")
        if filtered and not self.all:
            raise WrongUsage("--reason, --older-than-days and --dry-run go with --all")

    def _means(self, letter: DeadLetter) -> bool:
        days = self.older_than_days
        return (
            not letter.left_out
            and (self.reason is None or self.reason in letter.reason)
            and (days is None or letter.at <= SYSTEM_CLOCK.now() - timedelta(days=days))
        )

    def of(self, connection: Any, source: str) -> list[DeadLetter]:
        """Those that are meant."""
        return [letter for letter in dead_letters(connection, source) if self._means(letter)]


class Discarded(msgspec.Struct, frozen=True, kw_only=True):
    """How many were discarded, and which they were, or would be."""

    discarded: int
    letters: list[DeadLetter]


def discard_many(
    letters: list[DeadLetter], discard: Callable[[DeadLetter], None], many: Many, output: Output
) -> int:
    """Say how many they are, ask, and discard them; the exit code. Raises Refused where nobody said yes."""
    if many.dry_run:
        output.show(Discarded(discarded=0, letters=letters), _draw)
        return 0
    question = f"Discard {counted(len(letters), 'dead letter')}?"
    if letters and not output.confirms(question, yes=many.yes):
        raise Refused(
            "not_confirmed", f"{counted(len(letters), 'dead letter')} would be discarded: say --yes"
        )
    for letter in letters:
        discard(letter)
    output.show(Discarded(discarded=len(letters), letters=letters), _draw)
    return 0


def _draw(done: Discarded) -> None:
    if done.discarded:
        say(f"{counted(done.discarded, 'dead letter')} discarded.")
        return
    draw_letters(done.letters)
    if done.letters:
        say(f"{counted(len(done.letters), 'dead letter')} would be discarded.")

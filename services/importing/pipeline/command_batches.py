"""Commands written in batches; those whose idempotency keys have been answered are skipped."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from domain.messages import Command, Refused
from infra.event_store.command_context import UNKNOWN, CommandContext
from infra.event_store.handler import CommandHandler

KeyedCommand = tuple[str, Command]
#: Is told a command that is refused, its key, and why.
OnRefused = Callable[[str, Command, Refused], None]


class CommandBatch(NamedTuple):
    """Commands of one commit, how many entries were skipped beside them, and how many returns they stand
    for.
    """

    commands: Sequence[KeyedCommand]
    already_imported: int
    returns: int = 0


class ImportRefused(RuntimeError):
    """Raised when a command is refused; the others of its batch are written, the run can be repeated."""


def write_commands(
    handler: CommandHandler,
    commands: Iterator[KeyedCommand],
    *,
    context: CommandContext = UNKNOWN,
    batch_commands_max: int,
    on_batch: Callable[[int, int], None] = lambda _events, _skipped: None,
) -> None:
    """Write the commands in their order; calls `on_batch(events written, commands skipped)` after each batch.

    Commands are taken before those ahead of them are handled, so they must not depend on results. Raises
    ImportRefused.
    """

    def batches() -> Iterator[CommandBatch]:
        while some := list(islice(commands, batch_commands_max)):
            known = handler.known_keys([key for key, _ in some])
            new = [(key, command) for key, command in some if key not in known]
            yield CommandBatch(new, already_imported=len(some) - len(new))

    for batch, events in write_batches(handler, batches(), context):
        on_batch(events, batch.already_imported)


def write_batches(
    handler: CommandHandler,
    batches: Iterable[CommandBatch],
    context: CommandContext,
    *,
    on_refused: OnRefused | None = None,
) -> Iterator[tuple[CommandBatch, int]]:
    """Write batches; yields each with the number of its events, one batch behind.

    A command that is refused is told to `on_refused`, and the others go on; without it ImportRefused is
    raised.
    """
    given: deque[CommandBatch] = deque()

    def handed_over() -> Iterator[list[tuple[Command, str]]]:
        for batch in batches:
            given.append(batch)
            yield [(command, key) for key, command in batch.commands]

    for outcomes in handler.handle_batches(handed_over(), context):
        batch, events = given.popleft(), 0
        for (key, command), outcome in zip(batch.commands, outcomes, strict=True):
            if isinstance(outcome, Refused):
                if on_refused is None:
                    raise ImportRefused(refused_in_words(key, command, outcome)) from outcome
                on_refused(key, command, outcome)
                continue
            events += len(outcome.events)
        yield batch, events


def refused_in_words(key: str, command: Command, refusal: Refused) -> str:
    """Which command was refused, and why."""
    where = f" at {refusal.field}" if refusal.field else ""
    return f"{type(command).__name__} {key}{where}: {refusal.message}"

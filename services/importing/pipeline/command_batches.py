"""Commands written in batches; those whose idempotency keys have been answered are skipped."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from domain.messages import Command, Refused
from infra.event_store.handler import CommandHandler

KeyedCommand = tuple[str, Command]


class CommandBatch(NamedTuple):
    """Commands of one commit, how many entries were skipped beside them, and how many returns they stand
    for.
    """

    commands: Sequence[KeyedCommand]
    already_imported: int
    returns: int = 0


class ImportRefused(RuntimeError):
    """Raised when a command of an import is refused; nothing of its batch is written, the run can be
    repeated.
    """


def write_commands(
    handler: CommandHandler,
    commands: Iterator[KeyedCommand],
    *,
    batch_commands_max: int,
    on_batch: Callable[[int, int], None],
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

    for batch, events in write_batches(handler, batches()):
        on_batch(events, batch.already_imported)


def write_batches(
    handler: CommandHandler, batches: Iterable[CommandBatch]
) -> Iterator[tuple[CommandBatch, int]]:
    """Write batches; yields each with the number of its events, one batch behind. Raises ImportRefused."""
    given: deque[CommandBatch] = deque()

    def handed_over() -> Iterator[list[tuple[Command, str]]]:
        for batch in batches:
            given.append(batch)
            yield [(command, key) for key, command in batch.commands]

    for outcomes in handler.handle_batches(handed_over()):
        batch, events = given.popleft(), 0
        for (key, command), outcome in zip(batch.commands, outcomes, strict=True):
            if isinstance(outcome, Refused):
                where = f" at {outcome.field}" if outcome.field else ""
                raise ImportRefused(f"{type(command).__name__} {key}{where}: {outcome.message}") from outcome
            events += len(outcome.events)
        yield batch, events

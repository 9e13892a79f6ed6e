"""Running an import: commands in batches, what was answered before is passed over."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from domain.messages import Command, Refused
from infra.event_store.handler import Handler

KeyedCommand = tuple[str, Command]


class Batch(NamedTuple):
    """Commands of one commit, what was passed over beside them, and how many returns stand in the log once they do."""

    commands: Sequence[KeyedCommand]
    passed_over: int
    returns: int = 0


class ImportRefused(RuntimeError):
    """A command that an import made was refused; nothing of its batch is lost, and the run can be repeated."""


def run_commands(
    handler: Handler,
    commands: Iterator[KeyedCommand],
    *,
    batch_commands_max: int,
    on_batch: Callable[[int, int], None],
) -> None:
    """Hand the commands over, in their order. `on_batch(events written, commands passed over)` is told after each batch.

    Commands are made before those ahead of them are handled, so they must not depend on the answers. Raises ImportRefused.
    """

    def batches() -> Iterator[Batch]:
        while some := list(islice(commands, batch_commands_max)):
            known = handler.known_keys([key for key, _ in some])
            new = [(key, command) for key, command in some if key not in known]
            yield Batch(new, passed_over=len(some) - len(new))

    for batch, events in written(handler, batches()):
        on_batch(events, batch.passed_over)


def written(handler: Handler, batches: Iterable[Batch]) -> Iterator[tuple[Batch, int]]:
    """Write what these commands lead to; each batch comes back with the number of its facts, one behind. Raises ImportRefused."""
    given: deque[Batch] = deque()

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

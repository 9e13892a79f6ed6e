"""Running an import: commands in batches, what was answered before is passed over."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from domain.messages import Command, Refused
from infra.event_store.handler import Handler

KeyedCommand = tuple[str, Command]


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

    Commands are made before those ahead of them are handled, so they must not depend on the answers.
    """
    while batch := list(islice(commands, batch_commands_max)):
        known = handler.known_keys([key for key, _ in batch])
        events = written(handler, [(key, command) for key, command in batch if key not in known])
        on_batch(events, sum(key in known for key, _ in batch))


def written(handler: Handler, commands: Sequence[KeyedCommand]) -> int:
    """Write what these commands lead to in one commit; how many facts it is. Raises ImportRefused."""
    if not commands:
        return 0
    events = 0
    outcomes = handler.handle_many([(command, key) for key, command in commands])
    for (key, command), outcome in zip(commands, outcomes, strict=True):
        if isinstance(outcome, Refused):
            where = f" at {outcome.field}" if outcome.field else ""
            raise ImportRefused(f"{type(command).__name__} {key}{where}: {outcome.message}") from outcome
        events += len(outcome.events)
    return events

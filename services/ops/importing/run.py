"""Running an import: commands in batches, what was answered before is passed over."""

from collections.abc import Callable, Iterator
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
        fresh = [(command, key) for key, command in batch if key not in known]
        events = 0
        for (command, key), outcome in zip(fresh, handler.handle_many(fresh) if fresh else [], strict=True):
            if isinstance(outcome, Refused):
                where = f" at {outcome.field}" if outcome.field else ""
                raise ImportRefused(f"{type(command).__name__} {key}{where}: {outcome.message}") from outcome
            events += len(outcome.events)
        on_batch(events, len(batch) - len(fresh))

"""Running an import: commands in batches, what was answered before is passed over."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
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

    Commands are made before those ahead of them are handled, so they must not depend on the answers. Raises ImportRefused.
    """
    passed_over: deque[int] = deque()

    def new() -> Iterator[list[KeyedCommand]]:
        while batch := list(islice(commands, batch_commands_max)):
            known = handler.known_keys([key for key, _ in batch])
            passed_over.append(sum(key in known for key, _ in batch))
            yield [(key, command) for key, command in batch if key not in known]

    for events in written(handler, new()):
        on_batch(events, passed_over.popleft())


def written(handler: Handler, batches: Iterable[Sequence[KeyedCommand]]) -> Iterator[int]:
    """Write what these commands lead to, batch by batch; how many facts each is, one batch behind. Raises ImportRefused."""
    given: deque[Sequence[KeyedCommand]] = deque()

    def handed_over() -> Iterator[list[tuple[Command, str]]]:
        for batch in batches:
            given.append(batch)
            yield [(command, key) for key, command in batch]

    for outcomes in handler.handle_batches(handed_over()):
        events = 0
        for (key, command), outcome in zip(given.popleft(), outcomes, strict=True):
            if isinstance(outcome, Refused):
                where = f" at {outcome.field}" if outcome.field else ""
                raise ImportRefused(f"{type(command).__name__} {key}{where}: {outcome.message}") from outcome
            events += len(outcome.events)
        yield events

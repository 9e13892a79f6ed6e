"""What may be folded next: proven by the chain of positions to follow a checkpoint without a gap."""

from collections.abc import Sequence
from dataclasses import dataclass

from infra.event_store.log import LoggedEvent


class LogStreamMismatch(RuntimeError):
    """The stream and the log (or the tables) do not tell one history; nothing is folded until somebody has
    decided.
    """


@dataclass(frozen=True, slots=True)
class Missing:
    """The events behind `after` up to and including `up_to` have to come from the log first."""

    after: int
    up_to: int


def in_order(arrived: Sequence[LoggedEvent]) -> list[LoggedEvent]:
    """Delivered events by position, each once. What was delivered again may come late and twice."""
    before = 0
    for event in arrived:
        if event.position <= before:
            return sorted({event.position: event for event in arrived}.values(), key=_position)
        before = event.position
    return list(arrived)


def next_run(position: int, events: Sequence[LoggedEvent]) -> list[LoggedEvent] | Missing | None:
    """Of events in order, those that follow a checkpoint's position one by one;

    None when all are known already.

    Raises LogStreamMismatch when an event claims to follow one before the checkpoint and yet stands behind
    it.
    """
    fresh = [event for event in events if event.position > position]
    if not fresh:
        return None
    first = fresh[0]
    if first.previous_position > position:
        return Missing(position, first.previous_position)
    if first.previous_position < position:
        raise LogStreamMismatch(
            f"the event at position {first.position} follows position {first.previous_position}, "
            f"but the tables stand at {position} in between"
        )
    return run_behind(position, fresh)


def run_behind(position: int, events: Sequence[LoggedEvent]) -> list[LoggedEvent]:
    """Of events in order, those that follow a position one by one; what stands before it is known already."""
    run: list[LoggedEvent] = []
    for event in events:
        if event.position <= position:
            continue
        if event.previous_position != position:
            break
        run.append(event)
        position = event.position
    return run


def _position(event: LoggedEvent) -> int:
    return event.position

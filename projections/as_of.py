"""Rows as of the past: the same fold over the events of their keys, up to a bitemporal cutoff.

The log is bitemporal. A position cuts by transaction time: everything recorded up to there, whenever it
happened, is what the row was folded from when the log ended there. An instant cuts by valid time: what had
happened in the shop by then (`occurred_at`), as it is known today, also when it was recorded later. Both
together give what was known, at that position, of that instant.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any, Final, NamedTuple

from domain.customer.events import CustomerForgotten
from domain.messages import Event
from projections.fold_driver import KeyFold
from projections.kernel import Projection

#: Erasure holds in every past as well: an earlier page would show what was to be erased.
TIMELESS: Final[tuple[type[Event], ...]] = (CustomerForgotten,)


def is_day(as_of: str) -> bool:
    """Whether a text is a date, by its length, and not an instant."""
    return len(as_of) == len("2026-03-01")


def end_of_day(day: date, zone: tzinfo = UTC) -> datetime:
    """The last moment of a day in a time zone, in UTC. OverflowError at the edges of the calendar."""
    return datetime.combine(day, time.max, zone).astimezone(UTC)


def has_not_come(as_of: str, instant: datetime, now: datetime) -> bool:
    """Whether a date is after today, or an instant after now."""
    return instant.date() > now.date() if is_day(as_of) else instant > now


class KeyedEvent(NamedTuple):
    """An event at its position, with the key of its row.

    `event` is None for one that cannot be decoded (a poison event).
    """

    key: str
    position: int
    event: Event | None


@dataclass(frozen=True, slots=True)
class Cutoff:
    """Up to a position of the log (transaction time) and, where given, up to an instant (valid time)."""

    position: int
    instant: datetime | None = None

    def includes(self, keyed: KeyedEvent) -> bool:
        """Whether an event is before the cutoff."""
        in_time = self.instant is None or keyed.event is None or keyed.event.occurred_at <= self.instant
        return keyed.position <= self.position and in_time


def rows_as_of(
    projection: Projection[Any], events: Iterable[KeyedEvent], cutoff: Cutoff
) -> dict[str, KeyFold]:
    """The rows of these events' keys as of a cutoff; keys without an event before it have none.

    `events` are in the order of the log; those after the cutoff, and those the projection does not consume,
    are skipped. A poison event ends its row before it, as in the tables, where its key is parked.
    """
    consumed = frozenset(projection.consumes)
    by_key: dict[str, list[tuple[KeyedEvent, bool]]] = {}
    for keyed in events:
        if keyed.event is None or type(keyed.event) in consumed:
            included = cutoff.includes(keyed)
            if included or isinstance(keyed.event, TIMELESS):
                by_key.setdefault(keyed.key, []).append((keyed, included))
    return {
        key: _row(projection, key, history)
        for key, history in by_key.items()
        if any(included for _, included in history)
    }


def _row(projection: Projection[Any], key: str, history: list[tuple[KeyedEvent, bool]]) -> KeyFold:
    row = KeyFold(projection, key)
    for place, (keyed, included) in enumerate(history):
        last = row.position
        try:
            if keyed.event is None:
                raise ValueError("this event cannot be read")
            row.apply(keyed.event, keyed.position)
        except Exception:
            # The fold may have spoilt the state before it raised.
            return _row(projection, key, history[:place])
        if not included:
            row.position = last
    return row

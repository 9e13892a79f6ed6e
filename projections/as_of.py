"""Rows as they stood once: the same fold over the facts of their keys, as far as a position of the log and an instant reach.

The two are different questions. A position asks what the house knew: everything up to there, whenever it happened, is what
the row was folded from when the log ended there. An instant asks what had happened in the shop by then (`occurred_at`), as we know it
today: a fact that was recorded later than it happened counts from when it happened. Both together ask what the house, at that
position, knew of that instant.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any, Final, NamedTuple

from domain.customer.events import CustomerForgotten
from domain.messages import Event
from projections.kernel import Projection

#: Who has been forgotten is forgotten in every past as well: her own page then would tell what was to be erased.
TIMELESS: Final[tuple[type[Event], ...]] = (CustomerForgotten,)


def is_day(as_of: str) -> bool:
    """Whether a date is meant, as its length says, and not an instant."""
    return len(as_of) == len("2026-03-01")


def end_of_day(day: date, zone: tzinfo = UTC) -> datetime:
    """The last moment of a day in a time zone, in UTC. OverflowError at the edges of the calendar."""
    return datetime.combine(day, time.max, zone).astimezone(UTC)


def has_not_come(as_of: str, instant: datetime, now: datetime) -> bool:
    """Whether a date lies behind today, or an instant behind now."""
    return instant.date() > now.date() if is_day(as_of) else instant > now


class KeyedEvent(NamedTuple):
    """A fact at its place in the log, with the key of the row it belongs to. None as event: one that cannot be read."""

    key: str
    position: int
    event: Event | None


@dataclass(frozen=True, slots=True)
class Cutoff:
    """Up to a position of the log, and up to an instant of the shop where one is given."""

    position: int
    instant: datetime | None = None

    def holds(self, fact: KeyedEvent) -> bool:
        """Whether a fact belongs to this past."""
        in_time = self.instant is None or fact.event is None or fact.event.occurred_at <= self.instant
        return fact.position <= self.position and in_time


@dataclass(slots=True)
class RowAsOf:
    """A row as it stood: its state, the position of the last fact in it, and its journal (key, position, n, columns)."""

    state: Any
    position: int
    journal: list[tuple[Any, ...]] = field(default_factory=list[tuple[Any, ...]])


def rows_as_of(projection: Projection[Any], facts: Iterable[KeyedEvent], past: Cutoff) -> dict[str, RowAsOf]:
    """The rows of these facts' keys as they stood then; keys of which nothing was known have none.

    `facts` are in the order of the log; those that are not of the past, or not of the projection, are passed over. A fact that
    cannot be read or folded ends its row before it, as it does in the tables: there its key waits.
    """
    consumed = frozenset(projection.consumes)
    by_key: dict[str, list[tuple[KeyedEvent, bool]]] = {}
    for fact in facts:
        if fact.event is None or type(fact.event) in consumed:
            of_then = past.holds(fact)
            if of_then or isinstance(fact.event, TIMELESS):
                by_key.setdefault(fact.key, []).append((fact, of_then))
    return {
        key: _row(projection, key, history)
        for key, history in by_key.items()
        if any(of_then for _, of_then in history)
    }


def _row(projection: Projection[Any], key: str, history: list[tuple[KeyedEvent, bool]]) -> RowAsOf:
    row = RowAsOf(projection.empty(key), 0)
    for place, (fact, of_then) in enumerate(history):
        try:
            if fact.event is None:
                raise ValueError("this fact cannot be read")
            entries = projection.fold(row.state, fact.event, fact.position)
        except Exception:
            # The fold may have spoilt the state before it raised.
            return _row(projection, key, history[:place])
        if of_then:
            row.position = fact.position
        row.journal.extend((key, fact.position, n, *entry) for n, entry in enumerate(entries))
    return row

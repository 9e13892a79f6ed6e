"""Folding a batch of one projection's events in memory: states in, rows and journal out, poison set aside."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from domain.messages import Event
from infra.event_store.log import LoggedEvent
from infra.projection_store.parked import WAITS, ParkedEvent
from infra.projection_store.rows import JournalRow, Row
from projections.fold_driver import KeyFold
from projections.kernel import Projection

Decode = Callable[[str, bytes], Event | None]
#: For each key that cannot go on: the position of the event it stops at, and why.
Failures = dict[str, tuple[int, str]]


@dataclass(slots=True)
class Folded:
    """What a batch led to.

    With `failures` nothing of it may be written: the states of those keys are spoilt.
    """

    rows: list[Row] = field(default_factory=list[Row])
    journal: list[JournalRow] = field(default_factory=list[JournalRow])
    parked: list[ParkedEvent] = field(default_factory=list[ParkedEvent])
    failures: Failures = field(default_factory=dict[str, tuple[int, str]])


def of_projection(
    projection: Projection[Any], topics: frozenset[str], events: Iterable[LoggedEvent]
) -> list[tuple[str, LoggedEvent]]:
    """The events that concern a projection, each with the key of its row."""
    by_customer = projection.keyed_by == "customer"
    return [
        (key, event)
        for event in events
        if event.topic in topics
        and (key := event.customer_id if by_customer else event.stream_id) is not None
    ]


def fold_events(
    projection: Projection[Any],
    decode: Decode,
    keyed: list[tuple[str, LoggedEvent]],
    states: dict[str, Any],
    *,
    waiting: set[str],
    stops: Failures,
) -> Folded:
    """Fold events in order into `states`, in place.

    Keys of `waiting` have parked events already, so theirs are parked behind them. `stops` are failures of an
    earlier attempt at the same batch: their keys are folded up to there and parked from there on.
    """
    folded = Folded()
    folds: dict[str, KeyFold] = {}
    for key, event in keyed:
        if key in waiting or key in stops:
            reason = _reason_to_park(key, event.position, waiting, stops)
            if reason is not None:
                folded.parked.append(ParkedEvent(key, event, reason))
                continue
        if key in folded.failures:
            continue
        try:
            decoded = decode(event.topic, event.state)
            if decoded is None:
                continue
            fold = folds.get(key)
            if fold is None:
                fold = folds[key] = KeyFold(projection, key, state=states[key], journal=folded.journal)
            fold.apply(decoded, event.position)
        except Exception as error:
            folded.failures[key] = (event.position, reason_of(error))
    for key, fold in folds.items():
        if key in folded.failures:
            continue
        try:
            folded.rows.append(fold.row())
        except Exception as error:
            # A state that cannot be shown cannot be kept: the key stops before this batch.
            folded.failures[key] = (first_position(keyed, key), reason_of(error))
    return folded


def first_position(keyed: list[tuple[str, LoggedEvent]], key: str) -> int:
    """The position of a key's first event."""
    return next(event.position for other, event in keyed if other == key)


def reason_of(error: Exception) -> str:
    """An exception in one line.

    A message may quote a payload, but whatever is personal in there is encrypted.
    """
    return f"{type(error).__name__}: {error}".replace("\x00", "").replace("\n", " ")


def _reason_to_park(key: str, position: int, waiting: set[str], stops: Failures) -> str | None:
    if key in waiting:
        return WAITS
    stop, reason = stops[key]
    if position < stop:
        return None
    return reason if position == stop else WAITS

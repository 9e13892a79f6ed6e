"""The histories of single aggregates, read from the log itself: what was written a moment ago is in them."""

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import msgspec

from domain.messages import Event
from infra.event_store.codec import UndecodableEvent, decode
from infra.event_store.log import LoggedEvent
from infra.event_store.states import HistoryUnreadable
from services.api.state import AppState


class HistoryEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One event: its position in the log, its topic, and when it happened in the shop."""

    position: int
    event: str
    occurred_at: datetime


class History(msgspec.Struct, frozen=True, kw_only=True):
    """The events of one aggregate that this version knows, in order, and the list of them for readers."""

    events: list[Event]
    entries: list[HistoryEntry]

    @property
    def position(self) -> int:
        """The position of the last of them."""
        return self.entries[-1].position


async def history_of(app: AppState, stream_id: str) -> History | None:
    """Everything that happened to one aggregate, or None when nothing did."""
    logged = await asyncio.to_thread(app.log.read_stream, stream_id)
    try:
        return known_history(logged)
    except HistoryUnreadable:
        return known_history(logged, await asyncio.to_thread(app.log.left_out))


def known_history(logged: Sequence[LoggedEvent], left_out: Collection[int] = frozenset()) -> History | None:
    """The history in stored events of one aggregate.

    Events of a newer writer are passed over, and those that are left out. Raises HistoryUnreadable.
    """
    events: list[Event] = []
    entries: list[HistoryEntry] = []
    for stored in logged:
        if stored.position in left_out:
            continue
        try:
            event = decode(stored.topic, stored.state)
        except UndecodableEvent as error:
            raise HistoryUnreadable(stored.stream_id, stored.topic, stored.position) from error
        if event is not None:
            events.append(event)
            entries.append(
                HistoryEntry(position=stored.position, event=stored.topic, occurred_at=event.occurred_at)
            )
    return History(events=events, entries=entries) if events else None


def only(history: History, kind: type[Any]) -> list[Any]:
    """The events of one kind."""
    return [event for event in history.events if isinstance(event, kind)]

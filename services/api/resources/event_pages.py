"""Pages of the log as CloudEvents in JSON: a line each, or a block each as server-sent events have it."""

import asyncio
from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from infra.event_store.lineage import Lineage, lineage_of
from infra.event_store.log import LoggedEvent
from infra.messaging.cloud_events import cloud_event
from infra.messaging.event_filter import EventFilter
from services.api.reading_state import ReadingState

#: So many events are looked at for a page of those that are wanted.
LOOKED_AT_MAX: Final = 2_000

Form = Literal["lines", "blocks"]
_encode = msgspec.json.Encoder().encode


class EventPage(msgspec.Struct, frozen=True):
    """The wanted events up to a position, all of them, as bytes."""

    body: bytes
    position: int


async def event_page(app: ReadingState, after: int, limit: int, wanted: EventFilter, form: Form) -> EventPage:
    """The next wanted events behind a position, at most `limit`."""
    looked_at = limit if wanted.passes_all else LOOKED_AT_MAX
    lineage, events = await asyncio.to_thread(_read, app, after, looked_at)
    chosen = [event for event in events if wanted.passes(event)]
    if len(chosen) > limit:
        chosen = chosen[:limit]
        reached = chosen[-1].position
    else:
        reached = events[-1].position if events else after
    return EventPage(written(chosen, lineage, app.settings.event_source, form), reached)


def written(events: Sequence[LoggedEvent], lineage: Lineage, source: str, form: Form) -> bytes:
    """These events in a form; a line or a block ends with what follows may follow."""
    documents = [(event.position, _encode(cloud_event(event, lineage, source))) for event in events]
    if form == "lines":
        return b"".join(b"%b\n" % document for _, document in documents)
    return b"".join(b"id: %d\ndata: %b\n\n" % document for document in documents)


def _read(app: ReadingState, after: int, limit: int) -> tuple[Lineage, list[LoggedEvent]]:
    events = app.log.read(after, limit)
    with app.log.connection() as connection:
        return lineage_of(connection), events

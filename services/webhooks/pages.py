"""The log in pages of what is sent, read once for all endpoints that stand at the same place."""

import asyncio
from typing import Final

import msgspec

from domain.ids import partition_of
from infra.event_store.lineage import Lineage
from infra.event_store.log import LoggedEvent
from infra.event_store.reader import LogReader
from infra.messaging.cloud_events import cloud_event
from infra.messaging.event_filter import partition_key

PAGE_EVENTS: Final = 200
#: Most endpoints stand at the end of the log: few pages serve all of them.
_PAGES_KEPT: Final = 8

_encode = msgspec.json.Encoder().encode


class Outgoing(msgspec.Struct, frozen=True):
    """An event as it is sent, and what decides its order."""

    event: LoggedEvent
    event_id: str
    key: str
    partition: int
    body: bytes

    @property
    def position(self) -> int:
        """Where it stands in the log."""
        return self.event.position


class Pages:
    """For several coroutines. The lineage is that of the beginning: new epochs begin while nobody serves."""

    def __init__(self, reader: LogReader, lineage: Lineage, source: str) -> None:
        self.lineage = lineage
        self._reader = reader
        self._source = source
        self._turn = asyncio.Lock()
        self._kept: dict[int, list[Outgoing]] = {}

    async def end(self) -> int:
        """Where the log ends."""
        async with self._turn:
            return await self._reader.last_position()

    async def read(self, after: int) -> list[Outgoing]:
        """Some of the next events behind the position of an event, or 0; none at the end."""
        async with self._turn:
            if (page := self._kept.get(after)) is not None:
                return page
            page = [self._outgoing(event) for event in await self._reader.read(after, PAGE_EVENTS)]
            if page:
                self._kept[after] = page
            if len(self._kept) > _PAGES_KEPT:
                del self._kept[next(iter(self._kept))]
            return page

    async def at(self, position: int) -> Outgoing | None:
        """The event at a position."""
        async with self._turn:
            before = await self._reader.position_before(position)
            events = await self._reader.read(before, 1, up_to=position)
        return self._outgoing(events[0]) if events and events[0].position == position else None

    def _outgoing(self, event: LoggedEvent) -> Outgoing:
        document = cloud_event(event, self.lineage, self._source)
        key = partition_key(event)
        return Outgoing(event, document.id, key, partition_of(key), _encode(document))

"""Following the log from another process: reading it by position, and being told that there is more."""

import asyncio
from collections.abc import Sequence
from typing import Any, LiteralString

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from infra.event_store.log import END_OF_LOG, METADATA, LoggedEvent
from infra.event_store.recorder import EVENTS_TABLE
from infra.postgres.pools import connect_async
from infra.settings import Settings

_READ = (
    f"SELECT notification_id, originator_id, originator_version, topic, customer_id, state, {METADATA} "
    "FROM public.stored_events WHERE notification_id > %s AND notification_id <= %s "
    "ORDER BY notification_id LIMIT %s"
)
_LAST = "SELECT max(notification_id) FROM public.stored_events"
_BEFORE = "SELECT max(notification_id) FROM public.stored_events WHERE notification_id < %s"
_AT = "SELECT originator_id, originator_version, state FROM public.stored_events WHERE notification_id = %s"
_AMONG = (
    "SELECT notification_id, originator_id, originator_version, state FROM public.stored_events "
    "WHERE notification_id = ANY(%b)"
)
#: The library notifies the channel that is named after the table.
_LISTEN = f"LISTEN {EVENTS_TABLE}"


class LogReader:
    """Reads one log over a connection of its own, in autocommit. Not for several coroutines at once.

    Every read has a deadline of `seconds`: TimeoutError, after which the connection is of no more use.
    """

    def __init__(self, connection: AsyncConnection[TupleRow], *, seconds: float) -> None:
        self._connection = connection
        self._seconds = seconds

    @classmethod
    async def connect(cls, settings: Settings, database_url: str, *, name: str) -> "LogReader":
        """A reader with a connection of its own; raises psycopg.OperationalError."""
        seconds = settings.database_statement_seconds or 3_600
        return cls(await connect_async(settings, database_url, name=name), seconds=seconds)

    async def close(self) -> None:
        """Give the connection back."""
        await self._connection.close()

    @property
    def connection(self) -> AsyncConnection[TupleRow]:
        """For what else has to be asked of the log's database in between."""
        return self._connection

    async def read(self, after: int, limit: int, *, up_to: int = END_OF_LOG) -> list[LoggedEvent]:
        """The next events behind position `after`, in order, at most `limit` and none behind `up_to`.

        `after` is the position of an event, or 0: the first one's `previous_position` is taken from it.
        """
        async with asyncio.timeout(self._seconds):
            async with self._connection.cursor(binary=True) as cursor:
                await cursor.execute(_READ, (after, up_to, limit))
                rows = await cursor.fetchall()
        previous = after
        events: list[LoggedEvent] = []
        for position, *rest in rows:
            events.append(LoggedEvent(position, previous, *rest))
            previous = position
        return events

    async def last_position(self) -> int:
        """Where the log ends; 0 when it is empty."""
        row = await self._one(_LAST, ())
        return int(row[0] or 0) if row else 0

    async def position_before(self, position: int) -> int:
        """The position of the last event before another one; 0 when there is none."""
        row = await self._one(_BEFORE, (position,))
        return int(row[0] or 0) if row else 0

    async def event_at(self, position: int) -> tuple[str, int, bytes] | None:
        """Aggregate, version and bytes of the event at a position, or None when there is none."""
        row = await self._one(_AT, (position,))
        return None if row is None else (str(row[0]), int(row[1]), bytes(row[2]))

    async def has(self, events: Sequence[LoggedEvent]) -> set[int]:
        """Of these events, the positions at which the log has exactly them: aggregate, version and bytes."""
        async with asyncio.timeout(self._seconds):
            cursor = await self._connection.execute(_AMONG, ([event.position for event in events],))
            rows = await cursor.fetchall()
        found = {(position, stream_id, version, bytes(state)) for position, stream_id, version, state in rows}
        return {
            event.position
            for event in events
            if (event.position, event.stream_id, event.version, event.state) in found
        }

    async def _one(self, query: LiteralString, parameters: tuple[Any, ...]) -> TupleRow | None:
        async with asyncio.timeout(self._seconds):
            return await (await self._connection.execute(query, parameters)).fetchone()


class LogNews:
    """Wakes whoever waits for the log to grow. A hint only: notifications get lost, so the waiting has an
    end.
    """

    def __init__(self, connection: AsyncConnection[TupleRow]) -> None:
        self._connection = connection

    @classmethod
    async def connect(cls, settings: Settings, database_url: str, *, name: str) -> "LogNews":
        """Listen on a connection of its own."""
        connection = await connect_async(settings, database_url, name=name)
        await connection.execute(_LISTEN)
        return cls(connection)

    async def close(self) -> None:
        """Give the connection back."""
        await self._connection.close()

    async def wait(self, seconds: float) -> bool:
        """Wait for news, at most so long; whether any came. Raises psycopg.OperationalError when the
        connection is lost.
        """
        async for _ in self._connection.notifies(timeout=seconds, stop_after=1):
            return True
        return False

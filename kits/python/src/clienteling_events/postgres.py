"""The checkpoint in PostgreSQL, with psycopg 3 (`pip install clienteling-events[postgres]`)."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from psycopg import AsyncConnection

from clienteling_events.ranges import EventRange
from clienteling_events.store import ParkedEvent, State, event_in, event_text


class PostgresStore:
    """Keeps it in the tables `clienteling_consumers`, `clienteling_ranges` and `clienteling_parked` of the
    connection's schema.

    The connection is in autocommit, and nobody else's.
    """

    def __init__(self, connection: AsyncConnection[Any], name: str) -> None:
        self._connection = connection
        self._name = name

    async def make_tables(self) -> None:
        """Make the tables, unless they are there."""
        await self._connection.execute(
            "CREATE TABLE IF NOT EXISTS clienteling_consumers (name text PRIMARY KEY, state text NOT NULL)"
        )
        await self._connection.execute(
            "CREATE TABLE IF NOT EXISTS clienteling_ranges (name text, first bigint, last bigint NOT NULL, "
            "count bigint NOT NULL, hash text NOT NULL, PRIMARY KEY (name, first))"
        )

        await self._connection.execute(
            "CREATE TABLE IF NOT EXISTS clienteling_parked (name text, key text, position bigint, "
            "why text NOT NULL, event text NOT NULL, PRIMARY KEY (name, key, position))"
        )

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[AsyncConnection[Any]]:
        """A transaction; two processes of one name take turns."""
        async with self._connection.transaction():
            await self._connection.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended('clienteling ' || %s, 0))", (self._name,)
            )
            yield self._connection

    async def load(self) -> State | None:
        """The state that was saved last."""
        found = await self._connection.execute(
            "SELECT state FROM clienteling_consumers WHERE name = %s", (self._name,)
        )
        row = await found.fetchone()
        return None if row is None else msgspec.json.decode(row[0], type=State)

    async def ranges(self) -> list[EventRange]:
        """The ranges that were handled whole, in order."""
        found = await self._connection.execute(
            "SELECT first, last, count, hash FROM clienteling_ranges WHERE name = %s ORDER BY first",
            (self._name,),
        )
        rows = await found.fetchall()
        return [EventRange(from_=first, to=last, count=n, hash=hash_) for first, last, n, hash_ in rows]

    async def save(
        self, transaction: AsyncConnection[Any], state: State, ended: Sequence[EventRange] = ()
    ) -> None:
        """Save the state, and ranges that have ended; those behind the state's position are forgotten."""
        await transaction.execute(
            "INSERT INTO clienteling_consumers VALUES (%s, %s) "
            "ON CONFLICT (name) DO UPDATE SET state = excluded.state",
            (self._name, msgspec.json.encode(state).decode()),
        )
        for one in ended:
            await transaction.execute(
                "INSERT INTO clienteling_ranges VALUES (%s, %s, %s, %s, %s) ON CONFLICT (name, first) "
                "DO UPDATE SET last = excluded.last, count = excluded.count, hash = excluded.hash",
                (self._name, one.from_, one.to, one.count, one.hash),
            )
        await transaction.execute(
            "DELETE FROM clienteling_ranges WHERE name = %s AND first >= %s",
            (self._name, state.range.from_),
        )

    @asynccontextmanager
    async def savepoint(self, transaction: AsyncConnection[Any]) -> AsyncGenerator[None]:
        """What is written within is undone on an error, and the transaction goes on."""
        async with transaction.transaction():
            yield

    async def park(self, transaction: AsyncConnection[Any], parked: ParkedEvent) -> None:
        """Keep an event; one that is kept gets another reason."""
        await transaction.execute(
            "INSERT INTO clienteling_parked VALUES (%s, %s, %s, %s, %s) "
            "ON CONFLICT (name, key, position) DO UPDATE SET why = excluded.why",
            (self._name, parked.key, parked.event.position, parked.why, event_text(parked.event)),
        )

    async def unpark(self, transaction: AsyncConnection[Any], parked: ParkedEvent) -> None:
        """Forget an event that waited."""
        await transaction.execute(
            "DELETE FROM clienteling_parked WHERE name = %s AND key = %s AND position = %s",
            (self._name, parked.key, parked.event.position),
        )

    async def unpark_behind(self, transaction: AsyncConnection[Any], position: int) -> None:
        """Forget the events behind a position."""
        await transaction.execute(
            "DELETE FROM clienteling_parked WHERE name = %s AND position > %s", (self._name, position)
        )

    async def parked(self, key: str | None = None, limit: int | None = None) -> list[ParkedEvent]:
        """The events that wait, of one key or of all, in the order of the log."""
        found = await self._connection.execute(
            "SELECT key, why, event FROM clienteling_parked "
            "WHERE name = %(name)s AND (%(key)s::text IS NULL OR key = %(key)s) "
            "ORDER BY position LIMIT %(limit)s",
            {"name": self._name, "key": key, "limit": limit},
        )
        return [ParkedEvent(key, why, event_in(text)) for key, why, text in await found.fetchall()]

"""The checkpoint in PostgreSQL, with psycopg 3 (`pip install clienteling-events[postgres]`)."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from psycopg import AsyncConnection

from clienteling_events.ranges import EventRange
from clienteling_events.store import State


class PostgresStore:
    """Keeps it in the tables `clienteling_consumers` and `clienteling_ranges` of the connection's schema.

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

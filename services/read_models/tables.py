"""Reading the projections' tables: rows, the position of the log they are of, and waiting for a position
(read-your-writes).
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, TypeVar

from infra.postgres import retried

#: The position of the generation that serves.
CHECKPOINT: Final = (
    "SELECT position FROM projections.checkpoints WHERE projection = %(projection)s AND serving"
)
#: The same, or the end of the log where that is before: rows behind it are of a history that was set back.
REACHED: Final = (
    "SELECT least(position, (SELECT coalesce(max(notification_id), 0) FROM public.stored_events)) "
    "FROM projections.checkpoints WHERE projection = %(projection)s AND serving"
)
CHECKPOINTS: Final = "SELECT projection, position FROM projections.checkpoints WHERE serving"
END_OF_LOG: Final = "SELECT coalesce(max(notification_id), 0) FROM public.stored_events"
#: No row: for whoever needs a table's position beside those that they read in another query.
ITS_POSITION_ALONE: Final = "SELECT true AS nothing WHERE false"
POLL_SECONDS_MIN: Final = 0.002
POLL_SECONDS_MAX: Final = 0.1
#: A pause for so much of what has been waited: what has come is seen an eighth later at most.
POLLS_PER_WAIT: Final = 8
#: More of them answer no faster: the Python of each runs on one event loop, which commands wait for, too.
LISTS_AT_ONCE: Final = 1

T = TypeVar("T")
Row = tuple[Any, ...]


class NothingProjected(Exception):
    """A projection has no tables yet."""


class NotCaughtUp(Exception):
    """A projection did not reach a position in time."""

    def __init__(self, position: int, at_least: int) -> None:
        super().__init__(f"The answer contains the log up to {position} by now, not up to {at_least}.")


class PositionNotReached(Exception):
    """The log itself ends before a position."""

    def __init__(self, position: int) -> None:
        super().__init__(f"The log ends at {position}; nobody was answered with a later position.")


@dataclass(frozen=True, slots=True)
class Query:
    """A statement on the tables of one projection."""

    projection: str
    sql: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows, and the position of the log that they contain everything up to."""

    position: int
    rows: list[Row]


class Tables:
    """The tables of all projections. `pool` has connections in autocommit and REPEATABLE READ."""

    def __init__(self, pool: Any, *, wait_seconds: float) -> None:
        self.pool = pool
        self._wait_seconds = wait_seconds
        self._lists = asyncio.Semaphore(LISTS_AT_ONCE)

    async def read(
        self, projection: str, sql: str, parameters: Mapping[str, Any], *, at_least: int | None = None
    ) -> Rows:
        """The rows of one query; see `read_together`."""
        (found,) = await self.read_together(Query(projection, sql, parameters), at_least=at_least)
        return found

    async def read_together(self, *queries: Query, at_least: int | None = None) -> list[Rows]:
        """The rows of queries in one snapshot: what the projector commits meanwhile is in all or none.

        With `at_least` their projections have reached that position. Raises NothingProjected, NotCaughtUp or
        PositionNotReached.
        """
        if at_least is not None:
            for projection in dict.fromkeys(query.projection for query in queries):
                await self.wait_for(projection, at_least)
        results = await self.fetch(
            *(
                (_with_position(query.sql), {**query.parameters, "projection": query.projection})
                for query in queries
            )
        )
        if not all(results):
            raise NothingProjected
        return [Rows(rows[0][0], [row[2:] for row in rows if row[1] is not None]) for rows in results]

    async def fetch(self, *statements: tuple[str, Mapping[str, Any]]) -> list[list[Row]]:
        """The rows of each statement, all sent at once and read in one snapshot."""

        async def ask() -> list[list[Row]]:
            async with self.pool.connection() as connection:
                if len(statements) == 1:
                    cursor = await connection.execute(*statements[0], prepare=True)
                    return [await cursor.fetchall()]
                # PostgreSQL takes what one pipeline sends for one transaction: no BEGIN and no COMMIT.
                async with connection.pipeline():
                    cursors = [
                        await connection.execute(sql, parameters, prepare=True)
                        for sql, parameters in statements
                    ]
                return [await cursor.fetchall() for cursor in cursors]

        return await retried(self.pool, ask)

    async def fetch_list(self, statement: str, parameters: Mapping[str, Any]) -> Row:
        """The one row that holds a whole list. Lists are read one after another; other reads pass them by."""
        async with self._lists:
            ((row,),) = await self.fetch((statement, parameters))
        return row

    async def positions(self) -> dict[str, int]:
        """The position of every projection that has begun."""
        (rows,) = await self.fetch((CHECKPOINTS, {}))
        return dict(rows)  # pyright: ignore[reportArgumentType] - two columns

    async def wait_for(self, projection: str, at_least: int) -> int:
        """The position of a projection once it has reached `at_least`. Raises as `read_together` does."""
        began = time.monotonic()
        position = await self._position_of(projection)
        if position < at_least:
            await self.end_of_log(at_least)
        while position < at_least:
            waited = time.monotonic() - began
            if waited >= self._wait_seconds:
                raise NotCaughtUp(position, at_least)
            await asyncio.sleep(min(max(POLL_SECONDS_MIN, waited / POLLS_PER_WAIT), POLL_SECONDS_MAX))
            position = await self._position_of(projection)
        return position

    async def end_of_log(self, at_least: int | None = None) -> int:
        """The position of the log's last event. Raises PositionNotReached when that is before `at_least`."""
        (rows,) = await self.fetch((END_OF_LOG, {}))
        position: int = rows[0][0]
        if at_least is not None and position < at_least:
            raise PositionNotReached(position)
        return position

    async def _position_of(self, projection: str) -> int:
        (rows,) = await self.fetch((REACHED, {"projection": projection}))
        if not rows:
            raise NothingProjected
        return rows[0][0]


@cache
def _with_position(sql: str) -> str:
    # One statement instead of two. No order survives a join by itself, so the rows are numbered before it.
    return (
        f"SELECT * FROM ({CHECKPOINT}) AS checkpoint LEFT JOIN "
        f"(SELECT row_number() OVER () AS row_number, listed.* FROM ({sql}) AS listed) AS found ON true "
        "ORDER BY found.row_number"
    )

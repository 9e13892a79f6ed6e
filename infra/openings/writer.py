"""Records openings: those of requests that are answered at the same time in one statement."""

import asyncio
import time
from contextlib import suppress
from typing import Any, Final

import structlog
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from infra.openings.openings import Opening, delete_before, insert_of
from infra.postgres import retried

log = structlog.get_logger(__name__)

#: So often it is looked for openings that have been kept long enough.
DELETE_SECONDS: Final = 3_600.0


class OpeningWriter:
    """Writes what it is given, batch behind batch, while it runs. Deletes what was kept `days` days."""

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection[Any]], days: int) -> None:
        self._pool = pool
        self._days = days
        self._waiting: list[tuple[Opening, asyncio.Future[None]]] = []
        self._woken = asyncio.Event()
        self._deleted_at = -DELETE_SECONDS

    async def record(self, opening: Opening) -> None:
        """Record an opening. Raises what the database raises: what is not recorded is not shown."""
        recorded = asyncio.get_running_loop().create_future()
        self._waiting.append((opening, recorded))
        self._woken.set()
        await recorded

    async def run(self) -> None:
        """Works until cancelled."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            batch, self._waiting = self._waiting, []
            try:
                await self._write([opening for opening, _ in batch])
            except Exception as error:
                _settle(batch, error)
            else:
                _settle(batch, None)
                await self._delete()

    async def _write(self, openings: list[Opening]) -> None:
        statement, parameters = insert_of(openings)

        async def write() -> None:
            async with self._pool.connection() as connection:
                await connection.execute(statement, parameters)

        await retried(self._pool, write)

    async def _delete(self) -> None:
        if time.monotonic() < self._deleted_at + DELETE_SECONDS:
            return
        self._deleted_at = time.monotonic()
        with suppress(Exception):
            async with self._pool.connection() as connection:
                await connection.execute(*delete_before(self._days))


def _settle(batch: list[tuple[Opening, "asyncio.Future[None]"]], error: Exception | None) -> None:
    for _, recorded in batch:
        if recorded.done():
            continue
        if error is None:
            recorded.set_result(None)
        else:
            recorded.set_exception(error)

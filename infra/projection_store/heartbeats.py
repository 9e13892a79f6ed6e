"""Heartbeat: what services say of themselves, every few seconds, for `projections status` and whoever watches
over the shop.
"""

import asyncio
import datetime
import os
import socket
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec
import structlog
from psycopg import AsyncConnection, Connection
from psycopg.rows import TupleRow

from infra.postgres import Migrations, connect, connect_async, migrate
from infra.settings import Settings

MIGRATIONS: Final = Migrations("projections", Path(__file__).parent / "migrations")
#: A service that has said nothing for so long is forgotten.
FORGOTTEN_AFTER: Final = datetime.timedelta(days=1)

_BEAT = (
    "INSERT INTO projections.heartbeats (service, instance, at, status) "
    "VALUES (%s, %s, clock_timestamp(), %s::json) "
    "ON CONFLICT (service, instance) DO UPDATE SET at = EXCLUDED.at, status = EXCLUDED.status"
)
_FORGET = "DELETE FROM projections.heartbeats WHERE at < clock_timestamp() - %s"
_LEAVE = "DELETE FROM projections.heartbeats WHERE service = %s AND instance = %s"
_READ = "SELECT service, instance, at, status FROM projections.heartbeats ORDER BY service, instance"

log = structlog.get_logger(__name__)


class Heartbeat(msgspec.Struct, frozen=True):
    """The last words of one running service. `status` is its own health object."""

    service: str
    instance: str
    at: datetime.datetime
    status: dict[str, Any]


def host_name() -> str:
    """This machine, as it stands in the heartbeats of its processes."""
    return socket.gethostname()


def ensure_catalog(settings: Settings, database_url: str, *beside: Migrations) -> None:
    """Migrate the catalog's tables, and those of other schemas that are read beside it."""
    with connect(settings, database_url, name="catalog") as connection:
        for migrations in (MIGRATIONS, *beside):
            migrate(connection, migrations)


def heartbeats(connection: Connection[TupleRow]) -> list[Heartbeat]:
    """What every service said last."""
    return [Heartbeat(*row) for row in connection.execute(_READ)]


async def heartbeats_async(connection: AsyncConnection[Any]) -> list[Heartbeat]:
    """What every service said last."""
    return [Heartbeat(*row) for row in await (await connection.execute(_READ)).fetchall()]


class HeartbeatWriter:
    """Writes one service's status at an interval. A database that is away is tried again at the next beat."""

    def __init__(
        self, settings: Settings, database_url: str, *, service: str, status: Callable[[], Any]
    ) -> None:
        self._settings = settings
        self._database_url = database_url
        self._service = service
        self._instance = f"{host_name()}:{os.getpid()}"
        self._status = status
        self._connection: AsyncConnection[TupleRow] | None = None

    async def run(self) -> None:
        """Beat until cancelled; then take the words back, because a service that has stopped is not
        stalled.
        """
        seconds = self._settings.service_heartbeat_seconds
        try:
            while True:
                await self._beat(seconds)
                await asyncio.sleep(seconds)
        finally:
            await self._leave()

    async def _beat(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(max(seconds, 5)):
                if self._connection is None:
                    self._connection = await connect_async(
                        self._settings, self._database_url, name=f"{self._service} heartbeat"
                    )
                    await self._connection.execute(_FORGET, (FORGOTTEN_AFTER,))
                status = msgspec.json.encode(self._status()).decode()
                await self._connection.execute(_BEAT, (self._service, self._instance, status))
        except Exception as error:
            log.warning("A heartbeat could not be written", service=self._service, error=repr(error))
            await self._close()

    async def _leave(self) -> None:
        if self._connection is not None:
            try:
                async with asyncio.timeout(2):
                    await self._connection.execute(_LEAVE, (self._service, self._instance))
            except Exception as error:
                log.info("A heartbeat could not be taken back", service=self._service, error=repr(error))
        await self._close()

    async def _close(self) -> None:
        if self._connection is not None:
            await self._connection.close()
            self._connection = None


async def run_with_heartbeat(
    work: Callable[[asyncio.Event], Coroutine[Any, Any, None]],
    heart: HeartbeatWriter,
    *,
    shutdown_seconds: float,
) -> None:
    """Do a service's work, its heart beating beside it, until cancelled; then it is told to stop and gets so
    long to do so.
    """
    stop = asyncio.Event()
    beating = asyncio.create_task(heart.run())
    working = asyncio.create_task(work(stop))
    try:
        await asyncio.shield(working)
    finally:
        stop.set()
        with suppress(asyncio.CancelledError, TimeoutError):
            await asyncio.wait_for(working, shutdown_seconds)
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)

"""Verifies the tables in the background: a spot check of each projection at an interval, in a thread of
its own.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import structlog

from infra.postgres import connect
from infra.projection_store.connection import ComparingConnection
from infra.settings import Settings
from infra.stopping import pause
from projections.kernel import Projection
from services.projector.spot_check.spot_check import SpotCheck

log = structlog.get_logger(__name__)


class Verification:
    """The spot checks of some projections.

    Of several processes that project one, each check is made by one of them.
    """

    def __init__(self, settings: Settings, database_url: str, projections: Sequence[Projection[Any]]) -> None:
        self._settings = settings
        self._database_url = database_url
        self._checks = {projection.name: SpotCheck(settings, projection) for projection in projections}
        self._connection: ComparingConnection | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Check at an interval until `stop`. PostgreSQL being away is what it is there to outlast."""
        try:
            while not stop.is_set():
                for name in self._checks:
                    if stop.is_set():
                        return
                    await self._check(name)
                await pause(stop, self._settings.projector_verify_seconds)
        finally:
            await asyncio.to_thread(self._close)

    async def _check(self, name: str) -> None:
        try:
            await asyncio.to_thread(self._check_now, name)
        except Exception as error:
            log.info("A projection cannot be verified now", projection=name, error=repr(error))
            await asyncio.to_thread(self._close)

    def _check_now(self, name: str) -> None:
        if self._connection is None:
            self._connection = connect(self._settings, self._database_url, name="projector verify")
            # What is lost with a crash of PostgreSQL is found again.
            self._connection.execute("SET synchronous_commit = off")
        self._checks[name].check(self._connection)

    def _close(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.close()

"""Verifies the tables in the background: a spot check of each projection at an interval, in a thread of
its own.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, TypeVar

import structlog

from infra.postgres import connect
from infra.projection_store.comparing import written_to_all
from infra.projection_store.connection import ComparingConnection
from infra.settings import Settings
from infra.stopping import pause
from projections.kernel import Projection
from services.projector.spot_check.spot_check import SpotCheck

#: At most this share of a core goes into spot checks, and about as much of PostgreSQL's.
SHARE_MAX: Final = 0.002
#: In so many intervals each projection of a process is checked, whatever share that takes.
INTERVALS_MAX: Final = 6

T = TypeVar("T")

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
        self._turn = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Check at an interval until `stop`. PostgreSQL being away is what it is there to outlast."""
        every = self._settings.projector_verify_seconds
        try:
            while not stop.is_set():
                began = time.monotonic()
                for name in await self._quietly(self._due) or ():
                    spent = await self._quietly(partial(self._check, name))
                    await pause(stop, pause_after(spent or 0.0, every, len(self._checks)))
                    if stop.is_set():
                        return
                await pause(stop, max(0.0, began + every - time.monotonic()))
        finally:
            await asyncio.to_thread(self._close)

    async def _quietly(self, do: Callable[[], T]) -> T | None:
        try:
            return await asyncio.to_thread(do)
        except Exception as error:
            log.info("The tables cannot be verified now", error=repr(error))
            await asyncio.to_thread(self._close)
            return None

    def _due(self) -> list[str]:
        """The projections to be checked in this turn: those that were written to lately, and one of the
        others.
        """
        written = written_to_all(self._connected())
        still = [name for name, check in self._checks.items() if check.is_still(written.get(name))]
        self._turn += 1
        kept_back = {name for number, name in enumerate(still) if number != self._turn % len(still)}
        return [name for name in self._checks if name not in kept_back]

    def _check(self, name: str) -> float:
        """Seconds of processor time that a check took."""
        began = time.thread_time()
        self._checks[name].check(self._connected())
        return time.thread_time() - began

    def _connected(self) -> ComparingConnection:
        if self._connection is None:
            self._connection = connect(self._settings, self._database_url, name="projector verify")
            # What is lost with a crash of PostgreSQL is found again.
            self._connection.execute("SET synchronous_commit = off")
        return self._connection

    def _close(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.close()


def pause_after(spent: float, every: float, projections: int) -> float:
    """Seconds from a check that took `spent` seconds of processor time to the next one of the process.

    Each of its projections has its turn within a minute on a slow machine, too, by a setting of ten seconds.
    """
    return min(spent / SHARE_MAX, INTERVALS_MAX * every / projections)

"""A process beside the API's own that does the slow reads: what folds a whole book, or the past.

The API's process answers commands, too; Python that folds there holds its interpreter, in whatever thread it
runs.
"""

import asyncio
import multiprocessing
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, TypeVar

import structlog

from infra.child_processes import belong_to_parent, without_main
from infra.clock import SYSTEM_CLOCK, FixedClock
from infra.embedded import Servers
from infra.event_store.log import EventLog
from infra.logs import set_up_logs
from infra.postgres import async_pool, connect
from infra.settings import Settings
from infra.vault import AsyncVault, prepare_vault
from services.api.http.error_handling import problem_of
from services.api.http.problems import Problem
from services.api.reading_state import ReadingState
from services.read_models.tables import Tables

log = structlog.get_logger(__name__)

RETRY_SECONDS = 5.0

Given = ParamSpec("Given")
T = TypeVar("T")

#: In the process: the loop of its reads, and what they work with.
_here: list[tuple[asyncio.AbstractEventLoop, ReadingState]] = []


class ReadingProcess:
    """Runs functions of modules in the process. Until that has started, also anew, they run in this one."""

    def __init__(self, settings: Settings, servers: Servers) -> None:
        self._settings = settings
        self._servers = servers
        self._pool: ProcessPoolExecutor | None = None
        self._started: Future[None] | None = None
        self._tried_at = 0.0

    def start(self) -> "Future[None]":
        """Start the process; what is returned is done when it has."""
        self._tried_at = time.monotonic()
        # A fork would take this process's connections and threads with it.
        spawn = multiprocessing.get_context("spawn")
        processes = self._settings.api_reading_processes
        self._pool = ProcessPoolExecutor(processes, spawn, _set_up, (self._settings, self._servers))
        with without_main():
            self._started = self._pool.submit(_nothing)
        return self._started

    async def run(
        self,
        read: Callable[Concatenate[ReadingState, Given], Coroutine[Any, Any, T]],
        app: ReadingState,
        *given: Given.args,
        **named: Given.kwargs,
    ) -> T:
        """What `read` gives, over there at the time of `app`'s clock. Raises a problem as it is raised there.

        Who does not wait any longer takes back what has not begun.
        """
        if self._pool is None or not self._is_there():
            return await read(app, *given, **named)
        with without_main():
            running = self._pool.submit(_run, read, app.clock.now(), given, named)
        try:
            outcome = await asyncio.wrap_future(running)
        except BrokenProcessPool:
            log.warning("The process beside the API ended by itself and is started again")
            self.start()
            return await read(app, *given, **named)
        if isinstance(outcome, Problem):
            raise outcome
        return outcome

    def _is_there(self) -> bool:
        started = self._started
        if started is None or not started.done():
            return False
        if started.exception() is None:
            return True
        if time.monotonic() > self._tried_at + RETRY_SECONDS:
            # The database did not answer when it started.
            self.start()
        return False

    def close(self) -> None:
        """End the process, whatever it is at: it only reads."""
        if self._pool is not None:
            pool, self._pool = self._pool, None
            # Whoever ends waits for its children, and a read may wait for a server that hangs.
            processes = list(pool._processes.values())  # pyright: ignore[reportPrivateUsage]
            pool.shutdown(wait=False, cancel_futures=True)
            for process in processes:
                process.kill()


def _nothing() -> None:
    """The first piece of work: the process has started."""


def _set_up(settings: Settings, servers: Servers) -> None:
    belong_to_parent()
    set_up_logs(settings)
    loop = asyncio.new_event_loop()
    _here.append((loop, loop.run_until_complete(_opened(settings, servers))))


async def _opened(settings: Settings, servers: Servers) -> ReadingState:
    reading_url = servers.reading_url
    with connect(settings, reading_url, name="api reading process") as connection:
        master_key = prepare_vault(settings, connection)
    pool = async_pool(
        settings, reading_url, name="api reading process", check=False, snapshots=True, size_max=2
    )
    entries = async_pool(settings, servers.database_url, name="api reading process entries", size_max=1)
    # Open until the process ends.
    stack = AsyncExitStack()
    await stack.enter_async_context(pool)
    await stack.enter_async_context(entries)
    return ReadingState(
        settings=settings,
        servers=servers,
        log=stack.enter_context(EventLog(reading_url, pool_size=1)),
        tables=Tables(pool, wait_seconds=settings.api_read_wait_seconds),
        keys=AsyncVault(pool, master_key),
        entries=entries,
        clock=SYSTEM_CLOCK,
    )


def _run(
    read: Callable[..., Coroutine[Any, Any, Any]],
    now: datetime,
    given: tuple[Any, ...],
    named: dict[str, Any],
) -> Any:
    ((loop, state),) = _here
    reading = read(replace(state, clock=FixedClock(now)), *given, **named)
    try:
        return loop.run_until_complete(reading)
    except Exception as error:
        problem = problem_of(error)
        if problem.status == 500:
            log.exception("A read beside the API failed")
        return problem

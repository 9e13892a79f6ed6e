"""Several projector processes: the projections are shared out, and one that dies is started again."""

import asyncio
import multiprocessing
import signal
from collections.abc import Awaitable, Callable, Sequence
from multiprocessing.context import SpawnProcess
from typing import Final

import structlog

from infra.child_processes import end_with_parent, without_main
from infra.embedded import Servers
from infra.logs import set_up_logs
from infra.settings import Settings

RESTART_SECONDS: Final = 1.0

#: Runs some projections, by name, in this process until cancelled.
Work = Callable[[Settings, Servers, Sequence[str]], Awaitable[None]]

log = structlog.get_logger(__name__)


def shares(names: Sequence[str], processes: int) -> list[list[str]]:
    """The names dealt out like cards, at most one share for each name."""
    count = max(1, min(processes, len(names)))
    return [list(names[index::count]) for index in range(count)]


async def run_in_processes(
    work: Work, settings: Settings, servers: Servers, names: Sequence[Sequence[str]]
) -> None:
    """Run each share of names in a process of its own until cancelled."""
    async with asyncio.TaskGroup() as tasks:
        for share in names:
            tasks.create_task(_keep_running(work, settings, servers, share))


async def _keep_running(work: Work, settings: Settings, servers: Servers, names: Sequence[str]) -> None:
    while True:
        process = multiprocessing.get_context("spawn").Process(
            target=_child, args=(work, settings, servers, tuple(names)), name=f"projector {' '.join(names)}"
        )
        with without_main():
            process.start()
        try:
            await asyncio.to_thread(process.join)
        except asyncio.CancelledError:
            await asyncio.shield(_stop(process, settings.shutdown_seconds))
            raise
        log.warning(
            "A projector process ended and is started again", projections=names, code=process.exitcode
        )
        await asyncio.sleep(RESTART_SECONDS)


async def _stop(process: SpawnProcess, seconds: float) -> None:
    process.terminate()
    await asyncio.to_thread(process.join, seconds + 1)
    if process.is_alive():
        process.kill()
        await asyncio.to_thread(process.join, 5)


def _child(work: Work, settings: Settings, servers: Servers, names: Sequence[str]) -> None:
    set_up_logs(settings)
    end_with_parent(signal.SIGTERM)
    asyncio.run(_until_told(work, settings, servers, names))


async def _until_told(work: Work, settings: Settings, servers: Servers, names: Sequence[str]) -> None:
    running = asyncio.ensure_future(work(settings, servers, names))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)
    # Ctrl-C reaches every process of the terminal; the parent tells this one in good order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    await asyncio.gather(running, return_exceptions=True)

"""More processes that answer on the same port: the kernel shares the connections out among them."""

import asyncio
import multiprocessing
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

import structlog

from infra.child_processes import without_main
from infra.embedded import Servers
from infra.logs import set_up_logs
from infra.settings import Settings

log = structlog.get_logger(__name__)

KILL_SECONDS = 1.0
#: Serves until cancelled. A function of a module: other processes find it there.
Serve = Callable[[Settings, Servers], Awaitable[None]]


class WorkerEnded(RuntimeError):
    """A worker process ended by itself; the service ends with it and is started again as a whole."""


@asynccontextmanager
async def further_workers(
    serve: Serve, settings: Settings, servers: Servers, count: int
) -> AsyncGenerator[None]:
    """Run `serve` in so many further processes, until the block is left. It is cancelled when one of them
    ends.
    """
    if count <= 0:
        yield
        return
    # A fork would take this process's connections and threads with it.
    context = multiprocessing.get_context("spawn")
    lifelines = [context.Pipe(duplex=False) for _ in range(count)]
    workers: list[BaseProcess] = [
        context.Process(
            target=work, args=(serve, settings, servers, ours_to_read), name=f"api worker {number}"
        )
        for number, (ours_to_read, _) in enumerate(lifelines, start=2)
    ]
    with without_main():
        for worker in workers:
            worker.start()
    for ours_to_read, _ in lifelines:
        ours_to_read.close()
    try:
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(_watch(workers))
            yield
            watching.cancel()
    finally:
        # The other end of a lifeline closes as well when this process is killed, so that no worker is left
        # behind.
        for _, held in lifelines:
            held.close()
        for worker in workers:
            await asyncio.to_thread(worker.join, settings.shutdown_seconds + KILL_SECONDS)
            if worker.is_alive():
                worker.kill()


async def _watch(workers: list[BaseProcess]) -> None:
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    for worker in workers:
        loop.add_reader(worker.sentinel, ended.set)
    try:
        await ended.wait()
    finally:
        for worker in workers:
            loop.remove_reader(worker.sentinel)
    raise WorkerEnded("a worker process of the API ended by itself")


def work(serve: Serve, settings: Settings, servers: Servers, lifeline: Connection) -> None:
    """What a further process does: serve until the lifeline is cut."""
    set_up_logs(settings)
    # Ctrl-C reaches every process of a terminal; only the first decides when to stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(asyncio.CancelledError):
        asyncio.run(_work(serve, settings, servers, lifeline))


async def _work(serve: Serve, settings: Settings, servers: Servers, lifeline: Connection) -> None:
    serving = asyncio.ensure_future(serve(settings, servers))
    asyncio.get_running_loop().add_reader(lifeline.fileno(), serving.cancel)
    await serving

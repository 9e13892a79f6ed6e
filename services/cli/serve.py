"""`clienteling serve`: one service in this process, or all of them as processes of their own that are kept
running.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Annotated

import structlog
from cyclopts import App, Parameter

from infra import signals
from infra.embedded import EmbeddedServers, Servers
from infra.logs import set_up_logs
from infra.serve_all_lock import database_alone, directory_alone
from infra.settings import Settings

app = App(name="serve", help_format="plaintext")
log = structlog.get_logger(__name__)

Service = Callable[[Settings, Servers], Awaitable[None]]

SERVICES = ("relay", "projector", "reactions", "api")
RESTART_SECONDS = 1.0
STOP_SECONDS = 15.0
PARENT_POLL_SECONDS = 1.0

#: For processes that start services, with their own number: not shown to people.
WithParent = Annotated[int | None, Parameter(show=False)]


@app.command
def api(*, with_parent: WithParent = None) -> None:
    """Answer the HTTP API on CLIENTELING_API_HOST and CLIENTELING_API_PORT."""
    from services.api.main import run

    serve(run, with_parent=with_parent)


@app.command
def relay(*, with_parent: WithParent = None) -> None:
    """Carry the log onto the JetStream stream, in order, nothing twice."""
    from services.relay.main import run

    serve(run, with_parent=with_parent)


@app.command
def projector(*, with_parent: WithParent = None) -> None:
    """Fold the stream into the tables that people read."""
    from services.projector.main import run

    serve(run, with_parent=with_parent)


@app.command
def reactions(*, with_parent: WithParent = None) -> None:
    """Run the reactions: stock arrivals from NATS and their follow-ups, pay runs, books of leavers."""
    from services.reactions.main import run

    serve(run, with_parent=with_parent)


@app.command(name="all")
def all_(*, with_parent: WithParent = None) -> None:
    """Run relay, projector, reactions and API, each in a process of its own; one that ends is started again.

    One for each data directory and database: a second one is refused. Single
    services may run beside it, in any number.
    """
    settings = Settings.from_env()
    set_up_logs(settings)
    with directory_alone(settings):
        serve(keep_running, with_parent=with_parent)


def serve(service: Service, *, with_parent: int | None = None) -> None:
    """Run a service on the servers of this data directory until it ends or is told to stop.

    `with_parent`: the number of the process that started it; the service also ends when that one does, even
    by force, and even before this one could look for it.
    """
    settings = Settings.from_env()
    set_up_logs(settings)
    # Told to stop is what a service ends with: exit code 0.
    with suppress(KeyboardInterrupt):
        signals.run(lambda: _serve(service, settings, with_parent))


async def _serve(service: Service, settings: Settings, parent: int | None) -> None:
    serving = asyncio.ensure_future(_on_servers(service, settings))
    watching = asyncio.create_task(_end_with(parent, serving)) if parent is not None else None
    with suppress(asyncio.CancelledError):
        await serving
    if watching is not None:
        watching.cancel()


async def _on_servers(service: Service, settings: Settings) -> None:
    async with EmbeddedServers(settings) as servers:
        await service(settings, servers)


async def _end_with(parent: int, serving: "asyncio.Future[None]") -> None:
    # Nothing tells a process that its parent has gone; it has to look.
    while os.getppid() == parent:  # noqa: ASYNC110
        await asyncio.sleep(PARENT_POLL_SECONDS)
    serving.cancel()


async def keep_running(settings: Settings, servers: Servers) -> None:
    """Relay, projector, reactions and API as processes, each started again a second after it ends."""
    del servers
    async with database_alone(settings), asyncio.TaskGroup() as tasks:
        for name in SERVICES:
            tasks.create_task(_keep_running(name))


async def _keep_running(name: str) -> None:
    while True:
        # A session of its own: Ctrl-C reaches this process alone, which then stops the others in good order.
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.cli.main", "serve", name, f"--with-parent={os.getpid()}"),
            start_new_session=True,
        )
        try:
            code = await process.wait()
        except asyncio.CancelledError:
            await _stop(process)
            raise
        log.warning("A service ended and is started again", service=name, exit_code=code)
        await asyncio.sleep(RESTART_SECONDS)


async def _stop(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()

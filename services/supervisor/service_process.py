"""A service in this process: on the servers of its data directory, until it ends or is told to stop."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress

from infra import signals
from infra.database import prepare_database
from infra.embedded import EmbeddedServers, Servers
from infra.logs import set_up_logs
from infra.postgres import DatabaseRole
from infra.settings import Settings

Service = Callable[[Settings, Servers], Awaitable[None]]

PARENT_POLL_SECONDS = 1.0


def serve(service: Service, role: DatabaseRole, *, with_parent: int | None = None) -> None:
    """Run a service on the servers of this data directory until it ends or is told to stop.

    `role`: whose rights it has in the database.

    `with_parent`: the number of the process that started it; the service also ends when that one does, even
    by force, and even before this one could look for it.
    """
    settings = Settings.from_env()
    set_up_logs(settings)
    # Told to stop is what a service ends with: exit code 0.
    with suppress(KeyboardInterrupt):
        signals.run(lambda: _serve(service, role, settings, with_parent))


async def _serve(service: Service, role: DatabaseRole, settings: Settings, parent: int | None) -> None:
    serving = asyncio.ensure_future(_on_servers(service, role, settings))
    watching = asyncio.create_task(_end_with(parent, serving)) if parent is not None else None
    with suppress(asyncio.CancelledError):
        await serving
    if watching is not None:
        watching.cancel()


async def _on_servers(service: Service, role: DatabaseRole, settings: Settings) -> None:
    embedded = EmbeddedServers(settings, role=role)
    async with embedded as servers:
        if embedded.owner_url is not None:
            await asyncio.to_thread(prepare_database, settings, embedded.owner_url)
        await service(settings, servers)


async def _end_with(parent: int, serving: "asyncio.Future[None]") -> None:
    # Nothing tells a process that its parent has gone; it has to look.
    while os.getppid() == parent:  # noqa: ASYNC110
        await asyncio.sleep(PARENT_POLL_SECONDS)
    serving.cancel()

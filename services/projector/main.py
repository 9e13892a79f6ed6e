"""The projector's process, or its processes when the settings ask for several."""

import asyncio
from collections.abc import Sequence

import structlog

from infra.embedded import Servers
from infra.event_store.log import EventLog
from infra.metrics import metrics_page
from infra.projection_store.heartbeats import HeartbeatWriter, ensure_catalog, run_with_heartbeat
from infra.settings import Settings
from projections.registry import BY_NAME
from services.projector.processes import run_in_processes, shares
from services.projector.projector import Projector
from services.projector.status import collector

log = structlog.get_logger(__name__)


async def run(settings: Settings, servers: Servers) -> None:
    """Project everything until cancelled; batches that are being folded then get `shutdown_seconds`."""
    await asyncio.to_thread(_prepare, settings, servers.database_url)
    dealt = shares(list(BY_NAME), settings.projector_processes)
    if len(dealt) == 1:
        await project(settings, servers, dealt[0])
    else:
        await run_in_processes(project, settings, servers, dealt)


async def project(settings: Settings, servers: Servers, names: Sequence[str]) -> None:
    """Project these projections in this process until cancelled."""
    projector = Projector(settings, servers, [BY_NAME[name] for name in names])
    heart = HeartbeatWriter(
        settings,
        servers.database_url,
        service="projector",
        status=lambda: {"projections": projector.health()},
    )
    with metrics_page(metrics_port(settings, names), collector(projector.health), service="projector"):
        try:
            await run_with_heartbeat(projector.run, heart, shutdown_seconds=settings.shutdown_seconds + 1)
        finally:
            log.info("The projector has stopped", projections=list(names))


def metrics_port(settings: Settings, names: Sequence[str]) -> int:
    """Where the process of these projections serves its metrics: the first at the port of the settings, the
    others behind.
    """
    dealt = shares(list(BY_NAME), settings.projector_processes)
    number = dealt.index(list(names)) if list(names) in dealt else 0
    return settings.projector_metrics_port and settings.projector_metrics_port + number


def _prepare(settings: Settings, database_url: str) -> None:
    # Whoever comes first makes the tables; the log's are made by opening it. A database that is not there is
    # told at once by a single connection, not by a pool.
    ensure_catalog(settings, database_url)
    EventLog(database_url, pool_size=1).close()

"""The relay's process."""

import asyncio

import structlog

from infra.embedded import Servers
from infra.event_store.log import EventLog
from infra.metrics import metrics_page
from infra.projection_store.heartbeats import HeartbeatWriter, ensure_catalog, run_with_heartbeat
from infra.settings import Settings
from services.relay.relay import Relay
from services.relay.status import RelayStatus

log = structlog.get_logger(__name__)


async def run(settings: Settings, servers: Servers) -> None:
    """Carry the log onto the stream until cancelled; what is on its way then gets `shutdown_seconds` to
    land.
    """
    await asyncio.to_thread(_prepare, settings, servers.database_url)
    status = RelayStatus(stalled_seconds=settings.relay_stalled_seconds)
    relay = Relay(settings, servers.database_url, servers.nats_url, status)
    heart = HeartbeatWriter(settings, servers.database_url, service="relay", status=status.health)
    with metrics_page(settings.relay_metrics_port, status.collector(), service="relay"):
        try:
            await run_with_heartbeat(relay.run, heart, shutdown_seconds=settings.shutdown_seconds)
        finally:
            log.info("The relay has stopped", position=status.position)


def _prepare(settings: Settings, database_url: str) -> None:
    # Whoever comes first makes the tables; the log's are made by opening it. A database that is not there is
    # told at once by a single connection, not by a pool.
    ensure_catalog(settings, database_url)
    EventLog(database_url, pool_size=1).close()

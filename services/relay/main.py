"""The relay's process."""

import asyncio
from contextlib import suppress

import structlog

from infra.embedded import Servers
from infra.event_store.log import EventLog
from infra.metrics import metrics_page
from infra.projection_store.heartbeats import HeartbeatWriter, ensure_catalog
from infra.settings import Settings
from services.relay.relay import Relay
from services.relay.status import RelayStatus

log = structlog.get_logger(__name__)


async def run(settings: Settings, servers: Servers) -> None:
    """Carry the log onto the stream until cancelled; what is on its way then gets `shutdown_seconds` to land."""
    await asyncio.to_thread(_prepare, settings, servers.database_url)
    status = RelayStatus(stalled_seconds=settings.relay_stalled_seconds)
    relay = Relay(settings, servers.database_url, servers.nats_url, status)
    heart = HeartbeatWriter(settings, servers.database_url, service="relay", status=status.health)
    stop = asyncio.Event()
    with metrics_page(settings.relay_metrics_port, status.collector(), service="relay"):
        beating = asyncio.create_task(heart.run())
        carrying = asyncio.create_task(relay.run(stop))
        try:
            await asyncio.shield(carrying)
        finally:
            stop.set()
            with suppress(asyncio.CancelledError, TimeoutError):
                await asyncio.wait_for(carrying, settings.shutdown_seconds)
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)
            log.info("The relay has stopped", position=status.position)


def _prepare(settings: Settings, database_url: str) -> None:
    # Whoever comes first makes the tables; the log's are made by opening it.
    EventLog(database_url, pool_size=1).close()
    ensure_catalog(settings, database_url)

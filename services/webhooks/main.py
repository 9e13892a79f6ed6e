"""The process of the webhooks."""

import asyncio

import structlog

from infra.embedded import Servers
from infra.event_store.log import EventLog
from infra.metrics import metrics_page
from infra.projection_store.heartbeats import HeartbeatWriter, ensure_catalog, run_with_heartbeat
from infra.settings import Settings
from infra.webhook_store.endpoints import MIGRATIONS
from services.webhooks.delivery import Webhooks
from services.webhooks.status import collector

log = structlog.get_logger(__name__)


async def run(settings: Settings, servers: Servers) -> None:
    """Send until cancelled; what is on its way then is given up, and sent again later."""
    await asyncio.to_thread(_prepare, settings, servers.database_url)
    webhooks = Webhooks(settings, servers.database_url)
    heart = HeartbeatWriter(
        settings,
        servers.database_url,
        service="webhooks",
        status=lambda: {"standby": webhooks.standby, "webhooks": webhooks.health()},
    )
    with metrics_page(settings.webhooks_metrics_port, collector(webhooks.health), service="webhooks"):
        try:
            await run_with_heartbeat(webhooks.run, heart, shutdown_seconds=settings.shutdown_seconds)
        finally:
            log.info("The webhooks have stopped")


def _prepare(settings: Settings, database_url: str) -> None:
    ensure_catalog(settings, database_url, MIGRATIONS)
    EventLog(database_url, pool_size=1).close()

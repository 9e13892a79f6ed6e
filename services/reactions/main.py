"""The process of the reactions."""

import structlog

from infra.embedded import Servers
from infra.metrics import metrics_page
from infra.projection_store.heartbeats import HeartbeatWriter, run_with_heartbeat
from infra.settings import Settings
from services.reactions.context import open_reactions
from services.reactions.reactions import Reactions
from services.reactions.status import collector

log = structlog.get_logger(__name__)


async def run(settings: Settings, servers: Servers) -> None:
    """React until cancelled; what is being committed then gets `shutdown_seconds`."""
    with open_reactions(settings, servers.database_url) as context:
        reactions = Reactions(context, servers)
        heart = HeartbeatWriter(
            settings,
            servers.database_url,
            service="reactions",
            status=lambda: {"reactions": reactions.health()},
        )
        with metrics_page(settings.reactions_metrics_port, collector(reactions.health), service="reactions"):
            try:
                await run_with_heartbeat(reactions.run, heart, shutdown_seconds=settings.shutdown_seconds)
            finally:
                log.info("The reactions have stopped")

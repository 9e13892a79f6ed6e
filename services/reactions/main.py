"""The process of the reactions."""

import asyncio
from contextlib import suppress

import structlog

from infra.embedded import Servers
from infra.event_store.log import EventLog
from infra.metrics import metrics_page
from infra.projection_store.heartbeats import HeartbeatWriter
from infra.reaction_store.catalog import ensure_reactions
from infra.settings import Settings
from services.reactions.house import opened_house
from services.reactions.reactions import Reactions
from services.reactions.status import collector

log = structlog.get_logger(__name__)


async def run(settings: Settings, servers: Servers) -> None:
    """React until cancelled; what is being committed then gets `shutdown_seconds`."""
    await asyncio.to_thread(_prepare, settings, servers.database_url)
    with opened_house(settings, servers.database_url) as house:
        reactions = Reactions(house, servers)
        heart = HeartbeatWriter(
            settings,
            servers.database_url,
            service="reactions",
            status=lambda: {"reactions": reactions.health()},
        )
        stop = asyncio.Event()
        with metrics_page(settings.reactions_metrics_port, collector(reactions.health), service="reactions"):
            beating = asyncio.create_task(heart.run())
            reacting = asyncio.create_task(reactions.run(stop))
            try:
                await asyncio.shield(reacting)
            finally:
                stop.set()
                with suppress(asyncio.CancelledError, TimeoutError):
                    await asyncio.wait_for(reacting, settings.shutdown_seconds)
                beating.cancel()
                await asyncio.gather(beating, return_exceptions=True)
                log.info("The reactions have stopped")


def _prepare(settings: Settings, database_url: str) -> None:
    # Whoever comes first makes the tables; the log's are made by opening it.
    EventLog(database_url, pool_size=1).close()
    ensure_reactions(settings, database_url)

"""The composition of the reactions: one follower of the log for each, and the reader of the inbox."""

import asyncio

import structlog

from infra.embedded import Servers
from services.reactions.arrivals import Arrivals
from services.reactions.every_reaction import ALL
from services.reactions.following import Following
from services.reactions.house import House
from services.reactions.status import ReactionHealth

log = structlog.get_logger(__name__)


class Reactions:
    """All of them in one process. One that fails, or waits for its tables, does not keep the others."""

    def __init__(self, house: House, servers: Servers) -> None:
        self._house = house
        self._followings = [Following(reaction, house, servers.database_url) for reaction in ALL]
        self._arrivals = Arrivals(house, servers.nats_url)

    def health(self) -> list[ReactionHealth]:
        """How each is at this moment."""
        return [self._arrivals.status.health(), *(one.status.health() for one in self._followings)]

    async def run(self, stop: asyncio.Event) -> None:
        """React until `stop`; what is being committed is finished first."""
        log.info("Reacting", reactions=[reaction.name for reaction in ALL])
        stopping = asyncio.create_task(self._stop_threads(stop))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._arrivals.run(stop))
            for following in self._followings:
                tasks.create_task(following.run(stop))
        stopping.cancel()

    async def _stop_threads(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._house.stopping.set()

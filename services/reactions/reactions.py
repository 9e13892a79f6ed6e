"""The composition of the reactions: one follower of the log for each, and the reader of the inbox."""

import asyncio
from typing import Final

import structlog

from infra.embedded import Servers
from services.reactions import leavings, signatures
from services.reactions.clock_subscription import ClockSubscription
from services.reactions.context import ReactionContext
from services.reactions.inbox_subscription import InboxSubscription
from services.reactions.log_subscription import LogSubscription
from services.reactions.registry import ALL
from services.reactions.status import ReactionHealth

log = structlog.get_logger(__name__)

#: What is dated to come, by name: each does what is due.
BY_THE_CLOCK: Final = (
    (leavings.NAME, leavings.leave_when_the_day_has_come),
    (signatures.NAME, signatures.sign_what_nobody_signed),
)


class Reactions:
    """All of them in one process. One that fails, or waits for its tables, does not keep the others."""

    def __init__(self, context: ReactionContext, servers: Servers) -> None:
        self._context = context
        self._followings = [LogSubscription(reaction, context, servers.database_url) for reaction in ALL]
        self._arrivals = InboxSubscription(context, servers.nats_url)
        self._clocks = [
            ClockSubscription(name, do_what_is_due, context, servers.database_url)
            for name, do_what_is_due in BY_THE_CLOCK
        ]

    def health(self) -> list[ReactionHealth]:
        """How each is at this moment."""
        statuses = [self._arrivals.status, *(one.status for one in (*self._followings, *self._clocks))]
        return [status.health() for status in statuses]

    async def run(self, stop: asyncio.Event) -> None:
        """React until `stop`; what is being committed is finished first."""
        log.info("Reacting", reactions=[reaction.name for reaction in ALL])
        stopping = asyncio.create_task(self._stop_threads(stop))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._arrivals.run(stop))
            for following in (*self._clocks, *self._followings):
                tasks.create_task(following.run(stop))
        stopping.cancel()

    async def _stop_threads(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._context.stopping.set()

"""Follows the clock: what is dated to come happens when its day has come.

The domain reads no clock. What is to come stands in the tables with the instant at which it is due, and its
command has a key of its own: looked at again, by whichever process, it is done once. After a standstill
everything that has become due meanwhile is done at once.
"""

import asyncio

import structlog

from infra.backoff import Backoff
from infra.projection_store.connection import ProjectionConnection, open_for_projecting
from infra.reaction_store.positions import is_paused
from infra.stopping import pause
from services.reactions.context import ReactionContext, Stopping
from services.reactions.leavings import NAME, leave_when_the_day_has_come
from services.reactions.status import ReactionStatus

log = structlog.get_logger(__name__)


class ClockSubscription:
    """Looks every `reactions_clock_seconds` for what is due."""

    def __init__(self, context: ReactionContext, database_url: str) -> None:
        self.status = ReactionStatus(NAME, stalled_seconds=context.settings.reactions_stalled_seconds)
        self._context = context
        self._database_url = database_url

    async def run(self, stop: asyncio.Event) -> None:
        """Look until `stop`; what is being committed is finished first."""
        settings = self._context.settings
        backoff = Backoff(settings.reactions_retry_seconds)
        connection: ProjectionConnection | None = None
        while not stop.is_set():
            try:
                if connection is None:
                    connection = await open_for_projecting(
                        settings, self._database_url, name=f"reaction {NAME}"
                    )
                await self._look(connection)
            except Stopping:
                break
            except Exception as error:
                self.status.failed(error)
                log.warning("A reaction tries again", reaction=NAME, error=repr(error))
                if connection is not None:
                    await connection.close()
                connection = None
                await backoff.pause(stop)
                continue
            await pause(stop, settings.reactions_clock_seconds)
        if connection is not None:
            await connection.close()

    async def _look(self, connection: ProjectionConnection) -> None:
        if await is_paused(connection):
            self.status.paused()
            return
        due = await asyncio.to_thread(leave_when_the_day_has_come, self._context)
        self.status.stands(0, 0)
        self.status.did(due)

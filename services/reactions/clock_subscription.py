"""Follows the clock: what is dated to come happens when its day has come.

The domain reads no clock. What is to come stands in the tables with the instant at which it is due, and its
command has a key of its own: looked at again, by whichever process, it is done once. After a standstill
everything that has become due meanwhile is done at once.
"""

import asyncio
from collections.abc import Callable

from infra.projection_store.connection import ProjectionConnection
from infra.reaction_store.positions import is_paused
from services.reactions.context import ReactionContext
from services.reactions.looking import look_until
from services.reactions.status import ReactionStatus


class ClockSubscription:
    """Looks every `reactions_clock_seconds` for what is due. `do_what_is_due` does it, in a thread, and says
    how much it was.
    """

    def __init__(
        self,
        name: str,
        do_what_is_due: Callable[[ReactionContext], int],
        context: ReactionContext,
        database_url: str,
    ) -> None:
        self._do_what_is_due = do_what_is_due
        self.status = ReactionStatus(name, stalled_seconds=context.settings.reactions_stalled_seconds)
        self._context = context
        self._database_url = database_url

    async def run(self, stop: asyncio.Event) -> None:
        """Look until `stop`; what is being committed is finished first."""
        await look_until(stop, self._look, self._context, self._database_url, self.status)

    async def _look(self, connection: ProjectionConnection) -> float:
        if await is_paused(connection):
            self.status.paused()
        else:
            due = await asyncio.to_thread(self._do_what_is_due, self._context)
            self.status.stands(0, 0)
            self.status.did(due)
        return self._context.settings.reactions_clock_seconds

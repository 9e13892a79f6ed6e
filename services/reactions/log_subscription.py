"""Follows the log for one reaction, event by event, with its position in PostgreSQL.

The position is moved after what follows was committed. A crash in between lets the same event be followed
again, and every command of it answers as it did the first time. Rebuilding tables, filling the stream again
or restarting anything moves no position.
"""

import asyncio
from typing import Final

import structlog

from infra.event_store.command_processor import Conflict
from infra.event_store.log import LoggedEvent
from infra.event_store.lookups import POSITIONS_SEARCHED_MAX, end_of_log, next_event
from infra.postgres import connect
from infra.postgres.failures import is_missing_table, is_unavailable
from infra.projection_store.connection import ProjectionConnection
from infra.reaction_store.dead_letters import add_dead_letter
from infra.reaction_store.positions import followed_to, move_on, table_reached
from services.reactions.context import ReactionContext, Stopping
from services.reactions.looking import look_until
from services.reactions.registry import Reaction, react
from services.reactions.status import ReactionStatus

#: What fails so often, though the database answers, will not go by itself.
TRIES_MAX: Final = 3

log = structlog.get_logger(__name__)


class LogSetBack(RuntimeError):
    """The log ends before the position of a reaction; nothing is followed until somebody has decided."""


class LogSubscription:
    """One reaction in one process.

    Another process may do the same at the same time: everything is done once.
    """

    def __init__(self, reaction: Reaction, context: ReactionContext, database_url: str) -> None:
        self.status = ReactionStatus(
            reaction.name, stalled_seconds=context.settings.reactions_stalled_seconds
        )
        self._reaction = reaction
        self._context = context
        self._database_url = database_url
        self._failures = 0
        self._failing_at = 0
        #: Where the log ended when an event could not be followed: the next try reads tables that know as
        #: much.
        self._tables_needed = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Follow until `stop`. The event that is being followed is followed to the next commit."""

        async def look(connection: ProjectionConnection) -> float:
            there_may_be_another = await self._go_on(connection, stop)
            return 0 if there_may_be_another else self._context.settings.reactions_poll_seconds

        await look_until(stop, look, self._context, self._database_url, self.status)

    async def _go_on(self, connection: ProjectionConnection, stop: asyncio.Event) -> bool:
        """Follow the next event, if there is one; whether there may be another."""
        stands = await followed_to(connection, self._reaction.name)
        if stands.paused:
            self.status.paused()
            return False
        end = stands.log_end
        self.status.stands(stands.position, max(0, end - stands.position))
        if end < stands.position:
            raise LogSetBack(
                f"everything up to position {stands.position} was followed, but the log ends at {end}: was "
                "it set back?"
            )
        if end == stands.position:
            return False
        up_to = min(end, stands.position + POSITIONS_SEARCHED_MAX)
        fact = await next_event(connection, self._reaction.topic, after=stands.position, up_to=up_to)
        if fact is None:
            await move_on(connection, self._reaction.name, up_to)
            self.status.stands(up_to, end - up_to)
            return up_to < end
        if not await self._tables_have_come_to(connection, max(fact.position, self._tables_needed)):
            return False
        if not stop.is_set():
            followed = await self._follow(connection, fact)
            await move_on(connection, self._reaction.name, fact.position)
            self.status.did(int(followed), dead_letters=int(not followed))
        return True

    async def _tables_have_come_to(self, connection: ProjectionConnection, position: int) -> bool:
        # What is read must contain everything up to the event, or a wish told a moment ago would be missed.
        for projection in self._reaction.reads:
            reached = await table_reached(connection, projection)
            if reached < position:
                self.status.waits(f"{projection} to come from position {reached} to {position}")
                return False
        return True

    async def _follow(self, connection: ProjectionConnection, fact: LoggedEvent) -> bool:
        """Whether it was followed; False when it had to be kept as a dead letter."""
        try:
            await asyncio.to_thread(react, self._context, self._reaction, fact)
        except Stopping:
            raise
        except Exception as error:
            if is_unavailable(error) or is_missing_table(error) or isinstance(error, Conflict | OSError):
                raise
            self._failures = self._failures + 1 if self._failing_at == fact.position else 1
            self._failing_at = fact.position
            if self._failures < TRIES_MAX:
                self._tables_needed = await end_of_log(connection)
                raise
            await asyncio.to_thread(self._keep_aside, fact, error)
            return False
        return True

    def _keep_aside(self, fact: LoggedEvent, error: Exception) -> None:
        reason = f"{type(error).__name__}: {error}".replace("\x00", "")
        with connect(self._context.settings, self._database_url, name="kept aside") as connection:
            add_dead_letter(
                connection,
                source=self._reaction.name,
                key=str(fact.position),
                about=f"{fact.topic} {fact.stream_id}",
                reason=reason,
            )
        log.error(
            "A fact cannot be followed and is put aside",
            reaction=self._reaction.name,
            position=fact.position,
            reason=reason,
        )

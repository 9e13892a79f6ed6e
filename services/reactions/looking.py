"""The loop of a subscription: it looks for what is to be done, over a connection of its own."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from infra.backoff import Backoff
from infra.projection_store.connection import ProjectionConnection, open_for_projecting
from infra.stopping import pause
from services.reactions.context import ReactionContext, Stopping
from services.reactions.status import ReactionStatus

log = structlog.get_logger(__name__)


async def look_until(
    stop: asyncio.Event,
    look: Callable[[ProjectionConnection], Awaitable[float]],
    context: ReactionContext,
    database_url: str,
    status: ReactionStatus,
) -> None:
    """Call `look` until `stop`, each time after as many seconds as it said; what is being done is finished.

    After an error it is called again, over a new connection.
    """
    backoff = Backoff(context.settings.reactions_retry_seconds)
    connection: ProjectionConnection | None = None
    while not stop.is_set():
        try:
            if connection is None:
                name = f"reaction {status.name}"
                connection = await open_for_projecting(context.settings, database_url, name=name)
            seconds = await look(connection)
        except Stopping:
            break
        except Exception as error:
            status.failed(error)
            log.warning("A reaction tries again", reaction=status.name, error=repr(error))
            if connection is not None:
                await connection.close()
            connection = None
            await backoff.pause(stop)
            continue
        if seconds:
            await pause(stop, seconds)
    if connection is not None:
        await connection.close()

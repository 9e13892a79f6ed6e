"""Reading the projections' tables: what was asked, and up to where the log is in the answer."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, TypeVar

from infra.postgres.failures import is_lost_connection
from services.api.problems import Problem, unavailable
from services.api.shop import Shop

#: Where the generation stands that readers see. In the statement that reads the rows, it is the position of just these.
CHECKPOINT: Final = (
    "SELECT position FROM projections.checkpoints WHERE projection = %(projection)s AND serving"
)
#: Up to where it holds what the log holds: rows behind the log's end are those of a history that was set back.
REACHED: Final = (
    "SELECT least(position, (SELECT coalesce(max(notification_id), 0) FROM public.stored_events)) "
    "FROM projections.checkpoints WHERE projection = %(projection)s AND serving"
)
CHECKPOINTS: Final = "SELECT projection, position FROM projections.checkpoints WHERE serving"
END_OF_LOG: Final = "SELECT coalesce(max(notification_id), 0) FROM public.stored_events"
POLL_SECONDS_MIN: Final = 0.005
POLL_SECONDS_MAX: Final = 0.1

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Found:
    """Rows, and the position of the log that they contain everything up to."""

    position: int
    rows: list[tuple[Any, ...]]


async def read(
    shop: Shop,
    projection: str,
    query: str,
    parameters: Mapping[str, Any],
    *,
    at_least: int | None = None,
) -> Found:
    """The rows of a query on a projection that has come at least so far; their first column is never null.

    Raises the problems of `wait_for`, and a 503 one when the projection has not begun.
    """
    if at_least is not None:
        await wait_for(shop, projection, at_least)
    rows = await fetch(shop, _with_position(query), {**parameters, "projection": projection})
    if not rows:
        raise _not_begun()
    return Found(rows[0][0], [row[1:] for row in rows if row[1] is not None])


@cache
def _with_position(query: str) -> str:
    # The join is to one row on the left, so the rows of the query stay in their order.
    return f"SELECT * FROM ({CHECKPOINT}) AS checkpoint LEFT JOIN ({query}) AS found ON true"


async def fetch(shop: Shop, query: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The rows of one statement."""

    async def ask() -> list[tuple[Any, ...]]:
        async with shop.tables.connection() as connection:
            cursor = await connection.execute(query, parameters, prepare=True)
            return await cursor.fetchall()

    return await once_more(shop, ask)


async def once_more(shop: Shop, ask: Callable[[], Awaitable[Answer]]) -> Answer:
    """What is asked for, asked a second time when the first connection turned out to be gone with its server."""
    try:
        return await ask()
    except Exception as error:
        if not is_lost_connection(error):
            raise
        # The others of the pool went with it.
        await shop.tables.check()
        return await ask()


async def position_of(shop: Shop, projection: str) -> int:
    """Up to where a projection has folded the log. Raises a 503 problem when it has not begun."""
    rows = await fetch(shop, REACHED, {"projection": projection})
    if not rows:
        raise _not_begun()
    return rows[0][0]


async def positions(shop: Shop) -> dict[str, int]:
    """Where every projection that has begun stands."""
    return dict(await fetch(shop, CHECKPOINTS, {}))  # pyright: ignore[reportArgumentType] - two columns


async def wait_for(shop: Shop, projection: str, at_least: int) -> int:
    """The position of a projection once it has reached `at_least`.

    Raises a 409 problem for a position the log itself has not reached, and a 503 one when the projection takes too long.
    """
    deadline = time.monotonic() + shop.settings.api_read_wait_seconds
    pause = POLL_SECONDS_MIN
    while (position := await position_of(shop, projection)) < at_least:
        if pause == POLL_SECONDS_MIN:
            await position_of_log(shop, at_least)
        if time.monotonic() >= deadline:
            detail = f"The answer contains the log up to {position} by now, not up to {at_least}."
            raise unavailable("not_caught_up", detail)
        await asyncio.sleep(pause)
        pause = min(2 * pause, POLL_SECONDS_MAX)
    return position


async def position_of_log(shop: Shop, at_least: int | None = None) -> int:
    """Where the log ends. Raises a 409 problem when that is before `at_least`."""
    position = (await fetch(shop, END_OF_LOG, {}))[0][0]
    if at_least is not None and position < at_least:
        detail = f"The log ends at {position}; nobody was answered with a later position."
        raise Problem(409, "position_not_reached", detail, field="at_least")
    return position


def _not_begun() -> Problem:
    return unavailable("nothing_projected", "This projection has not begun; the projector makes its tables.")

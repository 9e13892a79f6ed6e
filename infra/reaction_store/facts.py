"""The facts that a reaction follows, out of the log itself: no message can be lost or come twice."""

from typing import Any, Final

from psycopg import AsyncConnection, Connection

from infra.event_store.log import LoggedEvent

_COLUMNS = "notification_id, 0, originator_id, originator_version, topic, customer_id, state FROM public.stored_events "
_NEXT = (
    f"SELECT {_COLUMNS}WHERE notification_id > %s AND notification_id <= %s AND topic = %s "
    "ORDER BY notification_id LIMIT 1"
)
_AT = f"SELECT {_COLUMNS}WHERE notification_id = %s"
_LAST = "SELECT coalesce(max(notification_id), 0) FROM public.stored_events"
#: Facts of one kind are few among all: so many positions are looked through in one statement.
POSITIONS_LOOKED_THROUGH_MAX: Final = 50_000


async def end_of_log(connection: AsyncConnection[Any]) -> int:
    """Where the log ends; 0 when it is empty."""
    row = await (await connection.execute(_LAST)).fetchone()
    return int(row[0]) if row else 0


async def next_fact(
    connection: AsyncConnection[Any], topic: str, *, after: int, up_to: int
) -> LoggedEvent | None:
    """The first fact of a kind behind a position and not behind another; its `previous_position` is not told."""
    async with connection.cursor(binary=True) as cursor:
        await cursor.execute(_NEXT, (after, up_to, topic))
        row = await cursor.fetchone()
    return None if row is None else LoggedEvent(*row)


def fact_at(connection: Connection[Any], position: int) -> LoggedEvent | None:
    """The fact at a position."""
    with connection.cursor(binary=True) as cursor:
        row = cursor.execute(_AT, (position,)).fetchone()
    return None if row is None else LoggedEvent(*row)

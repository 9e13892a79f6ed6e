"""The quarantine: events that somebody has left out, for one projection or for every reader of the log.

It lies beside the log and belongs to no generation: whoever folds history (live, in bulk, one key, as of a
date, to a state that commands are decided by) leaves out exactly these events and says so. The log keeps
them, so they can be taken in again.
"""

from typing import Any, Final

from psycopg import AsyncConnection, Connection
from psycopg.rows import tuple_row

#: In the place of a projection's name: nobody reads the event, commands included.
EVERY_READER: Final = "log"

#: The positions that a reader leaves out; its parameter is the name of the projection, or `log`.
LEFT_OUT: Final = f"SELECT position FROM public.quarantined_events WHERE projection IN (%s, '{EVERY_READER}')"
_ADD = (
    "INSERT INTO public.quarantined_events (projection, key, position, topic, stream_id, reason) "
    "VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"
)
_REMOVE = "DELETE FROM public.quarantined_events WHERE projection = %s AND key = %s"
_REMOVE_AT = "DELETE FROM public.quarantined_events WHERE projection = %s AND position = %s"
_REMOVE_AFTER = "DELETE FROM public.quarantined_events WHERE position > %s"


def positions_left_out(connection: Connection[Any], projection: str = EVERY_READER) -> frozenset[int]:
    """The positions of the events that a projection, or every reader, leaves out."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        return frozenset(row[0] for row in cursor.execute(LEFT_OUT, (projection,)))


async def positions_left_out_async(connection: AsyncConnection[Any], projection: str) -> frozenset[int]:
    """The positions of the events that a projection leaves out."""
    cursor = await connection.execute(LEFT_OUT, (projection,), prepare=True)
    return frozenset([row[0] for row in await cursor.fetchall()])


def leave_out(
    connection: Connection[Any],
    projection: str,
    key: str,
    position: int,
    topic: str,
    stream_id: str,
    reason: str,
) -> None:
    """Leave an event out from the commit of this transaction on."""
    connection.execute(_ADD, (projection, key, position, topic, stream_id, reason))


async def leave_out_async(
    connection: AsyncConnection[Any],
    projection: str,
    key: str,
    position: int,
    topic: str,
    stream_id: str,
    reason: str,
) -> None:
    """Leave an event out from the commit of this transaction on."""
    await connection.execute(_ADD, (projection, key, position, topic, stream_id, reason))


def take_in_again(connection: Connection[Any], projection: str, key: str) -> int:
    """Leave out no event of this key any more; how many there were. The caller folds the key anew."""
    return connection.execute(_REMOVE, (projection, key)).rowcount


def take_in_for_every_reader(connection: Connection[Any], position: int) -> None:
    """Let every reader read the event at a position again, unless a projection leaves it out by itself."""
    connection.execute(_REMOVE_AT, (EVERY_READER, position))


def forget_after(connection: Connection[Any], position: int) -> None:
    """Leave out no event after a position, because the log is another one from there on."""
    connection.execute(_REMOVE_AFTER, (position,))

"""The quarantine: events that somebody has left out, for one projection or for every reader of the log.

It lies beside the log and belongs to no generation: whoever folds history (live, in bulk, one key, as of a
date, to a state that commands are decided by) leaves out exactly these events and says so. The log keeps them,
so they can be taken in again.
"""

import datetime
from typing import Any, Final

import msgspec
from psycopg import AsyncConnection, Connection
from psycopg.rows import tuple_row

#: In the place of a projection's name: nobody reads the event, commands included.
EVERY_READER: Final = "log"

QUARANTINE_DDL: Final = (
    "CREATE TABLE IF NOT EXISTS quarantined_events ("
    "projection text NOT NULL, key text NOT NULL, position bigint NOT NULL, topic text NOT NULL, "
    "stream_id text NOT NULL, reason text NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp(), "
    "PRIMARY KEY (projection, position))"
)
#: The positions that a reader leaves out; its parameter is the name of the projection, or `log`.
LEFT_OUT: Final = f"SELECT position FROM public.quarantined_events WHERE projection IN (%s, '{EVERY_READER}')"
_LIST = (
    "SELECT projection, key, position, topic, stream_id, reason, at FROM public.quarantined_events "
    "WHERE (%(projection)s::text IS NULL OR projection = %(projection)s) "
    "AND (%(key)s::text IS NULL OR key = %(key)s) ORDER BY projection, position"
)
_ADD = (
    "INSERT INTO public.quarantined_events (projection, key, position, topic, stream_id, reason) "
    "VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"
)
_REMOVE = "DELETE FROM public.quarantined_events WHERE projection = %s AND key = %s"


class QuarantinedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event that is left out. `key` is its row of the projection; for every reader it is the aggregate."""

    projection: str
    key: str
    position: int
    topic: str
    stream_id: str
    reason: str
    at: datetime.datetime


def positions_left_out(connection: Connection[Any], projection: str = EVERY_READER) -> frozenset[int]:
    """The positions of the events that a projection, or every reader, leaves out."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        return frozenset(row[0] for row in cursor.execute(LEFT_OUT, (projection,)))


async def positions_left_out_async(connection: AsyncConnection[Any], projection: str) -> frozenset[int]:
    """The positions of the events that a projection leaves out."""
    cursor = await connection.execute(LEFT_OUT, (projection,), prepare=True)
    return frozenset([row[0] for row in await cursor.fetchall()])


def quarantined_events(
    connection: Connection[Any], *, projection: str | None = None, key: str | None = None
) -> list[QuarantinedEvent]:
    """Everything that is left out, by projection and position."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        rows = cursor.execute(_LIST, {"projection": projection, "key": key}).fetchall()
    names = QuarantinedEvent.__struct_fields__
    return [QuarantinedEvent(**dict(zip(names, row, strict=True))) for row in rows]


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

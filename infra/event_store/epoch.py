"""Which history the log holds: an id that stays the same until the log is set back to an earlier moment."""

import datetime
from dataclasses import dataclass, field
from typing import Any

from psycopg import AsyncConnection, Connection

from infra.ids import new_id, new_key

_DDL = (
    "CREATE TABLE IF NOT EXISTS public.log_epochs (number int PRIMARY KEY, epoch text NOT NULL UNIQUE, "
    "began_at timestamptz NOT NULL DEFAULT clock_timestamp())"
)
_COMMON = "ALTER TABLE public.log_epochs ADD COLUMN IF NOT EXISTS common_position bigint NOT NULL DEFAULT 0"
_STAMP = (
    "ALTER TABLE public.log_epochs ADD COLUMN IF NOT EXISTS stamp_key bytea, "
    "ADD COLUMN IF NOT EXISTS stamped_from bigint NOT NULL DEFAULT 0"
)
#: An epoch that began before messages were stamped: what stands in the log by now may stand in the stream without a stamp.
_GIVE_KEY = (
    "UPDATE public.log_epochs SET stamp_key = %s, "
    "stamped_from = (SELECT coalesce(max(notification_id), 0) FROM public.stored_events) "
    "WHERE number = %s AND stamp_key IS NULL"
)
_BEGIN = "INSERT INTO public.log_epochs (number, epoch, stamp_key) VALUES (1, %s, %s) ON CONFLICT (number) DO NOTHING"
_NEXT = (
    "INSERT INTO public.log_epochs (number, epoch, stamp_key, common_position) "
    "SELECT coalesce(max(number), 0) + 1, %s, %s, %s FROM public.log_epochs"
)
#: A log that an earlier version began may lack columns.
_ALL = (
    "SELECT number, epoch, coalesce((to_jsonb(e) ->> 'common_position')::bigint, 0), began_at, "
    "decode(substr(to_jsonb(e) ->> 'stamp_key', 3), 'hex'), coalesce((to_jsonb(e) ->> 'stamped_from')::bigint, 0) "
    "FROM public.log_epochs e ORDER BY number"
)
_CURRENT = "SELECT epoch FROM public.log_epochs ORDER BY number DESC LIMIT 1"
_EXISTS = "SELECT to_regclass('public.log_epochs') IS NOT NULL"
#: Where the key stands in a row of `_ALL`.
_KEY = 4
#: Two processes that make the table at once would fail on its name.
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('clienteling log_epochs'))"


@dataclass(frozen=True, slots=True)
class Epoch:
    """One history of the log. Up to `common_position` it is the one of the epoch before it; 0 for the first.

    The relay stamps its messages with `stamp_key`. Those up to position `stamped_from` may be older than the key.
    """

    number: int
    epoch: str
    common_position: int
    began_at: datetime.datetime
    stamp_key: bytes = field(repr=False)
    stamped_from: int = 0


async def current_epoch(connection: AsyncConnection[Any]) -> str:
    """The epoch of this log; the first caller begins the first one. Sixteen hex digits."""
    exists = await (await connection.execute(_EXISTS)).fetchone()
    if exists and exists[0]:
        row = await (await connection.execute(_CURRENT)).fetchone()
        if row is not None:
            return str(row[0])
    async with connection.transaction():
        await connection.execute(_LOCK)
        await connection.execute(_DDL)
        await connection.execute(_STAMP)
        await connection.execute(_BEGIN, (_new(), new_key()))
        rows = await (await connection.execute(_CURRENT)).fetchall()
    return str(rows[0][0])


async def epochs_of(connection: AsyncConnection[Any]) -> list[Epoch]:
    """Every epoch this log has had, the current one last; there is one at least."""
    await current_epoch(connection)
    rows = await (await connection.execute(_ALL)).fetchall()
    if any(row[_KEY] is None for row in rows):
        async with connection.transaction():
            await connection.execute(_LOCK)
            await connection.execute(_STAMP)
            for number in [row[0] for row in rows if row[_KEY] is None]:
                await connection.execute(_GIVE_KEY, (new_key(), number))
        rows = await (await connection.execute(_ALL)).fetchall()
    return [Epoch(*row) for row in rows]


def begin_epoch(connection: Connection[Any], common_position: int) -> Epoch:
    """Begin a new epoch, whose history is that of the one before up to a position; in the caller's transaction."""
    connection.execute(_LOCK)
    connection.execute(_DDL)
    connection.execute(_COMMON)
    connection.execute(_STAMP)
    connection.execute(_BEGIN, (_new(), new_key()))
    connection.execute(_NEXT, (_new(), new_key(), common_position))
    return [Epoch(*row) for row in connection.execute(_ALL).fetchall()][-1]


def _new() -> str:
    return new_id("epo")[-16:]

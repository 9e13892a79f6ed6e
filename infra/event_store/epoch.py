"""Which history the log holds: an id that stays the same until the log is set back to an earlier moment."""

from typing import Any

from psycopg import AsyncConnection

from infra.ids import new_id

_DDL = (
    "CREATE TABLE IF NOT EXISTS public.log_epochs (number int PRIMARY KEY, epoch text NOT NULL UNIQUE, "
    "began_at timestamptz NOT NULL DEFAULT clock_timestamp())"
)
_BEGIN = "INSERT INTO public.log_epochs (number, epoch) VALUES (1, %s) ON CONFLICT (number) DO NOTHING"
_CURRENT = "SELECT epoch FROM public.log_epochs ORDER BY number DESC LIMIT 1"
_EXISTS = "SELECT to_regclass('public.log_epochs') IS NOT NULL"
#: Two processes that make the table at once would fail on its name.
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('clienteling log_epochs'))"


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
        await connection.execute(_BEGIN, (new_id("epo")[-16:],))
        rows = await (await connection.execute(_CURRENT)).fetchall()
    return str(rows[0][0])

"""How far each reaction has followed the log."""

import datetime
from typing import Any, NamedTuple

from psycopg import AsyncConnection, Connection

_BEGIN = "INSERT INTO reactions.positions (name) VALUES (%s) ON CONFLICT (name) DO NOTHING"
_STANDS = """
    SELECT p.name, p.position, p.moved_at,
        EXISTS (SELECT 1 FROM projections.switches s WHERE s.name = %(switch)s AND s.paused),
        (SELECT coalesce(max(e.notification_id), 0) FROM public.stored_events e)
    FROM reactions.positions p
"""
#: Two processes may follow the same events at once; what one has done the other finds done. No position goes
#: back.
_MOVE = (
    "UPDATE reactions.positions SET position = %s, moved_at = clock_timestamp() WHERE name = %s AND position "
    "< %s"
)
_REACHED = "SELECT position FROM projections.checkpoints WHERE projection = %s AND serving"

#: The name by which all reactions are paused and resumed.
SWITCH = "reactions"
_SET_BACK = "UPDATE reactions.positions SET position = %s WHERE position > %s"
_PAUSED = "SELECT FROM projections.switches WHERE name = %s AND paused"
_EXISTS = "SELECT to_regclass('reactions.positions') IS NOT NULL"


class FollowedTo(NamedTuple):
    """A reaction has followed every event up to `position` of the log, which ends at `log_end`."""

    name: str
    position: int
    moved_at: datetime.datetime
    paused: bool
    log_end: int


async def followed_to(connection: AsyncConnection[Any], name: str) -> FollowedTo:
    """Where a reaction stands; one that is new stands before the first event."""
    query = _STANDS + "WHERE p.name = %(name)s"
    parameters = {"switch": SWITCH, "name": name}
    row = await (await connection.execute(query, parameters, prepare=True)).fetchone()
    if row is None:
        await connection.execute(_BEGIN, (name,))
        row = await (await connection.execute(query, parameters)).fetchone()
    if row is None:
        raise LookupError(f"the position of {name} cannot be kept")
    return FollowedTo(*row)


async def is_paused(connection: AsyncConnection[Any]) -> bool:
    """Whether the reactions are paused."""
    row = await (await connection.execute(_PAUSED, (SWITCH,))).fetchone()
    return row is not None


async def move_on(connection: AsyncConnection[Any], name: str, position: int) -> None:
    """Note that a reaction has followed every event up to a position."""
    await connection.execute(_MOVE, (position, name, position))


async def table_reached(connection: AsyncConnection[Any], projection: str) -> int:
    """Up to where the serving tables of a projection hold the log; 0 while there are none."""
    row = await (await connection.execute(_REACHED, (projection,))).fetchone()
    return 0 if row is None else int(row[0])


def all_followed_to(connection: Connection[Any]) -> list[FollowedTo]:
    """Where every reaction stands that has ever run."""
    rows = connection.execute(_STANDS + "ORDER BY p.name", {"switch": SWITCH}).fetchall()
    return [FollowedTo(*row) for row in rows]


def pass_over(connection: Connection[Any], name: str, position: int) -> None:
    """Let a reaction go on behind a position: what led up to there was followed by somebody else."""
    connection.execute(_BEGIN, (name,))
    connection.execute(_MOVE, (position, name, position))


def set_back(connection: Connection[Any], position: int) -> None:
    """Let every reaction begin again behind a position, because the log is another one from there on.

    What a reaction has done already it finds done.
    """
    if connection.execute(_EXISTS).fetchone() == (True,):
        connection.execute(_SET_BACK, (position, position))

"""Which generations of a projection there are, where each stands, and whether projecting is paused."""

import datetime
from dataclasses import dataclass
from typing import Any, Literal, LiteralString, NamedTuple

from psycopg import AsyncConnection, Connection

from infra.event_store.quarantine import forget_after
from infra.ids import new_revision
from infra.projection_store.shape import ProjectionShape
from infra.projection_store.tables import create_first_tables

Status = Literal["building", "ready", "active", "retired"]

_LOCK: LiteralString = """
    SELECT g.generation, g.position, g.revision, coalesce(s.paused, false), g.other_history
    FROM projections.generations g LEFT JOIN projections.switches s ON s.name = g.name
    WHERE g.name = %s AND {which}
    FOR UPDATE OF g
"""
_LOCK_ACTIVE = _LOCK.replace("{which}", "g.status = 'active'")
_LOCK_ONE = _LOCK.replace("{which}", "g.generation = %s")
MOVE = (
    "UPDATE projections.generations SET position = %s, revision = %s, moved_at = clock_timestamp() "
    "WHERE name = %s AND generation = %s"
)
_ACTIVE = "SELECT generation FROM projections.generations WHERE name = %s AND status = 'active'"
_FIRST = (
    "INSERT INTO projections.generations (name, generation, status, activated_at) "
    "VALUES (%s, 1, 'active', clock_timestamp())"
)
_SWITCH = "INSERT INTO projections.switches (name) VALUES (%s) ON CONFLICT (name) DO NOTHING"
_PAUSE = (
    "INSERT INTO projections.switches (name, paused) VALUES (%s, %s) "
    "ON CONFLICT (name) DO UPDATE SET paused = EXCLUDED.paused, changed_at = clock_timestamp()"
)
_BEGIN_LOCK = "SELECT pg_advisory_xact_lock(hashtext('clienteling generations'), hashtext(%s))"
_STANDING = """
    SELECT g.name, g.generation, g.status, g.position, coalesce(s.paused, false),
        g.made_at, g.activated_at, g.moved_at,
        (SELECT count(DISTINCT p.key) FROM projections.parked p
            WHERE p.projection = g.name AND p.generation = g.generation),
        g.other_history,
        (SELECT count(*) FROM projections.differences d
            WHERE d.projection = g.name AND d.generation = g.generation),
        first.key, first.what,
        (SELECT count(*) FROM public.quarantined_events q WHERE q.projection = g.name)
    FROM projections.generations g LEFT JOIN projections.switches s ON s.name = g.name
    LEFT JOIN LATERAL (
        SELECT d.key, d.what FROM projections.differences d
        WHERE d.projection = g.name AND d.generation = g.generation ORDER BY d.found_at, d.key LIMIT 1
    ) AS first ON true
    ORDER BY g.name, g.generation
"""
_END_OF_LOG = "SELECT coalesce(max(notification_id), 0) FROM public.stored_events"
_AGAINST_LOG = (
    "SELECT position, other_history, (SELECT coalesce(max(notification_id), 0) FROM public.stored_events) "
    "FROM projections.generations WHERE name = %s AND status = 'active'"
)
_GENERATION = (
    "SELECT generation, position, other_history FROM projections.generations WHERE name = %s AND {which}"
)
_ONE = _GENERATION.replace("{which}", "generation = %s")
_SERVING = _GENERATION.replace("{which}", "status = 'active'")
_MARK = "UPDATE projections.generations SET other_history = true WHERE name = %s AND generation = %s"
_MARK_BEHIND = "UPDATE projections.generations SET other_history = true WHERE position > %s"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where a generation stands; read under the lock that every writer of its rows holds.

    Everything up to `position` is folded. `revision` names the transaction that last wrote rows of the
    generation: none before or after it has the same. `other_history`: the rows hold events that the log has
    not, because it was set back.

    Only what stands in the locked row itself is as new as the lock. Whatever else the rows depend on (parked
    keys) is asked for by a statement of its own afterwards: PostgreSQL shows a statement that waited for a
    row the other tables as they were before it waited.
    """

    generation: int
    position: int
    revision: int
    paused: bool
    other_history: bool


@dataclass(frozen=True, slots=True)
class GenerationStatus:
    """A generation as `projections status` shows it.

    `differing_keys` have rows that are not what the log says: `first_difference` is the one found first, by
    `difference`.
    """

    name: str
    generation: int
    status: Status
    position: int
    paused: bool
    made_at: datetime.datetime
    activated_at: datetime.datetime | None
    moved_at: datetime.datetime | None
    parked_keys: int
    other_history: bool
    differing_keys: int
    first_difference: str | None
    difference: str | None
    left_out: int = 0


class GenerationPosition(NamedTuple):
    """Up to where a generation holds the log, without its lock."""

    generation: int
    position: int
    other_history: bool


class NoGeneration(LookupError):
    """A projection, or this generation of it, is not in the catalog."""


class OtherHistory(RuntimeError):
    """A generation's rows hold events that the log has not; it is not written to any more."""

    def __init__(self, name: str, what: str) -> None:
        super().__init__(f"{name} {what}; `clienteling projections rebuild {name}` makes it anew")


async def ensure_active(connection: AsyncConnection[Any], shape: ProjectionShape) -> int:
    """The generation that serves; a projection that has none gets generation 1, empty and at position 0."""
    row = await (await connection.execute(_ACTIVE, (shape.name,))).fetchone()
    if row is not None:
        return int(row[0])
    async with connection.transaction():
        await connection.execute(_BEGIN_LOCK, (shape.name,))
        row = await (await connection.execute(_ACTIVE, (shape.name,))).fetchone()
        if row is not None:
            return int(row[0])
        await create_first_tables(connection, shape)
        await connection.execute(_FIRST, (shape.name,))
        await connection.execute(_SWITCH, (shape.name,))
    return 1


async def lock_checkpoint(
    connection: AsyncConnection[Any], name: str, generation: int | None = None
) -> Checkpoint:
    """Lock a generation (None: the one that serves) until the end of the transaction, and read where it
    stands.

    Raises NoGeneration.
    """
    # A switch between looking and locking leaves the old row unfit; the second look finds the new one.
    for _ in range(2):
        if generation is None:
            cursor = await connection.execute(_LOCK_ACTIVE, (name,), prepare=True)
        else:
            cursor = await connection.execute(_LOCK_ONE, (name, generation), prepare=True)
        row = await cursor.fetchone()
        if row is not None:
            return Checkpoint(*row)
    raise NoGeneration(f"the projection {name} has no such generation: {generation or 'active'}")


async def move_checkpoint(connection: AsyncConnection[Any], name: str, generation: int, position: int) -> int:
    """Write where a locked generation stands now, also when only its rows changed; the new revision of its
    rows.
    """
    revision = new_revision()
    await connection.execute(MOVE, (position, revision, name, generation), prepare=True)
    return revision


async def mark_if_ahead_of_log(
    connection: AsyncConnection[Any], name: str, generation: int | None = None
) -> None:
    """Mark a generation (None: the one that serves) that stands behind the log's end: the log was set back
    under it.
    """
    async with connection.transaction():
        checkpoint = await lock_checkpoint(connection, name, generation)
        # Asked for in a statement of its own, after the lock: what was folded stood in the log before.
        row = await (await connection.execute(_END_OF_LOG)).fetchone()
        if not checkpoint.other_history and checkpoint.position > int(row[0] if row else 0):
            await connection.execute(_MARK, (name, checkpoint.generation))


def mark_other_history(connection: Connection[Any], common_position: int) -> None:
    """Mark every generation that stands behind a position, because the log is another one from there on.

    What was left out behind it is another event by now.
    """
    connection.execute(_MARK_BEHIND, (common_position,))
    forget_after(connection, common_position)


async def generation_statuses_async(connection: AsyncConnection[Any]) -> list[GenerationStatus]:
    """Every generation of every projection."""
    return [GenerationStatus(*row) for row in await (await connection.execute(_STANDING)).fetchall()]


def require_history_of_log(connection: Connection[Any], name: str) -> None:
    """Raises OtherHistory when the serving generation holds, or stands behind, what the log has lost."""
    row = connection.execute(_AGAINST_LOG, (name,)).fetchone()
    if row is None:
        return
    position, other_history, end = row
    if position > end:
        raise OtherHistory(name, f"stands at position {position}, but the log ends at {end}: it was set back")
    if other_history:
        raise OtherHistory(name, "holds events that the log lost when it was set back")


def generation_position(
    connection: Connection[Any], name: str, generation: int | None = None
) -> GenerationPosition | None:
    """Where a generation (None: the one that serves) is in this moment or snapshot;

    None when there is none.
    """
    if generation is None:
        row = connection.execute(_SERVING, (name,)).fetchone()
    else:
        row = connection.execute(_ONE, (name, generation)).fetchone()
    return None if row is None else GenerationPosition(*row)


def set_paused(connection: Connection[Any], name: str, paused: bool) -> None:
    """Pause or resume a projection; it holds over restarts."""
    connection.execute(_PAUSE, (name, paused))


def generation_statuses(connection: Connection[Any]) -> list[GenerationStatus]:
    """Every generation of every projection."""
    return [GenerationStatus(*row) for row in connection.execute(_STANDING)]

"""Events that wait because their key's fold could not take one in: parked, listed, taken out again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection, Connection

from infra.dead_letters import REASON_LENGTH_MAX
from infra.event_store.log import LoggedEvent
from infra.event_store.lookups import events_at
from infra.event_store.quarantine import LEFT_OUT

WAITS = "waits behind the one before"

_KEYS = (
    "SELECT DISTINCT key, NULL::bigint FROM projections.parked "
    "WHERE projection = %s AND generation = %s AND key = ANY(%b)"
)
_KEYS_AND_LEFT_OUT = f"{_KEYS} UNION ALL SELECT NULL, position FROM ({LEFT_OUT}) AS left_out"
_PARK = (
    "INSERT INTO projections.parked (projection, generation, key, position, topic, stream_id, reason) "
    "SELECT %s, %s, * FROM unnest(%b::text[], %b::bigint[], %b::text[], %b::text[], %b::text[]) "
    "ON CONFLICT DO NOTHING"
)
_POSITIONS = (
    "SELECT position FROM projections.parked WHERE projection = %s AND generation = %s AND key = %s ORDER BY "
    "position"
)
_REASON = (
    "SELECT reason FROM projections.parked "
    "WHERE projection = %s AND generation = %s AND key = %s AND position = %s"
)
_RELEASE_KEY = "DELETE FROM projections.parked WHERE projection = %s AND generation = %s AND key = %s"
_RELEASE = f"{_RELEASE_KEY} AND position = ANY(%s)"
_COUNT = "SELECT count(DISTINCT key) FROM projections.parked WHERE projection = %s AND generation = %s"
_GIVE_REASON = (
    "UPDATE projections.parked SET reason = %s WHERE projection = %s AND generation = %s AND key = %s AND "
    "position = %s"
)


@dataclass(frozen=True, slots=True)
class ParkedEvent:
    """An event to be parked, and why."""

    key: str
    event: LoggedEvent
    reason: str


async def waiting_and_left_out(
    connection: AsyncConnection[Any], projection: str, generation: int, keys: Iterable[str]
) -> tuple[set[str], set[int]]:
    """Which of these keys wait, and the positions that the projection leaves out; in one query."""
    parameters = (projection, generation, list(keys), projection)
    rows = await (await connection.execute(_KEYS_AND_LEFT_OUT, parameters, prepare=True)).fetchall()
    return {key for key, _ in rows if key is not None}, {position for key, position in rows if key is None}


def keys_of_parked(
    connection: Connection[Any], projection: str, generation: int, keys: Iterable[str]
) -> set[str]:
    """Which of these keys wait."""
    return {row[0] for row in connection.execute(_KEYS, (projection, generation, list(keys)))}


def count_parked_keys(connection: Connection[Any], projection: str, generation: int) -> int:
    """How many keys of a generation are parked."""
    (row,) = connection.execute(_COUNT, (projection, generation)).fetchall()
    return int(row[0])


def release_key(connection: Connection[Any], projection: str, generation: int, key: str) -> None:
    """A key is parked no longer: all of its history is folded."""
    connection.execute(_RELEASE_KEY, (projection, generation, key))


async def park(
    connection: AsyncConnection[Any], projection: str, generation: int, parked: Sequence[ParkedEvent]
) -> None:
    """Put events aside behind those of their key that wait already."""
    if not parked:
        return
    columns = (
        [one.key for one in parked],
        [one.event.position for one in parked],
        [one.event.topic for one in parked],
        [one.event.stream_id for one in parked],
        [one.reason[:REASON_LENGTH_MAX] for one in parked],
    )
    await connection.execute(_PARK, (projection, generation, *columns))


async def parked_events(
    connection: AsyncConnection[Any], projection: str, generation: int, key: str
) -> list[LoggedEvent]:
    """The events that wait for a key, read from the log again, in order."""
    cursor = await connection.execute(_POSITIONS, (projection, generation, key))
    positions = [row[0] for row in await cursor.fetchall()]
    return await events_at(connection, positions)


async def reason_for(
    connection: AsyncConnection[Any], projection: str, generation: int, key: str, position: int
) -> str:
    """Why an event waits."""
    row = await (await connection.execute(_REASON, (projection, generation, key, position))).fetchone()
    return str(row[0]) if row is not None else ""


async def release(
    connection: AsyncConnection[Any], projection: str, generation: int, key: str, positions: Iterable[int]
) -> None:
    """These events of a key wait no longer."""
    await connection.execute(_RELEASE, (projection, generation, key, list(positions)))


async def give_reason(
    connection: AsyncConnection[Any], projection: str, generation: int, key: str, position: int, reason: str
) -> None:
    """Say why an event still waits."""
    await connection.execute(
        _GIVE_REASON, (reason[:REASON_LENGTH_MAX], projection, generation, key, position)
    )

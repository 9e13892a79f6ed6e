"""Events that wait because their key's fold could not take one in: parked, listed, taken out again."""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection, Connection

from infra.event_store.log import LoggedEvent
from infra.event_store.quarantine import LEFT_OUT

#: An exception's text is cut here: it is for people.
REASON_LENGTH_MAX = 500
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
_POSITIONS = "SELECT position FROM projections.parked WHERE projection = %s AND generation = %s AND key = %s ORDER BY position"
_REASON = (
    "SELECT reason FROM projections.parked "
    "WHERE projection = %s AND generation = %s AND key = %s AND position = %s"
)
_RELEASE = "DELETE FROM projections.parked WHERE projection = %s AND generation = %s AND key = %s AND position = ANY(%s)"
_GIVE_REASON = "UPDATE projections.parked SET reason = %s WHERE projection = %s AND generation = %s AND key = %s AND position = %s"
_EVENTS = (
    "SELECT notification_id, 0, originator_id, originator_version, topic, customer_id, state "
    "FROM public.stored_events WHERE notification_id = ANY(%s) ORDER BY notification_id"
)
_LIST = """
    SELECT DISTINCT ON (projection, generation, key) projection, generation, key, position, topic, stream_id, reason, at,
        count(*) OVER (PARTITION BY projection, generation, key)
    FROM projections.parked
    WHERE (%(projection)s::text IS NULL OR projection = %(projection)s)
    AND (%(key)s::text IS NULL OR key = %(key)s)
    ORDER BY projection, generation, key, position
"""
_SHOW = (
    "SELECT projection, generation, key, position, topic, stream_id, reason, at, 1 FROM projections.parked "
    "WHERE projection = %s AND key = %s ORDER BY generation, position"
)


@dataclass(frozen=True, slots=True)
class ParkedEvent:
    """An event to be put aside, and why."""

    key: str
    event: LoggedEvent
    reason: str


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A parked event as people are shown it; `events` counts it and those that wait behind it."""

    projection: str
    generation: int
    key: str
    position: int
    topic: str
    stream_id: str
    reason: str
    at: datetime.datetime
    events: int


def dead_letters(
    connection: Connection[Any], *, projection: str | None = None, key: str | None = None
) -> list[DeadLetter]:
    """The first parked event of every key that waits."""
    return [DeadLetter(*row) for row in connection.execute(_LIST, {"projection": projection, "key": key})]


def dead_letters_of(connection: Connection[Any], projection: str, key: str) -> list[DeadLetter]:
    """Everything that waits for one key, in order."""
    return [DeadLetter(*row) for row in connection.execute(_SHOW, (projection, key))]


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
    async with connection.cursor(binary=True) as rows:
        await rows.execute(_EVENTS, (positions,))
        return [LoggedEvent(*row) for row in await rows.fetchall()]


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

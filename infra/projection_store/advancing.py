"""Taking a run of events in with one statement for several projections, when nobody else has written since.

The conditions say what was known when the run was folded: a checkpoint's position and revision, that its
generation serves, is not paused and tells the log's history, that no key of the run waits, and that no event
of it is left out. Where anything else is true by now, or somebody holds the checkpoint, nothing of that
projection is written and nothing is waited for: its run is taken in under the lock.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
from psycopg import AsyncConnection, AsyncRawCursor, DataError, IntegrityError

from infra.event_store.log import LoggedEvent
from infra.event_store.quarantine import EVERY_READER
from infra.ids import new_revision
from infra.projection_store.rows import RowsRefused, RowStore, first_line

_MOVED = f"""
    WITH here AS MATERIALIZED (
        SELECT g.name, g.generation
        FROM json_to_recordset($1::json)
            AS a(name text, generation integer, revision bigint, keys text[], positions bigint[])
        JOIN projections.generations g ON g.name = a.name AND g.generation = a.generation
        WHERE g.position = $2::bigint AND g.revision = a.revision
            AND g.status = 'active' AND NOT g.other_history
            AND NOT EXISTS (SELECT FROM projections.switches s WHERE s.name = g.name AND s.paused)
            AND EXISTS (
                SELECT FROM public.stored_events e WHERE e.notification_id = $3::bigint
                    AND e.originator_id = $4::text AND e.originator_version = $5::bigint
                    AND e.state = $6::bytea
            )
            AND NOT EXISTS (
                SELECT FROM projections.parked p
                WHERE p.projection = g.name AND p.generation = g.generation AND p.key = ANY(a.keys)
            )
            AND NOT EXISTS (
                SELECT FROM public.quarantined_events q
                WHERE q.projection IN (g.name, '{EVERY_READER}') AND q.position = ANY(a.positions)
            )
        FOR UPDATE OF g SKIP LOCKED
    ), moved AS (
        UPDATE projections.generations g
        SET position = $3::bigint, revision = $7::bigint, moved_at = clock_timestamp()
        FROM here WHERE g.name = here.name AND g.generation = here.generation
        RETURNING g.name
    )
""".encode()
_PARAMETERS = 7


class Standing(NamedTuple):
    """Where a generation stood when this process last wrote to it."""

    generation: int
    position: int
    revision: int


class Advance(NamedTuple):
    """One projection's part: where it stands, its events of the run by key, and the inserts they lead to."""

    name: str
    standing: Standing
    keyed: Sequence[tuple[str, LoggedEvent]]
    inserts: Sequence[tuple[bytes, str]]


class _Part(msgspec.Struct):
    name: str
    generation: int
    revision: int
    keys: list[str]
    positions: list[int]


async def advance(
    connection: AsyncConnection[Any], last: LoggedEvent, advances: Sequence[Advance]
) -> dict[str, Standing]:
    """Move the checkpoints that stand where all of these do behind `last`, and write what their inserts hold.

    All of it in one transaction; by name, where those stand now that have moved. Raises RowsRefused when
    PostgreSQL does not take a row: then none has.
    """
    parts = [
        _Part(
            one.name, one.standing.generation, one.standing.revision,
            sorted({key for key, _ in one.keyed}), [event.position for _, event in one.keyed],
        )
        for one in advances
    ]  # fmt: skip
    inserts = [insert for one in advances for insert in one.inserts]
    statement = _statement(tuple(insert for insert, _ in inserts))
    revision, position = new_revision(), advances[0].standing.position
    cursor = AsyncRawCursor(connection)
    try:
        await cursor.execute(
            statement,
            (
                msgspec.json.encode(parts).decode(), position, last.position, last.stream_id, last.version,
                last.state, revision, *(document for _, document in inserts),
            ),
            prepare=True,
        )  # fmt: skip
        moved = {name for (name,) in await cursor.fetchall()}
    except (DataError, IntegrityError) as error:
        raise RowsRefused(first_line(error)) from error
    return {
        one.name: Standing(one.standing.generation, last.position, revision)
        for one in advances
        if one.name in moved
    }


async def load(
    connection: AsyncConnection[Any], wanted: Sequence[tuple[RowStore, Iterable[str]]]
) -> list[dict[str, str]]:
    """The states of keys that have a row in each of these tables, as JSON text, with one statement."""
    cursor = AsyncRawCursor(connection)
    statement = _loading(tuple(store.select for store, _ in wanted))
    await cursor.execute(statement, [list(keys) for _, keys in wanted], prepare=True)
    found: list[dict[str, str]] = [{} for _ in wanted]
    for number, key, state in await cursor.fetchall():
        found[number][key] = state
    return found


# The statements of the sets of tables that are written and read together: a few kinds of events, a few sets.
@lru_cache(maxsize=256)
def _statement(inserts: tuple[bytes, ...]) -> bytes:
    guarded = [
        b", written_%d AS (%b)" % (number, insert.replace(b"%s", b"$%d" % (number + 1 + _PARAMETERS)))
        for number, insert in enumerate(inserts)
    ]
    return b"".join([_MOVED, *guarded, b" SELECT name FROM moved"])


@lru_cache(maxsize=256)
def _loading(selects: tuple[bytes, ...]) -> bytes:
    return b" UNION ALL ".join(
        b"SELECT %d, key, state::text FROM (%b) AS found_%d"
        % (number, select.replace(b"%b", b"$%d::text[]" % (number + 1)), number)
        for number, select in enumerate(selects)
    )

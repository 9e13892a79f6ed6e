"""Which keys a spot check looks at: what changed since the last look, the newest first, and a random
sample.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Final

from infra.projection_store.connection import ComparingConnection
from infra.projection_store.tables import SCHEMA, tables_of
from projections.kernel import Projection
from services.projector.decoding import topics_of
from services.projector.spot_check.key_history import key_column

#: A larger table is not searched for rows that changed: there the log alone tells.
SEARCHED_BYTES_MAX: Final = 64 * 2**20
#: So far back from where the tables stand the log is searched for keys that changed.
TAIL_POSITIONS_MAX: Final = 10_000
#: After so many looks without any change, one key of the sample is enough.
STILL_LOOKS: Final = 6
#: A quarter of the keys at least are a random sample, whatever changed.
SAMPLED_SHARE: Final = 4

_SERVING = "SELECT generation, position, other_history FROM projections.generations WHERE name = %s AND status = 'active'"
#: What was written to the tables as far as PostgreSQL has counted it, and where transactions stand.
_WRITTEN = """
    SELECT coalesce(sum(pg_stat_get_tuples_inserted(oid) + pg_stat_get_tuples_updated(oid)
        + pg_stat_get_tuples_deleted(oid)), 0)::bigint, (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::numeric)
    FROM pg_class WHERE relnamespace = 'projections'::regnamespace AND relname = ANY(%s)
"""


@dataclass(frozen=True)
class Serving:
    """The generation that serves and where it stands, in the snapshot of a look."""

    generation: int
    position: int
    other_history: bool


@dataclass(frozen=True)
class Glance:
    """What a look saw of the tables as a whole. `searched_from`: the transactions that an earlier look has
    not searched.

    `still`: for how many looks nothing has been written.
    """

    generation: int
    position: int
    written: int
    searched_from: int
    still: int


def serving_now(connection: ComparingConnection, projection: Projection[Any]) -> Serving | None:
    """The generation that serves; None when there is none yet."""
    row = connection.execute(_SERVING, (projection.name,)).fetchone()
    return None if row is None else Serving(*row)


def glance_at(
    connection: ComparingConnection, projection: Projection[Any], serving: Serving, before: Glance | None
) -> Glance:
    """The tables as a whole, and whether anything was written since the look before."""
    written, xmin = connection.execute(_WRITTEN, (_tables(projection, serving),)).fetchall()[0]
    same = before is not None and (before.generation, before.position, before.written) == (
        serving.generation,
        serving.position,
        written,
    )
    if before is not None and same:
        return Glance(serving.generation, serving.position, written, before.searched_from, before.still + 1)
    return Glance(serving.generation, serving.position, written, int(xmin), 0)


def choose_keys(
    connection: ComparingConnection,
    projection: Projection[Any],
    serving: Serving,
    before: Glance | None,
    now: Glance,
    *,
    known: Sequence[str],
    keys_max: int,
) -> list[str]:
    """The keys to compare, each once, at most `keys_max`: half of them known to differ, what changed, and
    a sample.
    """
    chosen = dict.fromkeys(known[: max(1, keys_max // 2)])
    if now.still == 0:
        room = keys_max - max(1, keys_max // SAMPLED_SHARE)
        tables = _changed_rows(connection, projection, serving, before, keys_max)
        tail = _changed_by_log(connection, projection, serving, before, keys_max)
        _take(chosen, (key for pair in zip_longest(tail, tables) for key in pair), room)
    sampled = 1 if now.still >= STILL_LOOKS else keys_max
    _take(chosen, _sample(connection, projection, serving, keys_max), min(keys_max, len(chosen) + sampled))
    return list(chosen)


def _take(chosen: dict[str, None], keys: Iterable[str | None], most: int) -> None:
    for key in keys:
        if len(chosen) >= most:
            return
        if key is not None:
            chosen.setdefault(key)


def _tables(projection: Projection[Any], serving: Serving) -> list[str]:
    names = tables_of(projection, serving.generation)
    return [names.table] if names.journal is None else [names.table, names.journal]


def _changed_rows(
    connection: ComparingConnection,
    projection: Projection[Any],
    serving: Serving,
    before: Glance | None,
    limit: int,
) -> list[str]:
    """Keys of rows that any transaction wrote since they were last searched, also by hand."""
    if before is None or before.generation != serving.generation:
        return []
    found: list[str] = []
    for table in _tables(projection, serving):
        if _size(connection, table) > SEARCHED_BYTES_MAX:
            continue
        rows = connection.execute(
            f"SELECT key FROM {SCHEMA}.{table} WHERE age(xmin) <= age(%s::text::xid) "
            "ORDER BY age(xmin) LIMIT %s".encode(),
            (str(before.searched_from % 2**32), limit),
        )
        found.extend(row[0] for row in rows)
    return found


def _changed_by_log(
    connection: ComparingConnection,
    projection: Projection[Any],
    serving: Serving,
    before: Glance | None,
    limit: int,
) -> list[str]:
    """Keys whose rows should have changed since the last look, because the log has new events of them."""
    column = key_column(projection)
    since = before.position if before is not None and before.generation == serving.generation else 0
    rows = connection.execute(
        f"SELECT key FROM (SELECT {column} AS key, notification_id FROM public.stored_events "
        "WHERE notification_id > %s AND notification_id <= %s AND topic = ANY(%s) "
        f"AND {column} IS NOT NULL ORDER BY notification_id DESC LIMIT %s) AS newest "
        "GROUP BY key ORDER BY max(notification_id) DESC LIMIT %s".encode(),
        (
            max(since, serving.position - TAIL_POSITIONS_MAX),
            serving.position,
            sorted(topics_of(projection)),
            limit * 10,
            limit,
        ),
    )
    return [row[0] for row in rows]


def _sample(
    connection: ComparingConnection, projection: Projection[Any], serving: Serving, limit: int
) -> list[str]:
    """Random keys, of rows that stand there and of events that rows should stand there for, by turns."""
    of_tables = [_sample_of_table(connection, table, limit) for table in _tables(projection, serving)]
    column = key_column(projection)
    rows = connection.execute(
        "SELECT DISTINCT event.key FROM (SELECT (random() * %s)::bigint AS behind FROM generate_series(1, %s)) AS place "
        f"CROSS JOIN LATERAL (SELECT {column} AS key FROM public.stored_events WHERE notification_id > behind "
        "AND notification_id <= least(%s, behind + 1000) AND topic = ANY(%s) "
        f"AND {column} IS NOT NULL ORDER BY notification_id LIMIT 1) AS event".encode(),
        (serving.position, limit, serving.position, sorted(topics_of(projection))),
    )
    of_log = [row[0] for row in rows]
    return [key for turn in zip_longest(of_log, *of_tables) for key in turn if key is not None]


def _sample_of_table(connection: ComparingConnection, table: str, limit: int) -> list[str]:
    """Keys from random pages of a table."""
    pages = _size(connection, table) // 8192
    percent = min(100.0, 100.0 * limit / max(1, pages))
    rows = connection.execute(
        f"SELECT key FROM (SELECT DISTINCT key FROM {SCHEMA}.{table} TABLESAMPLE SYSTEM (%s)) AS found "
        "ORDER BY random() LIMIT %s".encode(),
        (percent, limit),
    )
    return [row[0] for row in rows]


def _size(connection: ComparingConnection, table: str) -> int:
    row = connection.execute("SELECT pg_relation_size(%s::regclass)", (f'"{SCHEMA}"."{table}"',)).fetchone()
    return 0 if row is None else row[0]

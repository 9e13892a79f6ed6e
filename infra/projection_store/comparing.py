"""Reading the rows of generations, to compare them with each other or with what the log says."""

import hashlib
from collections.abc import Iterator
from typing import Any, Final

from psycopg import Connection

from infra.projection_store.tables import SCHEMA, GenerationTables

FETCHED_ROWS: Final = 2_000
ROW_ORDER: Final = ("key",)
JOURNAL_ORDER: Final = ("key", "position", "n")
#: Read only, and as of the first statement of the transaction.
SNAPSHOT: Final = "ISOLATION LEVEL REPEATABLE READ READ ONLY"

#: Written to the tables of the generations that serve, by projection.
_WRITTEN_TO_ALL: Final = """
    SELECT g.name, g.generation, g.position, coalesce(sum(pg_stat_get_tuples_inserted(c.oid)
        + pg_stat_get_tuples_updated(c.oid) + pg_stat_get_tuples_deleted(c.oid)), 0)::bigint
    FROM projections.generations g JOIN pg_class c ON c.relnamespace = 'projections'::regnamespace
        AND c.relkind = 'r' AND (c.relname || '_') LIKE (g.name || '\\_g' || g.generation || '\\_%')
    WHERE g.status = 'active' GROUP BY g.name, g.generation, g.position
"""
_WRITTEN: Final = """
    SELECT coalesce(sum(pg_stat_get_tuples_inserted(oid) + pg_stat_get_tuples_updated(oid)
        + pg_stat_get_tuples_deleted(oid)), 0)::bigint,
        (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::numeric)
    FROM pg_class WHERE relnamespace = 'projections'::regnamespace AND relname = ANY(%s)
"""

#: A row of each side, every field as PostgreSQL writes it; None where a side has none.
Pair = tuple[tuple[Any, ...] | None, tuple[Any, ...] | None]


def begin_snapshot(connection: Connection[Any]) -> None:
    """Begin a transaction that reads all tables as they are now."""
    connection.execute(f"BEGIN {SNAPSHOT}".encode())
    connection.execute("SELECT 1 FROM projections.generations LIMIT 1")


def names_of(tables: GenerationTables) -> list[str]:
    """The tables of a generation."""
    return [tables.table] if tables.journal is None else [tables.table, tables.journal]


def hash_of(connection: Connection[Any], tables: GenerationTables) -> str:
    """SHA-256 over all rows of a generation in order, every field as PostgreSQL writes it (hex)."""
    digest = hashlib.sha256()
    for table, columns, order in ordered_tables(tables):
        written = ", ".join(f'"{column}"::text' for column in columns)
        query = f"SELECT {written} FROM {SCHEMA}.{table} ORDER BY {', '.join(order)}"
        with connection.cursor(name="hash") as cursor:
            cursor.itersize = FETCHED_ROWS
            for row in cursor.execute(query.encode()):
                digest.update(repr(row).encode())
    return digest.hexdigest()


def ordered_tables(tables: GenerationTables) -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """The tables of a generation, their columns, and the columns that they are in the order of."""
    yield tables.table, tables.columns, ROW_ORDER
    if tables.journal is not None:
        yield tables.journal, tables.journal_columns, JOURNAL_ORDER


def paired(
    connection: Connection[Any],
    live: str,
    fresh: str,
    columns: tuple[str, ...],
    order: tuple[str, ...],
) -> Iterator[Pair]:
    """Rows of two tables (or queries in brackets) side by side, by their keys, however many there are."""
    width = len(columns)
    with connection.cursor(name="verify") as cursor:
        cursor.itersize = FETCHED_ROWS
        cursor.execute(_pairing(live, fresh, columns, order).encode())
        for row in cursor:
            yield _pair(row, width)


def paired_of_keys(
    connection: Connection[Any],
    table: str,
    fresh: str,
    columns: tuple[str, ...],
    order: tuple[str, ...],
    *,
    keys: list[str],
    document: str,
) -> list[Pair]:
    """The same for some keys of a table; `document` is the parameter of `fresh`, their rows as they should
    be.
    """
    live = f"(SELECT * FROM {SCHEMA}.{table} WHERE key = ANY(%s))"
    query = _pairing(live, fresh, columns, order).encode()
    return [_pair(row, len(columns)) for row in connection.execute(query, (keys, document))]


def _pairing(live: str, fresh: str, columns: tuple[str, ...], order: tuple[str, ...]) -> str:
    written = ", ".join(f'{{side}}."{column}"::text' for column in columns)
    return (
        f"SELECT {written.replace('{side}', 'l')}, l.key IS NOT NULL, "
        f"{written.replace('{side}', 'f')}, f.key IS NOT NULL "
        f"FROM {live} l FULL JOIN {fresh} f USING ({', '.join(order)}) "
        f"ORDER BY {', '.join(f'coalesce(l.{column}, f.{column})' for column in order)}"
    )


def _pair(row: tuple[Any, ...], width: int) -> Pair:
    return row[:width] if row[width] else None, row[width + 1 : -1] if row[-1] else None


def state_of(connection: Connection[Any], table: str, key: str) -> str | None:
    """The state of a key's row, as JSON."""
    query = f"SELECT state::text FROM {SCHEMA}.{table} WHERE key = %s"
    row = connection.execute(query.encode(), (key,)).fetchone()
    return None if row is None else row[0]


def sample_rows(connection: Connection[Any], table: str, limit: int) -> list[tuple[str, int, str]]:
    """Key, position and state of some rows, the same ones every time."""
    query = f"SELECT key, position, state::text FROM {SCHEMA}.{table} ORDER BY md5(key) LIMIT %s"
    return connection.execute(query.encode(), (limit,)).fetchall()


def written_so_far(connection: Connection[Any], tables: GenerationTables) -> tuple[int, int]:
    """Row versions written, as far as PostgreSQL has counted them, and the oldest transaction still
    running.
    """
    ((written, oldest),) = connection.execute(_WRITTEN, (names_of(tables),)).fetchall()
    return written, int(oldest)


def written_to_all(connection: Connection[Any]) -> dict[str, tuple[int, int, int]]:
    """Generation, position and row versions written of every projection that is served."""
    rows = connection.execute(_WRITTEN_TO_ALL).fetchall()
    return {name: (generation, position, written) for name, generation, position, written in rows}


def keys_written_since(
    connection: Connection[Any], tables: GenerationTables, transaction: int, *, limit: int, bytes_max: int
) -> list[str]:
    """Keys of rows that a transaction from this one on wrote, the newest first; of no larger tables."""
    found: list[str] = []
    for table in names_of(tables):
        if size_of(connection, table) <= bytes_max:
            query = (
                f"SELECT key FROM {SCHEMA}.{table} WHERE age(xmin) <= age(%s::text::xid) "
                "ORDER BY age(xmin) LIMIT %s"
            )
            found.extend(
                row[0] for row in connection.execute(query.encode(), (str(transaction % 2**32), limit))
            )
    return found


def keys_of_random_pages(connection: Connection[Any], table: str, limit: int) -> list[str]:
    """Keys from random pages of a table."""
    percent = min(100.0, 100.0 * limit / max(1, size_of(connection, table) // 8192))
    query = (
        f"SELECT key FROM (SELECT DISTINCT key FROM {SCHEMA}.{table} TABLESAMPLE SYSTEM (%s)) AS found "
        "ORDER BY random() LIMIT %s"
    )
    return [row[0] for row in connection.execute(query.encode(), (percent, limit))]


def keys_without_row(connection: Connection[Any], table: str, keys: list[str]) -> list[str]:
    """Those of the keys that have no row in a table."""
    query = (
        "SELECT key FROM unnest(%s::text[]) AS key "
        f"WHERE NOT EXISTS (SELECT FROM {SCHEMA}.{table} AS found WHERE found.key = key.key)"
    )
    return [row[0] for row in connection.execute(query.encode(), (keys,))]


def size_of(connection: Connection[Any], table: str) -> int:
    """The bytes of a table."""
    row = connection.execute("SELECT pg_relation_size(%s::regclass)", (f'"{SCHEMA}"."{table}"',)).fetchone()
    return 0 if row is None else row[0]

"""A generation made in bulk: empty tables, rows by COPY (copying.py), keys and indexes afterwards, then the
switch in one transaction.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

from psycopg import Connection, errors
from psycopg.sql import SQL, Composed, Identifier

from infra.ids import new_revision
from infra.projection_store.catalog import MOVE
from infra.projection_store.differences import forget_differences
from infra.projection_store.shape import ProjectionShape
from infra.projection_store.tables import (
    SCHEMA,
    GenerationTables,
    point_views,
    qualified,
    statements_of,
    tables_of,
)

_NEXT = "SELECT coalesce(max(generation), 0) + 1 FROM projections.generations WHERE name = %s"
_ADD = "INSERT INTO projections.generations (name, generation, status) VALUES (%s, %s, 'building')"
_STATUS = "UPDATE projections.generations SET status = %s WHERE name = %s AND generation = %s"
_RETIRE = "UPDATE projections.generations SET status = 'retired' WHERE name = %s AND status = 'active'"
_ACTIVATE = (
    "UPDATE projections.generations SET status = 'active', activated_at = clock_timestamp() "
    "WHERE name = %s AND generation = %s"
)
_LOCK_ACTIVE = (
    "SELECT generation, position FROM projections.generations WHERE name = %s AND status = 'active' FOR "
    "UPDATE"
)
_GENERATIONS = "SELECT generation, status FROM projections.generations WHERE name = %s ORDER BY generation"
_TABLES = (
    "SELECT tablename FROM pg_tables WHERE schemaname = 'projections' AND (tablename = %s OR "
    "starts_with(tablename, %s))"
)
_VIEWS = (
    "SELECT view_name FROM information_schema.view_table_usage "
    "WHERE view_schema = 'projections' AND table_schema = 'projections' AND table_name = %s"
)
_INDEX: Final = "CREATE INDEX"
_KEYS = (
    "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
    "WHERE conrelid = %s::regclass AND contype IN ('p', 'u') ORDER BY conname"
)


def add_generation(connection: Connection[Any], shape: ProjectionShape) -> int:
    """A new generation with empty tables and no indexes yet; its number."""
    with connection.transaction():
        row = connection.execute(_NEXT, (shape.name,)).fetchone()
        generation = int(row[0]) if row else 1
        for statement in statements_of(shape, generation):
            if not statement.startswith(_INDEX):
                connection.execute(statement.encode())
        connection.execute(_ADD, (shape.name, generation))
    return generation


def take_keys_off(connection: Connection[Any], shape: ProjectionShape, generation: int) -> list[Composed]:
    """Drop the primary keys of a new generation, which loading would keep in order row by row; what makes
    them again.
    """
    tables = tables_of(shape, generation)
    statements: list[Composed] = []
    for table in filter(None, (tables.table, tables.journal)):
        alter = SQL("ALTER TABLE {} ").format(qualified(table))
        for name, definition in connection.execute(_KEYS, (f'"{SCHEMA}"."{table}"',)).fetchall():
            connection.execute(alter + SQL("DROP CONSTRAINT {}").format(Identifier(name)))
            add = SQL("ADD CONSTRAINT {} {}").format(Identifier(name), SQL(definition))
            statements.append(alter + add)
    return statements


def finish_generation(
    connection: Connection[Any],
    shape: ProjectionShape,
    generation: int,
    position: int,
    keys: Sequence[Composed] = (),
) -> None:
    """Make the keys (from `take_keys_off`) and indexes of a loaded generation, and note up to where it
    holds.
    """
    tables = tables_of(shape, generation)
    write_indexes_uncompressed(connection)
    with connection.transaction():
        # The journal's first: it takes longest, and meanwhile the rows can be looked at.
        for key in reversed(keys):
            connection.execute(key)
        for statement in statements_of(shape, generation):
            if statement.startswith(_INDEX):
                connection.execute(statement.encode())
        rows_written(connection, shape.name, generation, position)
    # A rough look, for whoever reads next. With columns named it does not count as PostgreSQL's own, thorough
    # one, which follows.
    connection.execute("SET default_statistics_target = 10")
    for table, columns in (
        (tables.table, tables.columns),
        (tables.journal, tables.journal_columns),
    ):
        if table is not None:
            names = SQL(", ").join(map(Identifier, columns))
            connection.execute(SQL("ANALYZE {} ({})").format(qualified(table), names))


def write_indexes_uncompressed(connection: Connection[Any]) -> None:
    """Spare the write-ahead log of this connection's compression, which costs more than making an index does.

    Only a superuser may, as the embedded server's role is; elsewhere things stay as they are.
    """
    with suppress(errors.InsufficientPrivilege):
        connection.execute("SET wal_compression = off")


def rows_written(connection: Connection[Any], name: str, generation: int, position: int) -> None:
    """Note that rows of a locked generation were written, which now holds up to a position."""
    connection.execute(MOVE, (position, new_revision(), name, generation))


def set_status(connection: Connection[Any], name: str, generation: int, status: str) -> None:
    """Say what a generation is: building, ready or retired."""
    connection.execute(_STATUS, (status, name, generation))


def drop_generation(connection: Connection[Any], shape: ProjectionShape, generation: int) -> None:
    """Remove a generation that does not serve, with everything that belongs to it."""
    tables = tables_of(shape, generation)
    with connection.transaction():
        connection.execute(
            "DELETE FROM projections.generations WHERE name = %s AND generation = %s AND status <> 'active'",
            (shape.name, generation),
        )
        connection.execute(
            "DELETE FROM projections.parked WHERE projection = %s AND generation = %s",
            (shape.name, generation),
        )
        forget_differences(connection, shape.name, generation)
        # Also those that it has no more: another version may have made this generation.
        for (table,) in connection.execute(_TABLES, (tables.table, f"{tables.table}_")).fetchall():
            for (view,) in connection.execute(_VIEWS, (table,)).fetchall():
                if view not in (tables.view, tables.journal_view):
                    connection.execute(SQL("DROP VIEW {}").format(qualified(view)))
            connection.execute(SQL("DROP TABLE {}").format(qualified(table)))


def delete_rows(connection: Connection[Any], tables: GenerationTables, key: str) -> None:
    """Remove the row and the journal rows of a key, under the checkpoint's lock."""
    for table in filter(None, (tables.table, tables.journal)):
        connection.execute(SQL("DELETE FROM {} WHERE key = %s").format(qualified(table)), (key,))


def generations_of(connection: Connection[Any], name: str) -> list[tuple[int, str]]:
    """The generations of a projection, oldest first, each with its status."""
    return [(int(row[0]), str(row[1])) for row in connection.execute(_GENERATIONS, (name,)).fetchall()]


def lock_active(connection: Connection[Any], name: str) -> tuple[int, int]:
    """Hold the serving generation still until the transaction ends: its number and position; (0, 0) when
    there is none.
    """
    row = connection.execute(_LOCK_ACTIVE, (name,)).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def switch(connection: Connection[Any], shape: ProjectionShape, generation: int) -> None:
    """Let this generation serve, in the caller's transaction.

    Readers see the one or the other, never neither.
    """
    connection.execute(_RETIRE, (shape.name,))
    connection.execute(_ACTIVATE, (shape.name, generation))
    point_views(connection, shape, generation)

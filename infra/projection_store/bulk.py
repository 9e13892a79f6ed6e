"""A generation made in bulk: empty tables, rows by COPY, indexes afterwards, then the switch in one transaction."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, LiteralString

from psycopg import Connection, errors
from psycopg.sql import SQL, Composed, Identifier

from infra.projection_store.shape import ProjectionShape
from infra.projection_store.tables import SCHEMA, GenerationTables, qualified, tables_of

_NEXT = "SELECT coalesce(max(generation), 0) + 1 FROM projections.generations WHERE name = %s"
_ADD = "INSERT INTO projections.generations (name, generation, status) VALUES (%s, %s, 'building')"
_STANDS: LiteralString = (
    "UPDATE projections.generations SET position = %s, revision = revision + 1, moved_at = clock_timestamp() "
    "WHERE name = %s AND generation = %s"
)
_STATUS = "UPDATE projections.generations SET status = %s WHERE name = %s AND generation = %s"
_RETIRE = "UPDATE projections.generations SET status = 'retired' WHERE name = %s AND status = 'active'"
_ACTIVATE = (
    "UPDATE projections.generations SET status = 'active', activated_at = clock_timestamp() "
    "WHERE name = %s AND generation = %s"
)
_LOCK_ACTIVE = "SELECT generation, position FROM projections.generations WHERE name = %s AND status = 'active' FOR UPDATE"
_GENERATIONS = "SELECT generation, status FROM projections.generations WHERE name = %s ORDER BY generation"
_INDEX: Final = "CREATE INDEX"


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


def finish_generation(
    connection: Connection[Any], shape: ProjectionShape, generation: int, position: int
) -> None:
    """Make the indexes of a loaded generation, and note up to where it holds."""
    tables = tables_of(shape, generation)
    with connection.transaction():
        for statement in statements_of(shape, generation):
            if statement.startswith(_INDEX):
                connection.execute(statement.encode())
        connection.execute(_STANDS, (position, shape.name, generation))
    for table in filter(None, (tables.table, tables.journal)):
        connection.execute(SQL("ANALYZE {}").format(qualified(table)))


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
        for table in filter(None, (tables.table, tables.journal)):
            connection.execute(SQL("DROP TABLE IF EXISTS {}").format(qualified(table)))


def generations_of(connection: Connection[Any], name: str) -> list[tuple[int, str]]:
    """The generations of a projection, oldest first, each with its status."""
    return [(int(row[0]), str(row[1])) for row in connection.execute(_GENERATIONS, (name,)).fetchall()]


def lock_active(connection: Connection[Any], name: str) -> tuple[int, int]:
    """Hold the serving generation still until the transaction ends: its number and position; (0, 0) when there is none."""
    row = connection.execute(_LOCK_ACTIVE, (name,)).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def switch(connection: Connection[Any], shape: ProjectionShape, generation: int) -> None:
    """Let this generation serve, in the caller's transaction. Readers see the one or the other, never neither."""
    connection.execute(_RETIRE, (shape.name,))
    connection.execute(_ACTIVATE, (shape.name, generation))
    tables = tables_of(shape, generation)
    _point(connection, tables.view, tables.table, tables.columns)
    if tables.journal is not None and tables.journal_view is not None:
        _point(connection, tables.journal_view, tables.journal, tables.journal_columns)


def copy_rows(
    connection: Connection[Any], table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Write rows by COPY, in one go. JSON is given as bytes or text."""
    statement = SQL("COPY {} ({}) FROM STDIN").format(
        qualified(table), SQL(", ").join(Identifier(column) for column in columns)
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row([value.decode() if isinstance(value, bytes) else value for value in row])


def statements_of(shape: ProjectionShape, generation: int) -> list[str]:
    """The statements of table.sql for one generation, one by one; comments are left out."""
    name = tables_of(shape, generation).table
    lines = [line for line in shape.ddl.splitlines() if not line.lstrip().startswith("--")]
    ddl = (
        "\n".join(lines)
        .replace("{table}", f"{SCHEMA}.{name}")
        .replace("{name}", name)
        .replace("{schema}", SCHEMA)
    )
    return [statement.strip() for statement in ddl.split(";") if statement.strip()]


def tables(shape: ProjectionShape, generation: int) -> GenerationTables:
    """The names of a generation's tables."""
    return tables_of(shape, generation)


def _point(connection: Connection[Any], view: str, table: str, columns: Sequence[str]) -> None:
    select = SQL("SELECT {} FROM {}").format(SQL(", ").join(map(Identifier, columns)), qualified(table))
    replace: Composed = SQL("CREATE OR REPLACE VIEW {} AS {}").format(qualified(view), select)
    try:
        with connection.transaction():
            connection.execute(replace)
    except errors.InvalidTableDefinition:
        connection.execute(SQL("DROP VIEW IF EXISTS {}").format(qualified(view)))
        connection.execute(SQL("CREATE VIEW {} AS {}").format(qualified(view), select))

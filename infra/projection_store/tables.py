"""The tables of one generation of a projection, and the views by which readers find the generation that
serves.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from psycopg import AsyncConnection, Connection, errors
from psycopg.sql import SQL, Composable, Identifier

from infra.projection_store.shape import ProjectionShape

SCHEMA: Final = "projections"
#: Columns that every row of a projection has, before its own.
ROW_COLUMNS: Final = ("key", "position", "state")
JOURNAL_COLUMNS: Final = ("key", "position", "n")
#: What a table has beside its table.sql where rows are numbered (0003_change_numbers.sql).
CHANGE_NUMBER: Final = "change_no"
_NUMBERED: Final = """
    ALTER TABLE {table} ADD COLUMN change_no bigint NOT NULL DEFAULT nextval('{schema}.change_numbers');
    CREATE TRIGGER {name}_changed BEFORE UPDATE ON {table} FOR EACH ROW
    EXECUTE FUNCTION {schema}.number_change();
    CREATE INDEX {name}_change_no ON {table} (change_no)
"""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
_COLUMN_TYPES = (
    "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute "
    "WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped"
)


class SchemaMismatch(LookupError):
    """The tables of a generation were made by a version of the product that gave them another form."""

    def __init__(self, name: str, generation: int) -> None:
        super().__init__(
            f"the tables of generation {generation} of {name} have the form of another version; "
            f"`clienteling projections rebuild {name}` makes new ones"
        )


@dataclass(frozen=True, slots=True)
class GenerationTables:
    """Names of one generation's tables and of the views that may point to them.

    `journal` is None without one.
    """

    table: str
    view: str
    columns: tuple[str, ...]
    journal: str | None
    journal_view: str | None
    journal_columns: tuple[str, ...]


def tables_of(shape: ProjectionShape, generation: int) -> GenerationTables:
    """The names of generation `generation` of a projection.

    Raises ValueError for a name that cannot be one.
    """
    if not _NAME.fullmatch(shape.name):
        raise ValueError(f"{shape.name!r} cannot be the name of a projection")
    table = f"{shape.name}_g{generation}"
    journal = shape.journal
    return GenerationTables(
        table=table,
        view=shape.name,
        columns=(*ROW_COLUMNS, *shape.columns),
        journal=None if journal is None else f"{table}_{journal.suffix}",
        journal_view=None if journal is None else f"{shape.name}_{journal.suffix}",
        journal_columns=() if journal is None else (*JOURNAL_COLUMNS, *journal.columns),
    )


def qualified(table: str) -> Identifier:
    """A table or view of the schema, quoted."""
    return Identifier(SCHEMA, table)


def statements_of(shape: ProjectionShape, generation: int) -> list[str]:
    """The statements of table.sql for one generation, one by one; comments are left out.

    Tables of these names that the catalog lost go first: nobody reads them.
    """
    name = tables_of(shape, generation).table
    ddl = "\n".join(line for line in shape.ddl.splitlines() if not line.lstrip().startswith("--"))
    ddl += _NUMBERED if shape.numbered else ""
    ddl = ddl.replace("{table}", f"{SCHEMA}.{name}").replace("{name}", name).replace("{schema}", SCHEMA)
    statements = [statement.strip() for statement in ddl.split(";") if statement.strip()]
    leftovers = [
        f"DROP TABLE IF EXISTS {statement.split()[2]} CASCADE"
        for statement in statements
        if statement.startswith("CREATE TABLE ")
    ]
    return leftovers + statements


async def create_first_tables(connection: AsyncConnection[Any], shape: ProjectionShape) -> None:
    """Make the empty tables of generation 1, and the views by which readers find them."""
    for statement in statements_of(shape, 1):
        await connection.execute(statement.encode())
    for view, select in _views(shape, 1):
        await connection.execute(SQL("CREATE OR REPLACE VIEW {} AS {}").format(view, select))


def point_views(connection: Connection[Any], shape: ProjectionShape, generation: int) -> None:
    """Let readers see this generation, from the commit of the transaction this belongs to."""
    for view, select in _views(shape, generation):
        try:
            with connection.transaction():
                connection.execute(SQL("CREATE OR REPLACE VIEW {} AS {}").format(view, select))
        except errors.InvalidTableDefinition:
            # The columns changed between the generations: a view cannot be replaced by one of another schema.
            connection.execute(SQL("DROP VIEW IF EXISTS {}").format(view))
            connection.execute(SQL("CREATE VIEW {} AS {}").format(view, select))


def _views(shape: ProjectionShape, generation: int) -> list[tuple[Identifier, Composable]]:
    """Each view of a projection, and the query that makes it show a generation."""
    tables = tables_of(shape, generation)
    columns = (*tables.columns, CHANGE_NUMBER) if shape.numbered else tables.columns
    views = [(tables.view, tables.table, columns)]
    if tables.journal is not None and tables.journal_view is not None:
        views.append((tables.journal_view, tables.journal, tables.journal_columns))
    select = SQL("SELECT {} FROM {}")
    return [
        (qualified(view), select.format(SQL(", ").join(map(Identifier, columns)), qualified(table)))
        for view, table, columns in views
    ]


async def column_types(connection: AsyncConnection[Any], table: str | None) -> dict[str, str]:
    """The SQL type of each column of a table of the schema; none when there is no such table."""
    return dict(await (await connection.execute(_COLUMN_TYPES, (_address(table),))).fetchall())


def _address(table: str | None) -> str | None:
    return f'"{SCHEMA}"."{table}"' if table is not None else None


def require_schema(connection: Connection[Any], shape: ProjectionShape, generation: int) -> None:
    """Raises SchemaMismatch unless a generation's tables have the columns that this version writes and
    reads.
    """
    tables = tables_of(shape, generation)
    types, journal_types = (types_of(connection, table) for table in (tables.table, tables.journal))
    require_columns(shape, generation, types, journal_types)


def types_of(connection: Connection[Any], table: str | None) -> dict[str, str]:
    """The SQL type of each column of a table of the schema; none when there is no such table."""
    return dict(connection.execute(_COLUMN_TYPES, (_address(table),)).fetchall())


def require_columns(
    shape: ProjectionShape, generation: int, columns: Collection[str], journal_columns: Collection[str]
) -> None:
    """Raises SchemaMismatch unless these columns of a generation's tables are enough for this version."""
    tables = tables_of(shape, generation)
    if not (set(columns) >= set(tables.columns) and set(journal_columns) >= set(tables.journal_columns)):
        raise SchemaMismatch(shape.name, generation)

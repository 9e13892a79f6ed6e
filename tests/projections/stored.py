"""Puts folded rows into real tables, as an engine would: one generation behind the views that readers use."""

from typing import Any

import psycopg
from psycopg import Connection, sql

from projections.kernel import Projection
from tests.projections.folding import Tables


def create_tables(connection: Connection[Any], projection: Projection[Any]) -> None:
    """Runs table.sql for generation 1 and points the views at it."""
    name = f"{projection.name}_g1"
    connection.execute("CREATE SCHEMA IF NOT EXISTS projections")
    ddl = projection.ddl.format(table=f"projections.{name}", name=name, schema="projections")
    connection.execute(ddl.encode())
    suffixes = ["", *([f"_{projection.journal.suffix}"] if projection.journal else [])]
    for suffix in suffixes:
        connection.execute(
            sql.SQL("CREATE VIEW {view} AS SELECT * FROM {table}").format(
                view=sql.Identifier("projections", projection.name + suffix),
                table=sql.Identifier("projections", name + suffix),
            )
        )


def store(connection: Connection[Any], tables: Tables) -> None:
    """Inserts all rows of a projection into tables made for it."""
    projection = tables.projection
    _insert(
        connection,
        projection.name,
        ("key", "position", "state", *projection.columns),
        [(key, tables.position, state.decode(), *values) for key, (state, *values) in tables.rows.items()],
    )
    if projection.journal:
        columns = ("key", "position", "n", *projection.journal.columns)
        _insert(connection, f"{projection.name}_{projection.journal.suffix}", columns, tables.journal)


def _insert(
    connection: Connection[Any], view: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]]
) -> None:
    statement = sql.SQL("INSERT INTO {view} ({columns}) VALUES ({places})").format(
        view=sql.Identifier("projections", view),
        columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
        places=sql.SQL(", ").join(sql.Placeholder() * len(columns)),
    )
    with connection.cursor() as cursor:
        cursor.executemany(statement, rows)


def stored(database_url: str, *folded: Tables) -> Connection[Any]:
    """A connection (autocommit) to a database that holds these rows."""
    connection = psycopg.connect(database_url, autocommit=True)
    for tables in folded:
        create_tables(connection, tables.projection)
        store(connection, tables)
    return connection

"""What holds for every table.sql on a real PostgreSQL."""

from typing import Any

import psycopg
import pytest

from projections.kernel import Projection
from projections.registry import ALL
from tests.projections.stored import create_tables

COLUMNS = """
    SELECT column_name, data_type FROM information_schema.columns
    WHERE table_schema = 'projections' AND table_name = %s ORDER BY ordinal_position
"""
PRIMARY_KEY = """
    SELECT array_agg(attname::text ORDER BY place)
    FROM pg_index, unnest(indkey) WITH ORDINALITY AS key(attnum, place)
    JOIN pg_attribute USING (attnum) WHERE indisprimary AND indrelid = %s::regclass AND attrelid = indrelid
"""


@pytest.mark.parametrize("projection", ALL, ids=lambda projection: projection.name)
def test_tables_have_the_columns_their_projection_names(
    projection: Projection[Any], database_url: str
) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        create_tables(connection, projection)

        def columns_of(table: str) -> list[tuple[str, str]]:
            return connection.execute(COLUMNS, (table,)).fetchall()

        def key_of(table: str) -> list[str]:
            row = connection.execute(PRIMARY_KEY, (f"projections.{table}",)).fetchone()
            assert row is not None
            return row[0]

        table = f"{projection.name}_g1"
        assert columns_of(table)[:3] == [("key", "text"), ("position", "bigint"), ("state", "json")]
        assert [name for name, _ in columns_of(table)[3:]] == list(projection.columns)
        assert key_of(table) == ["key"]
        if projection.journal:
            journal = f"{table}_{projection.journal.suffix}"
            names = [name for name, _ in columns_of(journal)]
            assert names == ["key", "position", "n", *projection.journal.columns]
            assert key_of(journal) == ["key", "position", "n"]


@pytest.mark.parametrize("projection", ALL, ids=lambda projection: projection.name)
def test_generations_stand_beside_each_other(projection: Projection[Any], database_url: str) -> None:
    """Index names carry the generation, so that a second one can be made while the first serves."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        create_tables(connection, projection)
        name = f"{projection.name}_g2"
        ddl = projection.ddl.format(table=f"projections.{name}", name=name, schema="projections")
        connection.execute(ddl.encode())
        row = connection.execute("SELECT to_regclass(%s) IS NOT NULL", (f"projections.{name}",)).fetchone()
        assert row == (True,)

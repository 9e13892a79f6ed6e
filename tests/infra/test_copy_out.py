"""Copying out row by row: everything arrives, errors are psycopg's, and giving up leaves the connection
usable.
"""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest

from infra.postgres import connect
from infra.postgres.copy_out import copy_out
from infra.settings import Settings

MANY = b"COPY (SELECT n, repeat('x', n %% 7) FROM generate_series(1, %d) n) TO STDOUT (FORMAT BINARY)"


@pytest.fixture
def connection(settings: Settings) -> Iterator[psycopg.Connection[Any]]:
    with connect(settings, settings.database_url or "", name="test") as opened:
        yield opened


def test_rows_are_those_that_psycopg_reads(connection: psycopg.Connection[Any]) -> None:
    for rows in (0, 1, 5_000):
        with connection.cursor() as cursor, cursor.copy(MANY % rows) as copy:
            expected = b"".join(bytes(data) for data in copy)
        # Psycopg gives the header with the first row, and the trailer after the last.
        assert b"".join(copy_out(connection, MANY % rows)) == expected[19:-2]


def test_giving_up_half_way_leaves_a_connection_that_can_be_used(connection: psycopg.Connection[Any]) -> None:
    with closing(copy_out(connection, MANY % 10_000_000)) as rows:
        next(rows)
    assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize(
    "statement",
    [
        b"COPY (SELECT nonsense) TO STDOUT (FORMAT BINARY)",
        b"COPY (SELECT 1 / (500 - n) FROM generate_series(1, 1000) n) TO STDOUT (FORMAT BINARY)",
    ],
)
def test_an_error_is_raised_as_psycopgs_own(connection: psycopg.Connection[Any], statement: bytes) -> None:
    with pytest.raises((psycopg.errors.UndefinedColumn, psycopg.errors.DivisionByZero)):
        list(copy_out(connection, statement))
    assert connection.execute("SELECT 1").fetchone() == (1,)

"""Rows written in bulk come out as they went in, whatever characters they hold."""

import datetime
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.postgres import connect
from infra.projection_store.copying import CopyTarget
from infra.settings import Settings

COLUMNS = ("a_text", "whole", "fraction", "truth", "day", "instant", "texts", "document")
INSTANT = datetime.datetime(2026, 2, 3, 4, 5, 6, 789_000, tzinfo=datetime.UTC)

_characters = st.characters(exclude_characters="\x00", exclude_categories=("Cs",))
any_text = st.text(_characters, max_size=20) | st.sampled_from(
    ["null", '"', "\\", "\\n", '\\"', "]\n[", "\\.", "{}", ",", "'", "\t", "é", "\x01", '[1,"x"]']
)  # fmt: skip
any_row = st.tuples(
    st.none() | any_text,
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.none() | st.booleans(),
    st.none() | st.just(INSTANT.date()),
    st.none() | st.just(INSTANT),
    st.none() | st.lists(st.none() | any_text, max_size=4),
    st.just('{"said": "she \\"likes\\"\\nit"}'),
)


@pytest.fixture
def connection(settings: Settings) -> Iterator[psycopg.Connection[Any]]:
    with connect(settings, settings.database_url or "", name="test") as opened:
        opened.execute("CREATE SCHEMA IF NOT EXISTS projections")
        opened.execute(
            "CREATE TABLE projections.sheet (a_text text, whole bigint, fraction float8, truth boolean, day "
            "date, "
            "instant timestamptz, texts text[], document json, no integer GENERATED ALWAYS AS IDENTITY)"
        )
        yield opened


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows=st.lists(any_row, max_size=12), long=st.booleans())
def test_any_row_comes_out_as_it_went_in(
    connection: psycopg.Connection[Any], rows: list[Any], long: bool
) -> None:
    connection.execute("TRUNCATE projections.sheet")
    if not long:
        rows = [(*row[:6], None, row[7]) for row in rows]
    CopyTarget(connection, "sheet", COLUMNS, long=long).write(rows)
    found = connection.execute(
        "SELECT a_text, whole, fraction, truth, day, instant, texts, document::text FROM projections.sheet "
        "ORDER BY no"
    ).fetchall()
    assert found == rows


@pytest.mark.parametrize("long", [True, False])
def test_a_row_that_postgres_does_not_take_leaves_nothing_behind(
    connection: psycopg.Connection[Any], long: bool
) -> None:
    target = CopyTarget(connection, "sheet", COLUMNS, long=long)
    good = ("good", 1, 0.5, True, None, None, None, "{}")
    with pytest.raises(psycopg.DataError):
        target.write([good, ("with a NUL: \x00", *good[1:])])
    with pytest.raises(psycopg.DataError):
        target.write([good, (*good[:-1], "{no json")])
    assert connection.execute("SELECT count(*) FROM projections.sheet").fetchone() == (0,)

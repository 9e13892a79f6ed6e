"""Generations of tables: made beside the one that serves, switched to in one moment, and gone back from."""

import asyncio
import dataclasses
from typing import Any

import psycopg
import pytest

from infra.postgres import connect
from infra.projection_store.bulk import add_generation, finish_generation
from infra.projection_store.catalog import NoGeneration, ensure_active, generation_statuses
from infra.projection_store.connection import open_for_projecting
from infra.projection_store.tables import SchemaMismatch, tables_of
from infra.settings import Settings
from projections.kernel import Projection
from services.projector.engine import LiveEngine
from services.rebuild.switch import take_over
from tests.services.projector.builders import NOTEBOOK, append, checkpoint, note, prepared, tables


@pytest.fixture
def url(settings: Settings) -> str:
    return prepared(settings)


def empty_generation(url: str, projection: Projection[Any] = NOTEBOOK) -> int:
    with psycopg.connect(url, autocommit=True) as connection:
        generation = add_generation(connection, projection)
        finish_generation(connection, projection, generation, 0)
    return generation


async def switch_to(settings: Settings, url: str, generation: int, of: Projection[Any] = NOTEBOOK) -> int:
    def switch() -> int:
        with connect(settings, url, name="test") as connection:
            return take_over(settings, url, connection, of, generation)

    return await asyncio.to_thread(switch)


def notes_of(url: str) -> list[str]:
    return sorted(row[3] for row in tables(url)["rows"])


async def test_the_first_start_makes_generation_one_and_only_once(settings: Settings, url: str):
    one = await open_for_projecting(settings, url, name="test")
    other = await open_for_projecting(settings, url, name="test")
    assert await ensure_active(one, NOTEBOOK) == await ensure_active(other, NOTEBOOK) == 1
    await one.close()
    await other.close()
    with psycopg.connect(url) as connection:
        (standing,) = generation_statuses(connection)
    assert (standing.name, standing.generation, standing.status, standing.position) == (
        "notebook",
        1,
        "active",
        0,
    )


async def test_tables_that_the_catalog_lost_are_made_anew(settings: Settings, url: str):
    connection = await open_for_projecting(settings, url, name="test")
    await ensure_active(connection, NOTEBOOK)
    empty_generation(url)
    await connection.execute("DELETE FROM projections.generations")
    assert await ensure_active(connection, NOTEBOOK) == 1
    assert empty_generation(url) == 2
    await connection.close()


async def test_a_running_engine_writes_to_the_generation_that_serves_and_readers_see_it(
    settings: Settings, url: str
):
    engine = LiveEngine(NOTEBOOK, settings, url)
    await engine.take(append(url, [note(1, 1), note(2, 1)]))
    assert empty_generation(url) == 2
    with psycopg.connect(url) as watching:
        assert [one.status for one in generation_statuses(watching)] == ["active", "building"]
    assert (len(tables(url)["rows"]), checkpoint(url)) == (2, 2)
    # The new generation is at position 0: what it lacks comes from the log before it serves.
    assert await switch_to(settings, url, 2) == 2
    assert (notes_of(url), checkpoint(url)) == (["1", "1"], 2)
    # The engine, which has states of generation 1 in memory, goes on with generation 2.
    await engine.take(append(url, [note(1, 2)]))
    assert (notes_of(url), checkpoint(url)) == (["1", "2"], 3)
    with psycopg.connect(url) as watching:
        behind = watching.execute("SELECT notes FROM projections.notebook_g1 ORDER BY 1").fetchall()
        assert behind == [(1,), (1,)]
    assert await switch_to(settings, url, 1) == 3
    assert (notes_of(url), checkpoint(url)) == (["1", "2"], 3)
    with psycopg.connect(url) as watching:
        assert [one.status for one in generation_statuses(watching)] == ["active", "retired"]
    await engine.close()


async def test_a_generation_with_other_columns_can_be_switched_to(settings: Settings, url: str):
    connection = await open_for_projecting(settings, url, name="test")
    await ensure_active(connection, NOTEBOOK)
    await connection.close()
    fewer = dataclasses.replace(
        NOTEBOOK, columns=("notes", "latest"), values=lambda book: (len(book.texts), "-")
    )
    await switch_to(settings, url, empty_generation(url, fewer), fewer)
    with psycopg.connect(url) as watching:
        columns = watching.execute("SELECT * FROM projections.notebook").description or ()
        assert [column.name for column in columns] == ["key", "position", "state", "notes", "latest"]


async def test_only_what_was_made_can_be_switched_to(settings: Settings, url: str):
    connection = await open_for_projecting(settings, url, name="test")
    await ensure_active(connection, NOTEBOOK)
    with pytest.raises(SchemaMismatch):
        await switch_to(settings, url, 7)
    with pytest.raises(NoGeneration):
        await LiveEngine(NOTEBOOK, settings, url, generation=7).catch_up(1)
    assert await ensure_active(connection, NOTEBOOK) == 1
    await connection.close()


def test_a_name_that_could_be_more_than_a_name_is_refused():
    with pytest.raises(ValueError, match="cannot be the name of a projection"):
        tables_of(dataclasses.replace(NOTEBOOK, name='x"; DROP TABLE stored_events; --'), 1)

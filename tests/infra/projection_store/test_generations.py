"""Generations of tables: made beside the one that serves, switched to in one moment, and gone back from."""

import dataclasses

import psycopg
import pytest

from infra.projection_store.catalog import NoGeneration, activate, begin_generation, ensure_active, standings
from infra.projection_store.connection import open_for_projecting
from infra.projection_store.tables import drop_tables, tables_of
from infra.settings import Settings
from services.projector.engine import LiveEngine
from tests.services.projector.controls import NOTEBOOK, append, checkpoint, note, prepared, tables


@pytest.fixture
def url(settings: Settings) -> str:
    return prepared(settings)


async def test_the_first_start_makes_generation_one_and_only_once(settings: Settings, url: str):
    one = await open_for_projecting(settings, url, name="test")
    other = await open_for_projecting(settings, url, name="test")
    assert await ensure_active(one, NOTEBOOK) == await ensure_active(other, NOTEBOOK) == 1
    await one.close()
    await other.close()
    with psycopg.connect(url) as connection:
        (standing,) = standings(connection)
    assert (standing.name, standing.generation, standing.status, standing.position) == (
        "notebook",
        1,
        "active",
        0,
    )


async def test_a_running_engine_writes_to_the_generation_that_serves_and_readers_see_it(
    settings: Settings, url: str
):
    engine = LiveEngine(NOTEBOOK, settings, url)
    await engine.take(append(url, [note(1, 1), note(2, 1)]))
    connection = await open_for_projecting(settings, url, name="test")
    assert await begin_generation(connection, NOTEBOOK) == 2
    assert len(tables(url)["rows"]) == 2
    await activate(connection, NOTEBOOK, 2)
    assert (tables(url)["rows"], checkpoint(url)) == ([], 0)
    # The new generation stands at 0: what it lacks comes from the log.
    await engine.take(append(url, [note(1, 2)])[-1:])
    assert ([row[3] for row in sorted(tables(url)["rows"], key=lambda row: row[3])], checkpoint(url)) == (
        ["1", "2"],
        3,
    )
    await activate(connection, NOTEBOOK, 1)
    assert ({row[3] for row in tables(url)["rows"]}, checkpoint(url)) == ({"1"}, 2)
    with psycopg.connect(url) as watching:
        assert [one.status for one in standings(watching)] == ["active", "retired"]
    await connection.close()
    await engine.close()


async def test_a_generation_with_other_columns_can_be_switched_to(settings: Settings, url: str):
    connection = await open_for_projecting(settings, url, name="test")
    await ensure_active(connection, NOTEBOOK)
    fewer = dataclasses.replace(
        NOTEBOOK, columns=("notes", "latest"), values=lambda book: (len(book.texts), "-")
    )
    generation = await begin_generation(connection, fewer)
    await activate(connection, fewer, generation)
    await connection.close()
    with psycopg.connect(url) as watching:
        columns = watching.execute("SELECT * FROM projections.notebook").description or ()
        assert [column.name for column in columns] == ["key", "position", "state", "notes", "latest"]


async def test_only_what_was_made_can_be_switched_to(settings: Settings, url: str):
    connection = await open_for_projecting(settings, url, name="test")
    await ensure_active(connection, NOTEBOOK)
    with pytest.raises(NoGeneration):
        await activate(connection, NOTEBOOK, 7)
    assert await ensure_active(connection, NOTEBOOK) == 1
    await drop_tables(connection, NOTEBOOK, 7)
    await connection.close()


def test_a_name_that_could_be_more_than_a_name_is_refused():
    with pytest.raises(ValueError, match="cannot be the name of a projection"):
        tables_of(dataclasses.replace(NOTEBOOK, name='x"; DROP TABLE stored_events; --'), 1)

"""A run is taken in with one statement while nobody else has written, and by no other."""

from collections.abc import AsyncIterator

import psycopg
import pytest

from infra.event_store.log import LoggedEvent
from infra.event_store.quarantine import leave_out
from infra.projection_store.catalog import OtherHistory, mark_other_history, set_paused
from infra.settings import Settings
from services.projector.engine import LiveEngine
from services.projector.ordering import LogStreamMismatch
from tests.services.projector.builders import NOTEBOOK, append, checkpoint, note, prepared, tables, wish

LAST_STATEMENT = (
    "SELECT query FROM pg_stat_activity WHERE application_name = 'clienteling projector notebook' "
    "AND datname = current_database()"
)


@pytest.fixture
def url(settings: Settings) -> str:
    return prepared(settings)


@pytest.fixture
async def engine(settings: Settings, url: str) -> AsyncIterator[LiveEngine]:
    engine = LiveEngine(NOTEBOOK, settings, url)
    yield engine
    await engine.close()


async def standing(engine: LiveEngine, url: str) -> list[LoggedEvent]:
    """Let an engine take two events in, and then one more at once; those behind it."""
    events = append(url, [note(1, 1), note(2, 1), note(1, 2), note(1, 3), wish(2, 2), note(2, 3)])
    await engine.take(events[:2])
    await engine.take(events[2:3])
    assert last_statement(url).lstrip().startswith("WITH here AS")
    return events[3:]


def last_statement(url: str) -> str:
    with psycopg.connect(url) as connection:
        ((query,),) = connection.execute(LAST_STATEMENT).fetchall()
    return query


async def test_what_concerns_somebody_and_what_does_not_take_one_statement(engine: LiveEngine, url: str):
    events = await standing(engine, url)
    for event in events:
        await engine.take([event])
        assert last_statement(url).lstrip().startswith("WITH here AS")
    assert checkpoint(url) == events[-1].position
    notes = {row[0]: row[3] for row in tables(url)["rows"]}
    assert notes == {events[0].stream_id: "3", events[2].stream_id: "2"}
    assert len(tables(url)["journal"]) == 6


async def test_nothing_is_taken_in_while_projecting_is_paused(engine: LiveEngine, url: str):
    events = await standing(engine, url)
    before = tables(url)
    with psycopg.connect(url) as connection:
        set_paused(connection, "notebook", True)
    assert not await engine.take(events)
    assert (tables(url), checkpoint(url)) == (before, events[0].previous_position)


async def test_nothing_is_added_to_the_rows_of_another_history(engine: LiveEngine, url: str):
    events = await standing(engine, url)
    before = tables(url)
    with psycopg.connect(url) as connection:
        mark_other_history(connection, 0)
    with pytest.raises(OtherHistory):
        await engine.take(events)
    assert tables(url) == before


@pytest.mark.parametrize("column", ["originator_id", "state", None])
async def test_an_event_that_the_log_has_not_is_not_taken_in(
    engine: LiveEngine, url: str, column: str | None
):
    events = await standing(engine, url)
    before = tables(url)
    changed = "DELETE FROM" if column is None else "UPDATE"
    to = f" SET {column} = 'cus_00000000000000000000000000000009'" if column else ""
    with psycopg.connect(url) as connection:
        connection.execute(
            f"{changed} stored_events{to} WHERE notification_id = {events[0].position}".encode()
        )
    with pytest.raises(LogStreamMismatch):
        await engine.take(events[:1])
    assert tables(url) == before


async def test_a_checkpoint_that_stands_elsewhere_is_not_moved(engine: LiveEngine, url: str):
    events = await standing(engine, url)
    before = tables(url)
    with psycopg.connect(url) as connection:
        # By hand: whoever projects gives it another revision, too.
        connection.execute("UPDATE projections.generations SET position = %s", (events[0].position,))
    assert await engine.take(events[:1])
    assert tables(url) == before


async def test_an_event_of_a_key_that_waits_waits_behind_it(engine: LiveEngine, url: str):
    events = await standing(engine, url)
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO projections.parked (projection, generation, key, position, topic, stream_id, "
            "reason) VALUES ('notebook', 1, %s, 1, 'note.added.v1', %s, 'a test')",
            (events[0].stream_id, events[0].stream_id),
        )
    await engine.take(events)
    assert [row[1] for row in tables(url)["parked"]] == [1, events[0].position]
    assert [row[3] for row in tables(url)["rows"]] == ["2", "2"]


async def test_an_event_that_is_left_out_is_passed_over(engine: LiveEngine, url: str):
    events = await standing(engine, url)
    with psycopg.connect(url) as connection:
        leave_out(
            connection, "notebook", events[0].stream_id, events[0].position, events[0].topic, "x", "a test"
        )
    await engine.take(events)
    assert [row[3] for row in tables(url)["rows"]] == ["2", "2"]


async def test_a_generation_that_serves_no_longer_is_not_written_to(engine: LiveEngine, url: str):
    events = await standing(engine, url)
    before = tables(url)
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE projections.generations SET status = 'retired'")
    with pytest.raises(LookupError):
        await engine.take(events)
    assert tables(url) == before


async def test_rows_that_others_wrote_at_the_same_position_are_read_again(engine: LiveEngine, url: str):
    events = await standing(engine, url)
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE projections.generations SET revision = revision + 1")
        connection.execute(
            "UPDATE projections.notebook_g1 SET state = replace(state::text, 'note', 'NOTE')::json"
        )
    await engine.take(events[:1])
    (row,) = (row for row in tables(url)["rows"] if row[0] == events[0].stream_id)
    assert row[2].count("NOTE") == 2

"""The live engine: whatever is delivered, in whatever order and how often, the tables become those of the
log.
"""

import dataclasses

import psycopg
import pytest

from infra.event_store.log import LoggedEvent
from infra.settings import Settings
from services.projector.engine import LiveEngine
from services.projector.ordering import LogStreamMismatch
from tests.services.projector.builders import NOTEBOOK, append, checkpoint, note, prepared, tables, wish


@pytest.fixture
def url(settings: Settings) -> str:
    return prepared(settings)


def some_notes() -> list:
    return [note(n % 4, 1 + n // 4) if n % 7 else wish(n % 4, 1 + n // 4) for n in range(60)]


async def test_tables_hold_every_kind_of_column_and_the_journal(settings: Settings, url: str):
    events = append(url, [note(1, 1), note(1, 2, "second"), note(2, 1)])
    engine = LiveEngine(NOTEBOOK, settings, url)
    assert await engine.take(events)
    await engine.close()
    found = tables(url)
    key = events[0].stream_id
    assert [row for row in found["rows"] if row[0] == key] == [
        (
            key,
            2,
            '{"customer_id":"'
            + key
            + '","texts":["note \\"1\\" \\\\ é","second"],"at":[1,2],"mended":false}',
            "2",
            "second",
            '{"note \\"1\\" \\\\ é",second}',
            "2026-01-02 12:00:00+00",
            "2026-01-02",
            "true",
            '{"texts":2}',
        )
    ]
    assert found["journal"] == sorted(
        [
            (key, 1, 0, 'note "1" \\ é', 1),
            (key, 1, 1, "again", None),
            (key, 2, 0, "second", 2),
            (key, 2, 1, "again", None),
            (events[2].stream_id, 3, 0, 'note "1" \\ é', 1),
            (events[2].stream_id, 3, 1, "again", None),
        ]
    )
    assert checkpoint(url) == 3


async def test_what_a_projection_does_not_fold_moves_its_checkpoint_undecoded(settings: Settings, url: str):
    append(url, [wish(1, 1)])
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO stored_events (originator_id, originator_version, topic, state, customer_id) VALUES "
            "('cus_1', 1, 'customer.teleported.v3', 'not even json', 'cus_1'), "
            "('sal_1', 1, 'customer.wish_recorded.v1', 'broken', NULL)"
        )
    engine = LiveEngine(NOTEBOOK, settings, url)
    assert await engine.catch_up(3)
    assert checkpoint(url) == 3
    assert tables(url) == {"rows": [], "journal": [], "parked": []}
    await engine.close()


async def test_a_batch_that_is_delivered_again_changes_nothing(settings: Settings, url: str):
    events = append(url, some_notes())
    engine = LiveEngine(NOTEBOOK, settings, url)
    await engine.take(events)
    before = tables(url)
    for again in (events, events[10:20], list(reversed(events))):
        assert await engine.take(again)
        assert tables(url) == before
    await engine.close()


async def test_what_never_came_is_read_from_the_log_before_going_on(settings: Settings, url: str):
    events = append(url, some_notes())
    whole = LiveEngine(NOTEBOOK, settings, url)
    await whole.take(events)
    expected = tables(url)
    with psycopg.connect(url) as connection:
        connection.execute("TRUNCATE projections.notebook_g1, projections.notebook_g1_lines")
        connection.execute("UPDATE projections.generations SET position = 0, revision = revision + 1")
    # The first, some in the middle, and only the last one ever arrive.
    small = dataclasses.replace(settings, projector_batch_events_max=7)
    engine = LiveEngine(NOTEBOOK, small, url)
    await engine.take(events[2:4])
    await engine.take([*events[10:12], *events[30:33]])
    await engine.take(events[-1:])
    assert tables(url) == expected
    assert engine.status.filled_events == 60 - 2 - 2 - 3 - 1
    await engine.close()
    await whole.close()


async def test_two_engines_of_one_projection_share_the_work_without_doubling(settings: Settings, url: str):
    events = append(url, some_notes())
    one, other = LiveEngine(NOTEBOOK, settings, url), LiveEngine(NOTEBOOK, settings, url)
    for start in range(0, 60, 10):
        await one.take(events[start : start + 6])
        await other.take(events[start : start + 10])
    shared = tables(url)
    assert checkpoint(url) == 60
    await one.close()
    await other.close()
    with psycopg.connect(url) as connection:
        connection.execute("TRUNCATE projections.notebook_g1, projections.notebook_g1_lines")
        connection.execute("UPDATE projections.generations SET position = 0, revision = revision + 1")
    alone = LiveEngine(NOTEBOOK, settings, url)
    await alone.take(events)
    assert tables(url) == shared
    await alone.close()


async def test_kept_states_are_not_trusted_once_somebody_else_has_written(settings: Settings, url: str):
    events = append(url, [note(1, 1), note(1, 2), note(1, 3)])
    engine = LiveEngine(NOTEBOOK, settings, url)
    await engine.take(events[:1])
    other = LiveEngine(NOTEBOOK, settings, url)
    await other.take(events[:2])
    await engine.take(events[2:])
    assert tables(url)["rows"][0][3] == "3"
    await engine.close()
    await other.close()


async def test_keeping_states_makes_no_difference_to_the_tables(settings: Settings, fresh_database):
    found = []
    for kept in (0, 2, 20_000):
        url = fresh_database()
        some = dataclasses.replace(settings, database_url=url, projector_states_kept_max=kept)
        prepared(some)
        events = append(url, some_notes())
        engine = LiveEngine(NOTEBOOK, some, url)
        for start in range(0, 60, 7):
            await engine.take(events[start : start + 7])
        found.append(tables(url))
        await engine.close()
    assert found[0] == found[1] == found[2]


async def test_a_paused_projection_takes_nothing_until_it_is_resumed(settings: Settings, url: str):
    events = append(url, [note(1, 1)])
    engine = LiveEngine(NOTEBOOK, settings, url)
    assert await engine.position() == 0
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE projections.switches SET paused = true WHERE name = 'notebook'")
        assert not await engine.take(events)
        assert not await engine.catch_up(1)
        assert checkpoint(url) == 0
        connection.execute("UPDATE projections.switches SET paused = false WHERE name = 'notebook'")
        assert await engine.take(events)
    assert checkpoint(url) == 1
    await engine.close()


async def test_a_lost_connection_loses_nothing(settings: Settings, url: str):
    events = append(url, some_notes())
    engine = LiveEngine(NOTEBOOK, settings, url)
    await engine.take(events[:30])
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE "
            "'%%projector%%' "
            "AND datname = current_database()"
        )
    with pytest.raises(psycopg.OperationalError):
        await engine.take(events[30:])
    assert await engine.take(events[30:])
    assert checkpoint(url) == 60
    await engine.close()


async def test_a_stream_that_tells_another_history_is_not_folded(settings: Settings, url: str):
    events = append(url, [note(1, 1), note(1, 2), note(1, 3)])
    engine = LiveEngine(NOTEBOOK, settings, url)
    await engine.take(events[:2])
    odd = LoggedEvent(3, 1, events[2].stream_id, 3, events[2].topic, events[2].customer_id, events[2].state)
    with pytest.raises(LogStreamMismatch, match="position 3 follows position 1, but the tables stand at 2"):
        await engine.take([odd])
    beyond = LoggedEvent(
        9, 8, events[2].stream_id, 4, events[2].topic, events[2].customer_id, events[2].state
    )
    await engine.take(events)
    with pytest.raises(LogStreamMismatch, match="the log has none there"):
        await engine.take([beyond])
    assert checkpoint(url) == 3
    await engine.close()

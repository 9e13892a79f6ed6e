"""One feed for all projections of a process: what holds one of them up holds up no other."""

import asyncio
import dataclasses
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import psycopg
import pytest

import services.projector.feed as feeding_all
from infra.event_store.epoch import Epoch
from infra.event_store.log import LoggedEvent
from infra.messaging.arrivals import ArrivalReader, Arrived
from infra.messaging.stamps import Stamps
from infra.projection_store.catalog import set_paused
from infra.settings import Settings
from projections.kernel import Projection
from services.projector.engine import LiveEngine
from services.projector.feed import Feed
from services.projector.lane import Lane
from tests.infra.messaging.builders import BEGAN, EPOCH, KEY, until
from tests.services.projector.builders import (
    MENDED,
    NOTEBOOK,
    NUL,
    POISON,
    append,
    checkpoint,
    mended_fold,
    note,
    prepared,
    tables,
    wish,
)
from tests.services.relay.builders import customer

DIARY = dataclasses.replace(MENDED, name="diary")
ALBUM = dataclasses.replace(NOTEBOOK, name="album", fold=lambda *of: mended_fold(*of)[:0], journal=None)
THREE = (NOTEBOOK, DIARY, ALBUM)


@pytest.fixture
def url(settings: Settings) -> str:
    return prepared(settings)


@asynccontextmanager
async def feeding(
    settings: Settings, url: str, projections: Sequence[Projection[Any]] = THREE
) -> AsyncGenerator[Feed]:
    """A feed of projections that read the same events."""
    stop = asyncio.Event()
    arrivals = ArrivalReader(Stamps([Epoch(1, EPOCH, 0, BEGAN, KEY)]))
    feed = Feed(
        [LiveEngine(one, settings, url) for one in projections], settings, url, arrivals=arrivals, stop=stop
    )
    try:
        yield feed
    finally:
        stop.set()
        for lane in feed.lanes:
            await lane.end()
            await lane.engine.close()
        await feed.disconnect()


async def give(feed: Feed, events: Sequence[LoggedEvent]) -> None:
    await feed.give(Arrived(events=list(events)))


async def taken(feed: Feed, events: Sequence[LoggedEvent]) -> None:
    """Give events, and wait until all lanes are empty."""
    await give(feed, events)
    await until(lambda: not any(lane.holding for lane in feed.lanes))


def lane_of(feed: Feed, name: str) -> Lane:
    return next(lane for lane in feed.lanes if lane.name == name)


def revisions(url: str) -> dict[str, int]:
    with psycopg.connect(url) as connection:
        return dict(connection.execute("SELECT name, revision FROM projections.generations").fetchall())


def assert_all_hold_the_log(url: str, end: int) -> None:
    assert {name: checkpoint(url, name) for name in ("notebook", "diary", "album")} == dict.fromkeys(
        ("notebook", "diary", "album"), end
    )
    for other in (DIARY, ALBUM):
        assert tables(url, other)["rows"] == tables(url)["rows"]
    assert tables(url, DIARY)["journal"] == tables(url)["journal"]


def notes(count: int) -> list[Any]:
    return [note(n % 3, 1 + n // 3) if n % 5 else wish(n % 3, 1 + n // 3) for n in range(count)]


async def test_small_batches_are_taken_in_by_all_with_one_statement(settings: Settings, url: str):
    events = append(url, notes(30))
    async with feeding(settings, url) as feed:
        await taken(feed, events[:6])
        for event in events[6:]:
            await give(feed, [event])
            assert not any(lane.holding for lane in feed.lanes)
            assert len(set(revisions(url).values())) == 1, "each wrote a revision of its own"
    assert_all_hold_the_log(url, 30)


async def test_a_large_batch_is_taken_in_by_each_in_its_lane(settings: Settings, url: str):
    events = append(url, notes(200))
    async with feeding(settings, url) as feed:
        await taken(feed, events[:2])
        await taken(feed, events[2:])
        assert len(set(revisions(url).values())) == 3
    assert_all_hold_the_log(url, 200)


async def test_a_paused_projection_holds_up_no_other_and_reads_on_from_the_log(
    settings: Settings, url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(feeding_all, "PATIENCE_SECONDS", 600.0)
    small = dataclasses.replace(settings, projector_batch_events_max=10)
    events = append(url, notes(55))
    async with feeding(small, url) as feed:
        await taken(feed, events[:5])
        paused(url, "diary", True)
        async with asyncio.timeout(60):
            for start in range(5, 55, 5):
                await give(feed, events[start : start + 5])
        assert (checkpoint(url), checkpoint(url, "album"), checkpoint(url, "diary")) == (55, 55, 5)
        assert lane_of(feed, "diary").status.doing == "paused"
        assert len(lane_of(feed, "diary")._waiting) <= 10
        paused(url, "diary", False)
        await until(lambda: checkpoint(url, "diary") == 55)
        assert lane_of(feed, "diary").status.filled_events > 0
        assert {lane_of(feed, name).status.filled_events for name in ("notebook", "album")} == {0}
    assert_all_hold_the_log(url, 55)


def paused(url: str, name: str, is_paused: bool) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        set_paused(connection, name, is_paused)


async def test_a_checkpoint_that_somebody_holds_is_waited_for_by_its_projection_alone(
    settings: Settings, url: str
):
    # Nobody is freed by a statement that took too long.
    small = dataclasses.replace(settings, projector_batch_events_max=10, database_statement_seconds=600)
    events = append(url, notes(60))
    async with feeding(small, url) as feed:
        await taken(feed, events[:5])
        async with await psycopg.AsyncConnection.connect(url) as holding:
            await holding.execute("SELECT FROM projections.generations WHERE name = 'diary' FOR UPDATE")
            async with asyncio.timeout(60):
                for start in range(5, 60, 5):
                    await give(feed, events[start : start + 5])
            await until(lambda: checkpoint(url) == checkpoint(url, "album") == 60)
            assert checkpoint(url, "diary") == 5
        await until(lambda: checkpoint(url, "diary") == 60)
    assert_all_hold_the_log(url, 60)


async def test_poison_of_one_projection_parks_a_key_of_that_one_alone(settings: Settings, url: str):
    events = append(url, [note(1, 1), note(2, 1), note(1, 2, POISON), note(2, 2), note(1, 3), note(2, 3)])
    async with feeding(settings, url) as feed:
        await taken(feed, events[:2])
        for event in events[2:]:
            await taken(feed, [event])
        assert [lane.status.errors for lane in feed.lanes] == [0, 0, 0]
    assert {row[0]: row[3] for row in tables(url)["rows"]} == {customer(1): "1", customer(2): "3"}
    assert [row[:2] for row in tables(url)["parked"]] == [(customer(1), 3), (customer(1), 5)]
    for other in (DIARY, ALBUM):
        assert {row[0]: row[3] for row in tables(url, other)["rows"]} == {customer(1): "3", customer(2): "3"}


async def test_a_row_that_is_refused_takes_no_other_projections_row_with_it(settings: Settings, url: str):
    blind = dataclasses.replace(
        ALBUM,
        fold=lambda book, event, at: mended_fold(book, msgspec.structs.replace(event, text=""), at)[:0],
    )
    events = append(url, [note(1, 1), note(2, 1), note(1, 2, NUL), note(2, 2)])
    async with feeding(settings, url, (NOTEBOOK, blind)) as feed:
        await taken(feed, events[:2])
        await taken(feed, events[2:3])
        assert [lane.status.errors for lane in feed.lanes] == [0, 0]
        await taken(feed, events[3:])
        assert len(set(revisions(url).values())) == 1, "they go on together"
    assert [row[:2] for row in tables(url)["parked"]] == [(customer(1), 3)]
    assert {row[0]: row[3] for row in tables(url)["rows"]} == {customer(1): "1", customer(2): "2"}
    assert {row[0]: row[3] for row in tables(url, blind)["rows"]} == {customer(1): "2", customer(2): "2"}


async def test_a_connection_that_is_lost_between_two_batches_loses_and_doubles_nothing(
    settings: Settings, url: str
):
    quick = dataclasses.replace(settings, projector_retry_seconds=0.05)
    events = append(url, notes(12))
    async with feeding(quick, url) as feed:
        await taken(feed, events[:4])
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                "WHERE application_name LIKE 'clienteling projector%' AND datname = current_database()"
            )
        for event in events[4:]:
            await taken(feed, [event])
        assert len(set(revisions(url).values())) == 1, "they go on together"
    assert_all_hold_the_log(url, 12)


async def test_a_projection_that_is_behind_reads_the_log_while_the_others_go_on(settings: Settings, url: str):
    events = append(url, notes(40))
    async with feeding(settings, url) as feed:
        await taken(feed, events[:30])
        with psycopg.connect(url) as connection:
            connection.execute("TRUNCATE projections.diary_g1, projections.diary_g1_lines")
            connection.execute(
                "UPDATE projections.generations SET position = 0, revision = 1 WHERE name = 'diary'"
            )
        await give(feed, events[30:31])
        assert (checkpoint(url), checkpoint(url, "album")) == (31, 31)
        await taken(feed, events[31:])
        assert lane_of(feed, "diary").status.filled_events == 30
    assert_all_hold_the_log(url, 40)


async def test_a_generation_that_was_switched_to_is_written_to_by_its_projection_alone(
    settings: Settings, url: str
):
    events = append(url, notes(10))
    async with feeding(settings, url) as feed:
        await taken(feed, events[:5])
        with psycopg.connect(url) as connection:
            # A copy of the tables under another number, as a rebuild leaves it.
            connection.execute("ALTER TABLE projections.diary_g1 RENAME TO diary_g2")
            connection.execute("ALTER TABLE projections.diary_g1_lines RENAME TO diary_g2_lines")
            connection.execute(
                "UPDATE projections.generations SET generation = 2, revision = 7 WHERE name = 'diary'"
            )
        for event in events[5:]:
            await taken(feed, [event])
        assert len(set(revisions(url).values())) == 1, "they go on together"
    assert_all_hold_the_log(url, 10)

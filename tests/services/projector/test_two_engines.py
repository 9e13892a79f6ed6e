"""Two projectors of one projection: whatever each of them was given, the tables are the fold of the log."""

import asyncio

import msgspec
import psycopg
import pytest

from domain.associate.commands import TransferAssociate
from domain.messages import Command
from infra.event_store.log import EventLog, LoggedEvent
from infra.settings import Settings
from projections.registry import COMMISSION_LEDGER
from services.projector.engine import LiveEngine
from tests.services.cli.calling import hire, said, sale
from tests.services.projector.builders import (
    NOTEBOOK,
    POISON,
    append,
    note,
    prepared,
    tables,
    wish,
)


@pytest.fixture
def url(settings: Settings) -> str:
    return prepared(settings)


def earned_in_log(url: str) -> dict[str, int]:
    """Minor units each associate has earned, added up from the stored bytes."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT state FROM stored_events WHERE topic LIKE 'commission_account.earned.%'"
        ).fetchall()
    earned: dict[str, int] = {}
    for (state,) in rows:
        fact = msgspec.json.decode(state)
        earned[fact["associate_id"]] = earned.get(fact["associate_id"], 0) + fact["amount_minor"]
    return earned


def balances(url: str) -> dict[str, int]:
    """What readers of the ledger see of each associate."""
    with psycopg.connect(url) as connection:
        return dict(
            connection.execute(
                "SELECT associate_id, balance_minor FROM projections.commission_ledger WHERE associate_id IS "
                "NOT NULL"
            ).fetchall()
        )


def events_of(url: str) -> list[LoggedEvent]:
    with EventLog(url, pool_size=1) as log:
        return log.read(0, 1_000_000)


async def test_sales_alternating_with_what_concerns_no_account_add_up(settings: Settings, url: str):
    ids = await asyncio.to_thread(said, settings, [hire(), hire()])
    anna, bob = (one["associate_id"] for one in ids)
    before = len(events_of(url))
    commands: list[Command] = []
    for n in range(20):
        commands += [
            sale_of(anna),
            TransferAssociate(associate_id=bob, store_id=f"store {n}"),
        ]
    await asyncio.to_thread(said, settings, commands)
    events = events_of(url)
    one, other = (LiveEngine(COMMISSION_LEDGER, settings, url) for _ in range(2))
    await one.take(events[:before])
    # A sale is two events, a transfer one. The engines take turns at sales; each is also given transfers.
    for turn, start in enumerate(range(before, len(events), 3)):
        engine, idle = (one, other) if turn % 2 else (other, one)
        await engine.take(events[start : start + 2])
        await idle.take(events[start + 2 : start + 3])
    assert earned_in_log(url)[anna] > 0
    assert balances(url) == earned_in_log(url)
    await one.close()
    await other.close()


def sale_of(associate_id: str) -> Command:
    command = sale(associate_id, "")
    return msgspec.structs.replace(command, customer_id=None)


async def test_a_batch_that_concerns_nothing_makes_no_older_state_current(settings: Settings, url: str):
    events = append(url, [note(1, 1), note(1, 2), wish(1, 3), note(1, 4)])
    one, other = (LiveEngine(NOTEBOOK, settings, url) for _ in range(2))
    await one.take(events[:1])
    await other.take(events[1:2])
    await one.take(events[2:3])
    await one.take(events[3:])
    assert tables(url)["rows"][0][3] == "3"
    await one.close()
    await other.close()


async def test_a_revision_that_was_lost_is_not_mistaken_for_a_later_one(settings: Settings, url: str):
    """A crash of PostgreSQL takes its last commits back, and another projector may make as many others."""
    events = append(url, [note(1, version) for version in range(1, 5)])
    one, other = (LiveEngine(NOTEBOOK, settings, url) for _ in range(2))
    await one.take(events[:2])
    await one.take(events[2:3])
    with psycopg.connect(url) as connection:
        # As the tables stood before the first batch, and their revision with them.
        connection.execute("TRUNCATE projections.notebook_g1, projections.notebook_g1_lines")
        connection.execute("UPDATE projections.generations SET position = 0, revision = 0")
    await other.take(events[:1])
    await other.take(events[1:2])
    await one.take(events[2:])
    assert tables(url)["rows"][0][3] == "4"
    await one.close()
    await other.close()


async def test_what_is_parked_while_another_engine_waits_holds_its_key_for_both(settings: Settings, url: str):
    events = append(url, [note(1, 1), note(1, 2, POISON), note(1, 3)])
    one, other = (LiveEngine(NOTEBOOK, settings, url) for _ in range(2))
    await one.take(events[:1])
    await other.take(events[:1])
    async with await psycopg.AsyncConnection.connect(url) as holding:
        # Both engines are made to queue for the checkpoint: the second asks for it before the first has
        # parked.
        await holding.execute("SELECT 1 FROM projections.generations FOR UPDATE")
        first = asyncio.create_task(one.take(events[1:2]))
        await waiting_for_locks(url, 1)
        second = asyncio.create_task(other.take(events[2:]))
        await waiting_for_locks(url, 2)
    await asyncio.gather(first, second)
    assert [row[:2] for row in tables(url)["parked"]] == [
        (events[1].customer_id, 2),
        (events[2].customer_id, 3),
    ]
    assert tables(url)["rows"][0][3] == "1"
    await one.close()
    await other.close()


async def waiting_for_locks(url: str, count: int) -> None:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        while True:
            cursor = await connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
                "wait_event_type = 'Lock'"
            )
            row = await cursor.fetchone()
            if row is not None and row[0] >= count:
                return
            await asyncio.sleep(0.02)

"""Lists are read one after another, so that commands wait for one at most; other reads pass them by."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest

from infra.postgres import async_pool
from infra.settings import Settings
from services.read_models.tables import Tables

SLOW = "SELECT clock_timestamp(), pg_sleep(0.2)"


@pytest.fixture
async def tables(settings: Settings) -> AsyncIterator[Tables]:
    url = str(settings.database_url)
    async with async_pool(settings, url, name="test", size_max=4, snapshots=True) as pool:
        yield Tables(pool, wait_seconds=5)


async def test_lists_asked_for_at_once_are_read_one_after_another(tables: Tables):
    rows = await asyncio.gather(*(tables.fetch_list(SLOW, {}) for _ in range(3)))
    began = sorted(row[0] for row in rows)
    assert all((later - sooner).total_seconds() >= 0.2 for sooner, later in pairwise(began))


async def test_another_read_does_not_wait_for_a_list(tables: Tables):
    reading = asyncio.create_task(tables.fetch_list("SELECT pg_sleep(30)", {}))
    await asyncio.sleep(0.1)
    assert await tables.fetch(("SELECT 1", {})) == [[(1,)]]
    assert not reading.done()
    reading.cancel()


async def test_a_list_that_fails_lets_the_next_one_in(tables: Tables):
    with pytest.raises(Exception, match="division by zero"):
        await tables.fetch_list("SELECT 1 / 0", {})
    assert await tables.fetch_list("SELECT 1, 2", {}) == (1, 2)

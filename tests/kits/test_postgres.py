"""The checkpoint in PostgreSQL: a consumer ends with what the log has, also when two run under one name."""

import asyncio
from collections.abc import AsyncIterator
from random import Random
from typing import Any

import pytest
from psycopg import AsyncConnection

from clienteling_events import Consumer, EventMessage
from clienteling_events.postgres import PostgresStore
from infra.settings import Settings
from tests.kits.houses import House
from tests.kits.test_consumer import Stopped


class Shop:
    """A consumer that keeps facts in a table beside its checkpoint."""

    def __init__(self, connection: AsyncConnection[Any], house: House) -> None:
        self.connection = connection
        self.stops_at: int | None = None
        self.store = PostgresStore(connection, "billing")
        self.consumer = Consumer(self.store, house, self.handle, self.set_back)

    async def handle(self, transaction: AsyncConnection[Any], event: EventMessage) -> None:
        await transaction.execute("INSERT INTO facts VALUES (%s, %s)", (event.position, event.subject))
        if event.position == self.stops_at:
            self.stops_at = None
            raise Stopped

    async def set_back(self, transaction: AsyncConnection[Any], position: int) -> None:
        await transaction.execute("DELETE FROM facts WHERE position > %s", (position,))

    async def facts(self) -> dict[int, str]:
        found = await self.connection.execute("SELECT position, fact FROM facts")
        return dict(await found.fetchall())


@pytest.fixture
async def connections(settings: Settings) -> AsyncIterator[list[AsyncConnection[Any]]]:
    made = [await AsyncConnection.connect(settings.database_url or "", autocommit=True) for _ in range(2)]
    await made[0].execute("CREATE TABLE facts (position bigint PRIMARY KEY, fact text NOT NULL)")
    await PostgresStore(made[0], "billing").make_tables()
    yield made
    for connection in made:
        await connection.close()


async def test_it_ends_with_what_the_log_has(connections: list[AsyncConnection[Any]]) -> None:
    house = House(Random(5), steps=(1, 2, 4_000))
    house.record_some(30)
    shop = Shop(connections[0], house)
    shop.stops_at = house.log[9].position
    await shop.consumer.start()
    with pytest.raises(Stopped):
        await shop.consumer.take(house.stream)
    assert await shop.facts() == {}
    await shop.consumer.take(house.stream)
    assert await shop.facts() == house.facts()
    assert len(await shop.store.ranges()) > 1
    house.restore()
    house.record_some(7)
    again = Shop(connections[0], house)
    await again.consumer.start()
    await again.consumer.take(house.stream)
    assert await again.facts() == house.facts()
    assert await again.consumer.reconcile() == []


async def test_two_of_one_name_take_turns(connections: list[AsyncConnection[Any]]) -> None:
    house = House(Random(6))
    house.record_some(60)
    shops = [Shop(connection, house) for connection in connections]
    for shop in shops:
        await shop.consumer.start()

    async def taking(shop: Shop) -> None:
        for start in range(0, 60, 5):
            await shop.consumer.take(house.stream[start : start + 5])

    await asyncio.gather(*map(taking, shops))
    assert await shops[0].facts() == house.facts()

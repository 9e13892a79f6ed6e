"""Events that cannot be handled are parked, with those of their key behind them, and replayed in order."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from random import Random
from typing import Any

import pytest
from psycopg import AsyncConnection

from clienteling_events import Consumer, EventMessage, Parking, SqliteStore
from clienteling_events.postgres import PostgresStore
from tests.kits.houses import House


class Bank:
    """A consumer that books what its customers spend, and cannot book what those in `closed` do."""

    def __init__(self, house: House, store: Any, execute: Callable[..., Awaitable[list[Any]]]) -> None:
        self.execute = execute
        self.closed: set[str | None] = set()
        self.parking = Parking[Any](store, self.handle, self.set_back)
        self.store = store
        self.consumer = Consumer[Any](store, house, self.parking.handle, self.parking.set_back)

    async def handle(self, transaction: Any, event: EventMessage) -> None:
        # What is written before the error must not stay.
        await self.execute(
            f"INSERT INTO booked (position, customer, fact) VALUES ({event.position}, '{event.customer}', "
            f"'{event.data.decode()}')"
        )
        if event.customer in self.closed:
            raise LookupError(f"no account of {event.customer}")

    async def set_back(self, transaction: Any, position: int) -> None:
        await self.execute(f"DELETE FROM booked WHERE position > {position}")

    async def booked(self) -> list[tuple[int, str, str]]:
        """In the order in which it was booked."""
        return await self.execute("SELECT position, customer, fact FROM booked ORDER BY number")


BOOKED = "CREATE TABLE booked (number {serial} PRIMARY KEY, position bigint UNIQUE, customer text, fact text)"


@pytest.fixture(params=["sqlite", "postgres"])
async def bank_of(request: pytest.FixtureRequest) -> AsyncIterator[Callable[[House], Bank]]:
    """Makes banks on one database."""
    if request.param == "sqlite":
        lite = sqlite3.connect(":memory:", isolation_level=None)
        lite.execute(BOOKED.format(serial="integer"))

        async def execute_lite(text: str) -> list[Any]:
            return lite.execute(text).fetchall()

        yield lambda house: Bank(house, SqliteStore(lite, "bank"), execute_lite)
        lite.close()
        return
    connection = await AsyncConnection.connect(request.getfixturevalue("database_url"), autocommit=True)
    await connection.execute(BOOKED.format(serial="serial").encode())
    await PostgresStore(connection, "bank").make_tables()

    async def execute(text: str) -> list[Any]:
        found = await connection.execute(text.encode())
        return await found.fetchall() if found.description else []

    yield lambda house: Bank(house, PostgresStore(connection, "bank"), execute)
    await connection.close()


def expected(house: House, *but: str) -> list[tuple[int, str | None, str]]:
    return [(one.position, one.customer, one.subject) for one in house.log if one.customer not in but]


async def test_a_key_that_fails_waits_in_order_and_the_others_go_on(bank_of: Callable[[House], Bank]) -> None:
    house = House(Random(1))
    house.record_some(40, customers=4)
    bank = bank_of(house)
    bank.closed = {"cus_1", "cus_2"}
    await bank.consumer.take(house.stream)
    assert await bank.booked() == expected(house, "cus_1", "cus_2")
    waiting = await bank.store.parked()
    assert [one.event for one in waiting] == [one for one in house.log if one.customer in ("cus_1", "cus_2")]
    first = next(one for one in waiting if one.key == "cus_1")
    assert first.why == "LookupError: no account of cus_1"
    assert {one.why for one in waiting if one.key == "cus_1"} == {first.why, "an earlier event waits"}

    bank.closed = {"cus_2"}
    house.record_some(5, customers=4)
    await bank.consumer.take(house.stream)
    # Until it is replayed, what comes later waits behind it, though it could be handled.
    assert await bank.booked() == expected(house, "cus_1", "cus_2")
    assert {one.key for one in await bank.parking.replay()} == {"cus_2"}
    assert sorted(await bank.booked()) == expected(house, "cus_2")
    of_one = [row for row in await bank.booked() if row[1] == "cus_1"]
    assert of_one == sorted(of_one)

    bank.closed = set()
    assert await bank.parking.replay("cus_2") == []
    house.record_some(5, customers=4)
    await bank.consumer.take(house.stream)
    assert sorted(await bank.booked()) == expected(house)
    assert await bank.consumer.reconcile() == []


async def test_what_waits_goes_when_the_log_is_set_back_behind_it(bank_of: Callable[[House], Bank]) -> None:
    house = House(Random(2))
    house.record_some(30, customers=2)
    bank = bank_of(house)
    bank.closed = {"cus_0"}
    await bank.consumer.take(house.stream)
    house.set_back(house.log[9].position)
    house.record_some(8, customers=2)
    await bank.consumer.take(house.stream)
    assert [one.event.data for one in await bank.store.parked()] == [
        one.data for one in house.log if one.customer == "cus_0"
    ]
    bank.closed = set()
    assert await bank.parking.replay() == []
    assert sorted(await bank.booked()) == expected(house)


async def test_a_replay_beside_the_consumer_takes_turns_with_it(database_url: str) -> None:
    house = House(Random(3))
    connections = [await AsyncConnection.connect(database_url, autocommit=True) for _ in range(2)]
    await connections[0].execute(BOOKED.format(serial="serial").encode())
    await PostgresStore(connections[0], "bank").make_tables()

    def bank_on(connection: AsyncConnection[Any]) -> Bank:
        async def execute(text: str) -> list[Any]:
            found = await connection.execute(text.encode())
            return await found.fetchall() if found.description else []

        return Bank(house, PostgresStore(connection, "bank"), execute)

    consuming, replaying = map(bank_on, connections)
    consuming.closed = {"cus_0"}
    house.record_some(20, customers=3)
    await consuming.consumer.take(house.stream)
    consuming.closed = set()

    async def consume() -> None:
        for _ in range(20):
            house.record_some(3, customers=3)
            await consuming.consumer.take(house.stream[-3:])

    async def replay() -> None:
        for _ in range(20):
            await replaying.parking.replay()

    await asyncio.gather(consume(), replay())
    assert await replaying.parking.replay() == []
    booked = await consuming.booked()
    assert sorted(booked) == expected(house)
    for customer in ("cus_0", "cus_1", "cus_2"):
        positions = [row[0] for row in booked if row[1] == customer]
        assert positions == sorted(positions)
    for connection in connections:
        await connection.close()

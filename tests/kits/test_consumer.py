"""A consumer with its checkpoint in SQLite ends with what the log has, whatever becomes of all three."""

import asyncio
import random
from sqlite3 import Connection, connect
from typing import Any

import msgspec
import pytest

from clienteling_events import Checkpoint, Consumer, EventMessage, SqliteStore
from tests.kits.houses import House


class Stopped(Exception):
    """The consumer's process ends in the middle of a transaction."""


class Shop:
    """A consumer that keeps facts in a table beside its checkpoint; it can be stopped and started again."""

    def __init__(self, house: House, name: str = "shop") -> None:
        self.house = house
        self.name = name
        self.database = connect(":memory:", isolation_level=None)
        self.database.execute("CREATE TABLE facts (position integer PRIMARY KEY, fact text NOT NULL)")
        self.stops_at: int | None = None
        self.began()

    def began(self) -> None:
        self.store = SqliteStore(self.database, self.name)
        self.consumer = Consumer(self.store, self.house, self.handle, self.set_back)

    async def handle(self, transaction: Connection, event: EventMessage) -> None:
        transaction.execute("INSERT INTO facts VALUES (?, ?)", (event.position, event.data.decode()))
        if event.position == self.stops_at:
            self.stops_at = None
            raise Stopped

    async def set_back(self, transaction: Connection, position: int) -> None:
        transaction.execute("DELETE FROM facts WHERE position > ?", (position,))

    async def take(self, messages: list[EventMessage]) -> None:
        """Take messages in; after a stop they come again."""
        while True:
            try:
                await self.consumer.start()
                await self.consumer.take(messages)
            except Stopped:
                self.began()
            else:
                return

    def facts(self) -> dict[int, str]:
        return dict(self.database.execute("SELECT position, fact FROM facts").fetchall())


@pytest.mark.parametrize("seed", range(200))
def test_it_ends_with_what_the_log_has(seed: int) -> None:
    chance = random.Random(seed)
    # Ranges are of ten thousand positions: several of them, some without events, with few events.
    house = House(chance, steps=(1, 2, 4_000, 25_000))
    shop = Shop(house)

    async def live() -> None:
        for _ in range(10):
            house.record_some(chance.randint(0, 8))
            if chance.random() < 0.3:
                house.restore()
            if chance.random() < 0.2:
                house.refill()
            if house.log and chance.random() < 0.3:
                shop.stops_at = chance.choice(house.log).position
            if chance.random() < 0.7:
                await shop.take(_some_of(house, chance))
            if chance.random() < 0.2:
                await shop.consumer.start()
                try:
                    await shop.consumer.reconcile()
                except Stopped:
                    shop.began()
        house.record_some(1)
        await shop.take(list(house.stream))
        assert await shop.consumer.reconcile() == []

    asyncio.run(live())
    assert shop.facts() == house.facts()


def _some_of(house: House, chance: random.Random) -> list[EventMessage]:
    """Messages as they may come: from anywhere on, again, and with what nobody here has written."""
    found = list(house.before) if chance.random() < 0.3 else []
    for message in house.stream[chance.randint(0, len(house.stream)) :]:
        found.append(message)
        if chance.random() < 0.1:
            found.append(chance.choice(house.stream))
        if chance.random() < 0.1:
            found.append(_altered(message, epoch="nobody's"))
        if chance.random() < 0.05:
            found.append(_altered(message, position=10**15, previous_position=10**15 - 1))
    return found


def test_a_forgery_that_was_believed_is_undone_by_reconciling() -> None:
    house = House(random.Random(3), steps=(1,))
    house.record_some(20)
    shop = Shop(house)
    forged = _altered(house.log[9], data=b"a bonus")

    async def live() -> list[Any]:
        await shop.take([*house.stream[:9], forged, *house.stream[9:]])
        assert shop.facts() != house.facts()
        return await shop.consumer.reconcile()

    assert len(asyncio.run(live())) == 1
    assert shop.facts() == house.facts()


def test_a_forgery_between_two_events_is_found_at_once() -> None:
    house = House(random.Random(3), steps=(2,))
    house.record_some(20)
    shop = Shop(house)
    last = house.log[9]
    forged = _altered(last, position=last.position + 1, previous_position=last.position, data=b"a bonus")
    asyncio.run(shop.take([*house.stream[:10], forged, *house.stream[10:]]))
    assert shop.facts() == house.facts()


@pytest.mark.parametrize("step", [1, 5, 30_000])
def test_a_forgery_behind_the_end_of_the_log_is_undone(step: int) -> None:
    house = House(random.Random(3), steps=(1,))
    house.record_some(20)
    shop = Shop(house)
    last = house.log[-1]
    beyond, against = (
        _altered(last, position=last.position + at, previous_position=last.position, data=b"a bonus")
        for at in (step, step + 1)
    )

    async def live() -> list[Any]:
        await shop.take([*house.stream, beyond])
        assert shop.facts() != house.facts()
        await shop.take([against])
        # Both say that they are next: the second is as good as the first, until one asks.
        return await shop.consumer.reconcile()

    wrong = asyncio.run(live())
    assert [(one.from_, one.to, one.count) for one in wrong] == [(21, 21 + step, 0)]
    assert shop.facts() == house.facts()
    assert asyncio.run(shop.consumer.reconcile()) == []


def test_it_catches_up_with_the_log_without_a_message() -> None:
    house = House(random.Random(3))
    house.record_some(300)
    shop = Shop(house)

    async def live() -> None:
        await shop.take(house.stream[:40])
        await shop.consumer.catch_up()
        assert shop.facts() == house.facts()
        house.restore()
        house.record_some(3)
        await shop.consumer.catch_up()
        assert await shop.consumer.reconcile() == []

    asyncio.run(live())
    assert shop.facts() == house.facts()


def test_a_consumer_may_begin_behind_a_position() -> None:
    house = House(random.Random(4))
    house.record_some(30)
    shop = Shop(house)
    begin = house.log[9].position

    async def live() -> None:
        await shop.consumer.start(after=begin)
        await shop.take(list(house.stream))
        assert await shop.consumer.reconcile() == []
        state = await shop.store.load()
        assert state is not None
        assert state.checkpoint == Checkpoint(epoch="epoch-1", position=house.log[-1].position)

    asyncio.run(live())
    assert shop.facts() == {at: fact for at, fact in house.facts().items() if at > begin}


def _altered(message: EventMessage, **fields: Any) -> EventMessage:
    return msgspec.structs.replace(message, **fields)

"""With PostgreSQL the TypeScript kit keeps what the Python kit keeps: each goes on where the other ended."""

from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from psycopg import AsyncConnection

from clienteling_events import Consumer, EventMessage, Parking
from clienteling_events.postgres import PostgresStore
from infra.embedded import NatsServer
from tests.infra.messaging.builders import until
from tests.kits.houses import House
from tests.kits.test_packages import NodeConsumer, tell
from tests.kits.test_stream import Published, server

__all__ = ["server"]

pytestmark = pytest.mark.timeout(240)


class Billing:
    """The same service in Python, on the same database."""

    def __init__(self, connection: AsyncConnection[Any], house: House) -> None:
        self.connection = connection
        self.house = house
        self.store = PostgresStore(connection, "billing")
        self.parking = Parking(self.store, self.handle, self.set_back)
        self.consumer = Consumer(self.store, house, self.parking.handle, self.parking.set_back)

    async def handle(self, transaction: AsyncConnection[Any], event: EventMessage) -> None:
        await transaction.execute("INSERT INTO facts VALUES (%s, %s)", (event.position, event.data.decode()))
        closed = await transaction.execute("SELECT 1 FROM closed WHERE customer = %s", (event.customer,))
        if await closed.fetchone():
            raise LookupError(f"no account of {event.customer}")

    async def set_back(self, transaction: AsyncConnection[Any], position: int) -> None:
        await transaction.execute("DELETE FROM facts WHERE position > %s", (position,))

    async def facts(self) -> dict[int, str]:
        return dict(await (await self.connection.execute("SELECT position, fact FROM facts")).fetchall())

    def expected(self, *but: str) -> dict[int, str]:
        return {one.position: one.subject for one in self.house.log if one.customer not in but}


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[AsyncConnection[Any]]:
    async with await AsyncConnection.connect(database_url, autocommit=True) as made:
        await made.execute("CREATE TABLE facts (position bigint PRIMARY KEY, fact text NOT NULL)")
        await made.execute("CREATE TABLE closed (customer text)")
        await made.execute("INSERT INTO closed VALUES ('cus_1')")
        yield made


async def test_node_and_python_go_on_from_each_others_checkpoints_and_parked_events(
    server: NatsServer, packages: Path, tmp_path: Path, connection: AsyncConnection[Any], database_url: str
) -> None:
    published = Published(server, house=House(Random(7), steps=(1, 2, 4_000)))
    billing = Billing(connection, published.house)

    async def happens(events: int) -> None:
        published.house.record_some(events, customers=3)
        await published.publish(0)
        tell(published, tmp_path)

    async def node_has(*but: str) -> None:
        with NodeConsumer(published, packages, tmp_path, database_url) as node:

            async def equal() -> bool:
                assert node.process.poll() is None, node.log.read_text()
                return await billing.facts() == billing.expected(*but)

            await until(equal, within_seconds=90)

    await happens(20)
    await node_has("cus_1")
    await happens(10)
    await billing.consumer.take(published.house.stream)
    assert await billing.facts() == billing.expected("cus_1")
    waiting = await billing.store.parked()
    assert [one.event for one in waiting] == [one for one in published.house.log if one.customer == "cus_1"]
    assert waiting[0].why == "Error: no account of cus_1"
    await connection.execute("DELETE FROM closed")
    assert await billing.parking.replay() == []
    # A restore while both are away, and a stream that begins anew.
    published.house.restore()
    await published.delete(stream=True)
    await happens(10)
    await node_has()
    assert len(await billing.store.ranges()) > 1
    assert await billing.consumer.reconcile() == []

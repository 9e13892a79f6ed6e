"""Several workers on one log: each customer's events in their order, each once, whoever has which lanes."""

import asyncio
import json
from collections.abc import AsyncGenerator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest
from psycopg import AsyncConnection

from clienteling_events import (
    Consumer,
    EventMessage,
    Lanes,
    Versions,
    in_lane,
    lane_of,
    lanes_of_worker,
    partition_of,
)
from clienteling_events.postgres import PostgresStore
from clienteling_events.stream import DOMAIN, consume
from domain.ids import partition_of as partition_of_key
from infra.embedded import NatsServer
from tests.infra.messaging.builders import until
from tests.kits.houses import House
from tests.kits.test_cases import message
from tests.kits.test_stream import Published

LANES = 4
WORKERS = ("billing-0", "billing-1", "billing-2")
CASES = Path(__file__).parents[2] / "kits/cases/partitions.json"
CONTRACT = Path(__file__).parents[2] / "contracts/asyncapi.json"


def test_partitions_are_those_of_the_contract() -> None:
    examples = json.loads(CONTRACT.read_text())["x-delivery"]["partition_examples"]
    assert len(examples) >= 4
    for key, partition in examples.items():
        assert partition_of(message(subject=key)) == partition_of(message(customer=key)) == partition
    cases = json.loads(CASES.read_text())
    assert {key: partition_of(message(subject=key)) for key in cases} == cases
    for number in range(500):
        assert partition_of(message(customer=f"cus_é{number}")) == partition_of_key(f"cus_é{number}")


def test_workers_share_all_lanes_and_a_customer_has_one() -> None:
    for workers in range(1, 9):
        shared = [lane for worker in range(workers) for lane in lanes_of_worker(worker, workers, 8)]
        assert sorted(shared) == list(range(8))
    assert lane_of(message(customer="cus_1", subject="sal_1"), 8) == lane_of(message(customer="cus_1"), 8)
    assert {lane_of(message(customer=f"cus_{n}"), 8) for n in range(100)} == set(range(8))
    for wrong in (0, 3, 128):
        with pytest.raises(ValueError, match=f"{wrong} lanes"):
            lane_of(message(), wrong)


@pytest.fixture
def server(folder: Path) -> Iterator[NatsServer]:
    started = NatsServer(folder / "nats")
    started.configure(WORKERS)
    started.start()
    yield started
    started.kill()


class Company:
    """Workers of one service, as processes of their own would be; all write to one table."""

    def __init__(self, published: Published, database_url: str) -> None:
        self.published = published
        self.database_url = database_url

    async def connected(self) -> AsyncConnection[Any]:
        return await AsyncConnection.connect(self.database_url, autocommit=True)

    async def lane(self, lane: int, connection: AsyncConnection[Any]) -> Consumer[Any]:
        async def handle(transaction: AsyncConnection[Any], event: EventMessage) -> None:
            await transaction.execute(
                "INSERT INTO facts (position, lane, customer, version, subject) VALUES (%s, %s, %s, %s, %s)",
                (event.position, lane, event.customer, event.version, event.subject),
            )

        async def set_back(transaction: AsyncConnection[Any], position: int) -> None:
            await transaction.execute("DELETE FROM facts WHERE position > %s AND lane = %s", (position, lane))

        store = PostgresStore(connection, f"billing/{lane}")
        return Consumer(store, self.published.house, in_lane(lane, LANES, handle), set_back)

    @asynccontextmanager
    async def working(self, workers: int) -> AsyncGenerator[None]:
        """So many workers at work."""
        stop = asyncio.Event()
        async with AsyncExitStack() as ending:
            at_work: list[asyncio.Future[None]] = []
            for worker in range(workers):
                own = [
                    await self.lane(lane, await ending.enter_async_context(await self.connected()))
                    for lane in lanes_of_worker(worker, workers, LANES)
                ]
                client = await self.published.connected(WORKERS[worker])
                ending.push_async_callback(client.close)
                jetstream = client.jetstream(domain=DOMAIN, timeout=1)
                consuming = consume(jetstream, WORKERS[worker], Lanes(own), stop=stop, pull_seconds=0.5)
                at_work.append(asyncio.ensure_future(consuming))
            try:
                yield
            finally:
                stop.set()
                await asyncio.gather(*at_work)

    async def rows(self) -> list[tuple[Any, ...]]:
        """The facts in the order in which they were handled."""
        async with await self.connected() as connection:
            found = await connection.execute(
                "SELECT position, lane, customer, version, subject FROM facts ORDER BY number"
            )
            return await found.fetchall()

    async def has_all(self) -> None:
        async def equal() -> bool:
            return sorted((row[0], row[4]) for row in await self.rows()) == sorted(
                self.published.house.facts().items()
            )

        await until(equal, within_seconds=60)


async def test_the_number_of_workers_changes_and_nothing_is_lost_doubled_or_out_of_order(
    server: NatsServer, database_url: str
) -> None:
    published = Published(server, WORKERS, House(Random(1)))
    company = Company(published, database_url)
    async with await company.connected() as connection:
        await connection.execute(
            "CREATE TABLE facts (number serial, position bigint, lane integer, customer text, "
            "version bigint, subject text, PRIMARY KEY (position, lane))"
        )
        await PostgresStore(connection, "billing").make_tables()

    async def happens(events: int) -> None:
        published.house.record_some(events, customers=20)
        await published.publish(0)

    await happens(60)
    for workers in (2, 3, 1):
        async with company.working(workers):
            await happens(40)
            await company.has_all()
    # Both sizes at once for a while, as when one process after the other is started anew.
    async with company.working(2), company.working(3):
        await happens(40)
        await company.has_all()
    published.house.restore()
    await published.delete(stream=True)
    await happens(20)
    async with company.working(3):
        await company.has_all()
    rows = await company.rows()
    assert {row[1] for row in rows} == set(range(LANES))
    for customer in {row[2] for row in rows}:
        positions = [row[0] for row in rows if row[2] == customer]
        assert positions == sorted(positions)
    for lane in range(LANES):
        versions = Versions()
        for position, _, customer, version, subject in [row for row in rows if row[1] == lane]:
            event = message(position=position, customer=customer, version=version, subject=subject)
            assert versions.is_next(event)
            versions.handled(event)
    async with await company.connected() as connection:
        for lane in range(LANES):
            assert await (await company.lane(lane, connection)).reconcile() == []

"""Projecting four projections live against a FastStream batch subscriber that does nothing."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from faststream.nats import JStream, NatsBroker, PullSub

from benchmarks.figure import Figure
from benchmarks.filled_log import fill
from benchmarks.relay import relayed
from benchmarks.sandbox import Sandbox
from benchmarks.sizes import Sizes
from infra.embedded import Servers
from infra.messaging.client import StreamClient
from infra.messaging.connection import new_client
from infra.messaging.subjects import ALL_SUBJECTS, STREAM
from infra.nats import NatsRole, inbox_of
from infra.projection_store.heartbeats import ensure_catalog
from infra.settings import Settings
from projections.clientele_book.fold import PROJECTION as CLIENTELE_BOOK
from projections.commission_ledger.fold import PROJECTION as COMMISSION_LEDGER
from projections.heroics_wall.fold import PROJECTION as HEROICS_WALL
from projections.kernel import Projection
from projections.loyalty_score.fold import PROJECTION as LOYALTY_SCORE
from services.projector.projector import Projector

FOUR: Sequence[Projection[Any]] = (CLIENTELE_BOOK, LOYALTY_SCORE, COMMISSION_LEDGER, HEROICS_WALL)


def measure(sandbox: Sandbox, say: Callable[[str], None], sizes: Sizes) -> list[Figure]:
    """Events per second that all four have taken in, each over its own durable, and that one subscriber was
    given.
    """
    database_url, events = sandbox.database(), sizes.projector_events
    settings = sandbox.settings(database_url, sandbox.nats())
    servers = Servers(database_url, str(settings.nats_url))
    say(f"projector: a log of {events:,} events on the stream")
    fill(database_url, events)
    ensure_catalog(settings, database_url)
    asyncio.run(relayed(settings, database_url, events))
    say("projector: a subscriber that does nothing")
    floor = asyncio.run(_subscriber_that_does_nothing(settings, servers, events))
    say("projector: four projections")
    value = asyncio.run(_four_projections(settings, servers, events))
    return [
        Figure(
            name="live projecting",
            of="four projections, each event folded or passed over by all of them",
            against="a FastStream batch subscriber that does nothing",
            value=value,
            floor=floor,
            unit="events/s",
            goal=0.3,
        )
    ]


class _KeyBroker(NatsBroker):
    """FastStream's own, with a key; without sinks our client takes messages in as the stock one does."""

    client: StreamClient

    async def _connect(self) -> StreamClient:
        await self.client.connect(**self._connection_kwargs)
        self.config.connect(self.client)
        self.config.connection_state.connect(self.client, self.client.jetstream())
        return self.client


async def _subscriber_that_does_nothing(settings: Settings, servers: Servers, events: int) -> float:
    broker = _KeyBroker(servers.nats_url, logger=None, inbox_prefix=inbox_of(NatsRole.OPS))
    broker.client = new_client(settings, servers.nats_url, NatsRole.OPS)
    seen = 0
    everything = asyncio.Event()

    @broker.subscriber(
        ALL_SUBJECTS,
        stream=JStream(STREAM, declare=False),
        durable="floor",
        pull_sub=PullSub(batch_size=1_000, timeout=1, batch=True),
    )
    async def nothing(messages: list[Any]) -> None:
        nonlocal seen
        seen += len(messages)
        if seen >= events:
            everything.set()

    started = time.monotonic()
    await broker.start()
    await everything.wait()
    seconds = time.monotonic() - started
    await broker.stop()
    return events / seconds


async def _four_projections(settings: Settings, servers: Servers, events: int) -> float:
    projector = Projector(settings, servers, FOUR)
    stop = asyncio.Event()
    started = time.monotonic()
    projecting = asyncio.create_task(projector.run(stop))
    while min(engine.status.position for engine in projector.engines) < events:  # noqa: ASYNC110 - as above
        await asyncio.sleep(0.01)
    seconds = time.monotonic() - started
    stop.set()
    await projecting
    with psycopg.connect(servers.database_url) as connection:
        checkpoints = connection.execute(
            "SELECT position FROM projections.checkpoints WHERE serving"
        ).fetchall()
        parked = connection.execute("SELECT count(*) FROM projections.parked").fetchone()
    if checkpoints != [(events,)] * len(FOUR) or parked != (0,):
        raise RuntimeError(f"the tables are not complete: checkpoints {checkpoints}, parked {parked}")
    return events / seconds

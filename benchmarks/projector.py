"""Projecting four projections live against a FastStream batch subscriber that does nothing, and small batches
against large ones.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

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

LARGE_BATCH: Final = 1_000
SMALL_BATCHES: Final = (10, 30, 100)
FOUR: Sequence[Projection[Any]] = (CLIENTELE_BOOK, LOYALTY_SCORE, COMMISSION_LEDGER, HEROICS_WALL)


def measure(sandbox: Sandbox, say: Callable[[str], None], sizes: Sizes) -> list[Figure]:
    """Events per second that all four have taken in, and that one subscriber was given."""
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
    small = [
        figure for size in SMALL_BATCHES for figure in _small_batches(settings, servers, events, size, say)
    ]
    return [
        Figure(
            name="live projecting",
            of="four projections, each event folded or passed over by all of them",
            against="a FastStream batch subscriber that does nothing",
            value=value,
            floor=floor,
            unit="events/s",
            goal=0.3,
        ),
        *small,
    ]


def _small_batches(
    settings: Settings, servers: Servers, events: int, size: int, say: Callable[[str], None]
) -> list[Figure]:
    """Batches of so many events and of 1,000 in turn: events per second, and per second of processor time."""
    rates: dict[int, float] = {}
    costs: dict[int, float] = {}
    for batch in (LARGE_BATCH, size):
        say(f"projector: four projections, batches of {batch:,}")
        with psycopg.connect(servers.database_url, autocommit=True) as connection:
            connection.execute("DROP SCHEMA projections CASCADE")
        ensure_catalog(settings, servers.database_url)
        before = time.process_time()
        some = replace(settings, projector_batch_events_max=batch)
        rates[batch] = asyncio.run(_four_projections(some, servers, events))
        costs[batch] = events / (time.process_time() - before)
    return [
        Figure(
            name=name, of=f"four projections, batches of {size} events",
            against=f"batches of {LARGE_BATCH:,}", value=of[size],
            floor=of[LARGE_BATCH], unit=unit, goal=1 / 3,
        )
        for name, of, unit in (
            (f"projecting batches of {size}", rates, "events/s"),
            (f"processor time of batches of {size}", costs, "events/s of it"),
        )
    ]  # fmt: skip


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


async def projected(
    settings: Settings, servers: Servers, projections: Sequence[Projection[Any]], end: int
) -> float:
    """Start a projector and stop it when all tables have the log up to `end`; the seconds until then."""
    projector = Projector(settings, servers, projections)
    stop = asyncio.Event()
    started = time.perf_counter()
    projecting = asyncio.create_task(projector.run(stop))
    while min(engine.status.position for engine in projector.engines) < end:  # noqa: ASYNC110 - a status
        await asyncio.sleep(0.002)
    seconds = time.perf_counter() - started
    stop.set()
    await projecting
    return seconds


async def _four_projections(settings: Settings, servers: Servers, events: int) -> float:
    seconds = await projected(settings, servers, FOUR, events)
    with psycopg.connect(servers.database_url) as connection:
        checkpoints = connection.execute(
            "SELECT position FROM projections.checkpoints WHERE serving"
        ).fetchall()
        parked = connection.execute("SELECT count(*) FROM projections.parked").fetchone()
    if checkpoints != [(events,)] * len(FOUR) or parked != (0,):
        raise RuntimeError(f"the tables are not complete: checkpoints {checkpoints}, parked {parked}")
    return events / seconds

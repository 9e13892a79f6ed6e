"""Example events of a log, and a stream to put them into."""

import asyncio
import datetime
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from inspect import isawaitable
from typing import Any

from infra.event_store.epoch import Epoch
from infra.event_store.log import LoggedEvent
from infra.messaging.atomic_batches import AtomicBatches
from infra.messaging.client import StreamClient
from infra.messaging.connection import connect
from infra.messaging.frames import FrameWriter
from infra.messaging.stamps import Stamps
from infra.messaging.stream import declare_stream
from infra.nats import NatsRole
from infra.settings import Settings

EPOCH = "0123456789abcdef"
KEY = b"k" * 32
BEGAN = datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)
EPOCHS = [Epoch(1, EPOCH, 0, BEGAN, KEY)]
SOURCE = "/clienteling"
STAMPS = Stamps(EPOCHS)
SALE = "sal_0123456789abcdef0123456789abcdef"
CUSTOMER = "cus_0123456789abcdef0123456789abcdef"
STATE = b'{"occurred_at":"2026-01-02T03:04:05.678Z","sale_id":"' + SALE.encode() + b'"}'


def logged(
    position: int,
    previous_position: int | None = None,
    *,
    stream_id: str = SALE,
    version: int | None = None,
    topic: str = "sale.recorded.v1",
    customer_id: str | None = CUSTOMER,
    state: bytes = STATE,
) -> LoggedEvent:
    before = position - 1 if previous_position is None else previous_position
    return LoggedEvent(position, before, stream_id, version or position, topic, customer_id, state)


def run_of(positions: Sequence[int]) -> list[LoggedEvent]:
    """Events at these positions, chained from the first one's predecessor."""
    return [
        logged(position, positions[index - 1] if index else position - 1)
        for index, position in enumerate(positions)
    ]


@asynccontextmanager
async def stream_at(settings: Settings, url: str | None = None) -> AsyncGenerator[StreamClient]:
    """A connection to a server on which the stream is declared."""
    client = await connect(settings, url or str(settings.nats_url), name="test", role=NatsRole.OPS)
    try:
        await declare_stream(client.jetstream(), settings)
        yield client
    finally:
        await client.close()


@asynccontextmanager
async def batches_over(
    client: StreamClient, epoch: str = EPOCH, key: bytes = KEY
) -> AsyncGenerator[AtomicBatches]:
    epochs = [Epoch(1, epoch, 0, BEGAN, key)]
    writer = FrameWriter(epochs, SOURCE, message_bytes_max=client.max_payload)
    batches = AtomicBatches(client, writer)
    await batches.start()
    try:
        yield batches
    finally:
        await batches.stop()


async def until(holds: Callable[[], Awaitable[Any] | Any], *, within_seconds: float = 20) -> None:
    """Poll until `holds()`, which may be a coroutine function; TimeoutError after so long."""
    async with asyncio.timeout(within_seconds):
        while True:
            answer = holds()
            if await answer if isawaitable(answer) else answer:
                return
            await asyncio.sleep(0.01)


async def fill(client: StreamClient, events: Sequence[LoggedEvent], *, last_sequence: int = 0) -> int:
    """Publish events behind a sequence; the stream's new last sequence."""
    async with batches_over(client) as batches:
        for start in range(0, len(events), 500):
            sent = await batches.send(events[start : start + 500], last_sequence=last_sequence)
            last_sequence = await sent.committed
    return last_sequence

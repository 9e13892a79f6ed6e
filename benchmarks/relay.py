"""The relay against a bare nats-py loop that sends the same payloads as atomic batches, one by one."""

import asyncio
import time
from collections.abc import Callable

import msgspec

from benchmarks.figure import Figure
from benchmarks.filled_log import fill
from benchmarks.sandbox import Sandbox
from benchmarks.sizes import Sizes
from infra.event_store.log import EventLog, LoggedEvent
from infra.messaging.connection import connect
from infra.messaging.stream import declare_stream
from infra.messaging.subjects import subject_prefix_of
from infra.nats import NatsRole
from infra.settings import Settings
from services.relay.relay import Relay
from services.relay.status import RelayStatus

BATCH = 500


def measure(sandbox: Sandbox, say: Callable[[str], None], sizes: Sizes) -> list[Figure]:
    """Events per second from the log to the stream, and from memory to a stream like it."""
    database_url, events = sandbox.database(), sizes.relay_events
    say(f"relay: a log of {events:,} events")
    fill(database_url, events)
    with EventLog(database_url, pool_size=1) as log:
        payloads = log.read(0, events)
    # Taken in turns, the best of each: a busy machine slows one round, rarely both.
    floors: list[float] = []
    values: list[float] = []
    for turn in (1, 2):
        say(f"relay: bare loop and relay, turn {turn}")
        floors.append(asyncio.run(_bare_loop(sandbox.settings(database_url, sandbox.nats()), payloads)))
        values.append(
            asyncio.run(relayed(sandbox.settings(database_url, sandbox.nats()), database_url, events))
        )
    return [
        Figure(
            name="relay",
            of="from the log onto the stream, with every header",
            against="a bare nats-py loop of atomic batches with the same payloads",
            value=max(values),
            floor=max(floors),
            unit="events/s",
            goal=0.6,
        )
    ]


async def relayed(settings: Settings, database_url: str, events: int) -> float:
    """Run a relay until so many events are on the stream; how many a second."""
    status = RelayStatus(stalled_seconds=settings.relay_stalled_seconds)
    stop = asyncio.Event()
    started = time.monotonic()
    relay = asyncio.create_task(Relay(settings, database_url, str(settings.nats_url), status).run(stop))
    while status.position < events:  # noqa: ASYNC110 - the status has no event to wait for
        await asyncio.sleep(0.005)
    seconds = time.monotonic() - started
    stop.set()
    await relay
    return events / seconds


async def _bare_loop(settings: Settings, events: list[LoggedEvent]) -> float:
    declaring = await connect(settings, str(settings.nats_url), name="bench", role=NatsRole.OPS)
    await declare_stream(declaring.jetstream(), settings)
    await declaring.close()
    client = await connect(settings, str(settings.nats_url), name="bench floor", role=NatsRole.RELAY)
    started = time.monotonic()
    for start in range(0, len(events), BATCH):
        batch = events[start : start + BATCH]
        for number, event in enumerate(batch, 1):
            subject = f"{subject_prefix_of(event.topic)}0"
            headers = {"Nats-Batch-Id": str(start), "Nats-Batch-Sequence": str(number)}
            if number < len(batch):
                await client.publish(subject, event.state, headers=headers)
                continue
            headers["Nats-Batch-Commit"] = "1"
            answer = await client.request(subject, event.state, headers=headers, timeout=10)
            if "error" in msgspec.json.decode(answer.data):
                raise RuntimeError(answer.data.decode())
    seconds = time.monotonic() - started
    await client.close()
    return len(events) / seconds

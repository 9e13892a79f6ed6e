"""A log that several processes write to, and relays that carry it."""

import asyncio
import datetime
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg

from domain.customer.events import NoteAdded
from domain.ids import derived_id
from infra.event_store.epoch import Epoch, epochs_of
from infra.event_store.log import EventLog
from infra.event_store.mapper import Record
from infra.messaging.connection import connect
from infra.messaging.reading import StreamMessage, stream_messages
from infra.messaging.stamps import Stamps, readable_metadata
from infra.messaging.stored import stored_at
from infra.messaging.stream import bounds_of_stream
from infra.nats import NatsRole
from infra.settings import Settings
from services.relay.relay import Relay
from services.relay.status import RelayStatus
from tests.infra.messaging.builders import until

REPOSITORY = Path(__file__).parents[3]
NOON = datetime.datetime(2026, 1, 2, 12, tzinfo=datetime.UTC)


def customer(number: int) -> str:
    return derived_id("cus", str(number))


def note(number: int, version: int) -> Record:
    """The note `version` of a customer: the smallest fact there is."""
    event = NoteAdded(
        occurred_at=NOON,
        customer_id=customer(number),
        note_id=version,
        text=f"sealed:v1:{customer(number)}:text:AAAA",
    )
    return Record(customer(number), version, event)


def write(database_url: str, number: int, versions: range, per_commit: int = 1) -> None:
    """Append notes of one customer, so many in each commit."""
    with EventLog(database_url, pool_size=1) as log:
        for first in range(versions.start, versions.stop, per_commit):
            log.append([note(number, v) for v in range(first, min(first + per_commit, versions.stop))])


def writer_process(database_url: str, number: int, events: int, per_commit: int) -> subprocess.Popen[bytes]:
    """A process that writes one customer's notes 1 to `events`."""
    code = (
        "from tests.services.relay.builders import write; "
        f"write({database_url!r}, {number}, range(1, {events} + 1), {per_commit})"
    )
    return subprocess.Popen([sys.executable, "-c", code], cwd=REPOSITORY)


def log_of(database_url: str) -> list[tuple[int, str, int, str, bytes]]:
    """The whole log: position, stream, version, topic, bytes."""
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            "SELECT notification_id, originator_id, originator_version, topic, state "
            "FROM stored_events ORDER BY notification_id"
        ).fetchall()
    return [(p, s, v, t, bytes(state)) for p, s, v, t, state in rows]


async def epoch_of(database_url: str) -> Epoch:
    """The log's epoch, with the key of its stamps."""
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        return (await epochs_of(connection))[-1]


async def stream_of(
    settings: Settings, nats_url: str, database_url: str | None = None
) -> list[StreamMessage]:
    """The whole stream, with a log's database only what its relay wrote; raises when its positions do not
    chain.
    """
    metadata_in = (
        Stamps([await epoch_of(database_url)]).metadata_if_ours if database_url else readable_metadata
    )
    client = await connect(settings, nats_url, name="test", role=NatsRole.OPS)
    try:
        return [
            m async for m in stream_messages(client, after_position=0, follow=False, metadata_in=metadata_in)
        ]
    finally:
        await client.close()


async def position_of_stream(settings: Settings, nats_url: str) -> int:
    """The log position of the stream's last message; -1 while there is no stream or no server."""
    try:
        client = await connect(settings, nats_url, name="test", role=NatsRole.OPS)
    except (OSError, TimeoutError):
        return -1
    try:
        first, last = await bounds_of_stream(client.jetstream()) or (1, 0)
        for sequence in range(last, first - 1, -1):
            message = await stored_at(client, sequence, seconds=5)
            if message is not None and (metadata := readable_metadata(message)):
                return metadata.position
        return 0
    except Exception:
        return -1
    finally:
        await client.close()


async def carried_to(settings: Settings, nats_url: str, position: int, *, within_seconds: float = 60) -> None:
    """Wait until the stream ends at a position."""

    async def there() -> bool:
        return await position_of_stream(settings, nats_url) >= position

    await until(there, within_seconds=within_seconds)


async def assert_stream_is_the_log(settings: Settings, nats_url: str, database_url: str) -> None:
    """Every event of the log stands in the stream once, in order, with its bytes."""
    messages = await stream_of(settings, nats_url, database_url)
    assert [
        (m.metadata.position, m.metadata.stream_id, m.metadata.version, m.metadata.topic, m.data)
        for m in messages
    ] == log_of(database_url)
    assert [m.metadata.previous_position for m in messages] == [
        0,
        *(m.metadata.position for m in messages[:-1]),
    ]


@asynccontextmanager
async def relay_at_work(
    settings: Settings, *, nats_url: str | None = None, database_url: str | None = None
) -> AsyncGenerator[RelayStatus]:
    """A relay in this process."""
    status = RelayStatus(stalled_seconds=settings.relay_stalled_seconds)
    database_url = database_url or str(settings.database_url)
    relay = Relay(settings, database_url, nats_url or str(settings.nats_url), status)
    stop = asyncio.Event()
    task = asyncio.create_task(relay.run(stop))
    try:
        yield status
    finally:
        stop.set()
        await asyncio.wait_for(task, 30)

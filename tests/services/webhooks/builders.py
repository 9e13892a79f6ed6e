"""Receivers of webhooks on sockets of this process, and the service that sends to them."""

import asyncio
import dataclasses
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import msgspec
import psycopg

from infra.event_store.log import EventLog
from infra.messaging.event_filter import EventFilter
from infra.postgres import connect
from infra.runtime import open_runtime
from infra.settings import Settings
from infra.vault import prepare_vault
from infra.vault.webhook_secrets import add_webhook_secret
from infra.webhook_store.endpoints import add_endpoint, lineage_in
from services.webhooks.delivery import Webhooks
from tests.infra.messaging.builders import until
from tests.services.relay.builders import customer, note

__all__ = ["customer", "until"]


@dataclasses.dataclass(frozen=True)
class Request:
    """What a receiver got."""

    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        return msgspec.json.decode(self.body)

    @property
    def position(self) -> int:
        return self.event["clientelingposition"]

    @property
    def key(self) -> str:
        return self.event.get("clientelingcustomer") or self.event["subject"]


@dataclasses.dataclass(frozen=True)
class Reply:
    """What a receiver says."""

    status: int = 204
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


Answering = Callable[[Request], Awaitable[Reply]]


async def taking(_: Request) -> Reply:
    return Reply()


async def hanging(_: Request) -> Reply:
    await asyncio.Future()
    raise AssertionError


class Receiver:
    """An HTTP server that keeps what it got; `answer` may be changed while it runs."""

    def __init__(self, answer: Answering = taking) -> None:
        self.answer = answer
        self.got: list[Request] = []
        self.taken: list[Request] = []
        self.at_once = self.most_at_once = 0
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?for=events"

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            while await self._one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._connections.discard(task)
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        line = await reader.readline()
        if not line:
            return False
        assert line == b"POST /hook?for=events HTTP/1.1\r\n", line
        headers: dict[str, str] = {}
        while (line := (await reader.readline()).strip()) != b"":
            name, _, value = line.decode().partition(": ")
            headers[name.lower()] = value
        request = Request(headers, await reader.readexactly(int(headers["content-length"])))
        self.got.append(request)
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        try:
            reply = await self.answer(request)
        finally:
            self.at_once -= 1
        if 200 <= reply.status < 300:
            self.taken.append(request)
        more = "".join(f"{name}: {value}\r\n" for name, value in reply.headers)
        length = "" if reply.status == 204 else f"Content-Length: {len(reply.body)}\r\n"
        writer.write(f"HTTP/1.1 {reply.status} Said\r\n{length}{more}\r\n".encode() + reply.body)
        await writer.drain()
        return True

    def positions(self, key: str | None = None) -> list[int]:
        """What it took, in order."""
        return [one.position for one in self.taken if key is None or one.key == key]


@asynccontextmanager
async def receiving(answer: Answering = taking) -> AsyncGenerator[Receiver]:
    receiver = Receiver(answer)
    await receiver.start()
    try:
        yield receiver
    finally:
        await receiver.stop()


def quick(settings: Settings, **more: Any) -> Settings:
    """Settings with which a test need not wait."""
    given: dict[str, Any] = {
        "webhooks_private_addresses": "allowed",
        "webhooks_poll_seconds": 0.05,
        "webhooks_retry_seconds_max": 0.1,
        "webhooks_tries_max": 3,
        "webhooks_metrics_port": 0,
    }
    return dataclasses.replace(settings, **(given | more))


def prepared(settings: Settings) -> Settings:
    """A database with every table."""
    with open_runtime(settings):
        pass
    return settings


def registered(
    settings: Settings,
    url: str,
    name: str = "billing",
    *,
    types: Sequence[str] = (),
    partitions: Sequence[int] = (),
    after: int = 0,
) -> str:
    """An endpoint; its secret."""
    with connect(settings, str(settings.database_url), name="test") as connection:
        wanted = EventFilter(tuple(types), frozenset(partitions))
        endpoint_id = add_endpoint(connection, name, url, wanted, after, lineage_in(connection))
        return add_webhook_secret(connection, prepare_vault(settings, connection), endpoint_id)


def write(settings: Settings, *numbers: int) -> list[int]:
    """A note for each of these customers, one commit each; their positions."""
    positions: list[int] = []
    with EventLog(str(settings.database_url), pool_size=1) as log:
        for number in numbers:
            version = len(log.read_stream(customer(number))) + 1
            positions += log.append([note(number, version)])
    return positions


@asynccontextmanager
async def sending(settings: Settings, database_url: str | None = None) -> AsyncGenerator[Webhooks]:
    """The service at work in this process."""
    webhooks = Webhooks(settings, database_url or str(settings.database_url))
    stop = asyncio.Event()
    task = asyncio.create_task(webhooks.run(stop))
    try:
        yield webhooks
    finally:
        stop.set()
        with suppress(asyncio.CancelledError):
            await asyncio.wait_for(task, 20)


def rows(settings: Settings, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(str(settings.database_url)) as connection:
        return connection.execute(query.encode()).fetchall()


def parked(settings: Settings) -> list[tuple[str, int]]:
    """Key and position of what is parked, in order."""
    return [
        (row[0], row[1]) for row in rows(settings, "SELECT key, position FROM webhooks.parked ORDER BY 2")
    ]


def position_of(settings: Settings, name: str = "billing") -> int:
    """Up to where an endpoint is served, as it is written."""
    both = "webhooks.progress JOIN webhooks.endpoints USING (endpoint_id)"
    return rows(settings, f"SELECT position FROM {both} WHERE name = '{name}'")[0][0]


async def served(settings: Settings, position: int, *names: str) -> None:
    """Wait until endpoints are served so far."""

    query = (
        "SELECT min(position) FROM webhooks.progress JOIN webhooks.endpoints USING (endpoint_id) "
        f"WHERE name = ANY('{{{','.join(names or ('billing',))}}}')"
    )

    def all_are() -> bool:
        return rows(settings, query)[0][0] >= position

    await until(all_are, within_seconds=90)

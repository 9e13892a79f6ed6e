"""Clients that mean harm, or are broken: raw sockets that send half of something, or do not read."""

import asyncio
import socket
import time
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager

import httpx
import psutil

from tests.services.api.sending import send
from tests.services.api.serving import Server

SILENT = b""
HALF_HEAD = b"POST /v1/commands/register-customer HTTP/1.1\r\nHost: localhost\r\nX-More: "
HEAD = (
    b"POST /v1/commands/register-customer HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Idempotency-Key: attack\r\n"
)
HALF_BODY = HEAD + b'Content-Length: 100\r\n\r\n{"name":'


def connected(server: Server, sent: bytes = b"") -> socket.socket:
    """A connection to a server over which something was sent."""
    port = int(server.url.rpartition(":")[2])
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    connection.sendall(sent)
    return connection


@contextmanager
def attacked(server: Server, sent: bytes, count: int) -> Generator[list[socket.socket]]:
    """So many connections over which something was sent, and nothing more is."""
    with ExitStack() as stack:
        yield [stack.enter_context(connected(server, sent)) for _ in range(count)]


def send_on(connection: socket.socket, data: bytes, *, pause_seconds: float = 0) -> None:
    """Send the same for half a minute. Raises OSError when the server closes the connection."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        connection.sendall(data)
        time.sleep(pause_seconds)


def read_to_end(connection: socket.socket) -> bytes:
    """Everything that comes until the server closes; fails when it does not."""
    received = b""
    try:
        while some := connection.recv(65_536):
            received += some
    except ConnectionResetError:
        pass
    return received


def statuses(received: bytes) -> list[int]:
    """The statuses of the answers in what was received, in their order."""
    return [int(part[:3]) for part in received.split(b"HTTP/1.1 ")[1:]]


async def statuses_of_all(connections: Sequence[socket.socket]) -> list[list[int]]:
    """What each connection was answered before it was closed."""
    return await asyncio.to_thread(lambda: [statuses(read_to_end(one)) for one in connections])


async def still_serves(server: Server, *, within_seconds: float = 20) -> None:
    """Health and ordinary requests on new connections are answered, each in time."""
    async with httpx.AsyncClient(base_url=server.url, timeout=within_seconds) as client:
        for _ in range(3):
            began = time.monotonic()
            assert (await client.get("/healthz")).status_code == 200
            assert (await send(client, "register-customer")).status_code == 201
            assert time.monotonic() - began < within_seconds


def open_files(server: Server) -> int:
    """How many files and sockets the server has open."""
    return psutil.Process(server.process.pid).num_fds()

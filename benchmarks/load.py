"""Load on an HTTP server: some connections, each with one request under way all the time. A process of its
own.

    python -m benchmarks.load PORT PATH CONNECTIONS SECONDS [TOKEN]

prints how many answers came per second. A small protocol and no HTTP library: the load must not be what is
measured.
"""

import asyncio
import sys
import time
from collections.abc import Iterator
from itertools import repeat
from typing import Any

import uvloop


class Caller(asyncio.Protocol):
    """One connection that asks again as soon as it is answered, until `until` (monotonic seconds).

    `requests` are sent one after another, each to be answered by `status`. `taken`: how long each took, in
    seconds.
    """

    def __init__(
        self, requests: Iterator[bytes], until: float, ended: "asyncio.Future[None]", status: int = 200
    ) -> None:
        self.taken: list[float] = []
        self._requests = requests
        self._status = f"http/1.1 {status}".encode()
        self._until = until
        self._ended = ended
        self._received = bytearray()
        self._length = 0

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._ask()

    def _ask(self) -> None:
        self._asked_at = time.perf_counter()
        self._transport.write(next(self._requests))

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._length:
            self._length = self._length_of_answer()
        if self._length and len(self._received) >= self._length:
            self.taken.append(time.perf_counter() - self._asked_at)
            self._received.clear()
            self._length = 0
            if time.monotonic() < self._until:
                self._ask()
            else:
                self._transport.close()

    def _length_of_answer(self) -> int:
        """The length of a whole answer, headers included; 0 while they are not all there."""
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return 0
        headers = bytes(self._received[:end]).lower()
        if not headers.startswith(self._status):
            raise RuntimeError(f"not answered as expected: {self._received.decode()}")
        return end + 4 + int(headers.partition(b"content-length:")[2].split(b"\r\n")[0])

    def connection_lost(self, exc: Exception | None) -> None:
        if self._ended.done():
            return
        if exc is None and time.monotonic() >= self._until:
            self._ended.set_result(None)
        else:
            self._ended.set_exception(exc or RuntimeError("the server closed a connection under load"))


async def call(
    port: int, connections: int, seconds: float, requests: Iterator[bytes], status: int = 200
) -> tuple[list[float], float]:
    """How long each answer took, and how long all of it, in seconds."""
    loop = asyncio.get_running_loop()
    began = time.monotonic()
    callers: list[Caller] = []
    ends: list[asyncio.Future[None]] = []
    for _ in range(connections):
        ended = loop.create_future()
        caller = Caller(requests, began + seconds, ended, status)
        await loop.create_connection(lambda caller=caller: caller, "127.0.0.1", port)
        callers.append(caller)
        ends.append(ended)
    await asyncio.gather(*ends)
    return [taken for caller in callers for taken in caller.taken], time.monotonic() - began


async def load(port: int, path: str, connections: int, seconds: float, token: str = "") -> float:
    """Answers per second."""
    bearer = f"Authorization: Bearer {token}\r\n" if token else ""
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{bearer}\r\n".encode()
    taken, took = await call(port, connections, seconds, repeat(request))
    return len(taken) / took


def main(port: str, path: str, connections: str, seconds: str, token: str = "") -> None:
    sys.stdout.write(f"{uvloop.run(load(int(port), path, int(connections), float(seconds), token))}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])

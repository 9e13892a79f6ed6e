"""Load on an HTTP server: some connections, each with one request under way all the time. A process of its
own.

    python -m benchmarks.load PORT PATH CONNECTIONS SECONDS [TOKEN]

prints how many answers came per second. A small protocol and no HTTP library: the load must not be what is
measured.
"""

import asyncio
import sys
import time
from typing import Any

import uvloop


class Caller(asyncio.Protocol):
    """One connection that asks again as soon as it is answered, until `until` (monotonic seconds)."""

    def __init__(self, request: bytes, until: float, ended: "asyncio.Future[None]") -> None:
        self.answers = 0
        self._request = request
        self._until = until
        self._ended = ended
        self._received = bytearray()
        self._length = 0

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._length:
            self._length = _length_of(self._received)
        if self._length and len(self._received) >= self._length:
            self._received.clear()
            self._length = 0
            self.answers += 1
            if time.monotonic() < self._until:
                self._transport.write(self._request)
            else:
                self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._ended.done():
            return
        if exc is None and time.monotonic() >= self._until:
            self._ended.set_result(None)
        else:
            self._ended.set_exception(exc or RuntimeError("the server closed a connection under load"))


def _length_of(received: bytearray) -> int:
    """The length of a whole answer, headers included; 0 while they are not all there."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return 0
    headers = bytes(received[:end]).lower()
    if not headers.startswith(b"http/1.1 200"):
        raise RuntimeError(f"not answered as expected: {headers.decode()}")
    return end + 4 + int(headers.partition(b"content-length:")[2].split(b"\r\n")[0])


async def load(port: int, path: str, connections: int, seconds: float, token: str = "") -> float:
    """Answers per second."""
    loop = asyncio.get_running_loop()
    bearer = f"Authorization: Bearer {token}\r\n" if token else ""
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{bearer}\r\n".encode()
    began = time.monotonic()
    callers: list[Caller] = []
    ends: list[asyncio.Future[None]] = []
    for _ in range(connections):
        ended = loop.create_future()
        caller = Caller(request, began + seconds, ended)
        await loop.create_connection(lambda caller=caller: caller, "127.0.0.1", port)
        callers.append(caller)
        ends.append(ended)
    await asyncio.gather(*ends)
    return sum(caller.answers for caller in callers) / (time.monotonic() - began)


def main(port: str, path: str, connections: str, seconds: str, token: str = "") -> None:
    sys.stdout.write(f"{uvloop.run(load(int(port), path, int(connections), float(seconds), token))}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])

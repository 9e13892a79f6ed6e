"""What apps cost that listen to what changes (/v1/live) and hear nothing: memory and processor time of
the API's process, as it says them itself.
"""

import asyncio
import re
import urllib.request
from collections.abc import Callable
from contextlib import AsyncExitStack

from benchmarks.figure import Figure
from benchmarks.history import project
from benchmarks.sandbox import Sandbox
from benchmarks.server import serve, server
from benchmarks.sizes import Sizes
from projections.registry import ALL
from services.api.http.connections import limits_of

LISTENERS = 5_000
#: They open one after another in so many rows.
AT_ONCE = 64
MEMORY_MAX_MIB = 200
IDLE_SECONDS = 30
_ASK = b"GET /v1/live HTTP/1.1\r\nHost: localhost\r\n\r\n"


def measure(sandbox: Sandbox, say: Callable[[str], None], sizes: Sizes) -> list[Figure]:
    """How many listeners fit into the memory that 5,000 may take."""
    settings = sandbox.settings(sandbox.database())
    asyncio.run(project(settings, ALL))
    # This process opens as many files as the server.
    limits_of(settings)
    with server("benchmarks.live", settings) as port:
        memory, share = asyncio.run(_listen(port, LISTENERS))
    say(f"live: {LISTENERS} listeners take {memory:.0f} MiB, and {share:.1%} of a core while nothing changes")
    return [
        Figure(
            name="live listeners",
            of=f"listeners in {MEMORY_MAX_MIB} MiB of the API's process",
            against="as many as there have to be",
            value=LISTENERS * MEMORY_MAX_MIB / memory,
            floor=LISTENERS,
            unit="listeners",
            goal=1.0,
        )
    ]


async def _listen(port: int, number: int) -> tuple[float, float]:
    """Memory that so many take (MiB), and the share of a core that is used while they hear nothing."""
    rows = asyncio.Semaphore(AT_ONCE)
    async with AsyncExitStack() as stack:

        async def listen() -> None:
            async with rows:
                reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2_048)
                stack.callback(writer.close)
                writer.write(_ASK)
                said = await reader.readuntil(b"event: reset\n")
                if not said.startswith(b"HTTP/1.1 200"):
                    raise RuntimeError(said.decode())

        await listen()
        before, _ = await _told(port)
        await asyncio.gather(*(listen() for _ in range(number - 1)))
        after, began = await _told(port)
        await asyncio.sleep(IDLE_SECONDS)
        _, ended = await _told(port)
    return (after - before) / 2**20, (ended - began) / IDLE_SECONDS


async def _told(port: int) -> tuple[float, float]:
    """Resident memory (bytes) and processor time (seconds) of the server's process."""

    def ask() -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as response:
            return response.read().decode()

    text = await asyncio.to_thread(ask)
    figures = dict(re.findall(r"^(\w+) (\S+)$", text, re.MULTILINE))
    return float(figures["process_resident_memory_bytes"]), float(figures["process_cpu_seconds_total"])


if __name__ == "__main__":
    serve()

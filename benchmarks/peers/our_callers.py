"""Callers of our command processor, without HTTP: each records one sale after another.

    python -m benchmarks.peers.our_callers CALLERS SECONDS < PEOPLE

The database is that of the settings. Prints JSON: the milliseconds of each sale (`taken_ms`), for how many
`seconds` there were sales, and the `processor_seconds` of this process meanwhile.
"""

import asyncio
import json
import sys
import time

import uvloop

from benchmarks.sale_commands import sale_commands
from infra.event_store.command_context import context_of
from infra.event_store.session import open_session
from infra.ids import new_id
from infra.postgres import sync_pool
from infra.settings import Settings
from services.api.command_queue import CommandQueue


async def race(
    settings: Settings, callers: int, seconds: float, people: dict[str, list[str]]
) -> dict[str, list[float] | float]:
    """What is printed."""
    url = str(settings.database_url)
    commands, taken_ms = sale_commands(people), list[float]()
    with sync_pool(settings, url, name="benchmark") as pool, open_session(settings, url, pool) as writing:
        queue = CommandQueue(
            writing.handler.handle_each, waiting_max=callers, batch_max=settings.api_commit_commands_max
        )
        queue.start()
        began, processor_began = time.perf_counter(), time.process_time()

        async def sell() -> None:
            while (at := time.perf_counter()) < began + seconds:
                context = context_of("usr:till", role="point_of_sale")
                await queue.submit(next(commands), new_id("key"), context)
                taken_ms.append((time.perf_counter() - at) * 1_000)

        await asyncio.gather(*(sell() for _ in range(callers)))
        took, processor = time.perf_counter() - began, time.process_time() - processor_began
        await queue.close(10)
    return {"taken_ms": taken_ms, "seconds": took, "processor_seconds": processor}


if __name__ == "__main__":
    callers_, seconds_ = int(sys.argv[1]), float(sys.argv[2])
    print(json.dumps(uvloop.run(race(Settings.from_env(), callers_, seconds_, json.load(sys.stdin)))))  # noqa: T201

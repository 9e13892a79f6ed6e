"""Callers of UmaDB: each appends the two events of one sale after another, if there is no such sale yet.

    python umadb_callers.py URL [CALLERS SECONDS EVENTS]

Runs where UmaDB is installed, without the rest of the project. Prints JSON as our_callers does; without
further arguments it only asks where the log ends.
"""

import json
import sys
import threading
import time
import uuid
from pathlib import Path

from umadb import AppendCondition, Client, Event, Query, QueryItem  # pyright: ignore[reportMissingImports]


def race(
    url: str, callers: int, seconds: float, sales: list[list[dict[str, str]]]
) -> dict[str, list[float] | float]:
    """What is printed."""
    taken_ms: list[float] = []
    began, processor_began = time.perf_counter(), time.process_time()

    def sell(caller: int) -> None:
        client, number = Client(url), caller
        while (at := time.perf_counter()) < began + seconds:
            tag = f"sale:{uuid.uuid4()}"
            events = [
                Event(event_type=one["topic"], data=one["data"].encode(), tags=[tag])
                for one in sales[number % len(sales)]
            ]
            client.append(events, AppendCondition(Query([QueryItem(tags=[tag])])))
            taken_ms.append((time.perf_counter() - at) * 1_000)
            number += callers

    threads = [threading.Thread(target=sell, args=(caller,)) for caller in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took, processor = time.perf_counter() - began, time.process_time() - processor_began
    return {"taken_ms": taken_ms, "seconds": took, "processor_seconds": processor}


if __name__ == "__main__":
    if len(sys.argv) == 2:
        Client(sys.argv[1]).head()
        sys.exit()
    address, count, duration, events_file = sys.argv[1:]
    given = json.loads(Path(events_file).read_text())
    print(json.dumps(race(address, int(count), float(duration), given)))  # noqa: T201

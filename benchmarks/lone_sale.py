"""One sale after another by one till, a pause between them: until it is acknowledged, and until it is seen.

Every floor is taken in turn with it at the same pace, since a machine that has slept wakes up slowly: one
INSERT and COMMIT, a message over JetStream from its sender to a subscriber, and the API's `/healthz`.
"""

import asyncio
import http.client
import json
import socket
import subprocess
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any, Final

import nats
import psutil
import psycopg
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig

from benchmarks.figure import Figure
from benchmarks.sales import BARE, OTHER_SERVICES, STORE, people_of_a_new_house, services
from benchmarks.sales_load import sales
from benchmarks.sandbox import Sandbox, free_port
from benchmarks.server import START_SECONDS_MAX, server
from benchmarks.sizes import Sizes
from infra.embedded import binaries
from infra.settings import Settings
from services.api.auth.own_keys import sign_token

SERVER: Final = "benchmarks.sales"
PAUSES_MS: Final = (0, 20, 100)
INSERT: Final = (
    "INSERT INTO public.bare_events (originator_id, originator_version, topic, state) "
    "VALUES (gen_random_uuid()::text, 1, 'sale.recorded.v1', convert_to(repeat('x', 400), 'UTF8'))"
)
#: Of those that are to be acknowledged, a consumer gives no more than a thousand.
UNACKNOWLEDGED: Final = ConsumerConfig(ack_policy=AckPolicy.NONE)
#: A few sales a second, and nothing at all: what the processes take of a core.
SALES_PER_SECOND: Final = 4
IDLE_SECONDS: Final = 5


def measure(sandbox: Sandbox, say: Callable[[str], None], sizes: Sizes) -> list[Figure]:
    """The pace of a lone till beside its floors, and the processor time that it takes of all services."""
    settings = replace(sandbox.settings(sandbox.database(), sandbox.nats()), auth="on")
    people = people_of_a_new_house(settings, sizes)
    figures: list[Figure] = []
    with (
        psycopg.connect(str(settings.database_url), autocommit=True) as database,
        server(SERVER, settings) as port,
        services(settings, OTHER_SERVICES),
        _hops(sandbox.folder / "hop") as hop,
    ):
        database.execute(BARE)
        till = _Till(settings, port, people)
        steps: dict[str, Callable[[], float]] = {
            "command": till.sell,
            "seen": till.see,
            "commit": lambda: _timed(lambda: database.execute(INSERT)),
            "hop": lambda: _timed(hop),
            "healthz": till.healthz,
        }
        till.sell()
        till.see_at_last()
        # A relay begins with atomic batches alone (`ATOMIC_SECONDS`), which is not how a house is all day.
        began = time.monotonic()
        while time.monotonic() < began + sizes.lone_warm_seconds:
            _taken(steps, 0, 1)
        for pause_ms in PAUSES_MS:
            say(f"lone sale: pauses of {pause_ms} ms")
            figures += _paces(_taken(steps, pause_ms / 1_000, sizes.lone_sales), pause_ms)
        say("lone sale: processor time")
        figures += _processor_time(till, sizes.lone_sales, sandbox.folder)
    return figures


def _taken(steps: dict[str, Callable[[], float]], pause: float, rounds: int) -> dict[str, list[float]]:
    taken: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(rounds):
        for name, step in steps.items():
            time.sleep(0 if name == "seen" else pause)
            taken[name].append(step())
    return taken


def _paces(taken: dict[str, list[float]], pause_ms: int) -> list[Figure]:
    at = {name: median(seconds) for name, seconds in taken.items()}
    late = {name: sorted(seconds)[len(seconds) * 99 // 100] for name, seconds in taken.items()}
    commit, seen = at["commit"] + at["healthz"], at["commit"] + at["hop"] + at["healthz"]
    waiting = f"pauses of {pause_ms} ms"
    return [
        _pace(f"lone sale, {waiting}", "acknowledged", at["command"], "a commit and /healthz", commit, 0.5),
        _pace(f"lone sale seen, {waiting}", "acknowledged to seen in the ledger", at["seen"],
              "a commit, a hop and /healthz", seen, 0.5),
        _pace(f"late lone sale, {waiting}", "acknowledged, 99 of 100", late["command"], "half of them",
              at["command"], 0.25),
        _pace(f"late lone sale seen, {waiting}", "acknowledged to seen, 99 of 100", late["seen"],
              "half of them", at["seen"], 0.25),
    ]  # fmt: skip


def _pace(name: str, of: str, seconds: float, against: str, floor: float, goal: float) -> Figure:
    return Figure(
        name=name, of=f"1 s / {of}", against=f"1 s / {against}", value=1 / seconds, floor=1 / floor,
        unit="/s", goal=goal,
    )  # fmt: skip


def _processor_time(till: "_Till", rounds: int, folder: Path) -> list[Figure]:
    """In milliseconds for one sale, and in thousandths of a core without any."""
    before = processor_seconds(folder)
    time.sleep(IDLE_SECONDS)
    idle = (processor_seconds(folder) - before) / IDLE_SECONDS
    before, began = processor_seconds(folder), time.monotonic()
    for number in range(1, rounds + 1):
        till.sell()
        time.sleep(max(0, began + number / SALES_PER_SECOND - time.monotonic()))
    seconds = time.monotonic() - began
    one_sale = (processor_seconds(folder) - before - idle * seconds) / rounds
    return [
        Figure(
            name="processor time of a sale", of=f"1 s / that of all processes, {SALES_PER_SECOND} sales/s",
            against="1 s / 5 ms", value=1 / one_sale, floor=200, unit="/s", goal=1,
        ),
        Figure(
            name="processor time of an idle house", of="1 / share of a core, of all processes",
            against="1 / 3 %", value=1 / idle, floor=1 / 0.03, unit="/s", goal=1,
        ),
    ]  # fmt: skip


def processor_seconds(folder: Path) -> float:
    """Of everything that this process has started, PostgreSQL in this folder included, but not of itself."""
    own = psutil.Process().children(recursive=True)
    servers = [
        one for one in psutil.process_iter(["cmdline"]) if str(folder) in " ".join(one.info["cmdline"] or ())
    ]
    backends = [child for server in servers for child in server.children(recursive=True)]
    total = 0.0
    for process in {*own, *servers, *backends} - {psutil.Process()}:
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            # Of backends that are gone already their server knows.
            total += times.user + times.system + times.children_user + times.children_system
    return total


def _timed(step: Callable[[], Any]) -> float:
    began = time.perf_counter()
    step()
    return time.perf_counter() - began


class _Till:
    """Sells over one connection, and looks into the ledger over another."""

    def __init__(self, settings: Settings, port: int, people: dict[str, list[str]]) -> None:
        self._requests = sales(
            people, sign_token(settings, role="point_of_sale", stores=(STORE,), hours=2), STORE
        )
        self._selling = socket.create_connection(("127.0.0.1", port))
        self._selling.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._reading = http.client.HTTPConnection("127.0.0.1", port)
        token = sign_token(settings, role="payroll", hours=2)
        self._headers = {"Authorization": f"Bearer {token}"}
        self._associate = people["associates"][0]
        self._position = 0

    def sell(self) -> float:
        """Seconds until a sale is acknowledged."""
        began = time.perf_counter()
        self._selling.sendall(next(self._requests))
        response = http.client.HTTPResponse(self._selling, method="POST")
        response.begin()
        answer = json.loads(response.read())
        self._position = answer["position"]
        return time.perf_counter() - began

    def see(self) -> float:
        """Seconds until the ledger holds that sale."""
        path = f"/v1/associates/{self._associate}/ledger?limit=1&at_least={self._position}"
        return _timed(lambda: self._get(path))

    def see_at_last(self) -> None:
        """Wait until there are tables that hold the sale: the services have just started."""
        deadline = time.monotonic() + START_SECONDS_MAX
        while True:
            try:
                self.see()
                return
            except RuntimeError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def healthz(self) -> float:
        """Seconds that `/healthz` takes."""
        return _timed(lambda: self._get("/healthz"))

    def _get(self, path: str) -> None:
        self._reading.request("GET", path, headers=self._headers)
        response = self._reading.getresponse()
        answer = response.read()
        if response.status != 200:
            raise RuntimeError(f"{path} was not answered as expected: {answer.decode()}")


@contextmanager
def _hops(folder: Path) -> Generator[Callable[[], None]]:
    """A message over JetStream: sent, stored and back at a subscriber. On a server without keys."""
    port, loop = free_port(), asyncio.new_event_loop()
    program = [str(binaries.nats_server()), "-a", "127.0.0.1", "-p", str(port), "-js", "-sd", str(folder)]
    running = subprocess.Popen(program, stderr=subprocess.DEVNULL)

    async def opened() -> tuple[Client, JetStreamContext, Any]:
        client = await nats.connect(
            f"nats://127.0.0.1:{port}", max_reconnect_attempts=50, reconnect_time_wait=0.1
        )
        jetstream = client.jetstream()
        await jetstream.add_stream(name="HOP", subjects=["hop"])
        return client, jetstream, await jetstream.subscribe("hop", config=UNACKNOWLEDGED)

    client, jetstream, subscription = loop.run_until_complete(opened())

    async def sent() -> None:
        await jetstream.publish("hop", b"x" * 400)
        await subscription.next_msg(timeout=5)

    try:
        yield lambda: loop.run_until_complete(sent())
    finally:
        loop.run_until_complete(client.close())
        loop.close()
        running.terminate()
        running.wait()

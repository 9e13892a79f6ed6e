"""The product's server with a benchmark's own route, in a process of its own, and load on it."""

import asyncio
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from statistics import median
from typing import Any, LiteralString

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from infra.embedded import Servers
from infra.logs import set_up_logs
from infra.settings import Settings
from services.api.http.route_handlers import json_bytes
from services.api.http.server import listen
from services.api.main import create_app
from services.api.resources.route_handlers import ROUTE_HANDLERS
from services.api.state import AppState

START_SECONDS_MAX = 60


@contextmanager
def server(module: str, settings: Settings) -> Generator[int]:
    """Run the server that a benchmark's module starts; gives its port."""
    process = subprocess.Popen(
        [sys.executable, "-m", module],
        env={
            "CLIENTELING_DATABASE_URL": str(settings.database_url),
            "CLIENTELING_NATS_URL": str(settings.nats_url),
            "CLIENTELING_NATS_CREDENTIALS": str(settings.nats_credentials),
            "CLIENTELING_DATA_DIR": str(settings.data_dir),
            "CLIENTELING_API_PORT": str(settings.api_port),
            "CLIENTELING_API_WORKERS": str(settings.api_workers),
            "CLIENTELING_API_ADDRESS_REQUESTS_PER_MINUTE": "0",
            "CLIENTELING_API_SUBJECT_REQUESTS_PER_MINUTE": "0",
            "CLIENTELING_AUTH": settings.auth,
            "CLIENTELING_LOG_LEVEL": "warning",
        },
    )
    try:
        deadline = time.monotonic() + START_SECONDS_MAX
        while not _answers(settings.api_port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the server of the benchmark did not start")
            time.sleep(0.1)
        yield settings.api_port
    finally:
        process.terminate()
        process.wait()


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz"):
            return True
    except OSError:
        return False


def serve(*further: HTTPRouteHandler) -> None:
    """Serve the product's routes and further ones, until terminated: what such a module does when run."""
    settings = Settings.from_env()
    set_up_logs(settings)
    asyncio.run(_serve(settings, further))


async def _serve(settings: Settings, further: Sequence[HTTPRouteHandler]) -> None:
    servers = Servers(str(settings.database_url), str(settings.nats_url))
    application = create_app(settings, servers, route_handlers=(*ROUTE_HANDLERS, *further))
    await listen(application, host=settings.api_host, port=settings.api_port)


def load(port: int, path: str, connections: int, seconds: float, token: str = "") -> float:
    """Answers per second to so many connections, whose requests bear a token where one is given."""
    command = [
        sys.executable, "-m", "benchmarks.load", str(port), path, str(connections), str(seconds), token,
    ]  # fmt: skip
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def in_turns(value: Callable[[], float], floor: Callable[[], float], turns: int) -> tuple[float, float]:
    """A figure and its floor, taken in turn; the middle of each."""
    rounds = [(value(), floor()) for _ in range(turns)]
    return median(one for one, _ in rounds), median(other for _, other in rounds)


async def selected(app: AppState, query: LiteralString, parameters: dict[str, Any]) -> Response[Any]:
    """The one value that a query gives, passed on as bytes."""
    async with app.tables.pool.connection() as connection:
        cursor = await connection.execute(query, parameters, prepare=True)
        row: Any = await cursor.fetchone()
    return json_bytes(row[0].encode())

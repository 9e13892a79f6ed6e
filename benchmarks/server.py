"""The product's server with a benchmark's own route, in a process of its own, and load on it."""

import asyncio
import subprocess
import sys
import time
import urllib.request

from litestar.handlers import HTTPRouteHandler

from infra.embedded import Servers
from infra.logs import set_up_logs
from infra.settings import Settings
from services.api.http.server import listen
from services.api.main import create_app
from services.api.resources.route_handlers import ROUTE_HANDLERS

START_SECONDS_MAX = 60


class Server:
    """The server that a benchmark's module starts, as a context manager that gives its port."""

    def __init__(self, module: str, settings: Settings) -> None:
        self._module = module
        self._settings = settings

    def __enter__(self) -> int:
        self._process = subprocess.Popen(
            [sys.executable, "-m", self._module],
            env={
                "CLIENTELING_DATABASE_URL": str(self._settings.database_url),
                "CLIENTELING_NATS_URL": str(self._settings.nats_url),
                "CLIENTELING_NATS_CREDENTIALS": str(self._settings.nats_credentials),
                "CLIENTELING_DATA_DIR": str(self._settings.data_dir),
                "CLIENTELING_API_PORT": str(self._settings.api_port),
                "CLIENTELING_API_ADDRESS_REQUESTS_PER_MINUTE": "0",
                "CLIENTELING_LOG_LEVEL": "warning",
            },
        )
        deadline = time.monotonic() + START_SECONDS_MAX
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the server of the benchmark did not start")
            time.sleep(0.1)
        return self._settings.api_port

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._settings.api_port}/healthz"):
                return True
        except OSError:
            return False


def serve(route_handler: HTTPRouteHandler) -> None:
    """Serve the product's routes and one more, until terminated: what such a module does when it is run."""
    settings = Settings.from_env()
    set_up_logs(settings)
    asyncio.run(_serve(settings, route_handler))


async def _serve(settings: Settings, route_handler: HTTPRouteHandler) -> None:
    servers = Servers(str(settings.database_url), str(settings.nats_url))
    application = create_app(settings, servers, route_handlers=(*ROUTE_HANDLERS, route_handler))
    await listen(application, host=settings.api_host, port=settings.api_port)


def load(port: int, path: str, connections: int, seconds: float) -> float:
    """Answers per second to so many connections."""
    command = [sys.executable, "-m", "benchmarks.load", str(port), path, str(connections), str(seconds)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

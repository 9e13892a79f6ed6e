"""The HTTP server: uvicorn in this process and on its event loop, with TLS where it has a certificate,
stopped in good order.
"""

import asyncio
import math
import socket
from collections.abc import Generator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Final, cast

import uvicorn

from services.api.http.application import Api
from services.api.http.connection import Connection
from services.api.http.connections import Connections, limits_of

#: Connections that are accepted before what they send is looked at: so many may push each other out at most.
ACCEPTED_AT_ONCE_MAX: Final = 128
DATE_SECONDS: Final = 1.0


class AddressInUse(OSError):
    """Something else listens on the port already."""


def listening_address(host: str) -> str:
    """The address of `localhost`, or the one that is given."""
    return "127.0.0.1" if host == "localhost" else host


def check_port_is_free(address: str, port: int) -> None:
    """Raises AddressInUse when another process listens there.

    The server shares its port (SO_REUSEPORT), so without this two systems would answer by turns.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # Connections of a former server that are still winding down do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            raise AddressInUse(
                f"port {port} on {address} is in use; CLIENTELING_API_PORT names another"
            ) from error


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, stopping: asyncio.Event) -> None:
        super().__init__(config)
        self._stopping = stopping

    async def main_loop(self) -> None:
        """Renew the `Date` of answers until told to stop; uvicorn's own wakes up ten times as often."""
        # In a tick that ten divides the date is renewed.
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), DATE_SECONDS)

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave signals alone: `serve` cancels whoever listens."""
        yield


async def listen(application: Api, *, host: str, port: int) -> None:
    """Serve until cancelled; then stop listening and run the application's shutdown to its end."""
    settings = application.settings
    connections = Connections(limits_of(settings))
    config = uvicorn.Config(
        application,
        http=cast("type[asyncio.Protocol]", partial(Connection, connections, settings.api_body_bytes_max)),
        ws="none",
        lifespan="on",
        log_config=None,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        ssl_certfile=settings.tls_certificate,
        ssl_keyfile=settings.tls_key,
        server_header=False,
        backlog=ACCEPTED_AT_ONCE_MAX,
        # The application waits for what it has begun; what hangs is not waited for.
        timeout_graceful_shutdown=math.ceil(settings.shutdown_seconds),
    )
    server = _Server(config, application.stopping)
    listening = _listening_socket(listening_address(host), port)
    serving = asyncio.ensure_future(server.serve(sockets=[listening]))
    cutting = asyncio.create_task(connections.keep_to_deadlines())
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        server.should_exit = True
        application.stopping.set()
        await serving
        raise
    finally:
        cutting.cancel()
    raise RuntimeError("the HTTP server ended by itself")


def _listening_socket(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    # The protocol is named: only then does asyncio send what is written at once (TCP_NODELAY).
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Processes of one API share the port.
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listening.bind((address, port))
    return listening

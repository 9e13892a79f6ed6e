"""The HTTP server: granian in this process and on its event loop, on a loopback address, stopped in good order."""

import asyncio
import socket
from typing import Any

import structlog
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

log = structlog.get_logger(__name__)

#: Requests that may be answered at the same moment; more wait in the socket's queue.
AT_ONCE_MAX = 512
LOOPBACK = ("127.0.0.1", "::1")


class AddressInUse(OSError):
    """Something else listens on the port already."""


def loopback_address(host: str) -> str:
    """The address of `localhost`, 127.0.0.1 or ::1. Raises ValueError for any other host: nobody is authenticated yet."""
    address = "127.0.0.1" if host == "localhost" else host
    if address not in LOOPBACK:
        raise ValueError(
            f"the API listens on loopback only until it authenticates its callers, not on {host}"
        )
    return address


def make_sure_it_is_free(address: str, port: int) -> None:
    """Raises AddressInUse when another process listens there.

    The server shares its port with whoever asks (SO_REUSEPORT), so without this two shops would take turns answering.
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


async def listen(application: Any, *, host: str, port: int) -> None:
    """Answers requests until cancelled; then stops listening and runs the application's shutdown to its end."""
    server = Server(
        application,
        address=loopback_address(host),
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        backlog=1024,
        backpressure=AT_ONCE_MAX,
        log_enabled=False,
    )
    serving = asyncio.ensure_future(server.serve())
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        server.stop()
        await serving
        raise
    raise RuntimeError("the HTTP server ended by itself")

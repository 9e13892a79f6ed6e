"""Connecting to NATS with the settings' deadlines."""

import asyncio
import socket
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import nats.errors
import structlog

from infra.embedded import nats_address
from infra.messaging.client import StreamClient
from infra.nats import NatsRole, inbox_of, nats_key_of, tls_context
from infra.settings import Settings

RECONNECT_SECONDS = 0.25
CLOSE_SECONDS = 2
ANSWER_SECONDS = 2
PORT = 4222


class NatsUnreachable(ConnectionError):
    """No NATS server answers at the address, or none that lets us in."""


log = structlog.get_logger(__name__)


def connection_options(settings: Settings, nats_url: str, *, name: str, role: NatsRole) -> Mapping[str, Any]:
    """What nats-py and FastStream are given: reconnect for ever, at short intervals, and say so in the
    log.
    """

    async def error(problem: Exception) -> None:
        tell = log.warning if "violation" in str(problem) else log.debug
        tell("NATS connection", connection=name, problem=repr(problem))

    async def disconnected() -> None:
        log.info("NATS connection lost", connection=name)

    async def reconnected() -> None:
        log.info("NATS connection made again", connection=name)

    return {
        "servers": nats_address(settings, nats_url).urls,
        "name": name,
        "inbox_prefix": inbox_of(role),
        "allow_reconnect": True,
        "max_reconnect_attempts": -1,
        "reconnect_time_wait": RECONNECT_SECONDS,
        "connect_timeout": settings.nats_connect_seconds,
        "ping_interval": 10,
        "max_outstanding_pings": 2,
        "error_cb": error,
        "disconnected_cb": disconnected,
        "reconnected_cb": reconnected,
    }


def new_client(settings: Settings, nats_url: str, role: NatsRole) -> StreamClient:
    """A client with the key of a role, not connected yet. Raises NatsKeyUnusable."""
    return StreamClient(
        lambda: nats_address(settings, nats_url), nats_key_of(settings, role), tls_context(settings)
    )


async def connect(settings: Settings, nats_url: str, *, name: str, role: NatsRole) -> StreamClient:
    """A connection that mends itself. Raises NatsUnreachable when there is no server to begin with."""
    client = new_client(settings, nats_url, role)
    try:
        async with asyncio.timeout(settings.nats_connect_seconds):
            await client.connect(**connection_options(settings, nats_url, name=name, role=role))
    except (OSError, TimeoutError, nats.errors.Error) as error:
        refused = "authorization violation" in str(client.last_error).lower()
        await disconnect(client)
        where = _without_secrets(",".join(nats_address(settings, nats_url).urls))
        if refused:
            raise NatsUnreachable(
                f"NATS at {where} does not know the key of {role}: is it from the folder that its "
                "configuration was written with (clienteling nats configure)?"
            ) from error
        raise NatsUnreachable(f"NATS does not answer at {where}") from error
    except BaseException:
        await disconnect(client)
        raise
    return client


def answers(settings: Settings, nats_url: str) -> bool:
    """Whether one of the servers greets whoever connects, within seconds (by WebSocket: lets anybody
    connect).
    """
    for url in nats_address(settings, nats_url).urls:
        parts = urlsplit(url)
        with suppress(OSError, ValueError):
            address = (parts.hostname or "", parts.port or PORT)
            with socket.create_connection(address, timeout=ANSWER_SECONDS) as connection:
                if parts.scheme in ("ws", "wss") or connection.recv(4) == b"INFO":
                    return True
    return False


def _without_secrets(nats_url: str) -> str:
    return ",".join(part.strip().rpartition("@")[2] for part in nats_url.split(","))


async def disconnect(client: StreamClient) -> None:
    """Close a connection, also one whose server does not answer any more. Never raises."""
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await client.close()
    except Exception as problem:
        log.debug("NATS connection not closed cleanly", problem=repr(problem))

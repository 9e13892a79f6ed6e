"""Requests to addresses that others choose: bounded in time and size, never redirected, and only to machines
that everybody reaches, unless the settings allow others.

What is checked is the address that is connected to, not the name: a name that means another machine by then
gets nobody into the house.
"""

import asyncio
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterable
from concurrent.futures import Future
from contextlib import suppress
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, Final, NamedTuple, cast
from urllib.parse import urlsplit

import httpcore
import httpx

from infra.clock import now
from infra.settings import Settings

URL_LENGTH_MAX: Final = 2_000
#: So much of what an endpoint says is read where it took an event, so that the connection can be kept.
BODY_BYTES_MAX: Final = 65_536
#: So much is kept of its reason where it did not.
REASON_BYTES_MAX: Final = 200
_BODY_SECONDS: Final = 1.0
#: IPv4 behind a translator (RFC 6052): what reaches it is the address in it.
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class AddressRefused(httpcore.ConnectError):
    """A name means machines that webhooks may not go to."""


class Answer(NamedTuple):
    """What came of a request. `reason`: why the event was not taken, None when it was; `status`: None where
    nothing was answered; `retry_after`: the seconds that were asked for.
    """

    reason: str | None
    status: int | None = None
    retry_after: float | None = None


def problem_of_url(url: str, *, private: bool) -> str | None:
    """Why an address cannot be an endpoint's, in words; None when it can."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        return f"this is no address: {error}"
    if parts.scheme not in ("https", "http") or not host or len(url) > URL_LENGTH_MAX:
        return f"an address begins with https:// and a name, and has at most {URL_LENGTH_MAX} characters"
    if not url.isascii() or not url.isprintable() or " " in url:
        return "an address is written in ASCII without spaces"
    if parts.username is not None or parts.fragment:
        return "an address has no password and no fragment"
    if parts.scheme == "http" and not private:
        return "only https is allowed (CLIENTELING_WEBHOOKS_PRIVATE_ADDRESSES)"
    with suppress(ValueError):
        if not private and not is_public(ipaddress.ip_address(host)):
            return f"{host} is not an address that everybody reaches (CLIENTELING_WEBHOOKS_PRIVATE_ADDRESSES)"
    return None


def is_public(address: Address) -> bool:
    """Whether everybody on the Internet means the same machine by an address."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address.teredo is not None or address.is_site_local:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


@cache
def _trusted() -> ssl.SSLContext:
    """What the client of the sign-in trusts, too; SSL_CERT_FILE names other certificates."""
    return httpx.create_ssl_context()


class WebhookClient:
    """Connections to one endpoint; closed by `async with`."""

    def __init__(self, settings: Settings, url: str) -> None:
        self._url = url
        self._seconds = settings.webhooks_request_seconds
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=_trusted(),
            max_connections=settings.webhooks_side_by_side,
            keepalive_expiry=30,
            network_backend=_CheckedNetwork(private=settings.webhooks_private_addresses == "allowed"),
        )

    async def __aenter__(self) -> "WebhookClient":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._pool.aclose()

    async def post(self, headers: Iterable[tuple[str, str]], body: bytes) -> Answer:
        """Send a body, and say what was answered. Nothing is raised for what the other side does."""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._post([*headers, ("User-Agent", "clienteling-webhooks")], body)
        except TimeoutError:
            return Answer(f"nothing was answered within {self._seconds:g} s")
        except Exception as error:
            # Whatever it is, it is of this address: others are sent to all the same.
            return Answer(f"{type(error).__name__}: {error}".removesuffix(": "))

    async def _post(self, headers: list[tuple[str, str]], body: bytes) -> Answer:
        async with self._pool.stream("POST", self._url, headers=headers, content=body) as response:
            if 200 <= response.status < 300:
                # It is taken, however long the rest takes.
                with suppress(TimeoutError, httpcore.NetworkError, httpcore.ProtocolError):
                    async with asyncio.timeout(_BODY_SECONDS):
                        await _read(response, BODY_BYTES_MAX)
                return Answer(None, response.status)
            with suppress(httpcore.NetworkError, httpcore.ProtocolError):
                said = await _read(response, REASON_BYTES_MAX)
                text = "".join(c if c.isprintable() else " " for c in said.decode("utf-8", "replace")).strip()
                return _refusal(response, text)
            return _refusal(response, "")


async def _read(response: httpcore.Response, most: int) -> bytes:
    read = b""
    async for part in response.aiter_stream():
        read += part
        if len(read) >= most:
            break
    return read[:most]


def _refusal(response: httpcore.Response, text: str) -> Answer:
    reason = f"it answered {response.status}"
    if 300 <= response.status < 400:
        reason += ", and redirects are not followed"
    headers = {name.lower(): value for name, value in response.headers}
    after = _seconds_of(headers.get(b"retry-after", b"").decode("latin-1"))
    return Answer(f"{reason}: {text}" if text else reason, response.status, after)


def _seconds_of(retry_after: str) -> float | None:
    if retry_after.isdecimal():
        return float(retry_after[:9])
    with suppress(ValueError, TypeError):
        return max(0.0, (parsedate_to_datetime(retry_after) - now()).total_seconds())
    return None


class _CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to addresses that are allowed, and to no others of the same name."""

    def __init__(self, *, private: bool) -> None:
        self._private = private
        self._network = cast("httpcore.AsyncNetworkBackend", httpcore.AnyIOBackend())
        self._lookups: dict[tuple[str, int], asyncio.Future[list[str]]] = {}

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - an argument of httpcore's
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address of a name that is allowed and answers."""
        addresses = await self._addresses(host, port)
        allowed = [one for one in addresses if self._private or is_public(ipaddress.ip_address(one))]
        if not allowed:
            raise AddressRefused(f"{host} means {', '.join(addresses)}, which not everybody reaches")
        failed: httpcore.ConnectError | None = None
        for address in allowed:
            try:
                return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            except httpcore.ConnectError as error:
                failed = error
        raise failed or httpcore.ConnectError(host)

    async def sleep(self, seconds: float) -> None:
        """Wait so long."""
        await asyncio.sleep(seconds)

    async def _addresses(self, host: str, port: int) -> list[str]:
        # One thread for each name: an answer that does not come holds up nobody else, nor the end of this
        # process.
        running = self._lookups.get((host, port))
        if running is None:
            running = self._lookups[host, port] = asyncio.wrap_future(_look_up(host, port))
            running.add_done_callback(lambda done: self._looked_up(host, port, done))
        try:
            return await asyncio.shield(running)
        except socket.gaierror as error:
            raise httpcore.ConnectError(f"{host}: {error.strerror}") from error

    def _looked_up(self, host: str, port: int, done: "asyncio.Future[list[str]]") -> None:
        del self._lookups[host, port]
        if not done.cancelled():
            # Who asked may have given up before.
            done.exception()


def _look_up(host: str, port: int) -> "Future[list[str]]":
    found: Future[list[str]] = Future()

    def ask() -> None:
        try:
            infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            failed = error if isinstance(error, socket.gaierror) else socket.gaierror(0, str(error))
            _settle(found, failed)
        else:
            _settle(found, list(dict.fromkeys(str(info[4][0]).partition("%")[0] for info in infos)))

    threading.Thread(target=ask, name=f"address of {host}", daemon=True).start()
    return found


def _settle(found: "Future[list[str]]", outcome: "list[str] | Exception") -> None:
    # Whoever waited for it may be gone.
    if found.set_running_or_notify_cancel():
        if isinstance(outcome, Exception):
            found.set_exception(outcome)
        else:
            found.set_result(outcome)

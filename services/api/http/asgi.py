"""Headers, body and answer of a request that is answered without Litestar's requests and responses."""

import re
from collections.abc import Iterable
from typing import Any, Final

from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.types import Receive, Send

_WEIGHT: Final = re.compile(r"[01](\.\d{0,3})?")


def header_of(scope: Any, name: bytes) -> str | None:
    """The value of a header (its name in small letters); of one that is sent twice the first counts."""
    for given, value in scope["headers"]:
        if given == name:
            return value.decode("latin-1")
    return None


def weight_of(given: str | None, name: str) -> float | None:
    """How much a client wants something that it names in a header like `Accept` (RFC 9110, section 12.4.2):
    0, not at all, to 1; None where it does not name it.
    """
    for part in (given or "").lower().split(","):
        named, *parameters = (each.strip() for each in part.split(";"))
        if named == name:
            weights = (each.removeprefix("q=") for each in parameters if each.startswith("q="))
            return _number(next(weights, "1"))
    return None


def _number(weight: str) -> float:
    return float(weight) if _WEIGHT.fullmatch(weight) else 0.0


def takes_gzip(scope: Any) -> bool:
    """Whether the client of a request takes an answer in this coding."""
    given = header_of(scope, b"accept-encoding")
    return any(weight_of(given, name) for name in ("gzip", "x-gzip"))


def is_sent_twice(scope: Any, name: bytes) -> bool:
    """Whether a header comes more than once, with whatever values."""
    return sum(given == name for given, _ in scope["headers"]) > 1


def declared_length(scope: Any) -> int:
    """How long a request says that its body is; 0 when it does not say so."""
    given = header_of(scope, b"content-length")
    return int(given) if given is not None and given.isdecimal() else 0


async def whole_body(scope: Any, receive: Receive, bytes_max: int) -> bytes:
    """The body of a request that `Admission` let in. Raises RequestEntityTooLarge."""
    # What says itself that it is too large has not been received.
    if declared_length(scope) > bytes_max:
        raise RequestEntityTooLarge
    message: Any = await receive()
    if len(message["body"]) > bytes_max:
        raise RequestEntityTooLarge
    return message["body"]


async def answer_with(send: Send, status: int, headers: Iterable[tuple[bytes, str]], body: bytes) -> None:
    """Send an answer with these headers, their names in small letters."""
    encoded = [(name, value.encode("latin-1")) for name, value in headers]
    encoded.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": body, "more_body": False})

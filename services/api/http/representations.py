"""How an answer goes over the wire: not at all where the client has it already (ETag, 304), and compressed.

A tag is a digest of the answer itself: nothing else identifies it. A rebuild changes what is said at a
position, a restored log gives positions anew, scores and Today move with the clock (docs/adr/0068).
"""

import asyncio
import re
import zlib
from hashlib import blake2b
from typing import Any, Final

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from services.api.http.asgi import header_of, takes_gzip

#: In a route handler's `opt`: its answers have a secret in them, and are never compressed (BREACH).
UNCOMPRESSED: Final = "uncompressed"
#: Smaller answers fit into a packet as they are.
COMPRESSED_BYTES_MIN: Final = 2_048
#: Larger ones are compressed in a thread: others wait for the event loop.
AT_ONCE_BYTES_MAX: Final = 32_768
#: The fastest: others are a tenth smaller, for half as much time again.
LEVEL: Final = 1
GZIP: Final = 16 + zlib.MAX_WBITS
DIGEST_BYTES: Final = 12
_TYPES: Final = (b"application/json", b"application/x-ndjson", b"text/html")
_AS_OF: Final = re.compile(rb'"as_of":"[^"]*"')
_TAG: Final = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')
#: What of a whole answer is not said of one that the client has already.
_OF_THE_BODY: Final = (b"content-length", b"content-type")


class Representations(ASGIMiddleware):
    """Gives whole answers to reads a tag; leaves out what the client has, and compresses the rest where that
    may be. Answers that go on pass as they are.
    """

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Pass a request on, and its answer in the form that the client takes."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await next_app(scope, receive, send)
            return
        held: list[Message] = []

        async def represented(message: Message) -> None:
            if message["type"] == "http.response.start":
                held[:] = [message]
                return
            if message["type"] == "http.response.body" and held:
                start: Any = held.pop()
                if start["status"] == 200 and not message.get("more_body"):
                    await self._send_whole(scope, send, start, message["body"])
                    return
                await send(start)
            await send(message)

        await next_app(scope, receive, represented)

    async def _send_whole(self, scope: Scope, send: Send, start: Any, body: bytes) -> None:
        headers: list[tuple[bytes, bytes]] = [(name.lower(), value) for name, value in start["headers"]]
        kind = dict(headers).get(b"content-type", b"")
        if not kind.startswith(_TYPES):
            await _send(send, start, headers, body)
            return
        # Weak: the same answer compressed has other bytes (RFC 9110, section 8.8.1).
        tag = _tag_of(body)
        headers += [(b"etag", f"W/{tag}".encode()), (b"vary", b"Accept, Accept-Encoding")]
        if _has_already(header_of(scope, b"if-none-match"), tag):
            kept = [(name, value) for name, value in headers if name not in _OF_THE_BODY]
            start["status"] = 304
            await _send(send, start, kept, b"")
            return
        if len(body) >= COMPRESSED_BYTES_MIN and _may_be_compressed(scope):
            compress = asyncio.to_thread(_compressed, body) if len(body) > AT_ONCE_BYTES_MAX else None
            body = _compressed(body) if compress is None else await compress
            headers = [(name, value) for name, value in headers if name != b"content-length"]
            headers += [(b"content-encoding", b"gzip"), (b"content-length", b"%d" % len(body))]
        await _send(send, start, headers, body)


async def _send(send: Send, start: Any, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    start["headers"] = headers
    await send(start)
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _tag_of(body: bytes) -> str:
    # When it was asked is no difference: what is said of another moment has other words.
    said = _AS_OF.sub(b"", body) if b'"as_of":' in body else body
    return f'"{blake2b(said, digest_size=DIGEST_BYTES).hexdigest()}"'


def _has_already(given: str | None, tag: str) -> bool:
    """Whether the client has one of these answers (RFC 9110, section 13.1.2)."""
    return given is not None and (given.strip() == "*" or tag in _TAG.findall(given))


def _may_be_compressed(scope: Scope) -> bool:
    handler: Any = scope.get("route_handler")
    if handler is not None and handler.opt.get(UNCOMPRESSED):
        return False
    # A page of somebody else's that has a signed-in browser come here could measure what is in the answer.
    if header_of(scope, b"cookie") is not None and header_of(scope, b"sec-fetch-site") == "cross-site":
        return False
    return takes_gzip(scope)


def _compressed(body: bytes) -> bytes:
    compressor = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP)
    return compressor.compress(body) + compressor.flush()

"""One client's connection: uvicorn's protocol on llhttp, with deadlines for everything a client may leave
unfinished.

It adds phases with deadlines and caps (`services.api.http.connections`), a largest head, and 408, 413, 431
and 503 before a request reaches the application. Responses stay in order: what is wrong with a later request
is said after the responses to those before it. https://www.rfc-editor.org/rfc/rfc9112
"""

import asyncio
import time
from http import HTTPStatus
from itertools import chain
from typing import Any, Final, cast

import httptools
import msgspec
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from infra.ids import new_id
from services.api.http.connections import Connections, Phase
from services.api.http.flow_control import HeadAndBodyTransport, PipelineFlowControl
from services.api.http.problems import MEDIA_TYPE, RETRY_SECONDS, Problem, unavailable

HEALTH_PATH: Final = "/healthz"
#: The line and the headers of one request.
HEAD_BYTES_MAX: Final = 65_536
READ_BYTES_MAX: Final = 32_768
#: What a chunked body may have besides its content: lengths, extensions and trailers, per byte of the largest
#: content.
CHUNKING_MAX: Final = 8

#: Headers, and options of the header `Connection`, that ask for another protocol.
ASKING_TO_UPGRADE: Final = frozenset({b"connection", b"http2-settings", b"upgrade"})

HEAD_TOO_LARGE: Final = Problem(431, "head_too_large", "A request's line and headers have at most 64 KiB.")
BODY_TOO_LARGE: Final = Problem(413, "body_too_large", "The body is larger than the settings allow.")
NOT_HTTP: Final = Problem(400, "bad_request", "The request cannot be read.")
TOO_SLOW: Final = Problem(408, "request_timeout", "The request was not sent in time.")
STOPPING: Final = unavailable("stopping", "The service is stopping; send it again in a moment.")
TOO_MANY: Final = Problem(
    503,
    "too_many_connections",
    "Too many clients are connected.",
    headers={"Retry-After": str(RETRY_SECONDS)},
)


class Connection(HttpToolsProtocol):
    """A client's connection, kept in `kept` among the others. A body has at most `body_bytes_max`."""

    def __init__(self, kept: Connections, body_bytes_max: int, **given: Any) -> None:
        super().__init__(**given)
        self._kept = kept
        self._request_bytes_max = HEAD_BYTES_MAX + CHUNKING_MAX * body_bytes_max
        self.address = ""
        self.phase = Phase.GONE
        self.heard_at = 0.0
        self._admitted = True
        #: What of the current request has not been received yet: its HEAD, its BODY, or nothing of it (IDLE).
        self._missing = Phase.IDLE
        self._received_bytes = 0
        #: Whole requests that have not been answered, and whether one ever was.
        self._owed = 0
        self._answered = False
        #: What nothing can be received after, once everything before it is answered.
        self._refusal: Problem | None = None

    # --- the socket -----------------------------------------------------------------------------------------

    def connection_made(self, transport: Any) -> None:
        """Count the connection, and begin to wait for a request."""
        super().connection_made(transport)
        self.flow = PipelineFlowControl(transport, self.pipeline)
        # Told whenever anything is left unread, and not only from 64 KiB on. With TLS the limit is inclusive:
        # at 0 it would be told when nothing is left.
        transport.set_write_buffer_limits(high=0 if transport.get_extra_info("sslcontext") is None else 1)
        # Thousands of small requests fit into the 256 KiB that asyncio reads at once, all before anybody
        # else's.
        transport.max_size = READ_BYTES_MAX
        self.address = self.client[0] if self.client else ""
        self.heard_at = time.monotonic()
        self._admitted = self._kept.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._kept.remove(self)
        # Those behind the one that is being answered are never begun.
        self.pipeline.clear()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """The client has not read all that was written."""
        super().pause_writing()
        self._kept.unread(self, True)

    def resume_writing(self) -> None:
        """The client has read all that was written."""
        super().resume_writing()
        self._kept.unread(self, False)

    def data_received(self, data: bytes) -> None:
        """Read on, as far as it can be read."""
        if self.parser is None or self._refusal is not None or self.transport.is_closing():  # pyright: ignore[reportUnnecessaryComparison]
            return
        self.heard_at = time.monotonic()
        self._received_bytes += len(data)
        try:
            self._parse(data)
        except httptools.HttpParserError:
            self._refuse(NOT_HTTP)
        if self._missing is Phase.HEAD and self._received_bytes > HEAD_BYTES_MAX:
            self._refuse(HEAD_TOO_LARGE)
        elif self._missing is Phase.BODY and self._received_bytes > self._request_bytes_max:
            self._refuse(BODY_TOO_LARGE)
        self._enter_phase()

    def _parse(self, data: bytes) -> None:
        while True:
            try:
                self.parser.feed_data(data)
                return
            except httptools.HttpParserUpgrade as upgrade:
                if not self._is_upgrade_passed_over:
                    # A tunnel (CONNECT). What was sent behind it cannot be told from its content.
                    self.cycle.keep_alive = False
                    return
                # Nobody has to change to another protocol (RFC 9110, section 7.8), but the parser leaves out
                # the body of a request that asks for it. So it reads the head again, without that.
                head = self._head_without_upgrade()
                data = head + data[upgrade.args[0] :]
                self.parser = httptools.HttpRequestParser(self)
                self.parser.set_dangerous_leniencies(lenient_data_after_close=True)

    @property
    def _is_upgrade_passed_over(self) -> bool:
        return self.parser.should_upgrade() and self.parser.get_method() != b"CONNECT"

    def _head_without_upgrade(self) -> bytes:
        method, version = self.parser.get_method(), self.parser.get_http_version().encode()
        kept = [(name, value) for name, value in self.headers if name not in ASKING_TO_UPGRADE]
        options = [value.split(b",") for name, value in self.headers if name == b"connection"]
        for option in (each.strip() for each in chain.from_iterable(options)):
            if option.lower() not in ASKING_TO_UPGRADE:
                kept.append((b"connection", option))
        lines = b"".join(b"%b: %b\r\n" % header for header in kept)
        return b"%b %b HTTP/%b\r\n%b\r\n" % (method, self.url, version, lines)

    # --- what the parser finds ------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._missing = Phase.HEAD
        self._received_bytes = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or a trailer: nobody asks for those."""
        if self._missing is Phase.HEAD:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The application gets to work on the request, and waits for its body."""
        if self._refusal is not None or self._is_upgrade_passed_over:
            return
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > HEAD_BYTES_MAX:
            self._refuse(HEAD_TOO_LARGE)
        elif not self._admitted and self.url.partition(b"?")[0] != HEALTH_PATH.encode():
            self._refuse(TOO_MANY)
        else:
            super().on_headers_complete()
            self.cycle.transport = cast("asyncio.Transport", HeadAndBodyTransport(self.transport, self.loop))
        self._missing = Phase.BODY

    def on_body(self, body: bytes) -> None:
        """Some of the body."""
        if self._refusal is None:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The request has been received."""
        if self._refusal is not None or self._is_upgrade_passed_over:
            return
        self._missing = Phase.IDLE
        if not self.cycle.response_complete:
            self._owed += 1
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """A request has been answered: the next, or what is wrong with it."""
        self._answered = True
        self._owed = max(0, self._owed - 1)
        # As uvicorn's own, without its timer for idle connections: `Connections` has one for all.
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        self.flow.resume_reading()
        if self._refusal is not None and not self._owed:
            self._say_and_close(self._refusal)
        self._enter_phase()

    # --- its end --------------------------------------------------------------------------------------------

    def shutdown(self) -> None:
        """The service stops: whole requests are answered, the rest of half a one is not waited for."""
        if self._missing is Phase.BODY and not self.cycle.response_started:
            self._refuse(STOPPING)
        super().shutdown()

    def cut(self) -> None:
        """End the connection: with 408 when half a request has been received, else without a word."""
        if self.transport.is_closing():
            return
        answering = self.cycle is not None and self.cycle.response_started  # pyright: ignore[reportUnnecessaryComparison]
        if self._missing is Phase.IDLE or (self._missing is Phase.BODY and answering):
            self.transport.close()
        else:
            self._say_and_close(TOO_SLOW)

    def abort(self) -> None:
        """End the connection at once; what the client has not read is lost."""
        self.transport.abort()

    def _enter_phase(self) -> None:
        if self.phase is Phase.GONE:
            return
        if self._owed:
            phase = Phase.ANSWERING
        elif self._missing is Phase.IDLE and not self._answered:
            phase = Phase.HEAD
        else:
            phase = self._missing
        self._kept.enter(self, phase)

    def _refuse(self, problem: Problem) -> None:
        """Read no further. The problem is sent after the responses to the requests before it."""
        if self._refusal is not None:
            return
        self._refusal = problem
        if self._missing is Phase.BODY and self.pipeline and self.pipeline[0][0] is self.cycle:
            # Half a request that waits for its turn.
            self.pipeline.popleft()
        if not self._owed:
            self._say_and_close(problem)

    def _say_and_close(self, problem: Problem) -> None:
        if self.transport.is_closing():
            return
        if self.cycle is not None and self._missing is Phase.BODY:  # pyright: ignore[reportUnnecessaryComparison]
            # The application may be in the middle of it; it must not answer as well.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        body = msgspec.json.encode(problem.document(f"urn:clienteling:occurrence:{new_id('err')[4:]}"))
        headers = {
            "content-type": MEDIA_TYPE,
            "content-length": str(len(body)),
            "cache-control": "no-store",
            "connection": "close",
            **problem.headers,
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        status = f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}\r\n"
        self.transport.write(f"{status}{lines}\r\n".encode() + body)
        self.transport.close()

"""The application: route handlers, every error a problem document, every request counted."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from functools import cached_property
from typing import Any, Final
from urllib.parse import urlsplit

from litestar import Litestar
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.types import Message, Middleware
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from infra.listening import parts_of
from infra.settings import Settings
from services.api.http.admission import Admission
from services.api.http.asgi import header_of
from services.api.http.cors import cors_of
from services.api.http.deprecations import DEPRECATED
from services.api.http.error_handling import handle_exception
from services.api.http.metrics import NO_ROUTE, Metrics
from services.api.http.openapi import openapi_json
from services.api.http.problems import Problem

Guard = Callable[[Any, Any], Awaitable[None]]
#: The names by which a program on this machine addresses us. Any other that the settings do not name is
#: DNS rebinding: the page of somebody else had its own name lead here.
OWN_HOSTS: Final = frozenset({b"localhost", b"127.0.0.1", b"[::1]"})
OWN_ADDRESSES: Final = frozenset({"127.0.0.1", "::1"})

#: Of two of these a proxy may go by one and we by the other.
ONCE: Final = frozenset({b"content-encoding", b"content-type", b"host"})
#: What stands for no coding.
AS_IT_IS: Final = "identity"

NOT_OURS: Final = "Only requests to localhost, and to the names in CLIENTELING_API_NAMES, are answered."
NOT_CODED: Final = "Bodies of requests are taken as they are, in no coding."
NOT_THROUGH_PROXY: Final = "Only what comes through a proxy in CLIENTELING_API_PROXIES is answered."


class Api(Litestar):
    """The HTTP application. Route handlers are given `app` under this name; `resources` are open while it
    runs. What is `undocumented` is served and is no part of the interface.
    """

    def __init__(
        self,
        route_handlers: Sequence[HTTPRouteHandler],
        *,
        undocumented: Sequence[HTTPRouteHandler] = (),
        app: Any,
        settings: Settings,
        metrics: Metrics,
        resources: AbstractAsyncContextManager[None],
        middleware: Sequence[Middleware] = (),
        guards: Sequence[Guard] = (),
    ) -> None:
        self.app = app
        self.settings = settings
        self._metrics = metrics
        self._handlers = tuple(route_handlers)
        self._resources = resources
        names = {name.lower() for name in parts_of(settings.api_names)}
        if settings.public_url is not None:
            names.add(urlsplit(settings.public_url).hostname or "")
        self._names = OWN_HOSTS | {name.encode() for name in names}
        proxies = parts_of(settings.api_proxies)
        self._peers = proxies | OWN_ADDRESSES if proxies else None
        #: Set when the server stops: answers that would go on end then.
        self.stopping = asyncio.Event()
        self._in_flight = 0
        self._idle = asyncio.Event()
        self._idle.set()
        answering: Any = super().__call__
        if proxies:
            # Behind the look at the peer: from here on the client is whom the proxies name.
            answering = ProxyHeadersMiddleware(answering, trusted_hosts=sorted(proxies))
        self._admission = Admission(
            answering,
            self._refuse,
            at_once_max=settings.api_requests_max,
            answer_seconds=settings.api_request_seconds,
            body_bytes_max=settings.api_body_bytes_max,
        )
        super().__init__(
            (*self._handlers, *undocumented),
            dependencies={"app": Provide(lambda: app, use_cache=True, sync_to_thread=False)},
            lifespan=[self._running],
            middleware=middleware,
            guards=guards,
            exception_handlers={HTTPException: handle_exception, Exception: handle_exception},
            request_max_body_size=settings.api_body_bytes_max,
            cors_config=cors_of(settings),
            # Litestar would serve the document itself, at addresses of its own.
            openapi_config=None,
            logging_config=None,
        )

    @cached_property
    def openapi_json(self) -> bytes:
        """The OpenAPI document of this application."""
        return openapi_json(self._handlers, self.settings.api_page_rows_max)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Handle one request, or run the application's lifespan."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        began = time.perf_counter()
        status, seconds = 0, 0.0

        async def observed(message: Message) -> None:
            nonlocal status, seconds
            if message["type"] == "http.response.start":
                status, seconds = message["status"], time.perf_counter() - began
                if (marked := DEPRECATED.get(_operation_of(scope))) is not None:
                    message["headers"] = [*message["headers"], *marked.headers]
            await send(message)

        self._in_flight += 1
        self._idle.clear()
        try:
            if (problem := self._problem_of(scope)) is None:
                await self._admission(scope, receive, observed)
            else:
                await self._refuse(scope, receive, observed, problem)
        finally:
            self._in_flight -= 1
            if not self._in_flight:
                self._idle.set()
            if status:
                self._metrics.observe_request(_operation_of(scope), scope["method"], status, seconds)

    @asynccontextmanager
    async def _running(self, _: Litestar) -> AsyncGenerator[None]:
        async with self._resources:
            yield
            self.stopping.set()
            # The server stops listening before this, but does not wait for what it has begun.
            with suppress(TimeoutError):
                await asyncio.wait_for(self._idle.wait(), self.settings.shutdown_seconds)

    def _problem_of(self, scope: Any) -> Problem | None:
        """Why a request is not answered at all: it was meant for somebody else, or came past the proxies."""
        if self._peers is not None and (scope.get("client") or ("",))[0] not in self._peers:
            return Problem(403, "not_through_proxy", NOT_THROUGH_PROXY)
        if (name := _repeated(scope)) is not None:
            return Problem(400, "bad_request", "This header comes once.", field=name)
        host = host_of(scope)
        if host is None and scope["http_version"] == "1.1":
            return Problem(400, "bad_request", "A request of HTTP/1.1 names its host.", field="Host")
        if host is not None and host not in self._names:
            return Problem(421, "host_not_ours", NOT_OURS, field="Host")
        if (header_of(scope, b"content-encoding") or AS_IT_IS).strip().lower() != AS_IT_IS:
            headers = {"Accept-Encoding": AS_IT_IS}
            return Problem(415, "coding_not_taken", NOT_CODED, field="Content-Encoding", headers=headers)
        return None

    async def _refuse(self, scope: Any, receive: Any, send: Any, problem: Problem) -> None:
        request = self.request_class(scope, receive, send)
        response = handle_exception(request, problem)
        await response.to_asgi_response(None, request)(scope, receive, send)


def _operation_of(scope: Any) -> str:
    handler = scope.get("route_handler")
    return (handler and handler.name) or NO_ROUTE


def _repeated(scope: Any) -> str | None:
    """A header that may come once and comes again."""
    given = [name for name, _ in scope["headers"] if name in ONCE]
    again = next((name for name in given if given.count(name) > 1), None)
    return again.decode().title() if again is not None else None


def host_of(scope: Any) -> bytes | None:
    """The name by which a request addresses us, without a port."""
    for name, value in scope["headers"]:
        if name == b"host":
            host: bytes = value.rpartition(b":")[0] if not value.endswith(b"]") and b":" in value else value
            return host.lower()
    return None

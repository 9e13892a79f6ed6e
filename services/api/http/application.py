"""The application: routes on a shop, every error a problem document, every request counted."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any, Final

import structlog
from litestar import Litestar, Response
from litestar.exceptions import HTTPException, MethodNotAllowedException, NotFoundException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.types import Message

from domain.messages import Refused
from infra.event_store.handler import Conflict
from infra.ids import new_id
from infra.postgres.failures import is_missing_table, is_unavailable
from services.api.command_queue import QueueClosed, QueueFull
from services.api.http.admission import Intake
from services.api.http.metrics import NO_ROUTE
from services.api.http.problems import MEDIA_TYPE, RETRY_SECONDS, Problem, not_found, of_refusal, unavailable
from services.api.http.routing import NO_STORE, AnyRequest, Route
from services.api.state import Shop
from services.read_models.tables import NotCaughtUp, NothingProjected, PositionNotReached

log = structlog.get_logger(__name__)

#: The names by which a program on this machine addresses us. Any other host in a request means that the page of
#: somebody else had its own name lead here.
OWN_HOSTS: Final = frozenset({b"localhost", b"127.0.0.1", b"[::1]"})

NOT_OURS: Final = "Only requests to localhost are answered until callers can be told apart."

Opened = Callable[[Shop], AbstractAsyncContextManager[None]]


class Api(Litestar):
    """The HTTP application. `opened` is entered when the server starts and left when it stops, after the last answer."""

    def __init__(self, shop: Shop, routes: Sequence[Route], opened: Opened) -> None:
        self.shop = shop
        self._routes = tuple(routes)
        self._answering = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._intake = Intake(
            super().__call__,
            self._refuse,
            at_once_max=shop.settings.api_requests_max,
            answer_seconds=shop.settings.api_request_seconds,
            body_bytes_max=shop.settings.api_body_bytes_max,
        )
        super().__init__(
            [route.bound_to(shop) for route in routes],
            lifespan=[self._running(opened)],
            exception_handlers={HTTPException: self._told, Exception: self._told},
            request_max_body_size=shop.settings.api_body_bytes_max,
            # The document is made from the same table as the routes, by services.api.openapi.
            openapi_config=None,
            logging_config=None,
        )

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answers one request, or runs the application's lifespan."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        began = time.perf_counter()
        status, seconds = 0, 0.0

        async def observed(message: Message) -> None:
            nonlocal status, seconds
            if message["type"] == "http.response.start":
                status, seconds = message["status"], time.perf_counter() - began
            await send(message)

        self._answering += 1
        self._idle.clear()
        try:
            if is_own_host(scope):
                await self._intake(scope, receive, observed)
            else:
                await self._refuse(
                    scope, receive, observed, Problem(421, "host_not_ours", NOT_OURS, field="Host")
                )
        finally:
            self._answering -= 1
            if not self._answering:
                self._idle.set()
            if status:
                handler = scope.get("route_handler")
                operation = (handler and handler.name) or NO_ROUTE
                self.shop.metrics.answered(operation, scope["method"], status, seconds)

    def _running(self, opened: Opened) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
        @asynccontextmanager
        async def running(_: Litestar) -> AsyncGenerator[None]:
            async with opened(self.shop):
                yield
                await self._drained()

        return running

    async def _drained(self) -> None:
        # The server stops listening before this, but does not wait for what it has begun.
        with suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), self.shop.settings.shutdown_seconds)

    def _told(self, request: AnyRequest, error: Exception) -> Response[Any]:
        problem = problem_of(error)
        instance = f"urn:clienteling:occurrence:{new_id('err')[4:]}"
        if problem.status == 405:
            path = request.scope["path"]
            methods = {route.method for route in self._routes if route.matches(path)}
            problem.headers["Allow"] = ", ".join(sorted(methods | {"OPTIONS"}))
        if problem.status == 500:
            log.error("A request failed", instance=instance, exc_info=error)
        elif problem.status > 500:
            log.warning("A request was turned away", code=problem.code, instance=instance)
        return Response(
            problem.document(instance),
            status_code=problem.status,
            media_type=MEDIA_TYPE,
            headers={**NO_STORE, **problem.headers},
        )

    async def _refuse(self, scope: Any, receive: Any, send: Any, problem: Problem) -> None:
        request: AnyRequest = self.request_class(scope, receive, send)
        response = self._told(request, problem)
        await response.to_asgi_response(None, request)(scope, receive, send)


def is_own_host(scope: Any) -> bool:
    """Whether the request was addressed to this machine by one of its own names (or by none at all)."""
    for name, value in scope["headers"]:
        if name == b"host":
            host = value.rpartition(b":")[0] if not value.endswith(b"]") and b":" in value else value
            return host.lower() in OWN_HOSTS
    return True


def problem_of(error: Exception) -> Problem:
    """The problem that tells an error to a caller, without anything the caller or a customer might not want to see."""
    match error:
        case Problem():
            return error
        case NothingProjected():
            return unavailable(
                "nothing_projected", "This projection has not begun; the projector makes its tables."
            )
        case NotCaughtUp():
            return unavailable("not_caught_up", str(error))
        case PositionNotReached():
            return Problem(409, "position_not_reached", str(error), field="at_least")
        case Refused():
            return of_refusal(error)
        case QueueFull():
            return unavailable(
                "too_many_commands", "More commands wait than can be kept; send it again in a moment."
            )
        case QueueClosed():
            return unavailable("stopping", "The service is stopping; send it again in a moment.")
        case Conflict():
            detail = "Others were faster every time; nothing has happened. Send it again with the same key."
            return Problem(409, "conflict", detail, headers={"Retry-After": str(RETRY_SECONDS)})
        case NotFoundException():
            return not_found("address", "unknown_address")
        case MethodNotAllowedException():
            return Problem(405, "method_not_allowed", "This address does not know this method; see Allow.")
        case RequestEntityTooLarge():
            return Problem(413, "body_too_large", "The body is larger than the settings allow.")
        case HTTPException() if 400 <= error.status_code < 500:
            return Problem(400, "bad_request", "The request cannot be read.")
        case _ if is_unavailable(error):
            return unavailable("database_unavailable", "The database does not answer just now.")
        case _ if is_missing_table(error):
            return unavailable(
                "nothing_projected",
                "The tables that answer this are not there yet; the projector makes them.",
            )
        case _:
            return Problem(500, "internal", "Something went wrong here; the log knows it by this instance.")

"""What is not about the shop but about this service: where to begin, is it alive, is it ready, what does it measure."""

from typing import Any, Final, Literal, cast

import msgspec
from litestar import Response

from infra.projection_store.health import ProjectionLine
from services.api.http import metrics, pages
from services.api.http.application import Api
from services.api.http.deadlines import within
from services.api.http.parameters import AnyRequest
from services.api.http.problems import FieldProblem, Problem
from services.api.http.route_handlers import NO_STORE, Injected, json_bytes, json_response, page
from services.api.resources.health import ASK_SECONDS_MAX, House, Reason, health_of_house, house_now
from services.api.resources.readiness import Reach, readiness_of
from services.api.stall_watch import Projected
from services.api.state import AppState

HTML: Final = "text/html; charset=utf-8"


class Alive(msgspec.Struct, frozen=True):
    """The process answers."""

    alive: Literal[True] = True


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """This process can answer: it reaches the database, its writer works, and it is not stopping."""

    ready: Literal[True] = True
    log_position: int
    projections: list[Projected]


class Well(msgspec.Struct, frozen=True, kw_only=True):
    """Everything works: the database, NATS, relay, projector and reactions, and each projection moves."""

    healthy: Literal[True] = True
    log_position: int
    projections: list[ProjectionLine]


@page("/healthz", summary="Is the process alive?")
async def alive() -> Response[Alive]:
    """Whether the process answers at all; it asks nobody else. A process for which this fails should be started again."""
    return json_response(Alive())


@page("/readyz", summary="Can it answer?", problems=(503,))
async def ready(app: Injected[AppState]) -> Response[Ready]:
    """Whether requests should be sent to this process: 503 with the reasons while it does not reach the database, its writer does not
    work, or it is stopping. Whatever else is wrong in the house is said by `/v1/health`: commands and reads are answered meanwhile.
    """
    found = await readiness_of(app)
    if isinstance(found, Reach):
        return json_response(Ready(log_position=found.log_position, projections=found.projected))
    raise _with_reasons("not_ready", found)


@page("/v1/health", summary="How is the whole house?", problems=(503,))
async def health(app: Injected[AppState]) -> Response[Well]:
    """How the whole house is: 503 with the reasons while the database or NATS does not answer, a service is silent, or a projection is
    missing, stalled or in trouble or has parked keys. Answered within seconds, whoever hangs.
    """
    found = await health_of_house(app)
    if isinstance(found, House):
        return json_response(Well(log_position=found.log_position, projections=found.health.projections))
    raise _with_reasons("unhealthy", found)


def _with_reasons(code: str, reasons: list[Reason]) -> Problem:
    detail = " ".join(message for _, message in reasons)
    errors = [FieldProblem(part, message) for part, message in reasons]
    return Problem(503, code, detail, errors=errors, headers={"Retry-After": "1"})


@page("/metrics", summary="What Prometheus collects.", media_type="text/plain")
async def measured(app: Injected[AppState]) -> Response[bytes]:
    """What Prometheus collects: requests, commits, and how far behind the log each projection is. Of this process alone."""
    app.metrics.commands_waiting.set(app.commands.waiting)
    try:
        log_position, projected, health_now = await within(ASK_SECONDS_MAX, house_now(app))
    except Exception:
        # Whoever collects wants to see the rest most of all when the database is gone.
        app.metrics.database_reachable.set(0)
    else:
        app.metrics.database_reachable.set(1)
        app.metrics.projected(log_position, [(one.projection, one.position) for one in projected])
        app.metrics.services(health_now)
    return Response(app.metrics.page(), media_type=metrics.MEDIA_TYPE, headers=dict(NO_STORE))


@page("/", summary="Where to begin.", media_type="text/html")
async def start(request: AnyRequest) -> Response[str]:
    """A page for people who open the address in a browser."""
    return Response(pages.start_page(_document(request)), media_type=HTML, headers=pages.HEADERS)


@page("/docs", summary="All routes, for people.", media_type="text/html")
async def documentation(request: AnyRequest) -> Response[str]:
    """Every route with its parameters, for people. Works without any other server."""
    return Response(pages.documentation_page(_document(request)), media_type=HTML, headers=pages.HEADERS)


@page("/openapi.json", summary="All routes, for programs.")
async def openapi(request: AnyRequest) -> Response[dict[str, Any]]:
    """This interface, for programs: an OpenAPI 3.1 document."""
    return json_bytes(_api(request).openapi_json)


def _api(request: AnyRequest) -> Api:
    return cast("Api", request.app)


def _document(request: AnyRequest) -> dict[str, Any]:
    return msgspec.json.decode(_api(request).openapi_json)


ROUTE_HANDLERS: Final = (start, documentation, openapi, alive, ready, health, measured)

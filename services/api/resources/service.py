"""What is not about the shop but about this service: where to begin, is it alive, is it ready, what does it measure."""

from functools import cache
from typing import Any, Final, Literal

import msgspec
from litestar import Response

from infra.projection_store.health import ProjectionLine
from services.api.http import metrics, pages
from services.api.http.deadlines import within
from services.api.http.parameters import AnyRequest
from services.api.http.problems import FieldProblem, Problem
from services.api.http.routing import NO_STORE, Route, json_answer
from services.api.resources.health import ASK_SECONDS_MAX, House, Reason, health_of_house, house_now
from services.api.resources.readiness import Reach, readiness_of
from services.api.stall_watch import Projected
from services.api.state import Shop

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


async def alive(shop: Shop, request: AnyRequest) -> Response[bytes]:
    """Whether the process answers at all; it asks nobody else. A process for which this fails should be started again."""
    del shop, request
    return json_answer(Alive())


async def ready(shop: Shop, request: AnyRequest) -> Response[bytes]:
    """Whether requests should be sent to this process: 503 with the reasons while it does not reach the database, its writer does not
    work, or it is stopping. Whatever else is wrong in the house is said by `/v1/health`: commands and reads are answered meanwhile.
    """
    del request
    found = await readiness_of(shop)
    if isinstance(found, Reach):
        return json_answer(Ready(log_position=found.log_position, projections=found.projected))
    raise _with_reasons("not_ready", found)


async def health(shop: Shop, request: AnyRequest) -> Response[bytes]:
    """How the whole house is: 503 with the reasons while the database or NATS does not answer, a service is silent, or a projection is
    missing, stalled or in trouble or has parked keys. Answered within seconds, whoever hangs.
    """
    del request
    found = await health_of_house(shop)
    if isinstance(found, House):
        return json_answer(Well(log_position=found.log_position, projections=found.health.projections))
    raise _with_reasons("unhealthy", found)


def _with_reasons(code: str, reasons: list[Reason]) -> Problem:
    detail = " ".join(message for _, message in reasons)
    errors = [FieldProblem(part, message) for part, message in reasons]
    return Problem(503, code, detail, errors=errors, headers={"Retry-After": "1"})


async def measured(shop: Shop, request: AnyRequest) -> Response[bytes]:
    """What Prometheus collects: requests, commits, and how far behind the log each projection is. Of this process alone."""
    del request
    shop.metrics.commands_waiting.set(shop.commands.waiting)
    try:
        log_position, projected, health_now = await within(ASK_SECONDS_MAX, house_now(shop))
    except Exception:
        # Whoever collects wants to see the rest most of all when the database is gone.
        shop.metrics.database_reachable.set(0)
    else:
        shop.metrics.database_reachable.set(1)
        shop.metrics.projected(log_position, [(one.projection, one.position) for one in projected])
        shop.metrics.services(health_now)
    return Response(shop.metrics.page(), media_type=metrics.MEDIA_TYPE, headers=dict(NO_STORE))


async def start(shop: Shop, request: AnyRequest) -> Response[str]:
    """A page for people who open the address in a browser."""
    del shop, request
    return Response(_start_page(), media_type=HTML, headers=pages.HEADERS)


async def documentation(shop: Shop, request: AnyRequest) -> Response[str]:
    """Every route with its parameters, for people. Works without any other server."""
    del shop, request
    return Response(_documentation_page(), media_type=HTML, headers=pages.HEADERS)


async def openapi(shop: Shop, request: AnyRequest) -> Response[bytes]:
    """This interface, for programs: an OpenAPI 3.1 document."""
    del shop, request
    return json_answer(_openapi_json())


# Made once: each takes as long as a hundred ordinary requests.
@cache
def _start_page() -> str:
    from services.api.resources.routes import ROUTES

    return pages.start_page(ROUTES)


@cache
def _documentation_page() -> str:
    from services.api.http.openapi import openapi_document
    from services.api.resources.routes import ROUTES

    return pages.documentation_page(openapi_document(ROUTES))


@cache
def _openapi_json() -> bytes:
    from services.api.http.openapi import openapi_json
    from services.api.resources.routes import ROUTES

    return openapi_json(ROUTES)


_page: Final[dict[str, Any]] = {"group": "service", "media_type": "text/html"}

ROUTES: Final = (
    Route(path="/", handle=start, summary="Where to begin.", **_page),
    Route(path="/docs", handle=documentation, summary="All routes, for people.", **_page),
    Route(
        path="/openapi.json",
        handle=openapi,
        summary="All routes, for programs.",
        answer=dict,
        group="service",
    ),
    Route(path="/healthz", handle=alive, summary="Is the process alive?", answer=Alive, group="service"),
    Route(
        path="/readyz",
        handle=ready,
        summary="Can it answer?",
        answer=Ready,
        group="service",
        problems=(503,),
    ),
    Route(
        path="/v1/health",
        handle=health,
        name="health",
        summary="How is the whole house?",
        answer=Well,
        group="service",
        problems=(503,),
    ),
    Route(
        path="/metrics",
        handle=measured,
        summary="What Prometheus collects.",
        group="service",
        media_type="text/plain",
    ),
)

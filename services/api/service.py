"""What is not about the shop but about this service: where to begin, is it alive, is it ready, what does it measure."""

from typing import Any, Final, Literal

import msgspec
from litestar import Response

from services.api import metrics, pages
from services.api.parameters import AnyRequest
from services.api.problems import FieldProblem, Problem
from services.api.readiness import House, house_now, readiness_of
from services.api.routing import NO_STORE, Route, json_answer
from services.api.shop import Shop
from services.api.watching import Projected

HTML: Final = "text/html; charset=utf-8"


class Alive(msgspec.Struct, frozen=True):
    """The process answers."""

    alive: Literal[True] = True


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is needed answers: the database, NATS, and each projection moves."""

    ready: Literal[True] = True
    log_position: int
    projections: list[Projected]


async def alive(shop: Shop, request: AnyRequest) -> Response[bytes]:
    """Whether the process answers at all; it asks nobody else. A process for which this fails should be started again."""
    del shop, request
    return json_answer(Alive())


async def ready(shop: Shop, request: AnyRequest) -> Response[bytes]:
    """Whether requests should be sent here: 503 with the reasons while the database, NATS or a projection is not there."""
    del request
    found = await readiness_of(shop)
    if isinstance(found, House):
        return json_answer(Ready(log_position=found.log_position, projections=found.projected))
    detail = " ".join(message for _, message in found)
    errors = [FieldProblem(part, message) for part, message in found]
    raise Problem(503, "not_ready", detail, errors=errors, headers={"Retry-After": "1"})


async def measured(shop: Shop, request: AnyRequest) -> Response[bytes]:
    """What Prometheus collects: requests, commits, and how far behind the log each projection is. Of this process alone."""
    del request
    shop.metrics.commands_waiting.set(shop.commands.waiting)
    try:
        log_position, projected, health = await house_now(shop)
    except Exception:
        # Whoever collects wants to see the rest most of all when the database is gone.
        shop.metrics.database_reachable.set(0)
    else:
        shop.metrics.database_reachable.set(1)
        shop.metrics.projected(log_position, [(one.projection, one.position) for one in projected])
        shop.metrics.services(health)
    return Response(shop.metrics.page(), media_type=metrics.MEDIA_TYPE, headers=dict(NO_STORE))


async def start(shop: Shop, request: AnyRequest) -> Response[str]:
    """A page for people who open the address in a browser."""
    del shop, request
    from services.api.routes import ROUTES

    return Response(pages.start_page(ROUTES), media_type=HTML, headers=pages.HEADERS)


async def documentation(shop: Shop, request: AnyRequest) -> Response[str]:
    """Every route with its parameters, for people. Works without any other server."""
    del shop, request
    from services.api.openapi import openapi_document
    from services.api.routes import ROUTES

    page = pages.documentation_page(openapi_document(ROUTES))
    return Response(page, media_type=HTML, headers=pages.HEADERS)


async def openapi(shop: Shop, request: AnyRequest) -> Response[bytes]:
    """This interface, for programs: an OpenAPI 3.1 document."""
    del shop, request
    from services.api.openapi import openapi_json
    from services.api.routes import ROUTES

    return json_answer(openapi_json(ROUTES))


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
        path="/metrics",
        handle=measured,
        summary="What Prometheus collects.",
        group="service",
        media_type="text/plain",
    ),
)

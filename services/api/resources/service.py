"""Route handlers about the service itself: pages for people, liveness, readiness, health and metrics."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from typing import Any, Final, Literal, cast

import msgspec
from litestar import Response

from infra.backups import BackupFailed, last_of
from infra.messaging.commands import SENT
from infra.projection_store.health import ProjectionLine
from infra.reaction_store.kept_messages import count_kept
from services.api.http import metrics, pages
from services.api.http.application import Api
from services.api.http.deadlines import within
from services.api.http.parameters import AnyRequest
from services.api.http.problems import FieldProblem, Problem
from services.api.http.route_handlers import NO_STORE, Injected, json_bytes, json_response, page
from services.api.resources.health import ASK_SECONDS_MAX, Reason, SystemHealth, check_health, system_health
from services.api.resources.readiness import Ready, check_readiness
from services.api.state import AppState

HTML: Final = "text/html; charset=utf-8"


class Alive(msgspec.Struct, frozen=True):
    """The process answers."""

    alive: Literal[True] = True


class Well(msgspec.Struct, frozen=True, kw_only=True):
    """Everything works: the database, NATS, relay, projector and reactions, and each projection moves."""

    healthy: Literal[True] = True
    log_position: int
    projections: list[ProjectionLine]


@page("/healthz", summary="Is the process alive?")
async def alive() -> Response[Alive]:
    """Whether the process answers at all; nobody else is asked. Restart a process for which this fails."""
    return json_response(Alive())


@page("/readyz", summary="Can it answer?", problems=("not_ready",))
async def ready(app: Injected[AppState]) -> Response[Ready]:
    """Whether requests should be sent to this process: 503 with the reasons while it does not reach the
    database, its writer does not work, or it is stopping. Whatever else is wrong is said by `/v1/health`.
    """
    found = await check_readiness(app)
    if isinstance(found, Ready):
        return json_response(found)
    raise _with_reasons("not_ready", found)


@page("/v1/health", summary="How is the whole house?", problems=("unhealthy",))
async def health(app: Injected[AppState]) -> Response[Well]:
    """The health of the whole system: 503 with the reasons while the database or NATS does not answer, a
    service is silent, or a projection is missing, stalled or in trouble or has parked keys. Answered within
    seconds.
    """
    found = await check_health(app)
    if isinstance(found, SystemHealth):
        return json_response(Well(log_position=found.log_position, projections=found.health.projections))
    raise _with_reasons("unhealthy", found)


def _with_reasons(code: str, reasons: list[Reason]) -> Problem:
    detail = " ".join(message for _, message in reasons)
    errors = [FieldProblem(part, message) for part, message in reasons]
    return Problem(503, code, detail, errors=errors, headers={"Retry-After": "1"})


@page("/metrics", summary="What Prometheus collects.", media_type="text/plain")
async def measured(app: Injected[AppState]) -> Response[bytes]:
    """What Prometheus collects from this process: requests, commits, open streams, commands over
    NATS, and the lag of each projection.
    """
    app.metrics.commands_waiting.set(app.commands.waiting)
    app.metrics.observe_open_streams(events=app.event_streams.open, live=app.live.listeners)
    try:
        log_position, projected, health_now = await within(ASK_SECONDS_MAX, system_health(app))
        parked = await within(ASK_SECONDS_MAX, count_kept(app.tables.pool, SENT))
    except Exception:
        # Whoever collects wants to see the rest most of all when the database is gone.
        app.metrics.database_reachable.set(0)
    else:
        app.metrics.database_reachable.set(1)
        app.metrics.parked_over_nats.set(parked)
        app.metrics.observe_positions(log_position, [(one.projection, one.position) for one in projected])
        app.metrics.observe_services(health_now)
    if app.settings.backup_dir is not None:
        # A folder on another machine may hang: that counts as no backup, so that somebody is told.
        backup_at = good_drill_at = None
        with suppress(BackupFailed, OSError, TimeoutError):
            looked = asyncio.to_thread(last_of, app.settings)
            backup_at, good_drill_at = await within(ASK_SECONDS_MAX, looked)
        app.metrics.observe_backups(backup_at, good_drill_at)
    return Response(app.metrics.exposition(), media_type=metrics.MEDIA_TYPE, headers=dict(NO_STORE))


@page("/docs", summary="All routes, for people.", media_type="text/html")
async def documentation(request: AnyRequest) -> Response[str]:
    """Every route with its parameters, for people. Works without any other server."""
    return Response(
        _rendered(_api(request).openapi_json, pages.documentation_page),
        media_type=HTML,
        headers=pages.HEADERS,
    )


@page("/openapi.json", summary="All routes, for programs.")
async def openapi(request: AnyRequest) -> Response[dict[str, Any]]:
    """This interface, for programs: an OpenAPI 3.1 document."""
    return json_bytes(_api(request).openapi_json)


def _api(request: AnyRequest) -> Api:
    return cast("Api", request.app)


# Each takes as long as a hundred ordinary requests.
@cache
def _rendered(openapi_json: bytes, render: Callable[[Mapping[str, Any]], str]) -> str:
    return render(msgspec.json.decode(openapi_json))


ROUTE_HANDLERS: Final = (documentation, openapi, alive, ready, health, measured)

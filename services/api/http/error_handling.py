"""What an error says to a caller: the exception handler of the application."""

from typing import Any

import structlog
from litestar import Response
from litestar.exceptions import HTTPException, MethodNotAllowedException, NotFoundException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge

from domain.messages import Refused
from infra.event_store.command_processor import Conflict
from infra.ids import new_id
from infra.postgres.failures import is_missing_table, is_unavailable
from services.api.command_queue import QueueClosed, QueueFull
from services.api.http.parameters import AnyRequest
from services.api.http.problems import (
    MEDIA_TYPE,
    RETRY_SECONDS,
    Problem,
    ProblemDocument,
    not_found,
    problem_of_refusal,
    unavailable,
)
from services.api.http.route_handlers import NO_STORE
from services.read_models.tables import NotCaughtUp, NothingProjected, PositionNotReached

log = structlog.get_logger(__name__)


def handle_exception(_: AnyRequest, error: Exception) -> Response[Any]:
    """The response to an error: its problem document."""
    problem, document = documented(error)
    return Response(
        document,
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers={**NO_STORE, **problem.headers},
    )


def documented(error: Exception) -> tuple[Problem, ProblemDocument]:
    """The problem of an error and its document; what is not the caller's fault is logged under its
    instance.
    """
    problem = problem_of(error)
    instance = f"urn:clienteling:occurrence:{new_id('err')[4:]}"
    if problem.status == 500:
        log.error("A request failed", instance=instance, exc_info=error)
    elif problem.status > 500:
        log.warning("A request was turned away", code=problem.code, instance=instance)
    return problem, problem.document(instance)


def problem_of(error: Exception) -> Problem:
    """The problem of an error, without personal data or inner detail."""
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
            return problem_of_refusal(error)
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
            allowed = ", ".join(sorted((error.headers or {}).get("allow", "").split(", ")))
            detail = "This address does not know this method; see Allow."
            return Problem(405, "method_not_allowed", detail, headers={"Allow": allowed})
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

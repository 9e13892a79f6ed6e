"""Commands in: one route for every command of the domain, made from the command itself."""

import re
from typing import Any, Final

import msgspec
from litestar.handlers import HTTPRouteHandler
from litestar.types import Receive, Scope, Send

from domain.decide import COMMANDS
from domain.messages import Command
from infra.event_store.command_context import ANONYMOUS, CommandContext, context_of
from infra.event_store.command_results import CommandResult
from infra.ids import new_traceparent
from services.api.auth.principal import Principal
from services.api.http.admission import on_timeout
from services.api.http.asgi import answer_with, header_of, is_sent_twice, whole_body
from services.api.http.openapi_parts import CONSISTENCY_HEADER, KEY_HEADER
from services.api.http.problems import Problem, unavailable
from services.api.http.route_handlers import JSON, command
from services.api.read_tokens import Place, token_of
from services.api.resources.access import require_sender
from services.api.resources.command_answers import UNKNOWN, Waiting, answered, created, require_key
from services.api.state import AppState

#: JSON, and what `curl -d` calls everything that nobody has told it the kind of.
_JSON_TYPES = re.compile(
    r"\s*application/((?:[\w.-]+\+)?json|x-www-form-urlencoded)\s*(;.*)?", re.IGNORECASE | re.DOTALL
)

#: Where to look at what a command brought into being.
ADDRESSES: Final = {"sale_id": "/v1/sales/{}", "return_id": "/v1/returns/{}", "act_id": "/v1/heroics/{}"}

TOKEN: Final = CONSISTENCY_HEADER.lower().encode()

_encode = msgspec.json.Encoder().encode


def command_handler(name: str, command_class: type[Command]) -> HTTPRouteHandler:
    """The route handler of one command."""

    async def take(scope: Any, receive: Receive, send: Send) -> None:
        app: AppState = scope["app"].app
        # Where somebody has to be authenticated, nobody is not let through by being left out.
        principal: Principal | None = scope["user"] if app.sign_in is not None else None
        require_sender(principal, name)
        if is_sent_twice(scope, b"idempotency-key"):
            raise Problem(422, "idempotency_key_invalid", "Send one key with a command.", field=KEY_HEADER)
        key = require_key(header_of(scope, b"idempotency-key"))
        require_json(scope)
        body = await whole_body(scope, receive, app.settings.api_body_bytes_max)
        context = context_of_request(scope)

        def while_waiting(waiting: Waiting) -> None:
            on_timeout(scope, lambda: _too_late(app.commands.withdraw(waiting)))

        answer = await answered(app, principal, name, body, key, context, while_waiting=while_waiting)
        epoch = await app.epochs.current()
        headers = [
            (b"cache-control", "no-store"),
            (b"x-correlation-id", context.correlation_id or ""),
            *(location_of(answer) if created(answer) else ()),
            (b"clienteling-position", str(answer.position)),
            *([] if epoch is None else [(TOKEN, token_of(Place(epoch, answer.position)))]),
            (b"content-type", JSON),
        ]
        await answer_with(send, 201 if created(answer) else 200, headers, _encode(answer))

    return command(f"/v1/commands/{name}", name=name, body=command_class, answer=CommandResult, taken_by=take)


def _too_late(withdrawn: bool) -> Problem:
    if withdrawn:
        detail = "Its turn did not come in time and nothing was recorded. Send it again with the same key."
        return unavailable("too_slow", detail)
    return unavailable("outcome_unknown", f"The database takes too long. {UNKNOWN}")


def location_of(answer: CommandResult) -> list[tuple[bytes, str]]:
    """The header that says where what came into being can be read, if it has an address."""
    places = [address.format(answer.ids[name]) for name, address in ADDRESSES.items() if name in answer.ids]
    return [(b"location", places[0])] if places else []


def context_of_request(scope: Scope) -> CommandContext:
    """Who sends a request, in which role and in which chain of causes."""
    principal: Principal | None = scope.get("user")
    return context_of(
        ANONYMOUS if principal is None else principal.actor,
        role=None if principal is None else principal.role,
        correlation_id=header_of(scope, b"x-correlation-id") or header_of(scope, b"correlation-id"),
        traceparent=header_of(scope, b"traceparent") or new_traceparent(),
    )


def require_json(scope: Scope) -> None:
    """Raises a 415 problem when a body says that it is something else."""
    # CSRF: other sites' pages may not set the header with the key, which every command needs.
    kind = header_of(scope, b"content-type")
    if kind is not None and kind != JSON and _JSON_TYPES.fullmatch(kind) is None:
        raise Problem(415, "not_json", f"Commands are sent as {JSON}.", field="Content-Type")


ROUTE_HANDLERS: Final = tuple(command_handler(name, kind) for name, kind in COMMANDS.items())

"""Commands in: one route for every command of the domain, made from the command itself."""

import re
from typing import Any, Final

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler

from domain.decide import COMMANDS
from domain.messages import Command
from infra.event_store.command_context import ANONYMOUS, CommandContext, context_of
from infra.event_store.command_results import IDEMPOTENCY_KEY_LENGTH_MAX, CommandResult
from infra.event_store.storable import refusal_of_json
from infra.ids import new_traceparent
from infra.postgres.failures import is_unavailable
from services.api.auth.principal import Principal
from services.api.http.admission import on_timeout
from services.api.http.openapi import KEY_HEADER
from services.api.http.parameters import AnyRequest
from services.api.http.problems import Problem, problem_of_invalid, problem_of_malformed, unavailable
from services.api.http.route_handlers import JSON, Injected, command, json_response
from services.api.resources.access import authorized
from services.api.resources.closing import hours_missing
from services.api.state import AppState

_KEY = re.compile(rf"[!-~]([ -~]{{0,{IDEMPOTENCY_KEY_LENGTH_MAX - 2}}}[!-~])?")
#: JSON, and what `curl -d` calls everything that nobody has told it the kind of.
_JSON_TYPES = re.compile(
    r"\s*application/((?:[\w.-]+\+)?json|x-www-form-urlencoded)\s*(;.*)?", re.IGNORECASE | re.DOTALL
)

#: The event of an erasure, which destroys a data key.
FORGOTTEN: Final = "customer.forgotten.v1"

#: What a caller has to know of a command without a result. The key sees to it that it is recorded once at
#: most.
UNKNOWN: Final = "The command may or may not have been recorded; send it again with the same key."

#: Where to look at what a command brought into being.
ADDRESSES: Final = {"sale_id": "/v1/sales/{}", "return_id": "/v1/returns/{}", "act_id": "/v1/heroics/{}"}


def command_handler(name: str, command_class: type[Command]) -> HTTPRouteHandler:
    """The route handler of one command."""
    decoder = msgspec.json.Decoder(command_class)

    @command(f"/v1/commands/{name}", name=name, body=command_class)
    async def handle(request: AnyRequest, app: Injected[AppState]) -> Response[CommandResult]:
        key = idempotency_key_of(request)
        sent = _decoded(decoder, await body_of(request), command_class)
        given = await authorized(app, request.scope.get("user"), name, sent)
        remarks = await hours_missing(app, given)
        answer = await _answered(app, request, given, key)
        created = bool(answer.events) and not answer.replayed
        if created and remarks:
            answer = msgspec.structs.replace(answer, warnings=(*answer.warnings, *remarks))
        if created and FORGOTTEN in answer.events:
            app.eraser.wake()
        headers = location_of(answer) if created else {}
        status = 201 if created else 200
        return json_response(answer, position=answer.position, status=status, headers=headers)

    return handle


async def _answered(app: AppState, request: AnyRequest, command: Command, key: str) -> CommandResult:
    """The result of a command. Raises a 503 problem that says what may have become of it."""
    answer = app.commands.put(command, key, context_of_request(request))
    on_timeout(request.scope, lambda: _too_late(app.commands.withdraw(answer)))
    try:
        return await answer
    except Exception as error:
        if not is_unavailable(error):
            raise
        raise unavailable(
            "database_unavailable", f"The database does not answer just now. {UNKNOWN}"
        ) from error


def _too_late(withdrawn: bool) -> Problem:
    if withdrawn:
        detail = "Its turn did not come in time and nothing was recorded. Send it again with the same key."
        return unavailable("too_slow", detail)
    return unavailable("outcome_unknown", f"The database takes too long. {UNKNOWN}")


def location_of(answer: CommandResult) -> dict[str, str]:
    """The header that says where what came into being can be read, if it has an address."""
    places = [address.format(answer.ids[name]) for name, address in ADDRESSES.items() if name in answer.ids]
    return {"Location": places[0]} if places else {}


def context_of_request(request: AnyRequest) -> CommandContext:
    """Who sends a request, in which role and in which chain of causes."""
    headers = request.headers
    principal: Principal | None = request.scope.get("user")
    return context_of(
        ANONYMOUS if principal is None else principal.actor,
        role=None if principal is None else principal.role,
        correlation_id=headers.get("X-Correlation-Id") or headers.get("correlation-id"),
        traceparent=headers.get("traceparent") or new_traceparent(),
    )


def idempotency_key_of(request: AnyRequest) -> str:
    """The idempotency key: 1 to 200 printable ASCII characters. Raises a 400 problem when missing, or 422."""
    key = request.headers.get(KEY_HEADER)
    if key is None:
        detail = (
            "Send a key of your own with every command; "
            "sent again, it gives the same answer and changes nothing."
        )
        raise Problem(400, "idempotency_key_missing", detail, field=KEY_HEADER)
    if _KEY.fullmatch(key) is None:
        longest = IDEMPOTENCY_KEY_LENGTH_MAX
        detail = f"A key has 1 to {longest} printable ASCII characters and no space around them."
        raise Problem(422, "idempotency_key_invalid", detail, field=KEY_HEADER)
    return key


async def body_of(request: AnyRequest) -> bytes:
    """The JSON body, undecoded. Raises a 415 problem for any other kind."""
    # CSRF: other sites' pages may not set the header with the key, which every command needs.
    if _JSON_TYPES.fullmatch(request.headers.get("Content-Type", JSON)) is None:
        raise Problem(415, "not_json", f"Commands are sent as {JSON}.", field="Content-Type")
    return await request.body()


def _decoded(decoder: msgspec.json.Decoder[Any], body: bytes, shape: type[Command]) -> Command:
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise problem_of_invalid(error, shape) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise refusal_of_json(body, shape) or problem_of_malformed(error) from error


ROUTE_HANDLERS: Final = tuple(command_handler(name, kind) for name, kind in COMMANDS.items())

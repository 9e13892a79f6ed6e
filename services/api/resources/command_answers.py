"""The one way of a command, however it came: decoded, allowed, put before the writer, answered."""

import asyncio
import re
from collections.abc import Callable
from typing import Any, Final

import msgspec

from domain.decide import COMMANDS
from domain.messages import Command
from infra.event_store.command_context import CommandContext
from infra.event_store.command_results import IDEMPOTENCY_KEY_LENGTH_MAX, CommandResult
from infra.event_store.storable import refusal_of_json
from infra.postgres.failures import is_unavailable
from services.api.auth.principal import Principal
from services.api.http.openapi_parts import KEY_HEADER
from services.api.http.problems import (
    Problem,
    problem_of_invalid,
    problem_of_malformed,
    require_single_keys,
    unavailable,
)
from services.api.resources.access import authorized
from services.api.resources.closing import hours_missing
from services.api.state import AppState

_KEY = re.compile(rf"[!-~]([ -~]{{0,{IDEMPOTENCY_KEY_LENGTH_MAX - 2}}}[!-~])?")
_DECODERS: Final = {name: msgspec.json.Decoder(kind) for name, kind in COMMANDS.items()}

#: The event of an erasure, which destroys a data key.
FORGOTTEN: Final = "customer.forgotten.v1"

#: What a caller has to know of a command without a result. The key sees to it that it is recorded once at
#: most.
UNKNOWN: Final = "The command may or may not have been recorded; send it again with the same key."

#: A command that waits for its turn.
Waiting = asyncio.Future[CommandResult]


def require_key(key: str | None) -> str:
    """The idempotency key: 1 to 200 printable ASCII characters. Raises a 400 problem when missing, or 422."""
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


async def answered(
    app: AppState,
    principal: Principal | None,
    name: str,
    body: bytes,
    key: str,
    context: CommandContext,
    *,
    while_waiting: Callable[[Waiting], None] | None = None,
) -> CommandResult:
    """What a command leads to. Raises what becomes a problem document; a 503 problem says what may have
    become of it. `while_waiting` is called when it waits for its turn.
    """
    given = await authorized(app, principal, name, _decoded(name, body))
    remarks = await hours_missing(app, given)
    waiting = app.commands.put(given, key, context)
    if while_waiting is not None:
        while_waiting(waiting)
    try:
        answer = await waiting
    except Exception as error:
        if not is_unavailable(error):
            raise
        raise unavailable(
            "database_unavailable", f"The database does not answer just now. {UNKNOWN}"
        ) from error
    if created(answer) and remarks:
        answer = msgspec.structs.replace(answer, warnings=(*answer.warnings, *remarks))
    if created(answer) and FORGOTTEN in answer.events:
        app.eraser.wake()
    return answer


def created(answer: CommandResult) -> bool:
    """Whether a command has just led to events (201); else there are none, or they were there before."""
    return bool(answer.events) and not answer.replayed


def _decoded(name: str, body: bytes) -> Command:
    decoder: msgspec.json.Decoder[Any] = _DECODERS[name]
    try:
        command = decoder.decode(body)
        require_single_keys(body)
        return command
    except msgspec.ValidationError as error:
        raise problem_of_invalid(error, COMMANDS[name]) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise refusal_of_json(body, COMMANDS[name]) or problem_of_malformed(error) from error

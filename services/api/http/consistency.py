"""Reading one's own writes by an opaque token, which a command's answer has and a read takes."""

from typing import Any, Final

from services.api.http.openapi_parts import CONSISTENCY_HEADER
from services.api.http.parameters import AnyRequest
from services.api.http.problems import Problem
from services.api.read_tokens import place_of

_UNFIT: Final = "This is not the token of a command's answer."
_OVER: Final = (
    "The log was set back to a moment before this token: what it stands for is lost. Read without it, and "
    "look whether the command has to be sent again."
)


async def at_least_of(request: AnyRequest, app: Any, at_least: int | None) -> int | None:
    """The position that a read waits for: what `at_least` asks for or the token, whichever is later.

    Raises a 422 problem for what is no token, and a 409 problem where what it stands for is not in the log
    any more.
    """
    token = request.headers.get(CONSISTENCY_HEADER)
    if token is None:
        return at_least
    place = place_of(token)
    if place is None:
        raise Problem(422, "consistency_token_unfit", _UNFIT, field=CONSISTENCY_HEADER)
    if not await app.epochs.has(place):
        raise Problem(409, "consistency_token_over", _OVER, field=CONSISTENCY_HEADER)
    return max(place.position, at_least or 0)

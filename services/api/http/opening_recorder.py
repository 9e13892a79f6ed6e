"""Records, before an answer leaves, of whose personal data it tells."""

import re
from collections.abc import Awaitable, Callable
from typing import Any, Final

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from infra.openings import Opening

_CUSTOMER: Final = re.compile(rb"cus_[0-9a-f]{32}")
#: Makes the opening of a request and of the customers that its answer tells of.
OpeningOf = Callable[[Scope, list[str]], Opening]


class OpeningRecorder(ASGIMiddleware):
    """Holds back each answer to a read until it is recorded whose data it shows: whoever it names by id,
    unless all data in it is encrypted.
    """

    scopes = (ScopeType.HTTP,)

    def __init__(self, record: Callable[[Opening], Awaitable[None]], opening_of: OpeningOf) -> None:
        self._record = record
        self._opening_of = opening_of

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Pass a request on, and its answer once its opening is recorded."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await next_app(scope, receive, send)
            return
        held: list[Message] = []

        async def recorded(message: Message) -> None:
            if message["type"] == "http.response.start":
                held[:] = [message]
                return
            if message["type"] == "http.response.body" and held:
                if customers := _customers_shown(scope, message["body"]):
                    await self._record(self._opening_of(scope, customers))
                await send(held.pop())
            await send(message)

        await next_app(scope, receive, recorded)


def _customers_shown(scope: Scope, body: bytes) -> list[str]:
    handler: Any = scope.get("route_handler")
    if handler is not None and handler.opt.get("encrypted"):
        return []
    return sorted({each.decode() for each in _CUSTOMER.findall(body)})

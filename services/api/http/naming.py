"""Names beside an answer: whom and what it names by id, where a read is asked for `include=names`.

One place for all reads. It looks for ids in the answer as it leaves, so that who is in it has a name in it;
what does not ask pays nothing (docs/adr/0067).
"""

import re
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from domain.currencies import EXPONENTS

_ASKED: Final = b"include=names"
_JSON: Final = b"application/json"
_ASSOCIATE: Final = re.compile(rb"ass_[0-9a-f]{32}")
_CUSTOMER: Final = re.compile(rb"cus_[0-9a-f]{32}")
#: The stores that are named so: by a member of their own. A calendar's scope may be one.
_STORE: Final = re.compile(rb'"(?:store_id|scope)":("(?:[^"\\]|\\.)+")')
_CURRENCY: Final = re.compile(rb'"([A-Z]{3})"')


class StoreName(msgspec.Struct, frozen=True):
    """What a store is called, and by whose clock its days begin; both null for one that was never opened."""

    name: str | None
    time_zone: str | None


class Names(msgspec.Struct, frozen=True, kw_only=True):
    """Names by id. An associate's name; a customer's as they like to be called, else their whole name, null
    for whoever has none or was erased.

    Customers are named to whoever may look customers up. `currencies`: how many decimals an amount has.
    """

    associates: dict[str, str | None]
    customers: dict[str, str | None]
    stores: dict[str, StoreName]
    currencies: dict[str, int]


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """What is beside every answer that is asked for `include=names`."""

    names: Names | msgspec.UnsetType = msgspec.UNSET


class Mentioned(msgspec.Struct, frozen=True, kw_only=True):
    """The ids in an answer."""

    associates: list[str]
    customers: list[str]
    stores: list[str]


#: Gives the names of ids, as far as the reader of a request may see them, as JSON: associates, customers and
#: stores, each an object by id.
NamesOf = Callable[[Scope, Mentioned], Awaitable[tuple[bytes, bytes, bytes]]]


class Naming(ASGIMiddleware):
    """Puts `names` at the end of an answer that is asked for them."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, names_of: NamesOf) -> None:
        self._names_of = names_of

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Pass a request on, and its answer with names."""
        handler: Any = scope.get("route_handler")
        if _ASKED not in scope["query_string"] or handler is None or not handler.opt.get("named"):
            await next_app(scope, receive, send)
            return
        messages: list[Any] = []

        async def held(message: Message) -> None:
            if messages or _is_to_be_named(message):
                messages.append(message)
            else:
                # Problems; and what goes on, as a table does: its names are in it.
                await send(message)

        await next_app(scope, receive, held)
        if not messages:
            return
        started, *rest = messages
        named = await self._named(scope, b"".join(one["body"] for one in rest))
        started["headers"] = [
            (name, b"%d" % len(named) if name.lower() == b"content-length" else value)
            for name, value in started["headers"]
        ]
        await send(started)
        await send({"type": "http.response.body", "body": named, "more_body": False})

    async def _named(self, scope: Scope, body: bytes) -> bytes:
        mentioned = Mentioned(
            associates=_found(_ASSOCIATE, body),
            customers=_found(_CUSTOMER, body),
            stores=sorted({msgspec.json.decode(one, type=str) for one in _STORE.findall(body)} - {"company"}),
        )
        associates, customers, stores = await self._names_of(scope, mentioned)
        exponents = {code: EXPONENTS[code] for code in _found(_CURRENCY, body) if code in EXPONENTS}
        return b'%b%b"names":{"associates":%b,"customers":%b,"stores":%b,"currencies":%b}}' % (
            body[:-1],
            b"" if body == b"{}" else b",",
            associates,
            customers,
            stores,
            msgspec.json.encode(exponents),
        )


def _found(pattern: re.Pattern[bytes], body: bytes) -> list[str]:
    return sorted({one.decode() for one in pattern.findall(body)})


def _is_to_be_named(message: Any) -> bool:
    return (
        message["type"] == "http.response.start"
        and message["status"] == 200
        and any(
            name.lower() == b"content-type" and value.startswith(_JSON) for name, value in message["headers"]
        )
    )

"""What a route is: one row of a table from which the server, the OpenAPI document and the pages for people are made."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from inspect import cleandoc
from typing import Any, Final, Literal

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler

from services.api.http.parameters import AnyRequest, Parameters
from services.api.state import Shop

JSON: Final = "application/json"
POSITION_HEADER: Final = "Clienteling-Position"
#: Answers hold what belongs to one reader at one moment: nobody in between keeps them.
NO_STORE: Final = {"Cache-Control": "no-store"}

Handle = Callable[[Shop, AnyRequest], Awaitable[Response[Any]]]


@dataclass(frozen=True, kw_only=True)
class Route:
    """One address and method.

    `path` has its variables in braces; `handle` answers, and its docstring describes the route to people. `answer` is the
    type of the JSON body (None: another kind of document), `body` that of a request, `parameters` the shape of what stands
    behind the question mark. `statuses` are those it answers with when all is well, `problems` those of its own problem documents.
    """

    path: str
    handle: Handle
    summary: str
    answer: Any = None
    method: Literal["GET", "POST"] = "GET"
    group: str = ""
    name: str = ""
    body: type[msgspec.Struct] | None = None
    parameters: type[Parameters] | None = None
    media_type: str = JSON
    statuses: tuple[int, ...] = (200,)
    problems: tuple[int, ...] = ()
    positioned: bool = False

    @property
    def operation_id(self) -> str:
        """What the operation is called in documents and metrics."""
        return self.name or getattr(self.handle, "__name__", "")

    @property
    def description(self) -> str:
        """What the route does, in sentences."""
        return cleandoc(self.handle.__doc__ or "")

    @property
    def variables(self) -> list[str]:
        """The names of the variables in the path."""
        return re.findall(r"{(\w+)}", self.path)

    def matches(self, path: str) -> bool:
        """Whether an address is one of this route's."""
        pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(self.path))
        return re.fullmatch(pattern, path) is not None

    def bound_to(self, shop: Shop) -> HTTPRouteHandler:
        """The route as the framework wants it, working on `shop`."""
        handle = self.handle

        async def answer(request: AnyRequest) -> Response[Any]:
            return await handle(shop, request)

        litestar_path = re.sub(r"{(\w+)}", r"{\1:str}", self.path)
        return HTTPRouteHandler(
            litestar_path, http_method=self.method, name=self.operation_id, status_code=self.statuses[0]
        )(answer)


_encode = msgspec.json.Encoder().encode


def json_answer(
    content: Any, *, position: int | None = None, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response[bytes]:
    """A JSON answer; `content` is bytes that are JSON already, or anything msgspec encodes."""
    given = {**NO_STORE, **(headers or {})}
    if position is not None:
        given[POSITION_HEADER] = str(position)
    body = content if isinstance(content, bytes) else _encode(content)
    return Response(body, status_code=status, media_type=JSON, headers=given)

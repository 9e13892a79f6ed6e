"""How a route handler is declared: Litestar's own decorators, with what all of ours have in common.

Litestar injects what a handler's arguments name, each a dependency: `app` (the application's state) and
`params`, the struct of the parameters behind the question mark. Its return type is the documented one,
`Response[Page]`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from inspect import cleandoc
from itertools import chain
from typing import Any, Final, TypeVar, get_args, get_type_hints

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.handlers import HTTPRouteHandler
from litestar.params import SkipValidation
from litestar.types import ASGIApp

from services.api.http.consistency import at_least_of
from services.api.http.openapi import Blocks, described
from services.api.http.openapi_parts import POSITION_HEADER
from services.api.http.parameters import AnyRequest, Parameters, read_parameters
from services.api.http.problem_codes import AS_OF, COMMAND, PAGED, READ, REFUSALS
from services.api.http.problems import Problem, not_found
from services.api.http.representations import UNCOMPRESSED

T = TypeVar("T")
Decorate = Callable[[Callable[..., Any]], HTTPRouteHandler]
#: An argument that Litestar injects and does not validate anew.
Injected = NamedDependency[SkipValidation[T]]

JSON: Final = "application/json"
#: Responses hold what belongs to one reader at one moment: nobody in between keeps them.
NO_STORE: Final = {"Cache-Control": "no-store"}
#: What stands in an address where its bytes were no text.
NO_TEXT: Final = "\ufffd"
#: What an id in an address names, for people. The code of the problem is made from it, too.
THINGS: Final = {
    "associate_id": "associate",
    "customer_id": "customer",
    "sale_id": "sale",
    "return_id": "return",
    "act_id": "heroic act",
    "period_id": "statement",
    "store_id": "store",
    "task_id": "task",
}


def read(
    path: str,
    *,
    summary: str,
    tag: str,
    problems: Sequence[str] = (),
    name: str = "",
    media_type: str = JSON,
    also_as: str | None = None,
    encrypted: bool = False,
    blocks: Blocks = "no",
) -> Decorate:
    """A route handler that reads: GET, with parameters, and a position in the header of its response.

    `name` is that of the operation in documents and metrics, else the function's; `problems` are the codes of
    its problem documents beside those that come with its ids and parameters; `also_as` is another media type
    that it answers in; `blocks`: it is server-sent events, where that is asked for. What is `encrypted` in
    answers shows nobody's personal data, whomever it names by id.
    """

    def decorate(function: Callable[..., Any]) -> HTTPRouteHandler:
        hints = get_type_hints(function, include_extras=True)
        params: type[Parameters] = get_args(hints["params"])[0]
        ids = {variable: hints[variable] for variable in re.findall(r"{(\w+)}", path) if variable in hints}
        (answer,) = get_args(hints["return"])
        operation = name or function.__name__
        return get(
            re.sub(r"{(\w+)}", r"{\1:str}", path),
            name=operation,
            operation_id=operation,
            tags=[tag],
            summary=summary,
            description=cleandoc(function.__doc__ or ""),
            response_description="The answer",
            media_type=media_type,
            dependencies={"params": Provide(_provider(params, ids))},
            operation_class=described(
                ids=ids,
                params=params,
                problems=(*problems, *_problems_of_reading(ids, params)),
                positioned=True,
                named=_is_named(params),
                also_as=also_as,
                blocks=blocks,
            ),
            opt={"documents": [answer], "encrypted": encrypted, "named": _is_named(params)},
        )(function)

    return decorate


def _is_named(params: type[Parameters]) -> bool:
    """Whether an answer may have names beside it."""
    return "include" in params.__struct_fields__


def _problems_of_reading(ids: Mapping[str, Any], params: type[Parameters]) -> tuple[str, ...]:
    """The codes that come with reading: of ids that name nothing, and of what its parameters can ask for."""
    by_parameter = {"as_of": AS_OF, "cursor": PAGED, "time_zone": ("time_zone_unknown",)}
    with_parameters = (by_parameter.get(name, ()) for name in params.__struct_fields__)
    return (*READ, *map(_unknown, ids), *chain.from_iterable(with_parameters))


def command(
    path: str, *, name: str, body: type[msgspec.Struct], answer: type[msgspec.Struct], taken_by: ASGIApp
) -> HTTPRouteHandler:
    """A route handler that takes a command: POST, with a body and a key.

    `taken_by` answers it behind the same middleware as every route, before Litestar would make a request and
    a response of it: that takes longer than all else that HTTP is of a command (docs/adr/0061).
    """

    async def declared() -> None:
        """Is documented and routed to, and never called."""

    def instead(app: ASGIApp) -> ASGIApp:
        return taken_by

    description = cleandoc(body.__doc__ or "")
    declared.__annotations__["return"] = Response[answer]
    return post(
        path,
        name=name,
        operation_id=name,
        tags=["commands"],
        summary=" ".join(description.partition("\n\n")[0].split()),
        description=description,
        # 201: events were recorded. 200: nothing new came of it, or this very command was answered before.
        status_code=201,
        response_description="Done; these events were recorded",
        operation_class=described(
            body=body,
            problems=(*COMMAND, *REFUSALS.get(name, ())),
            keyed=True,
            positioned=True,
            also=200,
        ),
        opt={"documents": [body, answer]},
        middleware=[instead],
    )(declared)


def stream(
    path: str,
    *,
    name: str,
    tag: str,
    summary: str,
    description: str,
    problems: Sequence[str],
    answer: Any,
    media_type: str,
    taken_by: ASGIApp,
) -> HTTPRouteHandler:
    """A route handler of an answer that goes on; `answer` is the union of what its messages tell, nobody's
    personal data. `taken_by` answers behind the same middleware as every route: thousands wait at one moment,
    and Litestar's own streams have more to hold for each.
    """

    async def declared() -> None:
        """Is documented and routed to, and never called."""

    def instead(app: ASGIApp) -> ASGIApp:
        return taken_by

    declared.__annotations__["return"] = Response[answer]
    return get(
        path,
        name=name,
        operation_id=name,
        tags=[tag],
        summary=summary,
        description=description,
        response_description="The answer",
        media_type=media_type,
        operation_class=described(problems=problems, blocks="always"),
        opt={"documents": get_args(answer), "encrypted": True},
        middleware=[instead],
    )(declared)


def page(
    path: str, *, summary: str, problems: Sequence[str] = (), media_type: str = JSON, name: str = ""
) -> Decorate:
    """A route handler about the service itself: GET without parameters."""

    def decorate(function: Callable[..., Any]) -> HTTPRouteHandler:
        (answer,) = get_args(get_type_hints(function)["return"])
        return get(
            path,
            name=name or function.__name__,
            operation_id=name or function.__name__,
            tags=["service"],
            summary=summary,
            description=cleandoc(function.__doc__ or ""),
            response_description="The answer",
            media_type=media_type,
            operation_class=described(problems=problems),
            opt={"documents": [answer], "public": True},
        )(function)

    return decorate


def route(
    method: Any,
    path: str,
    *,
    name: str,
    tag: str,
    summary: str,
    problems: Sequence[str],
    answer: type[msgspec.Struct] | None = None,
    status: int = 200,
    params: type[Parameters] | None = None,
    body: type[msgspec.Struct] | None = None,
    body_type: str = JSON,
    public: bool = False,
    secret: bool = False,
) -> Decorate:
    """A route handler that neither reads projections nor takes a command; `answer` is what it tells. With a
    `secret` in it an answer is never compressed.
    """

    def decorate(function: Any) -> HTTPRouteHandler:
        documents = [kind for kind in (answer, body) if kind is not None]
        return method(
            path,
            name=name,
            operation_id=name,
            tags=[tag],
            summary=summary,
            description=cleandoc(function.__doc__ or ""),
            status_code=status,
            response_description="Go there" if status == 303 else "The answer",
            operation_class=described(problems=problems, params=params, body=body, body_type=body_type),
            opt={"documents": documents, **({"public": True} if public else {}), UNCOMPRESSED: secret},
        )(function)

    return decorate


def _provider(shape: type[Parameters], ids: Mapping[str, Any]) -> Callable[..., Any]:
    """Reads the parameters of a request, and makes sure of the ids in its address.

    Litestar's own parameters let unknown ones pass, and its errors know no bounds of msgspec's.
    """

    async def provide(request: AnyRequest, app: NamedDependency[Any]) -> Parameters:
        parameters = read_parameters(request.scope["query_string"], shape)
        rows_max: int = app.settings.api_page_rows_max
        if getattr(parameters, "limit", 0) > rows_max:
            if "limit" in request.query_params:
                raise Problem(422, "invalid", f"A page has at most {rows_max} rows.", field="limit")
            parameters.limit = rows_max  # type: ignore[attr-defined]
        at_least = await at_least_of(request, app, getattr(parameters, "at_least", None))
        if at_least is not None and "at_least" in shape.__struct_fields__:
            parameters.at_least = at_least  # type: ignore[attr-defined]
        for name, kind in ids.items():
            try:
                if NO_TEXT in msgspec.convert(request.path_params[name], kind):
                    raise msgspec.ValidationError
            except msgspec.ValidationError:
                # What cannot name anything is answered like what names nothing.
                raise not_found(THINGS[name], _unknown(name)) from None
        return parameters

    return provide


def _unknown(name: str) -> str:
    """The code of the problem that an id of this name, a variable of an address, names nothing."""
    return f"{THINGS[name].replace(' ', '_')}_unknown"


_encode = msgspec.json.Encoder().encode


def json_response(
    content: T, *, position: int | None = None, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response[T]:
    """A JSON response with what msgspec encodes."""
    return json_bytes(_encode(content), position=position, status=status, headers=headers)


def json_bytes(
    body: bytes, *, position: int | None = None, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response[Any]:
    """A JSON response with bytes that are JSON already; nothing checks that they are what is documented."""
    given = {**NO_STORE, **(headers or {})}
    if position is not None:
        given[POSITION_HEADER] = str(position)
    return Response(body, status_code=status, media_type=JSON, headers=given)

"""The OpenAPI document: Litestar's, with msgspec's schemas of structs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, cast

import msgspec
from litestar import Litestar
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Components, Operation, Tag
from litestar.plugins import OpenAPISchemaPlugin
from litestar.typing import FieldDefinition

from infra.descriptions import flush_left
from infra.settings import Settings
from services.api.http.deprecations import DEPRECATED
from services.api.http.naming import Named
from services.api.http.openapi_parts import (
    CONSISTENCY_ANSWER,
    CONSISTENCY_HEADER,
    CONSISTENCY_TOKEN,
    CORRELATION_HEADER,
    CORRELATION_ID,
    DESCRIPTION,
    ETAG,
    IDEMPOTENCY_KEY,
    IF_NONE_MATCH,
    LAST_EVENT_ID,
    POSITION,
    POSITION_HEADER,
    SESSION,
    TAGS,
    TOKEN,
)
from services.api.http.parameters import Parameters
from services.api.http.problem_codes import ANY_ROUTE, AS_OF, COMMAND, PROBLEMS, READ, by_status
from services.api.http.problems import MEDIA_TYPE as PROBLEM_JSON
from services.api.http.problems import TITLES, ProblemDocument
from services.api.http.schemas import REF, described_as, schemas_of

VERSION: Final = "1"
#: The media type of server-sent events.
BLOCKS: Final = "text/event-stream"
#: Whether an answer is server-sent events.
Blocks = Literal["no", "asked for", "always"]
#: Most rows of a page, unless the settings say otherwise.
ROWS_MAX: Final = Settings().api_page_rows_max
#: A redirection, and what is done without a word.
WITHOUT_CONTENT: Final = ("204", "303")


def openapi_json(route_handlers: Sequence[HTTPRouteHandler], rows_max: int = ROWS_MAX) -> bytes:
    """The document as it is served and committed: indented, with a line break at its end."""
    document = flush_left(openapi_document(route_handlers, rows_max))
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def openapi_document(route_handlers: Sequence[HTTPRouteHandler], rows_max: int = ROWS_MAX) -> dict[str, Any]:
    """The document of these route handlers, as OpenAPI 3.1 has it; a page has at most `rows_max` rows."""
    tags = dict.fromkeys(tag for handler in route_handlers for tag in handler.tags or ())
    config = OpenAPIConfig(
        title="clienteling",
        version=VERSION,
        description=DESCRIPTION,
        tags=[Tag(name=tag, description=TAGS[tag]) for tag in tags],
        components=Components(
            responses={
                "NotModified": cast("Any", _NOT_MODIFIED),
                **{name: cast("Any", _problem(codes)) for codes, name in _SHARED.items()},
            },
            parameters={
                "IdempotencyKey": cast("Any", IDEMPOTENCY_KEY),
                "IfNoneMatch": cast("Any", IF_NONE_MATCH),
                "ConsistencyToken": cast("Any", CONSISTENCY_TOKEN),
                "LastEventId": cast("Any", LAST_EVENT_ID),
            },
            headers={
                "ConsistencyToken": cast("Any", CONSISTENCY_ANSWER),
                "ETag": cast("Any", ETAG),
                "Position": cast("Any", POSITION),
                "CorrelationId": cast("Any", CORRELATION_ID),
            },
        ),
    )
    # Not the application that serves: it shall have no routes but ours.
    documented = Litestar(
        route_handlers,
        openapi_config=config,
        plugins=[_StructSchemas()],
        dependencies={"app": Provide(lambda: None, sync_to_thread=False)},
    )
    document = documented.openapi_schema.to_schema()
    documents = [kind for handler in route_handlers for kind in (handler.opt or {}).get("documents", ())]
    document["components"]["schemas"] = schemas_of([ProblemDocument, Named, *documents])
    # A token, a session, or none where the settings switch authentication off.
    document["components"]["securitySchemes"] = {"token": TOKEN, "session": SESSION}
    document["security"] = [{"token": []}, {"session": []}, {}]
    paths = document["paths"]
    document["paths"] = {path: paths[path] for path in dict.fromkeys(_path_of(one) for one in route_handlers)}
    operations = [operation for path in paths.values() for operation in path.values()]
    for operation in operations:
        _bound_limit(operation["parameters"], rows_max)
        if (marked := DEPRECATED.get(operation["operationId"])) is not None:
            operation |= {
                "deprecated": True,
                "description": f"{operation['description']}\n\n{marked.sentence}",
            }
    used = {response.get("$ref") for operation in operations for response in operation["responses"].values()}
    responses = document["components"]["responses"]
    document["components"]["responses"] = {
        name: responses[name] for name in sorted(responses) if f"#/components/responses/{name}" in used
    }
    return document


def _bound_limit(parameters: Sequence[dict[str, Any]], rows_max: int) -> None:
    """Say of the parameter `limit` what the settings allow."""
    for schema in (one["schema"] for one in parameters if one.get("name") == "limit"):
        schema |= {"maximum": rows_max, "default": min(schema["default"], rows_max)}


def described(
    *,
    problems: Iterable[str],
    ids: Mapping[str, Any] | None = None,
    params: type[Parameters] | None = None,
    body: type[msgspec.Struct] | None = None,
    body_type: str = "application/json",
    keyed: bool = False,
    positioned: bool = False,
    also: int | None = None,
    named: bool = False,
    also_as: str | None = None,
    blocks: Blocks = "no",
) -> type[Operation]:
    """An operation as Litestar documents it, with what it cannot know.

    That is: parameters in a struct, a body that the handler reads itself, problem documents (`problems` are
    the codes beside those of any route), the header with the position, names beside the answer, another media
    type of it (a text), that the answer is `blocks` of server-sent events (always, or for who asks for them),
    and a further status when all is well.
    """
    codes = by_status((*ANY_ROUTE, *problems))

    @dataclass
    class Described(Operation):
        # Parts are written as they are read; Litestar passes them on.
        def __post_init__(self) -> None:
            assert self.responses is not None  # noqa: S101 - Litestar has just made the first of them
            status, success = next(iter(self.responses.items()))
            headers = {POSITION_HEADER: _reference("headers/Position")} if positioned else {}
            if keyed:
                headers[CORRELATION_HEADER] = _reference("headers/CorrelationId")
                headers[CONSISTENCY_HEADER] = _reference("headers/ConsistencyToken")
            elif positioned:
                headers["ETag"] = _reference("headers/ETag")
            if status in WITHOUT_CONTENT:
                success = replace(success, content=None)
            elif blocks != "no":
                as_it_is = cast("Any", success).content if blocks == "asked for" else {}
                both = {**(as_it_is or {}), BLOCKS: _as_blocks(success)}
                success = replace(success, content=cast("Any", both))
            elif named:
                success = replace(success, content=cast("Any", _with_names(success)))
            if also_as is not None:
                success = replace(success, content=cast("Any", _also_as(success, also_as)))
            good: dict[str, Any] = {status: replace(success, headers=headers or None)}
            if also is not None:
                good[str(also)] = replace(success, headers=headers, description="The answer")
            if positioned and not keyed:
                good["304"] = _reference("responses/NotModified")
            self.responses = cast(
                "Any",
                {
                    **dict(sorted(good.items())),
                    **{str(status): _problem_response(of_it) for status, of_it in codes.items()},
                },
            )
            self.parameters = cast("Any", [*_path_parameters(ids or {}), *_query_parameters(params)])
            if keyed:
                self.parameters = cast("Any", [_reference("parameters/IdempotencyKey")])
            elif positioned:
                taken = [_reference("parameters/ConsistencyToken"), _reference("parameters/IfNoneMatch")]
                self.parameters = cast("Any", [*cast("list[Any]", self.parameters), *taken])
            if blocks != "no":
                of_blocks = _reference("parameters/LastEventId")
                self.parameters = cast("Any", [*cast("list[Any]", self.parameters), of_blocks])
            if body is not None:
                schema = {"$ref": REF.format(name=body.__name__)}
                self.request_body = cast(
                    "Any", {"required": True, "content": {body_type: {"schema": schema}}}
                )

    return Described


def _with_names(success: Any) -> dict[str, Any]:
    """The content of an answer that has names beside it where they are asked for."""
    both = (
        (kind, [content.schema, _reference("schemas/Named")]) for kind, content in success.content.items()
    )
    return {kind: {"schema": {"allOf": schemas}} for kind, schemas in both}


def _also_as(success: Any, media_type: str) -> dict[str, Any]:
    """The content of an answer that is also to be had as a text."""
    return {**success.content, media_type: {"schema": {"type": "string"}}}


def _as_blocks(success: Any) -> dict[str, Any]:
    """The content of server-sent events whose data are these documents, as OpenAPI 3.2 describes one."""
    (content,) = success.content.values()
    return {
        "schema": {
            "type": "object",
            "properties": {
                "event": {"type": "string"},
                "data": {
                    "type": "string",
                    "contentMediaType": "application/json",
                    "contentSchema": content.schema,
                },
                "id": {"type": "string"},
                "retry": {"type": "integer"},
            },
        }
    }


class _StructSchemas(OpenAPISchemaPlugin):
    """Leaves the schemas of structs to msgspec: Litestar only refers to them."""

    @staticmethod
    def is_plugin_supported_type(value: Any) -> bool:
        return isinstance(value, type) and issubclass(value, msgspec.Struct)

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: Any) -> Any:
        registry = schema_creator.schema_registry
        registry.get_schema_for_field_definition(field_definition)
        return registry.get_reference_for_field_definition(field_definition)


def _path_of(handler: HTTPRouteHandler) -> str:
    (path,) = handler.paths
    return path.replace(":str}", "}")


def _reference(to: str) -> dict[str, str]:
    return {"$ref": f"#/components/{to}"}


def _path_parameters(ids: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": described_as(name),
            "schema": msgspec.json.schema(kind),
        }
        for name, kind in ids.items()
    ]


def _query_parameters(shape: type[Parameters] | None) -> list[dict[str, Any]]:
    if shape is None:
        return []
    schema = schemas_of([shape])[shape.__name__]
    return [
        {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", ()),
            "description": described.pop("description", ""),
            "schema": described,
        }
        for name, described in ((name, dict(value)) for name, value in schema["properties"].items())
    ]


#: Codes by status that many routes have in common, and the name of the response with them.
_SHARED: Final = {
    codes: f"{name}{status}"
    for name, group in (
        ("CommandProblem", COMMAND),
        ("AsOfProblem", (*READ, *AS_OF)),
        ("ReadProblem", READ),
        ("Problem", ()),
    )
    for status, codes in by_status((*ANY_ROUTE, *group)).items()
}


def _problem_response(codes: tuple[str, ...]) -> dict[str, Any]:
    """The problem documents with these codes, which have one status."""
    return _reference(f"responses/{_SHARED[codes]}") if codes in _SHARED else _problem(codes)


def _problem(codes: tuple[str, ...]) -> dict[str, Any]:
    schema = {"$ref": REF.format(name=ProblemDocument.__name__)}
    narrowed = {"allOf": [schema, {"type": "object", "properties": {"code": {"enum": list(codes)}}}]}
    return {
        "description": TITLES[PROBLEMS[codes[0]].status],
        "content": {PROBLEM_JSON: {"schema": narrowed}},
    }


_NOT_MODIFIED: Final = {
    "description": "What you have is what would be said",
    "headers": {POSITION_HEADER: _reference("headers/Position"), "ETag": _reference("headers/ETag")},
}

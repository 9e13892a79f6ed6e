"""The schemas of structs in the OpenAPI document: msgspec's, with fields described and instants named."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import inspect

from services.api.http.problem_codes import PROBLEMS, WARNING_CODES

REF: Final = "#/components/schemas/{name}"
#: By name, or by struct and name where a name means something of its own there.
DESCRIPTIONS: Final = msgspec.toml.decode(
    (Path(__file__).parent / "field_descriptions.toml").read_bytes(), type=dict[str, str]
)
#: Which structs' `code` is one of these, each with its meaning.
_CODES: Final[Mapping[str, Mapping[str, str]]] = {
    "ProblemDocument": {code: described.means for code, described in PROBLEMS.items()},
    "CommandWarning": WARNING_CODES,
}


def schemas_of(structs: Sequence[type[msgspec.Struct]]) -> dict[str, Any]:
    """The JSON schemas of structs and of all that are in them, by name and in its order."""
    _, schemas = msgspec.json.schema_components(structs, ref_template=REF)
    for struct in _structs_in(inspect.multi_type_info(structs), {}):
        name = struct.cls.__name__
        for field, schema in zip(struct.fields, _schemas_of_fields(schemas[name], struct), strict=True):
            _name_instants(schema, field.type)
            _describe(schema, name, field.encode_name)
        if name in _CODES:
            schemas[name]["properties"]["code"] |= enumerated(_CODES[name])
    return dict(sorted(schemas.items()))


def enumerated(meanings: Mapping[str, str]) -> dict[str, Any]:
    """What makes a text's schema that of certain words, each explained as documentation tools show it."""
    words = dict(sorted(meanings.items()))
    return {"enum": list(words), "x-enumDescriptions": words}


def described_as(name: str, struct: str = "") -> str:
    """What a field or a parameter means; empty where nobody has said it."""
    return DESCRIPTIONS.get(f"{struct}.{name}") or DESCRIPTIONS.get(name, "")


def undescribed(document: Mapping[str, Any]) -> Iterator[str]:
    """Which fields of an OpenAPI document's schemas, and which parameters, have no description."""
    for name, schema in document["components"]["schemas"].items():
        for field, described in schema.get("properties", {}).items():
            if not described.get("description"):
                yield f"{name}.{field}"
    for path, methods in document["paths"].items():
        for operation in methods.values():
            for parameter in operation["parameters"]:
                if not ("$ref" in parameter or parameter["description"]):
                    yield f"{parameter['name']} ({path})"


def _structs_in(types: Sequence[Any], found: dict[type, None]) -> Iterator[inspect.StructType]:
    """The structs among types and in their fields, each once."""
    for kind in types:
        if isinstance(kind, inspect.StructType):
            if kind.cls not in found:
                found[kind.cls] = None
                yield kind
                yield from _structs_in([field.type for field in kind.fields], found)
        else:
            yield from _structs_in(_inside(kind), found)


def _inside(kind: Any) -> list[Any]:
    match kind:
        case inspect.Metadata():
            return [kind.type]
        case inspect.UnionType():
            return list(kind.types)
        case inspect.TupleType():
            return list(kind.item_types)
        case inspect.DictType():
            return [kind.value_type]
        case _:
            return [kind.item_type] if hasattr(kind, "item_type") else []


def _schemas_of_fields(schema: dict[str, Any], struct: inspect.StructType) -> list[dict[str, Any]]:
    if schema["type"] == "array":
        # A struct that is written as a list: nothing follows behind its fields.
        schema |= {"items": {}, "maxItems": len(struct.fields)}
        return schema["prefixItems"]
    return [schema["properties"][field.encode_name] for field in struct.fields]


def _name_instants(schema: dict[str, Any], kind: Any) -> None:
    """Give instants their format, which msgspec does only where an offset is asked for by the type."""
    if isinstance(kind, inspect.DateTimeType):
        text = (
            schema
            if "anyOf" not in schema
            else next(one for one in schema["anyOf"] if one["type"] == "string")
        )
        text["format"] = "date-time"
    elif "anyOf" in schema or isinstance(kind, inspect.Metadata):
        for inside in _inside(kind):
            _name_instants(schema, inside)
    elif isinstance(schema.get("items"), dict):
        for inside in _inside(kind):
            _name_instants(schema["items"], inside)


def _describe(schema: dict[str, Any], struct: str, field: str) -> None:
    own = [part.pop("description") for part in schema.get("anyOf", ()) if "description" in part]
    if text := schema.get("description") or next(iter(own), described_as(field, struct)):
        if "$ref" in schema:
            # Beside a reference some tools read nothing.
            schema["allOf"] = [{"$ref": schema.pop("$ref")}]
        schema["description"] = text

"""One JSON Schema per topic, from the class of its events and the docstrings below its fields.

Keywords of our own: `x-unit`, `x-absent` (what it means when an optional field is left out), `x-encrypted`,
`x-revision` (the revision of the topic that added a field; earlier events lack it), `x-since` (the published
version of the contract that has it first), `x-emitted-by` (the commands that lead to the event),
`x-stability`, and `x-sunset` with `deprecated`.
"""

import inspect
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, Final

import msgspec

from domain.messages import Event
from domain.topics import CLASS_OF_TOPIC, DEPRECATED
from infra.descriptions import field_docstrings
from infra.messaging.headers import SCHEMA_ROOT
from toolchain.contracts.emitters import commands_of_events
from toolchain.contracts.examples import example_of, revisions_of
from toolchain.contracts.units import unit_of

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
MEDIA_TYPE: Final = "application/schema+json;version=draft-2020-12"
#: In the docstring of an optional field: what it means when the field is left out.
ABSENT: Final = " Absent: "


def schema_id_of(topic: str) -> str:
    """What `ce-dataschema` says beside every event of the topic."""
    return f"{SCHEMA_ROOT}{topic}"


def event_schemas() -> dict[str, dict[str, Any]]:
    """The JSON Schema of each topic. Unknown fields are allowed: a newer writer adds them."""
    return {topic: _schema_of(topic) for topic in sorted(CLASS_OF_TOPIC)}


def _schema_of(topic: str) -> dict[str, Any]:
    event_class = CLASS_OF_TOPIC[topic]
    _, components = msgspec.json.schema_components([event_class], ref_template="#/$defs/{name}")
    for name, struct in structs_of(event_class).items():
        _describe(components[name], struct, _revisions_of_fields(topic).get(name, {}))
    event = components.pop(event_class.__name__)
    schema: dict[str, Any] = {
        "$schema": DIALECT,
        "$id": schema_id_of(topic),
        **event,
        "examples": [example_of(topic)],
        "x-stability": "deprecated" if topic in DEPRECATED else "stable",
        "x-emitted-by": commands_of_events().get(event_class, []),
    }
    if deprecation := DEPRECATED.get(topic):
        schema |= {"deprecated": True, "x-sunset": deprecation.sunset.isoformat()}
    if components:
        schema["$defs"] = dict(sorted(components.items()))
    return schema


@cache
def structs_of(event_class: type[Event]) -> dict[str, type[msgspec.Struct]]:
    """The class of an event and of every struct inside, by name."""
    return {struct.cls.__name__: struct.cls for struct in _structs_in(msgspec.inspect.type_info(event_class))}


def _structs_in(kind: msgspec.inspect.Type) -> Iterator[msgspec.inspect.StructType]:
    match kind:
        case msgspec.inspect.StructType(fields=fields):
            yield kind
            for field in fields:
                yield from _structs_in(field.type)
        case msgspec.inspect.VarTupleType(item_type=item) | msgspec.inspect.ListType(item_type=item):
            yield from _structs_in(item)
        case msgspec.inspect.UnionType(types=kinds):
            for each in kinds:
                yield from _structs_in(each)
        case _:
            return


def _describe(schema: dict[str, Any], struct: type[msgspec.Struct], revisions: dict[str, int]) -> None:
    """Add to the schema of a struct what is known of its fields. Positions of an array have a `title`."""
    schema["description"] = inspect.cleandoc(struct.__doc__ or "")
    texts = field_docstrings(struct)
    described = {
        name: described_field(name, part, texts.get(name, ""), revisions.get(name, 1))
        for name, part in _fields_of(schema, struct)
    }
    if "prefixItems" in schema:
        schema["prefixItems"] = [{"title": name, **part} for name, part in described.items()]
        schema.pop("items", None)
    else:
        schema["properties"] = described


def _fields_of(schema: dict[str, Any], struct: type[msgspec.Struct]) -> Iterable[tuple[str, dict[str, Any]]]:
    if "prefixItems" in schema:
        names = [field.encode_name for field in msgspec.structs.fields(struct)]
        return zip(names, schema["prefixItems"], strict=True)
    return schema.get("properties", {}).items()


def described_field(name: str, part: dict[str, Any], text: str, revision: int = 1) -> dict[str, Any]:
    """A field's schema with its meaning, its unit, and what it means when it is left out."""
    kinds = [part, *part.get("anyOf", [])]
    if name.endswith("_at"):
        for kind in kinds:
            if kind.get("type") == "string":
                kind["format"] = "date-time"
    inner = [kind.get("additionalProperties") for kind in kinds]
    kinds += [kind for kind in inner if isinstance(kind, dict)]
    unit = unit_of(name, {kind.get("type", "") for kind in kinds}, {kind.get("format", "") for kind in kinds})
    meaning, _, absent = text.partition(ABSENT)
    return {
        **({"description": meaning} if meaning else {}),
        **part,
        **({"x-unit": unit} if unit else {}),
        **({"x-absent": absent} if absent else {}),
        **({"x-revision": revision} if revision > 1 else {}),
    }


@cache
def _revisions_of_fields(topic: str) -> dict[str, dict[str, int]]:
    """The revision of the topic that has a field first, by struct and field, as the frozen events say."""
    first: dict[str, dict[str, int]] = {}
    for number, payload in enumerate(revisions_of(topic), start=1):
        for struct, name in _fields_in(payload, msgspec.inspect.type_info(CLASS_OF_TOPIC[topic])):
            first.setdefault(struct, {}).setdefault(name, number)
    return first


def _fields_in(value: Any, kind: msgspec.inspect.Type) -> Iterator[tuple[str, str]]:
    match kind:
        case msgspec.inspect.StructType(cls=cls, fields=fields, array_like=array_like):
            types = {field.encode_name: field.type for field in fields}
            for name, part in zip(types, value, strict=False) if array_like else value.items():
                yield cls.__name__, name
                yield from _fields_in(part, types[name])
        case msgspec.inspect.VarTupleType(item_type=item) | msgspec.inspect.ListType(item_type=item):
            for part in value:
                yield from _fields_in(part, item)
        case msgspec.inspect.UnionType(types=kinds):
            for each in kinds if value is not None else ():
                if any(True for _ in _structs_in(each)):
                    yield from _fields_in(value, each)
        case _:
            return


def complete_schema(schema: Any, struct: type[msgspec.Struct]) -> dict[str, Any]:
    """msgspec's schema of a struct that is no event, with times marked as such and its fields described."""
    described = {**schema}
    texts = field_docstrings(struct)
    described["properties"] = {
        name: described_field(name, part, texts.get(name, ""))
        for name, part in schema.get("properties", {}).items()
    }
    return described

"""The schemas of all events as structs with fields: what both languages are written from."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Kind:
    """The type of a field: `of` is text, integer, boolean, instant, day or anything, or the name of a struct;
    `mapped`: by texts.
    """

    of: str
    is_struct: bool = False
    listed: bool = False
    mapped: bool = False
    nullable: bool = False
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Field:
    """A field. One that is not required has a default."""

    name: str
    kind: Kind
    required: bool
    default: Any
    description: str


@dataclass(frozen=True)
class Struct:
    """An event or a part of one; `positional`: written as a list. `topic` is that of an event."""

    name: str
    description: str
    fields: tuple[Field, ...]
    positional: bool = False
    topic: str | None = None


def read_schemas(folder: Path) -> list[Struct]:
    """All structs of the schemas in a folder, each before those that it is a part of."""
    structs: dict[str, Struct] = {}
    for path in sorted(folder.glob("*.schema.json")):
        schema: dict[str, Any] = json.loads(path.read_text())
        topic = path.name.removesuffix(".schema.json")
        parts = {name: _struct(name, part, {}) for name, part in schema.get("$defs", {}).items()}
        # A part that is another one in another event is named after its event.
        names = {
            name: name if structs.get(name, part) == part else f"{schema['title']}{name}"
            for name, part in parts.items()
        }
        for name in _inner_first(schema.get("$defs", {})):
            structs[names[name]] = _struct(names[name], schema["$defs"][name], names)
        event = _struct(schema["title"], schema, names)
        if event.name in structs:
            event = replace(event, name=f"{event.name}{topic.rpartition('.')[2].upper()}")
        structs[event.name] = replace(event, topic=topic)
    return list(structs.values())


def _struct(name: str, schema: dict[str, Any], names: dict[str, str]) -> Struct:
    description = str(schema.get("description", ""))
    if "properties" not in schema:
        items = schema.get("prefixItems", [])
        required = int(schema.get("minItems", len(items)))
        fields = [
            _field(item.get("title", f"item_{number}"), item, number < required, names)
            for number, item in enumerate(items)
        ]
        return Struct(name, description, tuple(fields), positional=True)
    required_names = schema.get("required", ())
    properties = schema["properties"].items()
    fields = [_field(field, one, field in required_names, names) for field, one in properties]
    return Struct(name, description, tuple(fields))


def _field(name: str, schema: dict[str, Any], required: bool, names: dict[str, str]) -> Field:
    description = str(schema.get("description", ""))
    return Field(name, _kind(schema, names), required, schema.get("default"), description)


def _kind(schema: dict[str, Any], names: dict[str, str]) -> Kind:
    if "anyOf" in schema:
        rest = [one for one in schema["anyOf"] if one.get("type") != "null"]
        nullable = len(rest) < len(schema["anyOf"])
        return replace(_kind(rest[0], names), nullable=nullable) if len(rest) == 1 else Kind("anything")
    if "allOf" in schema and len(schema["allOf"]) == 1:
        return _kind(schema["allOf"][0], names)
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return Kind(names.get(name, name), is_struct=True)
    if "enum" in schema:
        words = tuple(one for one in schema["enum"] if isinstance(one, str))
        return Kind("text", words=words, nullable=None in schema["enum"])
    match schema.get("type"):
        case "array":
            return replace(_kind(schema.get("items", {}), names), listed=True)
        case "object" if isinstance(schema.get("additionalProperties"), dict):
            return replace(_kind(schema["additionalProperties"], names), mapped=True)
        case "string":
            formats = {"date-time": "instant", "date": "day"}
            return Kind(formats.get(schema.get("format", ""), "text"))
        case "integer" | "boolean" as of:
            return Kind(of)
        case _:
            return Kind("anything")


def _inner_first(parts: dict[str, Any]) -> list[str]:
    done: list[str] = []

    def visit(name: str) -> None:
        if name not in done:
            for inner in _references(parts[name]):
                visit(inner)
            done.append(name)

    for name in parts:
        visit(name)
    return done


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"].rpartition("/")[2]
        for inner in part.values():
            yield from _references(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _references(inner)

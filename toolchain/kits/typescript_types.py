"""The events of the TypeScript kit: interfaces."""

import json
from collections.abc import Iterator
from textwrap import wrap
from typing import Final

from toolchain.kits.schemas import Field, Kind, Struct

WIDTH: Final = 110
HEAD: Final = """/**
 * Every event as an interface. Made from contracts/events by `python -m toolchain.kits write`.
 *
 * Instants and days are texts (RFC 3339). Words of an enumeration may be others than those that are listed:
 * what is added later is survivable.
 */

import type { EventMessage } from "./message.ts";
"""
TAIL: Final = """
/** The event of a message if it is of this type, else null. */
export function decoded<Type extends keyof EventTypes>(
  type: Type,
  message: Pick<EventMessage, "type" | "data">,
): EventTypes[Type] | null {
  if (message.type !== type) return null;
  return JSON.parse(new TextDecoder().decode(message.data)) as EventTypes[Type];
}
"""
_SCALARS: Final = {
    "text": "string",
    "integer": "number",
    "boolean": "boolean",
    "instant": "string",
    "day": "string",
    "anything": "unknown",
}


def typescript_module(structs: list[Struct]) -> str:
    """The text of the module."""
    lines = [line for struct in structs for line in _declaration(struct)]
    topics = [f'  readonly "{one.topic}": {one.name};' for one in structs if one.topic]
    table = ["", "/** By `type` of a message. */", "export interface EventTypes {", *topics, "}"]
    return HEAD + "\n".join([*lines, *table]) + "\n" + TAIL


def _declaration(struct: Struct) -> Iterator[str]:
    yield ""
    yield from _comment(struct.description or f"Part of events: {struct.name}.", "")
    if struct.positional:
        marks = (f"{one.name}{'' if one.required else '?'}: {_type(one.kind)}" for one in struct.fields)
        yield f"export type {struct.name} = readonly [{', '.join(marks)}];"
        return
    yield f"export interface {struct.name} {{"
    for field in struct.fields:
        if about := _about(field):
            yield from _comment(about, "  ")
        line = f"  readonly {field.name}{'' if field.required else '?'}: {_type(field.kind)};"
        yield line if len(line) <= WIDTH else line.replace(": ", ":\n    | ", 1).replace('" | ', '"\n    | ')
    yield "}"


def _about(field: Field) -> str:
    default = "" if field.required or field.default is None else f"`{json.dumps(field.default)}` if missing."
    return " ".join(part for part in (field.description, default) if part)


def _type(kind: Kind) -> str:
    one = kind.of if kind.is_struct else _SCALARS[kind.of]
    if kind.words:
        one = " | ".join([*(json.dumps(word) for word in kind.words), "(string & {})"])
    if kind.listed:
        one = f"readonly ({one})[]" if kind.words else f"readonly {one}[]"
    one = f"Readonly<Record<string, {one}>>" if kind.mapped else one
    return f"{one} | null" if kind.nullable else one


def _comment(text: str, indent: str) -> list[str]:
    lines = wrap(" ".join(text.split()).replace("*/", "* /"), WIDTH - len(indent) - 7)
    if len(lines) == 1:
        return [f"{indent}/** {lines[0]} */"]
    return [f"{indent}/**", *(f"{indent} * {line}" for line in lines), f"{indent} */"]

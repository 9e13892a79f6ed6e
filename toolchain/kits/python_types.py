"""The events of the Python kit: msgspec structs."""

import keyword
from collections.abc import Iterator
from textwrap import wrap
from typing import Final

from toolchain.kits.schemas import Field, Kind, Struct

WIDTH: Final = 110
HEAD: Final = '''"""Every event as a struct. Made from contracts/events by `python -m toolchain.kits write`.

Fields that are not known here are passed over, and words of an enumeration may be others than those that are
listed: what is added later is survivable.
"""

from datetime import date, datetime
from typing import {typing}

import msgspec

from clienteling_events.message import EventMessage


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """What happened in the shop."""
'''
TAIL: Final = '''

_DECODERS: Final = {topic: msgspec.json.Decoder(kind) for topic, kind in TYPES.items()}


def decoded(message: EventMessage) -> Event | None:
    """The event of a message, or None when it is of a type that this version does not know.

    Raises msgspec.DecodeError.
    """
    decoder = _DECODERS.get(message.type)
    return None if decoder is None else decoder.decode(message.data)
'''
_SCALARS: Final = {
    "text": "str",
    "integer": "int",
    "boolean": "bool",
    "instant": "datetime",
    "day": "date",
    "anything": "Any",
}


def python_module(structs: list[Struct]) -> str:
    """The text of the module."""
    lines = [line for struct in structs for line in _class(struct)]
    topics = [f'    "{one.topic}": {one.name},' for one in structs if one.topic]
    table = ["", "", "#: By `type` of a message.", "TYPES: Final[dict[str, type[Event]]] = {", *topics, "}"]
    typing = "Any, Final" if any(": Any" in line for line in lines) else "Final"
    return HEAD.replace("{typing}", typing) + "\n".join([*lines, *table]) + TAIL


def _class(struct: Struct) -> Iterator[str]:
    base = "Event" if struct.topic else "msgspec.Struct"
    options = ", frozen=True, kw_only=True"
    if struct.positional:
        options = ", frozen=True, array_like=True"
    yield ""
    yield ""
    yield f"class {struct.name}({base}{options}):"
    yield from _docstring(struct.description or f"Part of events: {struct.name}.", "    ")
    yield ""
    for field in struct.fields:
        yield f"    {_declared(field)}"
        about = [field.description] if field.description else []
        if field.kind.words:
            about.append("One of " + ", ".join(field.kind.words) + ".")
        if about:
            yield from _docstring(" ".join(about), "    ")


def _declared(field: Field) -> str:
    kind = _annotation(field.kind)
    name = field.name
    if keyword.iskeyword(name):
        default = "" if field.required else f"default={field.default!r}, "
        return f'{name}_: {kind} = msgspec.field({default}name="{name}")'
    return f"{name}: {kind}" if field.required else f"{name}: {kind} = {_default(field)}"


def _default(field: Field) -> str:
    if isinstance(field.default, list):
        return "()"
    if field.default is None and field.kind.mapped and not field.kind.nullable:
        return "msgspec.field(default_factory=dict)"
    return '"' + field.default + '"' if isinstance(field.default, str) else repr(field.default)


def _annotation(kind: Kind) -> str:
    one = kind.of if kind.is_struct else _SCALARS[kind.of]
    one = f"tuple[{one}, ...]" if kind.listed else one
    one = f"dict[str, {one}]" if kind.mapped else one
    return f"{one} | None" if kind.nullable and one != "Any" else one


def _docstring(text: str, indent: str) -> list[str]:
    text = " ".join(text.split()).replace("\\", "\\\\").replace('"""', "'''")
    text = text + " " if text.endswith('"') else text
    lines = wrap(text, WIDTH - len(indent) - 6)
    if len(lines) == 1:
        return [f'{indent}"""{lines[0]}"""']
    lines = wrap(f'"""{text}', WIDTH - len(indent))
    return [*(f"{indent}{line}" for line in lines), f'{indent}"""']

"""JSON in which a key comes twice: one reader takes the first, another the last (RFC 8259, section 4)."""

import json
from typing import Any

import msgspec


class _Object(list[tuple[str, Any]]):
    """The members of an object, as they came."""


def repeated_key(document: bytes) -> str | None:
    """The path of a key that comes twice in an object (`lines[0].sku`), None where each comes once.

    Raises msgspec.DecodeError for what is no JSON, and RecursionError for what is too deep.
    """
    # Where each key comes once, what was read is written as it came, but for blanks: nearly always, and in a
    # fraction of the time.
    if msgspec.json.encode(msgspec.json.decode(document)) == msgspec.json.format(document, indent=-1):
        return None
    # Numbers stay text: Python makes none of very many digits.
    return _first_in(json.loads(document, object_pairs_hook=_Object, parse_int=str, parse_float=str))


def _first_in(value: Any) -> str | None:
    if isinstance(value, _Object):
        keys: set[str] = set()
        for key, _ in value:
            if key in keys:
                return key
            keys.add(key)
        steps = [(key, inside) for key, inside in value]
    elif isinstance(value, list):
        items: list[Any] = value
        steps = [(f"[{place}]", inside) for place, inside in enumerate(items)]
    else:
        return None
    for step, inside in steps:
        if (found := _first_in(inside)) is not None:
            return step + found if found.startswith("[") else f"{step}.{found}"
    return None

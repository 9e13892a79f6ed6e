"""What PostgreSQL cannot store is refused in every command before it is decided.

The log keeps bytes and would take anything. The tables of the projections would not: text and JSON hold no
NUL and no half of a surrogate pair, and a bigint has 64 bits. An event with such a value could be appended
and never be folded.
"""

import json
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import msgspec

from domain.messages import Command, Refused

#: The bounds of a PostgreSQL bigint.
INTEGER_MIN: Final = -(2**63)
INTEGER_MAX: Final = 2**63 - 1

CODE: Final = "not_storable"
#: What JSON has wherever a value cannot be stored, and seldom elsewhere: a NUL, a number of so many digits.
_NUL_IN_JSON: Final = rb"\u0000"
_LONG_NUMBER: Final = b"0" * 19
_DIGITS_TO_ZEROS: Final = bytes.maketrans(b"123456789", b"000000000")
NUL: Final = "This text holds the character U+0000, which no table can store; leave it out."
SURROGATE: Final = "This text holds half of a surrogate pair, which is no character; leave it out."
TOO_LARGE: Final = f"This number is not between {INTEGER_MIN} and {INTEGER_MAX}; no table can store it."


class Fault(NamedTuple):
    """A value that cannot be stored: its path (`lines[2].sku`, `plan.department_rates_bp["shoes"]`) and why
    not.
    """

    path: str
    reason: str


def refuse_unstorable(command: Command) -> None:
    """Raise Refused, with the field's path, for a command that holds what PostgreSQL cannot store."""
    if _is_suspicious(command) and not is_storable(command):
        fault = first_fault(command)
        raise Refused(CODE, fault.reason, fault.path)


def _is_suspicious(command: Command) -> bool:
    # Every command comes through here, and looking at each value takes long: benchmarks/imports.py.
    try:
        content = msgspec.json.encode(command)
    except ValueError:
        # Half of a surrogate pair, or a number that is too large even for text.
        return True
    return _NUL_IN_JSON in content or _LONG_NUMBER in content.translate(_DIGITS_TO_ZEROS)


def refusal_of_json(body: bytes, command_class: type[Command]) -> Refused | None:
    """The refusal of a body that is JSON but for half of a surrogate pair, which msgspec takes for no JSON at
    all.
    """
    try:
        refuse_unstorable(msgspec.convert(json.loads(body), command_class))
    except Refused as refusal:
        return refusal
    except (ValueError, RecursionError, msgspec.MsgspecError):
        return None
    return None


def is_storable(value: Any) -> bool:
    """Whether PostgreSQL can store every text and number in a struct, list or map, keys included."""
    values = [value]
    for each in values:
        kind = type(each)
        if kind is str:
            if "\0" in each or not (each.isascii() or is_encodable(each)):
                return False
        elif kind is int:
            if not INTEGER_MIN <= each <= INTEGER_MAX:
                return False
        elif kind is tuple or kind is list:
            values.extend(each)
        elif kind is dict:
            values.extend(each)
            values.extend(each.values())
        elif each is not None and isinstance(each, msgspec.Struct):
            values.extend(msgspec.structs.astuple(each))
    return True


def is_encodable(text: str) -> bool:
    """Whether a text can be written as UTF-8; half of a surrogate pair cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def first_fault(value: Any) -> Fault:
    """The first value that cannot be stored in one that is not `is_storable`."""
    if isinstance(value, str):
        return Fault("", NUL if "\0" in value else SURROGATE)
    if isinstance(value, int):
        return Fault("", TOO_LARGE)
    step, inside = next((step, inside) for step, inside in _steps(value) if not is_storable(inside))
    path, reason = first_fault(inside)
    return Fault(f"{step}.{path}" if path and not path.startswith("[") else step + path, reason)


def _steps(value: Any) -> Iterator[tuple[str, Any]]:
    """What a struct, list or map holds, each with the step of the path that leads there; a map's key at its
    own entry.
    """
    if isinstance(value, msgspec.Struct):
        yield from ((name, getattr(value, name)) for name in value.__struct_fields__)
    elif isinstance(value, dict):
        entries: dict[Any, Any] = value
        for key, inside in entries.items():
            yield f"[{json.dumps(key)}]", key
            yield f"[{json.dumps(key)}]", inside
    else:
        yield from ((f"[{place}]", inside) for place, inside in enumerate(value))

"""Changes to a JSON value along the shape of its struct: what it lacks, what a newer writer adds, what an
older one left out.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

ADDED_LATER = {"by": "a newer writer", "amounts": [1, 2]}


def shape_of(event_class: type) -> msgspec.inspect.StructType:
    """The fields of a struct, as msgspec reads them."""
    shape = msgspec.inspect.type_info(event_class)
    assert isinstance(shape, msgspec.inspect.StructType)
    return shape


def _struct_of(shape: msgspec.inspect.Type) -> msgspec.inspect.StructType | None:
    """The struct that a field holds: itself, one of several, or None."""
    match shape:
        case msgspec.inspect.StructType():
            return shape
        case msgspec.inspect.VarTupleType(item_type=item) | msgspec.inspect.ListType(item_type=item):
            return _struct_of(item)
        case msgspec.inspect.UnionType(types=types):
            return next((struct for one in types if (struct := _struct_of(one))), None)
        case _:
            return None


def _along(value: Any, shape: msgspec.inspect.Type, change: Any) -> Any:
    """The value with `change(object or array, struct)` made to every struct in it, the innermost first."""
    struct = _struct_of(shape)
    if struct is None:
        return value
    if isinstance(shape, msgspec.inspect.StructType):
        if struct.array_like:
            fields = zip(value, struct.fields, strict=True)
            return change([_along(part, field.type, change) for part, field in fields], struct)
        types = {field.encode_name: field.type for field in struct.fields}
        return change({name: _along(part, types[name], change) for name, part in value.items()}, struct)
    return (
        [_along(item, struct, change) for item in value]
        if isinstance(value, list)
        else _along(value, struct, change)
    )


def widened(value: dict[str, Any], event_class: type) -> dict[str, Any]:
    """As a newer writer might write it: one field more in the event and in every struct inside."""

    def change(part: Any, struct: msgspec.inspect.StructType) -> Any:
        return [*part, ADDED_LATER] if struct.array_like else {**part, "added_later": ADDED_LATER}

    return _along(value, shape_of(event_class), change)


def narrowed(value: dict[str, Any], event_class: type) -> dict[str, Any]:
    """As a writer says it who has nothing to say but what must be said."""

    def change(part: Any, struct: msgspec.inspect.StructType) -> Any:
        if struct.array_like:
            return part[: sum(field.required for field in struct.fields)]
        required = {field.encode_name for field in struct.fields if field.required}
        return {name: inner for name, inner in part.items() if name in required}

    return _along(value, shape_of(event_class), change)


def unset_fields(value: dict[str, Any], event_class: type) -> list[str]:
    """The fields that the value lacks, in the event or any struct inside; `Struct.field` each."""
    missing: list[str] = []

    def change(part: Any, struct: msgspec.inspect.StructType) -> Any:
        missing.extend(_missing(part, struct))
        return part

    _along(value, shape_of(event_class), change)
    return missing


def _missing(part: Any, struct: msgspec.inspect.StructType) -> Iterator[str]:
    for number, field in enumerate(struct.fields):
        there = number < len(part) if struct.array_like else field.encode_name in part
        if not there:
            yield f"{struct.cls.__name__}.{field.name}"

"""Any command of any type, made from the types of its fields; and the same command with one value swapped for
another.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import msgspec
from hypothesis import strategies as st
from msgspec import inspect

from domain.messages import Command

#: Identifiers to choose from, by their prefix.
KnownIds = Mapping[str, Sequence[str]]

_CODES = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0x2FFF, exclude_characters="\x7f"), min_size=1
)
_DAYS = st.dates(date(2025, 1, 1), date(2027, 1, 1)) | st.dates()
#: Hypothesis takes bounds without a zone, and puts the zone on what it draws.
_MOMENTS = st.datetimes(
    datetime.fromisoformat("2025-01-01"), datetime.fromisoformat("2026-03-01"), timezones=st.just(UTC)
)


def commands(command_class: type[Command], known: KnownIds, *, whole: bool = False) -> st.SearchStrategy[Any]:
    """Commands of a type that a decoder would take, some with a NUL.

    `whole`: nothing optional is left out, no list or map is empty, and no NUL.
    """
    return _Strategies(known, whole=whole).of(inspect.type_info(command_class))


def swapped(value: Any, other: Any) -> Iterator[tuple[str, Any]]:
    """A value with `other` in the place of one of its texts (`other` is a text, map keys included) or
    numbers, and the path.
    """
    if isinstance(value, type(other)) and not isinstance(value, bool):
        yield "", other
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            for path, changed in swapped(getattr(value, name), other):
                yield _path(name, path), msgspec.structs.replace(value, **{name: changed})
    elif isinstance(value, tuple):
        for place, item in enumerate(value):  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
            for path, changed in swapped(item, other):
                yield _path(f"[{place}]", path), (*value[:place], changed, *value[place + 1 :])
    elif isinstance(value, dict):
        for key, item in value.items():  # pyright: ignore[reportUnknownVariableType]
            if isinstance(other, str):
                yield f"[{json.dumps(other)}]", {other: item}
            for path, changed in swapped(item, other):
                yield _path(f"[{json.dumps(key)}]", path), {**value, key: changed}


def _path(step: str, path: str) -> str:
    return f"{step}.{path}" if path and not path.startswith("[") else step + path


class _Strategies:
    def __init__(self, known: KnownIds, *, whole: bool) -> None:
        self._known = known
        self._whole = whole

    def of(self, info: Any) -> st.SearchStrategy[Any]:
        match info:
            case inspect.Metadata():
                return self.of(info.type)
            case inspect.StructType():
                return st.builds(info.cls, **{field.name: self.of(field.type) for field in info.fields})
            case inspect.UnionType():
                types = [t for t in info.types if not (self._whole and isinstance(t, inspect.NoneType))]
                return st.one_of(*map(self.of, types))
            case inspect.VarTupleType():
                least = max(info.min_length or 0, int(self._whole))
                return st.lists(self.of(info.item_type), min_size=least, max_size=3).map(tuple)
            case inspect.DictType():
                entries = self.of(info.key_type), self.of(info.value_type)
                return st.dictionaries(*entries, min_size=int(self._whole), max_size=3)
            case inspect.IntType():
                return st.integers(info.ge, info.le) | st.integers(info.ge, min(info.le or 50, 50))
            case inspect.StrType():
                return self._text(info.pattern, info.min_length or 0, info.max_length or 200)
            case inspect.LiteralType():
                return st.sampled_from(info.values)
            case _:
                simple: dict[type[Any], st.SearchStrategy[Any]] = {
                    inspect.NoneType: st.none(),
                    inspect.BoolType: st.booleans(),
                    inspect.DateType: _DAYS,
                    inspect.DateTimeType: _MOMENTS,
                }
                return simple[type(info)]

    def _text(self, pattern: str | None, length_min: int, length_max: int) -> st.SearchStrategy[str]:
        if pattern is None:
            texts = st.text(st.characters(exclude_characters="\0"), min_size=length_min, max_size=30)
            return texts if self._whole else texts | st.just("d\0")
        if pattern.startswith("^(?!"):
            return _CODES.filter(lambda text: len(text) <= length_max) | st.sampled_from(
                ["company", "P01", "s"]
            )
        known = self._known.get(pattern[1:4], ())
        return st.sampled_from(known) if known else _matching(pattern)


@cache
def _matching(pattern: str) -> st.SearchStrategy[str]:
    return st.from_regex(pattern.replace("$", r"\Z"), fullmatch=True)

"""Any event of any class, out of few values, so that identifiers meet again; also what no decision would ever
write.

A fold has to take in whatever its event classes allow: what stands in the log stands there.
"""

import types
import typing
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import msgspec
from hypothesis import strategies as st

from domain.messages import Event
from domain.score_parameters.events import FrozenScoreParameters

# Hypothesis takes bounds without a zone, and puts the zone on what it draws.
_FIRST, _LAST = datetime.fromisoformat("2023-01-01"), datetime.fromisoformat("2024-06-30")
_MOMENTS = st.datetimes(min_value=_FIRST, max_value=_LAST, timezones=st.just(UTC))
_DAYS = st.dates(min_value=date(2023, 1, 1), max_value=date(2024, 6, 30))
_FEW_AMOUNTS = st.integers(min_value=0, max_value=6) | st.integers(min_value=-100_000, max_value=10_000_000)
_COUNTS = st.integers(min_value=1, max_value=4)

_BY_NAME: dict[str, st.SearchStrategy[Any]] = {
    "customer_id": st.just("cus_" + "1" * 32),
    "other_customer_id": st.sampled_from(["cus_" + digit * 32 for digit in "234"]),
    "currency": st.sampled_from(["USD", "EUR"]),
    "scope": st.just("company"),
    "period_id": st.sampled_from(["2024-01", "2024-02", "2024-03"]),
    "story": st.just("sealed:v1:act_x:story:abc"),
    "rate_bp": st.integers(0, 10_000),
    "deficit_warning_bp": st.integers(0, 10_000),
    "base_rate_minor": st.integers(0, 10_000),
    "from_minor": st.integers(0, 10_000),
    "department_rates_bp": st.just({"6001": 500, "shoes": 700}),
    "parameters": st.builds(FrozenScoreParameters, rhythm_hours=st.integers(1, 10_000)),
}
_PREFIXES = {
    "sale_id": "sal",
    "return_id": "ret",
    "act_id": "act",
    "associate_id": "ass",
    "arrival_id": "arr",
    "duplicate_of": "act",
}
_NUMBERS = {"wish_id", "note_id", "contact_point_id", "follow_up_id", "occasion_id", "line_no", "plan_no"}


def event_of(*classes: type[Event]) -> st.SearchStrategy[Event]:
    """Events of these classes, each class as often as any other."""
    return st.sampled_from(classes).flatmap(_struct)


@cache
def _struct(cls: type[Any]) -> st.SearchStrategy[Any]:
    hints = typing.get_type_hints(cls, include_extras=False)
    fields = {
        field.name: _field(field.name, hints[field.encode_name]) for field in msgspec.structs.fields(cls)
    }
    return st.builds(cls, **fields)


def _field(name: str, hint: Any) -> st.SearchStrategy[Any]:
    arguments = typing.get_args(hint)
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        (some,) = (argument for argument in arguments if argument is not type(None))
        return st.none() | _field(name, some)
    if name in _BY_NAME:
        return _BY_NAME[name]
    if name in _PREFIXES:
        return st.sampled_from([f"{_PREFIXES[name]}_{digit * 32}" for digit in "ab"])
    if name in _NUMBERS:
        return _COUNTS
    return _of_type(name, hint, arguments)


def _of_type(name: str, hint: Any, arguments: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    origin = typing.get_origin(hint)
    if origin is typing.Literal:
        return st.sampled_from(arguments)
    if origin is tuple:
        return st.lists(_field(name, arguments[0]), max_size=4).map(tuple)
    if origin is dict:
        return st.dictionaries(_field(name, arguments[0]), _field(name, arguments[1]), max_size=2)
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return _struct(hint)
    simple: dict[Any, st.SearchStrategy[Any]] = {
        bool: st.booleans(),
        int: _FEW_AMOUNTS,
        str: st.sampled_from(["red", "blue", f"{name}", "ünï ©", ""]),
        datetime: _MOMENTS,
        date: _DAYS,
    }
    return simple[hint]

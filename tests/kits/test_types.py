"""The kits' typed events are those of the contract: every stored event is read, and what comes later, too."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from clienteling_events import TYPES, EventMessage, decoded
from domain.topics import CLASS_OF_TOPIC
from toolchain.kits import __main__ as kits
from toolchain.kits.python_types import python_module
from toolchain.kits.schemas import read_schemas
from toolchain.kits.typescript_types import typescript_module

ROOT = Path(__file__).parents[2]
FROZEN = {topic: (ROOT / f"tests/frozen_events/{topic}.json").read_bytes() for topic in CLASS_OF_TOPIC}


def message(topic: str, data: bytes) -> EventMessage:
    return EventMessage(
        position=1,
        previous_position=0,
        epoch="a",
        version=1,
        type=topic,
        subject="s",
        customer=None,
        id="i",
        data=data,
    )


def test_the_kits_types_are_fresh() -> None:
    for path, make in kits.MADE.items():
        assert (ROOT / path).read_text() == make(), f"{path}: python -m toolchain.kits write"


def test_every_type_of_the_contract_has_a_struct() -> None:
    assert set(TYPES) == set(CLASS_OF_TOPIC)


@pytest.mark.parametrize("topic", sorted(CLASS_OF_TOPIC))
def test_a_stored_event_is_read_whole(topic: str) -> None:
    event = decoded(message(topic, FROZEN[topic]))
    assert event is not None
    stored: dict[str, Any] = json.loads(FROZEN[topic])
    # By the domain's own class both are the same, defaults that were left out included.
    kind = CLASS_OF_TOPIC[topic]
    again = msgspec.json.decode(msgspec.json.encode(event), type=kind)
    assert again == msgspec.json.decode(FROZEN[topic], type=kind)
    assert set(stored) <= set(msgspec.to_builtins(event))


def test_a_field_a_word_and_a_type_of_later_are_survivable() -> None:
    later = {**json.loads(FROZEN["sale.recorded.v1"]), "channel": "by pigeon", "weather": {"rain": True}}
    event: Any = decoded(message("sale.recorded.v1", json.dumps(later).encode()))
    assert event.channel == "by pigeon"
    assert decoded(message("sale.dreamt.v1", b"{}")) is None


def test_parts_of_the_same_name_that_differ_have_names_of_their_own(tmp_path: Path) -> None:
    for topic, title, kind in (("a.done.v1", "Done", "integer"), ("b.made.v2", "Made", "string")):
        line = {"type": "object", "properties": {"no": {"type": kind}}, "required": ["no"]}
        pair = {
            "type": "array",
            "prefixItems": [{"title": "x", "type": "integer"}, {"type": kind}],
            "minItems": 1,
        }
        fields = {
            "line": {"$ref": "#/$defs/Line"},
            "from": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}], "default": None},
            "rates": {"type": "object", "additionalProperties": {"type": "integer"}, "default": {}},
            "pairs": {"type": "array", "items": {"$ref": "#/$defs/Pair"}},
        }
        schema = {
            "title": title,
            "description": 'It says "so".',
            "properties": fields,
            "required": ["line", "pairs"],
            "$defs": {"Line": line, "Pair": pair},
        }
        (tmp_path / f"{topic}.schema.json").write_text(json.dumps(schema))
    schemas = read_schemas(tmp_path)
    assert [one.name for one in schemas] == ["Line", "Pair", "Done", "MadeLine", "MadePair", "Made"]
    made: dict[str, Any] = {}
    exec(python_module(schemas), made)
    one = made["_DECODERS"]["b.made.v2"].decode(
        b'{"line":{"no":"1"},"from":"2026-01-02","pairs":[[1],[2,"b",3]]}'
    )
    assert (one.line.no, one.from_.isoformat(), one.rates) == ("1", "2026-01-02", {})
    assert [tuple(pair) for pair in map(msgspec.structs.astuple, one.pairs)] == [(1, None), (2, "b")]
    text = typescript_module(schemas)
    for line in (
        "export type Pair = readonly [x: number, item_1?: number];",
        '  readonly "b.made.v2": Made;',
        "  readonly from?: string | null;",
        "  readonly rates?: Readonly<Record<string, number>>;",
        "  readonly pairs: readonly MadePair[];",
    ):
        assert line in text

"""The JSON Schemas say what is stored: what they promise, every stored event keeps."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest

from domain.topics import CLASS_OF_TOPIC
from tests.frozen_events.shapes import narrowed, shape_of, widened

ROOT = Path(__file__).parents[2]
TOPICS = sorted(CLASS_OF_TOPIC)


def schema(topic: str) -> dict[str, Any]:
    return json.loads((ROOT / f"contracts/events/{topic}.schema.json").read_text())


def frozen_event(topic: str) -> dict[str, Any]:
    return json.loads((ROOT / f"tests/frozen_events/{topic}.json").read_text())


@pytest.mark.parametrize("topic", TOPICS)
def test_a_schema_is_a_valid_one_and_named_as_its_topic(topic: str) -> None:
    jsonschema_rs.meta.validate(schema(topic))
    assert schema(topic)["$id"] == f"urn:clienteling:schema:{topic}"


@pytest.mark.parametrize("topic", TOPICS)
def test_what_was_stored_keeps_the_schema(topic: str) -> None:
    validator = jsonschema_rs.Draft202012Validator(schema(topic), validate_formats=True)
    validator.validate(frozen_event(topic))
    validator.validate(narrowed(frozen_event(topic), CLASS_OF_TOPIC[topic]))


@pytest.mark.parametrize("topic", TOPICS)
def test_a_schema_lets_pass_what_a_newer_writer_adds(topic: str) -> None:
    validator = jsonschema_rs.Draft202012Validator(schema(topic))
    validator.validate(widened(frozen_event(topic), CLASS_OF_TOPIC[topic]))


@pytest.mark.parametrize("topic", TOPICS)
def test_an_event_that_lacks_what_it_must_say_breaks_the_schema(topic: str) -> None:
    validator = jsonschema_rs.Draft202012Validator(schema(topic))
    for field in shape_of(CLASS_OF_TOPIC[topic]).fields:
        lacking = {name: value for name, value in frozen_event(topic).items() if name != field.encode_name}
        assert validator.is_valid(lacking) is not field.required


@pytest.mark.parametrize("topic", TOPICS)
def test_a_time_that_is_none_breaks_the_schema(topic: str) -> None:
    validator = jsonschema_rs.Draft202012Validator(schema(topic), validate_formats=True)
    times = [name for name in frozen_event(topic) if name.endswith("_at")]
    assert "occurred_at" in times
    for name in times:
        assert not validator.is_valid({**frozen_event(topic), name: "yesterday"})


@pytest.mark.parametrize("topic", TOPICS)
def test_every_time_and_nothing_else_is_named_as_one(topic: str) -> None:
    for field in shape_of(CLASS_OF_TOPIC[topic]).fields:
        kinds = field.type.types if isinstance(field.type, msgspec.inspect.UnionType) else (field.type,)
        is_time = any(isinstance(kind, msgspec.inspect.DateTimeType) for kind in kinds)
        assert is_time is field.name.endswith("_at")


def test_no_indentation_of_the_code_is_left_in_a_description() -> None:
    assert not [topic for topic in TOPICS if "\\n    " in json.dumps(schema(topic))]

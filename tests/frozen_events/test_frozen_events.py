"""Stored bytes are for ever: what was written once is read, and written, in the same bytes by every later
version.
"""

from pathlib import Path

import msgspec
import pytest

from domain.topics import CLASS_OF_TOPIC, ROOMS, UPCASTERS
from infra.event_store.codec import decode, encode
from tests.frozen_events.shapes import narrowed, unset_fields, widened

FOLDER = Path(__file__).parent
TOPICS = sorted(CLASS_OF_TOPIC)
#: Every frozen event of a topic that is written now; numbered where fields were added since.
SHAPES = sorted(path.stem for path in FOLDER.glob("*.json") if path.stem.partition("+")[0] in CLASS_OF_TOPIC)


def golden(shape: str) -> bytes:
    return (FOLDER / f"{shape}.json").read_bytes().removesuffix(b"\n")


def newest_shape(topic: str) -> str:
    return max(
        (shape for shape in SHAPES if shape.partition("+")[0] == topic), key=lambda shape: (len(shape), shape)
    )


def test_every_topic_that_was_ever_written_has_a_frozen_event_and_no_other_has() -> None:
    topics = {*CLASS_OF_TOPIC, *UPCASTERS}
    assert {path.stem for path in FOLDER.glob("*.json") if "+" not in path.stem} == topics
    assert {path.stem.partition("+")[0] for path in FOLDER.glob("*+*.json")} <= topics


def test_no_two_rooms_and_no_two_shapes_share_a_topic() -> None:
    assert len(CLASS_OF_TOPIC) == sum(len(room.TOPICS) for room in ROOMS)
    assert not set(CLASS_OF_TOPIC) & set(UPCASTERS)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_frozen_event_is_written_in_the_same_bytes_again(shape: str) -> None:
    topic = shape.partition("+")[0]
    event = decode(topic, golden(shape))
    assert event is not None
    assert encode(event) == (topic, golden(shape))


@pytest.mark.parametrize("topic", TOPICS)
def test_a_frozen_event_says_everything_that_its_topic_can_say(topic: str) -> None:
    newest = msgspec.json.decode(golden(newest_shape(topic)))
    assert unset_fields(newest, CLASS_OF_TOPIC[topic]) == []


@pytest.mark.parametrize("topic", TOPICS)
def test_an_event_of_a_newer_writer_is_read_without_what_is_new(topic: str) -> None:
    newest = golden(newest_shape(topic))
    newer = widened(msgspec.json.decode(newest), CLASS_OF_TOPIC[topic])
    assert b"added_later" in msgspec.json.encode(newer)
    assert decode(topic, msgspec.json.encode(newer)) == decode(topic, newest)


@pytest.mark.parametrize("topic", TOPICS)
def test_an_event_that_says_only_what_it_must_is_read(topic: str) -> None:
    minimal = msgspec.json.encode(narrowed(msgspec.json.decode(golden(topic)), CLASS_OF_TOPIC[topic]))
    event = decode(topic, minimal)
    assert event is not None
    assert decode(*encode(event)) == event


def test_every_old_shape_is_lifted_to_one_that_is_written_now() -> None:
    for topic in UPCASTERS:
        event = decode(topic, golden(topic))
        assert event is not None
        assert encode(event)[0] in CLASS_OF_TOPIC


@pytest.mark.parametrize("topic", TOPICS)
def test_an_event_belongs_to_a_stream(topic: str) -> None:
    event = decode(topic, golden(topic))
    assert event is not None
    prefix, _, digits = event.stream_id.partition("_")
    assert len(prefix) == 3
    assert len(bytes.fromhex(digits)) == 16

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


def golden(topic: str) -> bytes:
    return (FOLDER / f"{topic}.json").read_bytes().removesuffix(b"\n")


def test_every_topic_that_was_ever_written_has_a_frozen_event_and_no_other_has() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == {*CLASS_OF_TOPIC, *UPCASTERS}


def test_no_two_rooms_and_no_two_shapes_share_a_topic() -> None:
    assert len(CLASS_OF_TOPIC) == sum(len(room.TOPICS) for room in ROOMS)
    assert not set(CLASS_OF_TOPIC) & set(UPCASTERS)


@pytest.mark.parametrize("topic", TOPICS)
def test_a_frozen_event_is_written_in_the_same_bytes_again(topic: str) -> None:
    event = decode(topic, golden(topic))
    assert event is not None
    assert encode(event) == (topic, golden(topic))


@pytest.mark.parametrize("topic", TOPICS)
def test_a_frozen_event_says_everything_that_its_topic_can_say(topic: str) -> None:
    assert unset_fields(msgspec.json.decode(golden(topic)), CLASS_OF_TOPIC[topic]) == []


@pytest.mark.parametrize("topic", TOPICS)
def test_an_event_of_a_newer_writer_is_read_without_what_is_new(topic: str) -> None:
    newer = widened(msgspec.json.decode(golden(topic)), CLASS_OF_TOPIC[topic])
    assert b"added_later" in msgspec.json.encode(newer)
    assert decode(topic, msgspec.json.encode(newer)) == decode(topic, golden(topic))


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

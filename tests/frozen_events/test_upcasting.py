"""A shape that is no longer written is lifted to the one that is, step by step, when it is read."""

from typing import Any

import msgspec
import pytest

from domain.customer.events import CustomerEvent
from infra.event_store.codec import Codec, UndecodableEvent


class TasteRecordedV3(CustomerEvent, frozen=True, kw_only=True):
    """A planted third shape: degrees instead of yes or no, and several words instead of one."""

    kind: str
    words: tuple[str, ...]
    degree: int


def from_yes_or_no(fields: dict[str, Any]) -> dict[str, Any]:
    """The first shape said `liked`, and nothing when she did."""
    liked = fields.pop("liked", True)
    return {**fields, "degree": 10 if liked else 0}


def from_one_word(fields: dict[str, Any]) -> dict[str, Any]:
    """The second shape knew one word only."""
    return {**fields, "words": [fields.pop("value")]}


CODEC = Codec(
    classes={"planted.taste.v3": TasteRecordedV3},
    upcasters={
        "planted.taste.v1": ("planted.taste.v2", from_yes_or_no),
        "planted.taste.v2": ("planted.taste.v3", from_one_word),
        "planted.lost.v1": ("planted.lost.v2", from_one_word),
    },
)
CLARA = "cus_" + "1" * 32
V1 = (
    b'{"occurred_at":"2024-03-04T10:15:00Z","customer_id":"%b","kind":"colour","value":"brown"}'
    % CLARA.encode()
)
V2 = V1.replace(b"}", b',"degree":10}')
V3 = V2.replace(b'"value":"brown"', b'"words":["brown"]')


def test_an_event_two_versions_old_is_read_as_if_written_today() -> None:
    event = CODEC.decode("planted.taste.v1", V1)
    assert event == CODEC.decode("planted.taste.v3", V3)
    assert isinstance(event, TasteRecordedV3)
    assert (event.words, event.degree, event.customer_id) == (("brown",), 10, CLARA)


def test_every_step_of_the_chain_is_taken_from_where_the_event_stands() -> None:
    assert CODEC.decode("planted.taste.v2", V2) == CODEC.decode("planted.taste.v3", V3)
    disliked = CODEC.decode("planted.taste.v1", V1.replace(b"}", b',"liked":false}'))
    assert isinstance(disliked, TasteRecordedV3)
    assert disliked.degree == 0


def test_what_is_written_again_is_written_in_the_newest_shape() -> None:
    event = CODEC.decode("planted.taste.v1", V1)
    assert event is not None
    topic, stored = CODEC.encode(event)
    assert topic == "planted.taste.v3"
    assert msgspec.json.decode(stored) == msgspec.json.decode(V3)


def test_an_old_event_that_lacks_what_its_upcaster_needs_is_undecodable_and_named() -> None:
    with pytest.raises(UndecodableEvent, match=r"cannot read planted\.taste\.v2"):
        CODEC.decode("planted.taste.v2", V3)


def test_a_chain_that_ends_where_nobody_knows_the_topic_is_passed_over() -> None:
    assert CODEC.decode("planted.lost.v1", V1) is None

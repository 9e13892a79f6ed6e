"""The Python kit does in each of the cases that both kits share what it says there."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from clienteling_events import (
    AnotherHouse,
    Checkpoint,
    Epoch,
    EventMessage,
    EventRange,
    Lineage,
    NotAnEvent,
    RangeHash,
    VersionMissing,
    Versions,
    differing,
    message_from_line,
    message_from_stream,
    next_step,
)

CASES = Path(__file__).parents[2] / "kits/cases"
CONTINUITY: list[dict[str, Any]] = json.loads((CASES / "continuity.json").read_text())
RANGES: dict[str, Any] = json.loads((CASES / "ranges.json").read_text())
MESSAGES: dict[str, Any] = json.loads((CASES / "messages.json").read_text())


def message(**given: Any) -> EventMessage:
    """A message with these places; the rest is made up."""
    some: dict[str, Any] = {
        "position": 1,
        "previous_position": 0,
        "epoch": "a",
        "version": 1,
        "type": "t.v1",
        "subject": "s",
        "id": "i",
    }
    whole: dict[str, Any] = {**some, "customer": None, "data": b"{}", **given}
    return EventMessage(**whole)


def events() -> list[EventMessage]:
    return [message(**{**one, "data": one["data"].encode()}) for one in RANGES["events"]]


@pytest.mark.parametrize("case", CONTINUITY, ids=lambda case: case["name"])
def test_the_next_step_is_that_of_the_case(case: dict[str, Any]) -> None:
    lineage = Lineage(msgspec.convert(case["lineage"], list[Epoch]))
    given = Checkpoint(**case["checkpoint"]), message(**case["message"]), lineage
    if case["step"]["type"] == "another_house":
        with pytest.raises(AnotherHouse):
            next_step(*given)
    else:
        assert msgspec.to_builtins(next_step(*given)) == case["step"]


def test_the_hash_of_a_range_is_that_of_the_case() -> None:
    for first, expected in ((1, RANGES["ranges"]), (10_000, RANGES["from_10000"])):
        at, kept = RangeHash(from_=first), list[EventRange]()
        for one in events():
            if one.position >= first:
                at, ended = at.with_event(one)
                kept += [ended] if ended else []
        kept.append(at.until(30_007))
        assert msgspec.to_builtins(kept)[: len(expected)] == expected


def test_a_range_with_another_event_differs_and_an_empty_one_does_not() -> None:
    theirs = msgspec.convert(RANGES["ranges"], list[EventRange])
    empty = EventRange(from_=20_001, to=30_000, count=0, hash="00" * 32)
    assert differing(theirs, [*theirs, empty]) == []
    assert differing(theirs[1:], theirs) == [theirs[0]]
    forged = msgspec.structs.replace(theirs[1], hash="ab" * 32)
    assert differing([theirs[0], forged, theirs[2]], theirs) == [theirs[1]]
    invented = msgspec.structs.replace(empty, count=1, hash="ab" * 32)
    assert differing([*theirs, invented], [*theirs, empty]) == [empty]


def test_a_line_and_a_message_of_one_event_are_the_same() -> None:
    expected = message(**{**MESSAGES["message"], "data": MESSAGES["message"]["data"].encode()})
    assert message_from_line(MESSAGES["line"].encode() + b"\n") == expected
    assert message_from_stream(MESSAGES["headers"], expected.data) == expected
    odd = message_from_stream(MESSAGES["odd_headers"], b"{}")
    assert {"subject": odd.subject, "customer": odd.customer} == MESSAGES["odd"]


@pytest.mark.parametrize("headers", [*MESSAGES["no_events"], None])
def test_a_message_without_its_place_is_no_event(headers: dict[str, str] | None) -> None:
    with pytest.raises(NotAnEvent):
        message_from_stream(headers, b"{}")


@pytest.mark.parametrize("line", MESSAGES["no_lines"])
def test_a_line_without_its_place_or_data_is_no_event(line: str) -> None:
    with pytest.raises(NotAnEvent):
        message_from_line(line.encode())


def test_an_aggregate_that_leaves_a_version_out_is_found() -> None:
    versions = Versions()
    for version in (1, 2):
        assert versions.is_next(message(version=version))
        versions.handled(message(version=version))
    assert not versions.is_next(message(version=2))
    with pytest.raises(VersionMissing):
        versions.is_next(message(version=4))
    with pytest.raises(VersionMissing):
        versions.is_next(message(version=2, subject="another"))
    assert Versions(from_the_beginning=False).is_next(message(version=2))

"""Example payloads: the frozen events, every shape that was ever stored, by topic and revision."""

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

FROZEN: Final = Path(__file__).parents[2] / "tests/frozen_events"


@cache
def revisions_of(topic: str) -> list[dict[str, Any]]:
    """The payload of each revision of a topic, the first one first. A later one has optional fields more."""
    files = {
        int(file.stem.partition("+")[2] or 1): file
        for pattern in (f"{topic}.json", f"{topic}+*.json")
        for file in FROZEN.glob(pattern)
    }
    return [json.loads(files[number].read_bytes()) for number in sorted(files)]


def example_of(topic: str) -> dict[str, Any]:
    """A payload that has every field of the topic."""
    return revisions_of(topic)[-1]

"""Dead letters as they are shown: what waits, and what was discarded."""

import datetime
from collections.abc import Sequence
from dataclasses import asdict

import msgspec

from infra.event_store.quarantine import QuarantinedEvent
from infra.projection_store.parked import DeadLetter
from services.cli.tables import table


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """What waits, or (`left_out`) was discarded; `events` counts it and those that wait behind it."""

    projection: str
    generation: int
    key: str
    position: int
    topic: str
    stream_id: str
    reason: str
    at: datetime.datetime
    events: int
    left_out: bool = False


def letters_of(found: Sequence[DeadLetter], left_out: Sequence[QuarantinedEvent]) -> list[Letter]:
    """What waits and what was discarded, in this order."""
    return [Letter(**asdict(one)) for one in found] + [
        Letter(**msgspec.structs.asdict(one), generation=0, events=1, left_out=True) for one in left_out
    ]


def draw_letters(letters: Sequence[Letter]) -> None:
    """Print a table of them."""
    table(
        "" if letters else "Nothing waits.",
        ("projection", "key", ("position", "right"), "topic", ("events", "right"), "reason"),
        (
            (
                one.projection, one.key, one.position, one.topic, one.events,
                f"left out: {one.reason}" if one.left_out else one.reason,
            )
            for one in letters
        ),
    )  # fmt: skip

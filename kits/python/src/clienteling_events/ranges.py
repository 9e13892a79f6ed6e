"""Proof of having what the log has: count and chained hash of the events in each range of positions, as
`GET /v1/events/ranges` gives them.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

import msgspec

from clienteling_events.message import EventMessage

#: Ranges end at multiples of this.
RANGE_POSITIONS: Final = 10_000
_BEGINNING: Final = bytes(32)


def chained(before: bytes, message: EventMessage) -> bytes:
    """The hash behind an event: SHA-256 over the hash before it (32 bytes; zeros where a range begins), its
    place and its bytes.
    """
    place = (message.position, message.type, message.subject, message.version, message.customer or "")
    return sha256(before + "".join(f"{one}\n" for one in place).encode() + message.data).digest()


class EventRange(msgspec.Struct, frozen=True, kw_only=True):
    """The events from one position to another, both included: how many, and their chained hash (hex)."""

    from_: int = msgspec.field(name="from")
    to: int
    count: int
    hash: str


class RangeHash(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the range that a consumer is in. To be stored with the checkpoint.

    One who begins behind position N begins with `RangeHash(from_=N + 1)`.
    """

    from_: int = 1
    count: int = 0
    hash: str = _BEGINNING.hex()

    def with_event(self, message: EventMessage) -> tuple["RangeHash", EventRange | None]:
        """The hash behind an event, and the range that ended before it, if one did: to be kept."""
        last = _end_of(self.from_)
        if message.position <= last:
            following = chained(bytes.fromhex(self.hash), message)
            return RangeHash(from_=self.from_, count=self.count + 1, hash=following.hex()), None
        begun = RangeHash(from_=_end_of(message.position) - RANGE_POSITIONS + 1)
        return begun.with_event(message)[0], self.until(last)

    def until(self, position: int) -> EventRange:
        """The range as it is up to a position, to be compared now."""
        return EventRange(from_=self.from_, to=position, count=self.count, hash=self.hash)


def differing(ours: Sequence[EventRange], theirs: Sequence[EventRange]) -> list[EventRange]:
    """The ranges of the log that a consumer has otherwise, or not at all. One without events need not be
    kept.
    """
    kept = {(one.from_, one.to): one for one in ours}
    return [
        one for one in theirs if one != kept.get((one.from_, one.to)) and (one.count or _is_kept(one, kept))
    ]


def _is_kept(one: EventRange, kept: dict[tuple[int, int], EventRange]) -> bool:
    return (one.from_, one.to) in kept


def _end_of(position: int) -> int:
    return (position - 1) // RANGE_POSITIONS * RANGE_POSITIONS + RANGE_POSITIONS

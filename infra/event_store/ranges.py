"""Ranges of the log by count and chained hash: others prove by them that they have what the log has.

The hash of a range begins with 32 zero bytes. Each event gives the next one: SHA-256 over the hash so far and
the event, which is a line each (UTF-8) for its position, topic, aggregate, version and customer (empty where
there is none), followed by its bytes as they are stored and published. So it is computed of messages alone,
and a consumer can put it aside after any event. PostgreSQL computes it here.
"""

import hashlib
from typing import Any, Final

import msgspec
from psycopg import Connection

#: Ranges end at multiples of this, and where the question ends.
RANGE_POSITIONS: Final = 10_000

_RANGES: Final = (
    "SELECT (notification_id - 1) / %(size)s AS number, count(*) AS count, "
    "encode(public.chain_of_events(convert_to(concat_ws(chr(10), notification_id, topic, originator_id, "
    "originator_version, coalesce(customer_id, ''), ''), 'UTF8') || state ORDER BY notification_id), 'hex') "
    "AS hash FROM public.stored_events WHERE notification_id BETWEEN %(first)s AND %(last)s "
    "GROUP BY 1 ORDER BY 1"
)
#: The hash of a range without events.
_NOTHING: Final = "00" * 32


class EventRange(msgspec.Struct, frozen=True, kw_only=True):
    """The events from one position to another, both included: how many, and their chained hash (hex)."""

    from_: int = msgspec.field(name="from")
    to: int
    count: int
    hash: str


def ranges_between(first: int, last: int) -> list[tuple[int, int]]:
    """The ranges that two positions are cut into."""
    numbers = range((first - 1) // RANGE_POSITIONS, (last - 1) // RANGE_POSITIONS + 1)
    return [
        (max(first, number * RANGE_POSITIONS + 1), min(last, (number + 1) * RANGE_POSITIONS))
        for number in numbers
    ]


def event_ranges(connection: Connection[Any], first: int, last: int) -> list[EventRange]:
    """The ranges of the log between two positions, for a connection whose rows are dictionaries.

    Every position has a range; one without events has the count 0.
    """
    parameters = {"size": RANGE_POSITIONS, "first": first, "last": last}
    found = {row["number"]: row for row in connection.execute(_RANGES, parameters).fetchall()}
    ranges: list[EventRange] = []
    for start, end in ranges_between(first, last):
        row = found.get((start - 1) // RANGE_POSITIONS)
        count, hash_ = (row["count"], row["hash"]) if row else (0, _NOTHING)
        ranges.append(EventRange(from_=start, to=end, count=count, hash=hash_))
    return ranges


def hash_up_to(connection: Connection[Any], position: int) -> str:
    """SHA-256 over the hashes of the ranges from the beginning to a position (hex), for a connection whose
    rows are dictionaries.
    """
    digest = hashlib.sha256()
    for one in event_ranges(connection, 1, position) if position else ():
        digest.update(bytes.fromhex(one.hash))
    return digest.hexdigest()

"""The log as plain SQL gives it, and whether it is whole in itself."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg


@dataclass(frozen=True)
class Fact:
    """A row of the log; `content` is its JSON."""

    position: int
    stream_id: str
    version: int
    topic: str
    customer_id: str | None
    state: bytes
    content: dict[str, Any]


def read_log(connection: psycopg.Connection[Any]) -> list[Fact]:
    """Every fact in the order of the log."""
    rows = connection.execute(
        "SELECT notification_id, originator_id, originator_version, topic, customer_id, state "
        "FROM public.stored_events ORDER BY notification_id"
    )
    return [
        Fact(position, stream_id, version, topic, customer_id, bytes(state), json.loads(bytes(state)))
        for position, stream_id, version, topic, customer_id, state in rows
    ]


def broken_histories(log: list[Fact]) -> Iterator[str]:
    """Aggregates whose versions do not count 1, 2, 3 in the order of the log."""
    last: dict[str, int] = {}
    for fact in log:
        expected = last.get(fact.stream_id, 0) + 1
        if fact.version != expected:
            yield f"log: {fact.stream_id} has version {fact.version} at {fact.position}, not {expected}"
        last[fact.stream_id] = fact.version

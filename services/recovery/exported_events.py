"""Reading an exported Parquet file again, and comparing it with the log byte for byte."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from domain.messages import Refused
from infra.event_store.log import METADATA, EventLog, LoggedEvent
from services.recovery.event_export import PAGE_EVENTS, SCHEMA

_encode = msgspec.msgpack.Encoder().encode


class CheckedExport(msgspec.Struct, frozen=True):
    """How many events a file has, from which position to which, and SHA-256 over all of them.

    `differs_at`: the first position at which the file and the log have not the same event, byte for byte.
    """

    events: int
    first: int
    last: int
    sha256: str
    differs_at: int | None


def exported_events(path: Path) -> Iterator[Sequence[LoggedEvent]]:
    """The events of a Parquet file, a page at a time; their `previous_position` is 0.

    Raises Refused when `events export` did not write it.
    """
    try:
        with pq.ParquetFile(path) as file:
            if file.schema_arrow != SCHEMA:
                raise Refused(
                    "not_an_export", f"{path} has other columns than `events export` writes", "FILE"
                )
            for batch in file.iter_batches(batch_size=PAGE_EVENTS):
                yield [_logged(row) for row in batch.to_pylist()]
    except (OSError, pa.ArrowException) as error:
        raise Refused("not_an_export", f"{path} cannot be read: {error}", "FILE") from error


def check_export(path: Path, log: EventLog) -> CheckedExport:
    """Read a file again and hold each of its events against the log."""
    digest, events, first, last = hashlib.sha256(), 0, 0, 0
    differs_at: int | None = None
    for page in exported_events(path):
        if not events:
            first, last = page[0].position, page[0].position - 1
        if differs_at is None:
            differs_at = _first_difference(page, log.read(last, len(page)))
        for event in page:
            digest.update(_encode(_comparable(event)))
        events, last = events + len(page), page[-1].position
    return CheckedExport(events, first, last, digest.hexdigest(), differs_at)


def _first_difference(page: Sequence[LoggedEvent], logged: Sequence[LoggedEvent]) -> int | None:
    for number, event in enumerate(page):
        if number >= len(logged) or _comparable(event) != _comparable(logged[number]):
            return event.position
    return None


def _comparable(event: LoggedEvent) -> LoggedEvent:
    recorded_at = event.recorded_at and event.recorded_at.astimezone(UTC)
    return msgspec.structs.replace(event, previous_position=0, recorded_at=recorded_at)


def _logged(row: dict[str, Any]) -> LoggedEvent:
    return LoggedEvent(
        row["position"],
        0,
        row["stream_id"],
        row["version"],
        row["topic"],
        row["customer_id"],
        row["data"].encode(),
        *(row[name] for name in METADATA.split(", ")),
    )

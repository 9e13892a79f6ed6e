"""Export history: CloudEvents as JSON lines, or a Parquet file. Personal data stays encrypted."""

import filecmp
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from domain.messages import Refused
from infra.event_store.lineage import lineage_of
from infra.event_store.log import END_OF_LOG, EventLog, LoggedEvent
from infra.messaging.cloud_events import cloud_event

PAGE_EVENTS = 5_000

SCHEMA = pa.schema(
    [
        ("position", pa.int64()),
        ("stream_id", pa.string()),
        ("version", pa.int64()),
        ("topic", pa.string()),
        ("customer_id", pa.string()),
        ("occurred_at", pa.string()),
        ("data", pa.string()),
        ("recorded_at", pa.timestamp("us", tz="UTC")),
        *((name, pa.string()) for name in ("actor", "role", "correlation_id", "causation_id", "traceparent")),
    ]
)


@contextmanager
def new_file(path: Path, parameter: str, *, same_again: bool = False) -> Generator[Path]:
    """A temporary path beside a new file, renamed at the end: nobody takes a part of it for the whole.

    `same_again`: a file that holds the very same may be there already, and stays. Raises Refused when the
    file exists otherwise or cannot be made.
    """
    exists = Refused("file_exists", f"{path} exists already; name another file", parameter)
    if path.exists() and not same_again:
        raise exists
    aside = path.with_name(f".{path.name}.part")
    try:
        aside.open("wb").close()
    except OSError as error:
        raise Refused("file_not_made", f"{path} cannot be written: {error.strerror}", parameter) from error
    try:
        yield aside
        if not path.exists():
            aside.rename(path)
        elif not filecmp.cmp(path, aside, shallow=False):
            raise exists
    finally:
        aside.unlink(missing_ok=True)


class _Time(msgspec.Struct):
    occurred_at: str


def pages_of(log: EventLog, after: int, up_to: int = END_OF_LOG) -> Iterator[Sequence[LoggedEvent]]:
    """The log behind a position and up to another, a page at a time."""
    while page := [event for event in log.read(after, PAGE_EVENTS) if event.position <= up_to]:
        yield page
        after = page[-1].position


def write_json_lines(
    log: EventLog, target: BinaryIO, source: str, after: int, up_to: int = END_OF_LOG
) -> Iterator[int]:
    """Write a CloudEvent of this source a line; gives the position reached after each page."""
    encoder = msgspec.json.Encoder()
    with log.connection() as connection:
        lineage = lineage_of(connection)
    for page in pages_of(log, after, up_to):
        target.write(encoder.encode_lines([cloud_event(event, lineage, source) for event in page]))
        yield page[-1].position


def write_parquet(log: EventLog, path: Path, after: int, up_to: int = END_OF_LOG) -> Iterator[int]:
    """Write a Parquet file, a row group a page; gives the position reached after each."""
    with pq.ParquetWriter(path, SCHEMA, compression="zstd") as writer:
        for page in pages_of(log, after, up_to):
            writer.write_table(pa.Table.from_pylist([_row(event) for event in page], schema=SCHEMA))
            yield page[-1].position


def _row(event: LoggedEvent) -> dict[str, object]:
    return {
        "position": event.position,
        "stream_id": event.stream_id,
        "version": event.version,
        "topic": event.topic,
        "customer_id": event.customer_id,
        "occurred_at": _time_of(event),
        "data": event.state.decode(),
        "recorded_at": event.recorded_at,
        "actor": event.actor,
        "role": event.role,
        "correlation_id": event.correlation_id,
        "causation_id": event.causation_id,
        "traceparent": event.traceparent,
    }


def _time_of(event: LoggedEvent) -> str:
    return msgspec.json.decode(event.state, type=_Time).occurred_at

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
from infra.event_store.log import EventLog, LoggedEvent
from infra.messaging.headers import SCHEMA_ROOT, SOURCE

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
    ]
)


class CloudEvent(msgspec.Struct, frozen=True):
    """CloudEvents 1.0, JSON format; extension attributes name the places in log and aggregate."""

    id: str
    source: str
    type: str
    subject: str
    time: str
    dataschema: str
    data: msgspec.Raw
    clientelingposition: int
    clientelingversion: int
    clientelingcustomer: str | msgspec.UnsetType = msgspec.UNSET
    specversion: str = "1.0"
    datacontenttype: str = "application/json"


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


def pages_of(log: EventLog, after: int) -> Iterator[Sequence[LoggedEvent]]:
    """The log behind a position, a page at a time."""
    while page := log.read(after, PAGE_EVENTS):
        yield page
        after = page[-1].position


def write_json_lines(log: EventLog, target: BinaryIO, after: int) -> Iterator[int]:
    """Write a CloudEvent a line; gives the position reached after each page."""
    encoder = msgspec.json.Encoder()
    for page in pages_of(log, after):
        target.write(encoder.encode_lines([cloud_event(event) for event in page]))
        yield page[-1].position


def write_parquet(log: EventLog, path: Path, after: int) -> Iterator[int]:
    """Write a Parquet file, a row group a page; gives the position reached after each."""
    with pq.ParquetWriter(path, SCHEMA) as writer:
        for page in pages_of(log, after):
            writer.write_table(pa.Table.from_pylist([_row(event) for event in page], schema=SCHEMA))
            yield page[-1].position


def cloud_event(event: LoggedEvent) -> CloudEvent:
    """A stored event as the stream carries it, without who gave the command and why."""
    return CloudEvent(
        id=f"{event.stream_id}/{event.version}",
        source=SOURCE,
        type=event.topic,
        subject=event.stream_id,
        time=_time_of(event),
        dataschema=f"{SCHEMA_ROOT}{event.topic}",
        data=msgspec.Raw(event.state),
        clientelingposition=event.position,
        clientelingversion=event.version,
        clientelingcustomer=event.customer_id or msgspec.UNSET,
    )


def _row(event: LoggedEvent) -> dict[str, object]:
    return {
        "position": event.position,
        "stream_id": event.stream_id,
        "version": event.version,
        "topic": event.topic,
        "customer_id": event.customer_id,
        "occurred_at": _time_of(event),
        "data": event.state.decode(),
    }


def _time_of(event: LoggedEvent) -> str:
    return msgspec.json.decode(event.state, type=_Time).occurred_at

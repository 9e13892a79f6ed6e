"""What stands beside an event on the stream: CloudEvents 1.0 in binary mode, and its metadata in the log.

| header | value |
| --- | --- |
| `clienteling-position` | position in the log |
| `clienteling-previous-position` | position of the event before it, or 0: nothing is missing |
| `clienteling-epoch` | which history this is; it changes when the log is set back to an earlier moment |
| `clienteling-version` | version in its aggregate's stream, from 1 |
| `clienteling-customer` | the customer it concerns, when there is one |
| `clienteling-stamp` | the relay's own mark, by which our readers know what it wrote; others pass it over |
| `ce-type`, `ce-subject` | topic, aggregate |
| `ce-id` | `<aggregate>/<version>/<epoch>`, the epoch being that in which it was recorded |
| `ce-source` | the house (`CLIENTELING_EVENT_SOURCE`) |
| `ce-specversion`, `ce-time`, `ce-dataschema` | as CloudEvents says |
| `ce-datacontenttype`, `content-type` | `application/json`; the first is CloudEvents' for NATS |
| `ce-sequence` | the position again, 18 digits: texts that sort as the events do |
| `ce-recordedtime` | when the log took it in, UTC; older events have none |
| `ce-authtype`, `ce-authid` | what kind of actor gave the command, and who, when it is known |
| `ce-correlationid`, `ce-causationid`, `ce-traceparent` | the chain of causes, where it is known |
| `Nats-Msg-Id` | `<epoch>-<position>-<stamp>` |

Identifiers and topics are plain ASCII; anything else is percent-encoded, as CloudEvents asks of header
values.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote, unquote

SCHEMA_ROOT = "urn:clienteling:schema:"

POSITION = "clienteling-position"
PREVIOUS_POSITION = "clienteling-previous-position"
EPOCH = "clienteling-epoch"
VERSION = "clienteling-version"
CUSTOMER = "clienteling-customer"
STAMP = "clienteling-stamp"
TOPIC = "ce-type"
STREAM_ID = "ce-subject"

_PLAIN = re.compile(r"[0-9A-Za-z_.:/-]+")
#: The relay writes these lines next to each other and in this order; reading them is then one match.
#: Positions have 18 digits at most.
METADATA = re.compile(
    rb"(clienteling-position: (\d{1,18})\r\n"
    rb"clienteling-previous-position: (\d{1,18})\r\n"
    rb"clienteling-epoch: ([!-~]+)\r\n"
    rb"clienteling-version: (\d{1,18})\r\n"
    rb"(?:clienteling-customer: ([!-~]+)\r\n)?"
    rb"ce-type: ([!-~]+)\r\n"
    rb"ce-subject: ([!-~]+)\r\n)"
    rb"(?:clienteling-stamp: ([0-9a-f]{32})\r\n)?"
)


class EventMetadata(NamedTuple):
    """Where an event stands and what it concerns: all that a reader knows of it without decoding it."""

    position: int
    previous_position: int
    epoch: str
    version: int
    customer_id: str | None
    topic: str
    stream_id: str


class NotFromTheLog(ValueError):
    """A message in the stream that does not say its position in the log: the relay did not write it."""


def metadata_of(raw_headers: bytes) -> EventMetadata:
    """The metadata of a message from its header block as it came over the wire. Raises NotFromTheLog."""
    match = METADATA.search(raw_headers)
    if match is None:
        return metadata_from(headers_of(raw_headers))
    _, position, previous, epoch, version, customer, topic, stream_id, _ = match.groups()
    return EventMetadata(
        int(position),
        int(previous),
        epoch.decode(),
        int(version),
        None if customer is None else decoded(customer),
        decoded(topic),
        decoded(stream_id),
    )


def metadata_from(headers: Mapping[str, str]) -> EventMetadata:
    """The metadata of a message from its headers, in whatever order they came. Raises NotFromTheLog."""
    try:
        customer = headers.get(CUSTOMER)
        return EventMetadata(
            int(headers[POSITION]),
            int(headers[PREVIOUS_POSITION]),
            headers[EPOCH],
            int(headers[VERSION]),
            None if customer is None else unquote(customer),
            unquote(headers[TOPIC]),
            unquote(headers[STREAM_ID]),
        )
    except (KeyError, ValueError) as error:
        raise NotFromTheLog(
            f"a message in the stream has no readable position in the log ({error})"
        ) from error


def headers_of(raw_headers: bytes) -> dict[str, str]:
    """All headers of a block. A name that occurs twice has its last value."""
    lines = raw_headers.split(b"\r\n")[1:]
    pairs = (line.partition(b":") for line in lines if line)
    return {
        name.decode("utf-8", "replace").strip(): value.decode("utf-8", "replace").strip()
        for name, _, value in pairs
    }


def encoded(value: str) -> bytes:
    """A value as it may stand in a header: ASCII without control characters."""
    if _PLAIN.fullmatch(value):
        return value.encode()
    return quote(value, safe="").encode()


def decoded(value: bytes) -> str:
    """The value that `encoded` gave these bytes."""
    return unquote(value.decode()) if b"%" in value else value.decode()

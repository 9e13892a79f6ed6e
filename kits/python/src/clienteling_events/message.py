"""One event as it came: over the stream (headers and bytes), or in a line of `GET /v1/events`."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote

import msgspec

#: In a line, the event's own bytes are between this and the last brace. A quote inside of a text has a
#: backslash before it, so that no text can hold this.
_DATA: Final = b',"data":'


class NotAnEvent(ValueError):
    """A message or a line that does not say its place in the log: clienteling did not write it."""


class EventMessage(msgspec.Struct, frozen=True, kw_only=True):
    """An event. `data` are its bytes as they are in the log; `id` is that of no other event, in any epoch."""

    position: int
    previous_position: int
    epoch: str
    version: int
    type: str
    subject: str
    customer: str | None
    id: str
    data: bytes


class _Line(msgspec.Struct):
    id: str
    type: str
    subject: str
    clientelingposition: int
    clientelingpreviousposition: int
    clientelingepoch: str
    clientelingversion: int
    clientelingcustomer: str | None = None


_decode_line = msgspec.json.Decoder(_Line).decode


def message_from_stream(headers: Mapping[str, str] | None, data: bytes) -> EventMessage:
    """The event of a message on the stream. Raises NotAnEvent."""
    given = headers or {}
    try:
        customer = given.get("clienteling-customer")
        return EventMessage(
            position=_position(given["clienteling-position"]),
            previous_position=_position(given["clienteling-previous-position"]),
            epoch=given["clienteling-epoch"],
            version=_position(given["clienteling-version"]),
            type=unquote(given["ce-type"]),
            subject=unquote(given["ce-subject"]),
            customer=None if customer is None else unquote(customer),
            id=unquote(given["ce-id"]),
            data=data,
        )
    except (KeyError, ValueError) as error:
        raise NotAnEvent(f"a message has no readable place in the log: {error}") from error


def message_from_line(line: bytes) -> EventMessage:
    """The event of a line of `GET /v1/events`, or of the data of a server-sent event. Raises NotAnEvent."""
    line = line.strip()
    _, found, rest = line.partition(_DATA)
    try:
        read = _decode_line(line)
    except msgspec.DecodeError as error:
        raise NotAnEvent(f"a line is no event: {error}") from error
    if not found or not rest.endswith(b"}"):
        raise NotAnEvent("a line has no data at its end")
    return EventMessage(
        position=read.clientelingposition,
        previous_position=read.clientelingpreviousposition,
        epoch=read.clientelingepoch,
        version=read.clientelingversion,
        type=read.type,
        subject=read.subject,
        customer=read.clientelingcustomer,
        id=read.id,
        data=rest[:-1],
    )


def _position(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise ValueError("a number in a header is not written in digits")
    return int(text)

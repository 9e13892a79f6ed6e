"""Structured CloudEvents 1.0: one JSON document with the attributes of an event and, among them, its data.

In binary mode, the form in which we publish ourselves, the attributes are headers and the body is the data.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import msgspec

from infra.repeated_keys import repeated_key

#: How the content types of CloudEvents begin; a batch of them is told by what follows.
_FAMILY: Final = "application/cloudevents"
_TAKEN: Final = f"{_FAMILY}+json"
_JSON: Final = ("application/json", "+json")
#: The attributes that are read, beside those that an event must have.
_READ: Final = ("time", "correlationid", "traceparent")

_Given = Annotated[str, msgspec.Meta(min_length=1)]


class Malformed(ValueError):
    """A message that is no RecordStockArrival. The text says where and why, and repeats no content."""


class _Event(msgspec.Struct, frozen=True):
    specversion: Literal["1.0"]
    id: _Given
    source: _Given
    type: _Given
    datacontenttype: str = "application/json"
    data: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    data_base64: str | None = None


_decode = msgspec.json.Decoder(_Event).decode
_decode_all = msgspec.json.Decoder(dict[str, Any]).decode


def is_structured(headers: Mapping[str, str]) -> bool:
    """Whether headers, by their names in small letters, say that the body is a CloudEvent."""
    return headers.get("content-type", "").strip().lower().startswith(_FAMILY)


def attributes_of(body: bytes) -> dict[str, str]:
    """The attributes of an event as the headers that binary mode has. Raises Malformed."""
    event, others = _event(body)
    read = {f"ce-{name}": others[name] for name in _READ if isinstance(others.get(name), str)}
    return {"ce-id": event.id, "ce-source": event.source, **read}


def data_of(body: bytes, content_type: str) -> bytes:
    """The data of an event. Raises Malformed where it has none, or none that is JSON."""
    if content_type.partition(";")[0].strip().lower() != _TAKEN:
        raise Malformed(f"CloudEvents are taken one by one, as {_TAKEN}")
    event, _ = _event(body)
    if not event.datacontenttype.partition(";")[0].strip().lower().endswith(_JSON):
        raise Malformed("the attribute datacontenttype is not application/json")
    if event.data_base64 is not None:
        try:
            return base64.b64decode(event.data_base64, validate=True)
        except (binascii.Error, ValueError):
            raise Malformed("the member data_base64 is no base64") from None
    if isinstance(event.data, msgspec.UnsetType):
        raise Malformed("the event has no data")
    return bytes(event.data)


def _event(body: bytes) -> tuple[_Event, dict[str, Any]]:
    try:
        event, others, repeated = _decode(body), _decode_all(body), repeated_key(body)
    except msgspec.ValidationError as error:
        # The library repeats what it was given where a word was expected.
        reason = "specversion is not 1.0" if "`$.specversion`" in str(error) else str(error)
        raise Malformed(f"it is no CloudEvent: {reason}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Malformed("it is no JSON") from None
    if repeated is not None:
        # Which one is not said: a sender may have made it up.
        raise Malformed("it is no CloudEvent: a key comes twice")
    return event, others

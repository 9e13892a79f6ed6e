"""What the inventory service tells, read: a command and its key, or the reason why it cannot be taken in.

It tells the JSON of a `RecordStockArrival`. The key is made of what names the message: `Nats-Msg-Id`, else
CloudEvents' `ce-source` and `ce-id`, else its content: a message that comes twice is one arrival, however it
was delivered.
"""

import hashlib
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final

import msgspec
from msgspec.structs import replace

from domain.ids import STOCK_ARRIVAL, derived_id
from domain.stock_arrival.commands import RecordStockArrival
from infra.event_store.command_context import CommandContext, context_of
from infra.event_store.storable import refusal_of_json
from infra.reaction_store.sources import INVENTORY
from infra.repeated_keys import repeated_key
from services.reactions.cloud_events import Malformed, attributes_of, data_of, is_structured
from services.reactions.keyed_commands import key_of

SOURCE: Final = INVENTORY

_decode = msgspec.json.Decoder(RecordStockArrival).decode
_time = msgspec.json.Decoder(datetime).decode
_UNKNOWN_FIELD = re.compile(r"unknown field `.*`", re.DOTALL)


@dataclass(frozen=True)
class Message:
    """A message as it came: CloudEvents in binary mode (the attributes are headers), or a structured one."""

    headers: Mapping[str, str]
    body: bytes

    @cached_property
    def attributes(self) -> Mapping[str, str]:
        """Its headers by their names in small letters, since senders write them as they like, and what a
        structured event says of itself as if it were headers.
        """
        headers = {header.lower(): value for header, value in self.headers.items()}
        if not is_structured(headers):
            return headers
        with suppress(Malformed):
            return {**headers, **attributes_of(self.body)}
        return headers

    @cached_property
    def data(self) -> bytes:
        """What it tells. Raises Malformed for a structured event that is none."""
        if not is_structured(self.attributes):
            return self.body
        return data_of(self.body, self.attributes["content-type"])

    @property
    def name(self) -> tuple[str, ...]:
        """What names it: of two messages with the same name one is a duplicate."""
        headers = self.attributes
        if message_id := headers.get("nats-msg-id"):
            return ("message", message_id)
        if event_id := headers.get("ce-id"):
            return ("event", headers.get("ce-source", ""), event_id)
        return ("content", self.content_sha256)

    @property
    def content_sha256(self) -> str:
        """The hash of its body."""
        return hashlib.sha256(self.body).hexdigest()

    @property
    def dead_letter_key(self) -> str:
        """The key under which it becomes a dead letter, and whose key seals it; it tells no content."""
        return derived_id("msg", SOURCE, *self.name)

    @property
    def idempotency_key(self) -> str:
        """The key of the command that it leads to."""
        return key_of(SOURCE, *self.name)

    @property
    def context(self) -> CommandContext:
        """Who sends it, and the chain of causes that the extensions of CloudEvents tell."""
        headers = self.attributes
        return context_of(
            f"service:{SOURCE}",
            correlation_id=headers.get("ce-correlationid"),
            traceparent=headers.get("ce-traceparent") or headers.get("traceparent"),
        )


def arrival_of(message: Message) -> RecordStockArrival:
    """The command that a message asks for. Raises Malformed.

    A time that the body leaves out is taken from `ce-time`; an identifier is derived from the message's name.
    """
    try:
        command = _decode(message.data)
        if (key := repeated_key(message.data)) is not None:
            raise Malformed(f"{key}: this key comes twice")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        refusal = refusal_of_json(message.data, RecordStockArrival)
        raise Malformed(f"{refusal.field}: {refusal.message}" if refusal else _reason(error)) from None
    if command.arrival_id is None:
        command = replace(command, arrival_id=derived_id(STOCK_ARRIVAL, SOURCE, *message.name))
    told_at = message.attributes.get("ce-time")
    if command.occurred_at is None and told_at is not None:
        try:
            command = replace(command, occurred_at=_time(msgspec.json.encode(told_at)))
        except msgspec.ValidationError:
            raise Malformed("the header ce-time is no time of RFC 3339") from None
    return command


def _reason(error: Exception) -> str:
    if isinstance(error, msgspec.ValidationError):
        # What a sender made up stands between backticks: it might be anything, a name too.
        return f"it is no RecordStockArrival: {_UNKNOWN_FIELD.sub('unknown field', str(error))}"
    if isinstance(error, msgspec.DecodeError):
        return "it is no JSON"
    return f"it cannot be read ({type(error).__name__})"

"""What the inventory service is answered about a message that was refused: a CloudEvent in binary mode."""

from datetime import datetime
from typing import Final

import msgspec

from infra.messaging.headers import encoded
from infra.messaging.subjects import STOCK_ARRIVED
from services.reactions.messages import Message
from services.reactions.recording import Refusal

#: The type of the answer, and its version.
ARRIVAL_REFUSED: Final = "inventory.stock.refused.v1"
#: So much of what a sender calls itself or its message is repeated.
_REPEATED_MAX: Final = 500


class ArrivalRefused(msgspec.Struct, frozen=True, kw_only=True):
    """A message on `inventory.stock.arrived` was not taken in."""

    code: str
    """Stable for programs: `malformed`, `store_unknown`, `too_long_ago`, `in_the_future`, or of another
    rule."""
    reason: str
    """For people: which rule, which field. It repeats nothing of the message's content."""
    subject: str = STOCK_ARRIVED
    """Where the message was published."""
    message_id: str | None
    """What names it: its `Nats-Msg-Id`, else its CloudEvents' id, else null."""
    source: str | None
    """Its CloudEvents' source, where it says one."""
    content_sha256: str
    """The SHA-256 of its body, hexadecimal."""
    sequence: int
    """Where it stands in the stream of the inbox."""
    correlation_id: str | None
    """Its CloudEvents' extension `correlationid`, where it says one."""
    dead_letter: str
    """The key under which it is kept: `clienteling dead-letters show inventory KEY`."""


def answer_to(
    message: Message, refusal: Refusal, *, sequence: int, source: str, now: datetime
) -> tuple[dict[str, str], bytes]:
    """Headers and content of the answer of a house (`source`)."""
    said = message.attributes
    refused = ArrivalRefused(
        code=refusal.code,
        reason=refusal.reason,
        message_id=_short(said.get("nats-msg-id") or said.get("ce-id")),
        source=_short(said.get("ce-source")),
        content_sha256=message.content_sha256,
        sequence=sequence,
        correlation_id=_short(said.get("ce-correlationid")),
        dead_letter=message.dead_letter_key,
    )
    answer_id = f"{message.dead_letter_key}/{sequence}"
    headers = {
        "ce-specversion": "1.0",
        "ce-type": ARRIVAL_REFUSED,
        "ce-source": source,
        "ce-id": answer_id,
        "ce-time": f"{now:%Y-%m-%dT%H:%M:%S.%fZ}",
        "ce-datacontenttype": "application/json",
        "content-type": "application/json",
        # Delivered again, it is answered with the same id; within the window the stream keeps one.
        "Nats-Msg-Id": answer_id,
    }
    for name, value in (("ce-causationid", refused.message_id), ("ce-correlationid", refused.correlation_id)):
        if value:
            headers[name] = encoded(value).decode()
    return headers, msgspec.json.encode(refused)


def _short(value: str | None) -> str | None:
    return value[:_REPEATED_MAX] if value else None

"""The stream as an AsyncAPI 3 document: a channel per kind of event, and the headers that stand beside
each.
"""

import inspect
from typing import Any, Final

import msgspec

from domain.ids import PARTITIONS
from domain.topics import CLASS_OF_TOPIC
from infra.messaging import headers
from infra.messaging.epochs import NOTED_COMMON_POSITION, NOTED_EPOCH, EpochBegan
from infra.messaging.subjects import EPOCH_SUBJECT, STREAM, subject_prefix_of
from toolchain.contracts import inbound_messages
from toolchain.contracts.event_schemas import MEDIA_TYPE

VERSION: Final = "1"
EPOCH_CHANNEL: Final = "epoch.began"
DESCRIPTION: Final = f"""\
Every event of the shop, once, in one order: the JetStream stream `{STREAM}`, a copy of the event log.

- The payload is JSON, stored once and published unchanged. The headers are CloudEvents 1.0 in binary mode.
- `{headers.POSITION}` counts all events of the log; `{headers.PREVIOUS_POSITION}` is the position of the
  event before. A consumer of every subject that sees the two meet has missed nothing.
- When `{headers.EPOCH}` changes, the log was set back to an earlier moment (a backup was restored): what
  stood behind `common_position` in the epoch before did not happen, and the same positions hold other events
  now. Keep the epoch beside your own position, and compare it with every message; undo what you did for
  positions behind `common_position`, and go on from there. The stream was deleted and made anew, and your
  durable with it: make it again. The notice `{EPOCH_SUBJECT}` says so at once (core NATS: whoever is away
  misses it), the stream's metadata `{NOTED_EPOCH}` and `{NOTED_COMMON_POSITION}` at any time.
- Events of one customer (else of one aggregate) always have the same partition, and come in their order.
- Unknown fields and unknown subjects may appear at any time: pass them over. What is removed or changes its
  meaning gets a new version in `ce-type`, never a new meaning under the old one.
- Texts that begin with `sealed:v1:` are about a person, encrypted with a key of their own. Once the person
  is forgotten nobody can open them; everything else stays true.
- Amounts (`_minor`) are whole minor units of the currency, rates (`_bp`) basis points, times (`_at`) UTC."""

_DIGITS: Final = "^[0-9]+$"


def _text(description: str, **rules: str | int) -> dict[str, Any]:
    return {"type": "string", **rules, "description": description}


HEADERS: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        headers.POSITION: _text("Place in the log, from 1.", pattern=_DIGITS),
        headers.PREVIOUS_POSITION: _text("Place of the event before, 0 for the first.", pattern=_DIGITS),
        headers.EPOCH: _text("Which history the positions belong to.", minLength=1),
        headers.VERSION: _text("Place in the history of the aggregate, from 1.", pattern=_DIGITS),
        headers.CUSTOMER: _text("The customer it concerns, where there is one."),
        headers.STAMP: _text(
            "The relay's own mark, by which clienteling tells its messages from others'. Pass it over.",
            pattern="^[0-9a-f]{32}$",
        ),
        "ce-specversion": {"const": "1.0"},
        "ce-type": _text("The topic: aggregate, event, version of the shape."),
        "ce-source": {"const": headers.SOURCE},
        "ce-subject": _text("The aggregate."),
        "ce-id": _text("`<aggregate>/<version>`; the same event always has the same."),
        "ce-time": _text("When it happened in the shop.", format="date-time"),
        "ce-dataschema": _text("`$id` of the payload's JSON Schema."),
        "ce-datacontenttype": {"const": "application/json"},
        "ce-sequence": _text(
            f"`{headers.POSITION}` with leading zeros: as texts they sort as the events do.",
            pattern="^[0-9]{18}$",
        ),
        "ce-recordedtime": _text(
            "When the log took it in, UTC; it never decreases. Older events have none.", format="date-time"
        ),
        "ce-authtype": {
            "enum": ["user", "service_account", "system", "unauthenticated", "unknown"],
            "description": "What kind of actor gave the command (extension Auth Context).",
        },
        "ce-authid": _text("The actor, where known; percent-encoded."),
        "ce-correlationid": _text("The same for everything that one request leads to; percent-encoded."),
        "ce-causationid": _text(
            "`ce-id` of the event that it follows from, else the idempotency key of the "
            "command; percent-encoded."
        ),
        "ce-traceparent": _text("The trace, as W3C Trace Context writes it."),
        "content-type": {"const": "application/json"},
        "Nats-Msg-Id": _text("`<epoch>-<position>-<stamp>`."),
    },
    "required": [
        headers.POSITION,
        headers.PREVIOUS_POSITION,
        headers.EPOCH,
        headers.VERSION,
        "ce-specversion",
        "ce-type",
        "ce-source",
        "ce-subject",
        "ce-id",
        "ce-dataschema",
        "content-type",
    ],
}


def asyncapi_document() -> dict[str, Any]:
    """The document. Payloads refer to the files beside it, `events/<topic>.schema.json`."""
    topics_of: dict[str, list[str]] = {}
    for topic in sorted(CLASS_OF_TOPIC):
        topics_of.setdefault(subject_prefix_of(topic), []).append(topic)
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "clienteling events", "version": VERSION, "description": DESCRIPTION},
        "defaultContentType": "application/json",
        "servers": {
            "nats": {
                "host": "{host}",
                "protocol": "nats",
                "description": "The server of CLIENTELING_NATS_URL, or the one that clienteling starts "
                "by itself.",
                "variables": {"host": {"default": "127.0.0.1:4222"}},
            }
        },
        "channels": {
            **{_name_of(prefix): _channel(prefix, topics) for prefix, topics in topics_of.items()},
            EPOCH_CHANNEL: {
                "address": EPOCH_SUBJECT,
                "description": "Outside of the stream, by core NATS; it may come twice.",
                "messages": {EPOCH_CHANNEL: {"$ref": f"#/components/messages/{EPOCH_CHANNEL}"}},
            },
            **inbound_messages.CHANNELS,
        },
        "operations": {
            **{
                f"publish.{_name_of(prefix)}": _operation(prefix, topics)
                for prefix, topics in topics_of.items()
            },
            f"publish.{EPOCH_CHANNEL}": {
                "action": "send",
                "channel": {"$ref": f"#/channels/{EPOCH_CHANNEL}"},
                "messages": [{"$ref": f"#/channels/{EPOCH_CHANNEL}/messages/{EPOCH_CHANNEL}"}],
            },
            **inbound_messages.OPERATIONS,
        },
        "components": {
            "messages": {
                **{topic: _message(topic) for topic in sorted(CLASS_OF_TOPIC)},
                EPOCH_CHANNEL: _epoch_notice(),
                **inbound_messages.MESSAGES,
            },
            "parameters": {
                "partition": {
                    "description": "A bounded hash of the customer, else of the aggregate.",
                    "enum": [str(number) for number in range(PARTITIONS)],
                }
            },
            "schemas": {**_epoch_schemas(), **inbound_messages.schemas()},
            "messageTraits": {
                "event": {"contentType": "application/json", "headers": HEADERS},
                **inbound_messages.TRAITS,
            },
        },
    }


def _name_of(prefix: str) -> str:
    """`clienteling.v1.sale.recorded.` is the channel `sale.recorded`."""
    return ".".join(prefix.rstrip(".").split(".")[-2:])


def _channel(prefix: str, topics: list[str]) -> dict[str, Any]:
    return {
        "address": f"{prefix}{{partition}}",
        "messages": {topic: {"$ref": f"#/components/messages/{topic}"} for topic in topics},
        "parameters": {"partition": {"$ref": "#/components/parameters/partition"}},
    }


def _operation(prefix: str, topics: list[str]) -> dict[str, Any]:
    channel = f"#/channels/{_name_of(prefix)}"
    return {
        "action": "send",
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/{topic}"} for topic in topics],
    }


def _epoch_notice() -> dict[str, Any]:
    return {
        "name": EPOCH_CHANNEL,
        "title": EpochBegan.__name__,
        "description": inspect.cleandoc(EpochBegan.__doc__ or ""),
        "payload": {"schemaFormat": MEDIA_TYPE, "schema": {"$ref": "#/components/schemas/EpochBegan"}},
        "contentType": "application/json",
    }


def _epoch_schemas() -> dict[str, Any]:
    _, components = msgspec.json.schema_components([EpochBegan])
    return {name: {**schema, "description": EpochBegan.__doc__} for name, schema in components.items()}


def _message(topic: str) -> dict[str, Any]:
    event_class = CLASS_OF_TOPIC[topic]
    docstring = inspect.cleandoc(event_class.__doc__ or "")
    return {
        "name": topic,
        "title": event_class.__name__,
        **({"description": docstring} if docstring else {}),
        "payload": {"schemaFormat": MEDIA_TYPE, "schema": {"$ref": f"./events/{topic}.schema.json"}},
        "traits": [{"$ref": "#/components/messageTraits/event"}],
    }

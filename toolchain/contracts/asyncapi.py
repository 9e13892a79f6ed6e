"""The stream as an AsyncAPI 3 document: a channel per kind of event, and the headers that stand beside
each.
"""

import inspect
from typing import Any, Final

import msgspec

from domain.ids import PARTITIONS, partition_of
from domain.messages import Event
from domain.topics import CLASS_OF_TOPIC, UPCASTERS, latest_topic
from infra.messaging import headers
from infra.messaging.epochs import EpochBegan
from infra.messaging.stream import NOTED_LINEAGE
from infra.messaging.subjects import EPOCH_SUBJECT, STREAM, subject_prefix_of
from toolchain.contracts import inbound_messages
from toolchain.contracts.event_schemas import MEDIA_TYPE, complete_schema
from toolchain.contracts.examples import example_of

EPOCH_CHANNEL: Final = "epoch.began"
DESCRIPTION: Final = f"""\
Every event of the shop, once, in one order: the JetStream stream `{STREAM}`, a copy of the event log.

- The payload is JSON, stored once and published unchanged. The headers are CloudEvents 1.0 in binary mode.
- `{headers.POSITION}` counts all events of the log; `{headers.PREVIOUS_POSITION}` is the position of the
  event before. A consumer of every subject that sees the two meet has missed nothing.
- When `{headers.EPOCH}` changes, the log was set back to an earlier moment (a backup was restored): what
  stood behind `common_position` in the epoch before did not happen, and the same positions hold other events
  now. Keep the epoch beside your own position, and compare it with every message. The stream's metadata
  `{NOTED_LINEAGE}` lists all epochs, the first one first, each with the position up to which its history is
  that of the epoch before it (JSON: `epoch`, `common_position`). What you have in common with the current one
  is the least `common_position` of all epochs behind yours: undo what you did for positions behind it, and go
  on from there. The notice `{EPOCH_SUBJECT}` says at once that an epoch began (core NATS: whoever is away
  misses it).
- The stream may be deleted and filled again at any time, in the same epoch, too; your durable goes with it.
  Make it again, and go by positions alone: sequences of the stream and publishing times begin anew.
- Events of one customer (else of one aggregate) always have the same partition, and come in their order.
- Unknown fields, unknown subjects and unknown values of an `enum` may appear at any time: pass them over.
  What is removed or changes its meaning gets a new version in `ce-type`, never a new meaning under the old
  one.
- A field that is left out is as its `x-absent` (else its `default`) says; null, in the places of arrays, is
  the same. What a consumer must know of versions, deprecation and epochs is in docs/events.md.
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
        "ce-source": _text("The house (`CLIENTELING_EVENT_SOURCE`).", format="uri-reference", minLength=1),
        "ce-subject": _text("The aggregate."),
        "ce-id": _text(
            "`<aggregate>/<version>/<epoch>`, the epoch being that in which it was recorded: the same event "
            "always has the same, and no other one ever has it."
        ),
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
            "`<aggregate>/<version>` of the event that it follows from, else the idempotency key of the "
            "command; percent-encoded."
        ),
        "ce-traceparent": _text("The trace, as W3C Trace Context writes it."),
        "ce-deprecated": {
            "const": "true",
            "description": "Only where the topic will be written no more (extension Deprecation).",
        },
        "ce-deprecationfrom": _text("Since when that is announced.", format="date-time"),
        "ce-deprecationsunset": _text("Until when it is written at least.", format="date-time"),
        "ce-deprecationmigration": _text("`ce-dataschema` of the topic that takes its place."),
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


#: What a consumer builds upon beside subjects, headers and payloads.
DELIVERY: Final[dict[str, Any]] = {
    "stream": STREAM,
    "lineage": NOTED_LINEAGE,
    "order": "The stream has all events in the order of the log; a partition keeps that order.",
    "partitions": PARTITIONS,
    "partition": "BLAKE2s (digest of two bytes) of the partition key in UTF-8, as a big-endian number, "
    "modulo the number of partitions.",
    "partition_examples": {key: partition_of(key) for key in ("cus_1", "cus_2", "sal_1", "acc_1")},
}


def partition_key_of(event_class: type[Event]) -> str:
    """What decides the partition of an event: the value of `customer_id` where it has one, else the aggregate
    (`ce-subject`).
    """
    fields = {field.name: field for field in msgspec.structs.fields(event_class)}
    if "customer_id" not in fields:
        return "ce-subject"
    return "customer_id" if fields["customer_id"].required else "customer_id, else ce-subject"


def asyncapi_document(version: str) -> dict[str, Any]:
    """The document of a version. Payloads refer to the files beside it, `events/<topic>.schema.json`."""
    # Those that are not written any more are still in the stream.
    all_topics = sorted({*CLASS_OF_TOPIC, *UPCASTERS})
    topics_of: dict[str, list[str]] = {}
    for topic in all_topics:
        topics_of.setdefault(subject_prefix_of(topic), []).append(topic)
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "clienteling events", "version": version, "description": DESCRIPTION},
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
                **{topic: _message(topic) for topic in all_topics},
                EPOCH_CHANNEL: _epoch_notice(),
                **inbound_messages.MESSAGES,
            },
            "parameters": {
                "partition": {
                    "description": "A bounded hash of the customer, else of the aggregate.",
                    "enum": [str(number) for number in range(PARTITIONS)],
                },
                **inbound_messages.PARAMETERS,
            },
            "schemas": {**_epoch_schemas(), **inbound_messages.schemas()},
            "messageTraits": {
                "event": {"contentType": "application/json", "headers": HEADERS},
                **inbound_messages.TRAITS,
            },
        },
        "x-delivery": DELIVERY,
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
    return {
        name: {**complete_schema(schema, EpochBegan), "description": EpochBegan.__doc__}
        for name, schema in components.items()
    }


def _message(topic: str) -> dict[str, Any]:
    event_class = CLASS_OF_TOPIC[latest_topic(topic)]
    return {
        "name": topic,
        "title": event_class.__name__,
        "description": inspect.cleandoc(event_class.__doc__ or ""),
        "payload": {"schemaFormat": MEDIA_TYPE, "schema": {"$ref": f"./events/{topic}.schema.json"}},
        "traits": [{"$ref": "#/components/messageTraits/event"}],
        "examples": [{"name": topic, "payload": example_of(topic)}],
        "x-partition-key": partition_key_of(event_class),
    }

"""Inbound messages, as parts of the AsyncAPI document: the inventory's stock arrivals."""

import inspect
from typing import Any, Final

import msgspec

from domain.stock_arrival.commands import RecordStockArrival
from infra.messaging.inbox import INBOX, STOCK_ARRIVED
from toolchain.contracts.event_schemas import MEDIA_TYPE, complete_schema

_NAME: Final = RecordStockArrival.__name__

CHANNELS: Final[dict[str, Any]] = {
    STOCK_ARRIVED: {
        "address": STOCK_ARRIVED,
        "description": "Goods came in. Published by an inventory service, by core NATS or into JetStream: "
        f"the stream `{INBOX}` listens (or one of the operator's with this subject). A message that comes "
        "twice is one arrival. One that cannot be read, or that breaks a rule, is put aside with the reason "
        "(`clienteling dead-letters list inventory`) and keeps no other one.",
        "messages": {STOCK_ARRIVED: {"$ref": f"#/components/messages/{STOCK_ARRIVED}"}},
    }
}
OPERATIONS: Final[dict[str, Any]] = {
    f"receive.{STOCK_ARRIVED}": {
        "action": "receive",
        "channel": {"$ref": f"#/channels/{STOCK_ARRIVED}"},
        "messages": [{"$ref": f"#/channels/{STOCK_ARRIVED}/messages/{STOCK_ARRIVED}"}],
    }
}
MESSAGES: Final[dict[str, Any]] = {
    STOCK_ARRIVED: {
        "name": STOCK_ARRIVED,
        "title": _NAME,
        "description": inspect.cleandoc(RecordStockArrival.__doc__ or ""),
        "payload": {"schemaFormat": MEDIA_TYPE, "schema": {"$ref": f"#/components/schemas/{_NAME}"}},
        "traits": [{"$ref": "#/components/messageTraits/told"}],
    }
}
TRAITS: Final[dict[str, Any]] = {
    "told": {
        "contentType": "application/json",
        "headers": {
            "type": "object",
            "properties": {
                "Nats-Msg-Id": {
                    "type": "string",
                    "description": "Names the message: what comes again under the same name is the same "
                    "arrival, for ever.",
                },
                "ce-id": {
                    "type": "string",
                    "description": "The same, together with `ce-source`, where there is no `Nats-Msg-Id`. A "
                    "message without any name is named by its content: two alike are one.",
                },
                "ce-source": {"type": "string"},
                "ce-time": {
                    "type": "string",
                    "format": "date-time",
                    "description": "When it happened, where the payload does not say `occurred_at`.",
                },
            },
        },
    }
}


def schemas() -> dict[str, Any]:
    """The payload's JSON Schema and what it refers to. No field is allowed that it does not name."""
    _, components = msgspec.json.schema_components(
        [RecordStockArrival], ref_template="#/components/schemas/{name}"
    )
    return {name: complete_schema(schema) for name, schema in components.items()}

"""Inbound messages, as parts of the AsyncAPI document: the inventory's stock arrivals, and what it is
answered about those that are refused.
"""

import inspect
from typing import Any, Final

import msgspec

from domain.stock_arrival.commands import ArrivingItem, RecordStockArrival
from infra.messaging.inbox import INBOX, STOCK_ARRIVED
from infra.messaging.subjects import ANSWERS, answers_to
from infra.nats import API_DOMAIN
from services.reactions.answers import ARRIVAL_REFUSED, ArrivalRefused
from services.reactions.messages import SOURCE as INVENTORY
from toolchain.contracts import sent_commands
from toolchain.contracts.event_schemas import MEDIA_TYPE, complete_schema

_NAME: Final = RecordStockArrival.__name__
ANSWERS_TO_INVENTORY: Final = answers_to(INVENTORY)
#: The channel of the answers.
ANSWERED: Final = "inventory.answers"

CHANNELS: Final[dict[str, Any]] = {
    STOCK_ARRIVED: {
        "address": STOCK_ARRIVED,
        "description": "Goods came in. Published by an inventory service, by core NATS or into JetStream: "
        f"the stream `{INBOX}` listens (or one of the operator's with this subject). A message that comes "
        "twice is one arrival. CloudEvents are taken in binary mode (attributes are headers) and as "
        "structured ones (`content-type: application/cloudevents+json`, the payload is `data`). A message "
        "that cannot be read, that names a store that nobody opened and nobody works in, a time to come or "
        "one of more than CLIENTELING_INBOX_PAST_DAYS_MAX days ago, or that breaks another rule, is put "
        f"aside with the reason, which is answered on `{ANSWERS_TO_INVENTORY}`, and keeps no other one.",
        "messages": {STOCK_ARRIVED: {"$ref": f"#/components/messages/{STOCK_ARRIVED}"}},
    },
    ANSWERED: {
        "address": ANSWERS_TO_INVENTORY,
        "description": "What is answered to the inventory service about messages that were refused; at "
        f"least once each. It is kept on the stream `{ANSWERS}` for CLIENTELING_INBOX_KEPT_DAYS: read it by "
        f"the durable `{INVENTORY}` there (JetStream domain `{API_DOMAIN}`). {sent_commands.HEARD}",
        "messages": {ARRIVAL_REFUSED: {"$ref": f"#/components/messages/{ARRIVAL_REFUSED}"}},
    },
    **sent_commands.CHANNELS,
}
OPERATIONS: Final[dict[str, Any]] = {
    f"receive.{STOCK_ARRIVED}": {
        "action": "receive",
        "channel": {"$ref": f"#/channels/{STOCK_ARRIVED}"},
        "messages": [{"$ref": f"#/channels/{STOCK_ARRIVED}/messages/{STOCK_ARRIVED}"}],
    },
    f"publish.{ANSWERED}": {
        "action": "send",
        "channel": {"$ref": f"#/channels/{ANSWERED}"},
        "messages": [{"$ref": f"#/channels/{ANSWERED}/messages/{ARRIVAL_REFUSED}"}],
    },
    **sent_commands.OPERATIONS,
}
MESSAGES: Final[dict[str, Any]] = {
    STOCK_ARRIVED: {
        "name": STOCK_ARRIVED,
        "title": _NAME,
        "description": inspect.cleandoc(RecordStockArrival.__doc__ or ""),
        "payload": {"schemaFormat": MEDIA_TYPE, "schema": {"$ref": f"#/components/schemas/{_NAME}"}},
        "traits": [{"$ref": "#/components/messageTraits/told"}],
    },
    ARRIVAL_REFUSED: {
        "name": ARRIVAL_REFUSED,
        "title": ArrivalRefused.__name__,
        "description": inspect.cleandoc(ArrivalRefused.__doc__ or ""),
        "payload": {
            "schemaFormat": MEDIA_TYPE,
            "schema": {"$ref": f"#/components/schemas/{ArrivalRefused.__name__}"},
        },
        "traits": [{"$ref": "#/components/messageTraits/answer"}],
    },
    **sent_commands.MESSAGES,
}
PARAMETERS: Final = sent_commands.PARAMETERS
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
    },
    "answer": {
        "contentType": "application/json",
        "headers": {
            "type": "object",
            "properties": {
                "ce-specversion": {"const": "1.0"},
                "ce-type": {"const": ARRIVAL_REFUSED},
                "ce-id": {"type": "string", "description": "The same where the answer comes twice."},
                "ce-source": {"type": "string"},
                "ce-time": {"type": "string", "format": "date-time"},
                "ce-causationid": {
                    "type": "string",
                    "description": "`message_id` of the payload, where the message had one; percent-encoded.",
                },
                "ce-correlationid": {
                    "type": "string",
                    "description": "`ce-correlationid` of the message, where it had one; percent-encoded.",
                },
            },
            "required": ["ce-specversion", "ce-type", "ce-id", "ce-source", "ce-time"],
        },
    },
    **sent_commands.TRAITS,
}


def schemas() -> dict[str, Any]:
    """The payloads' JSON Schemas and what they refer to. No field is allowed in a command that it does not
    name.
    """
    _, components = msgspec.json.schema_components(
        [RecordStockArrival, ArrivalRefused], ref_template="#/components/schemas/{name}"
    )
    structs: dict[str, type[msgspec.Struct]] = {
        struct.__name__: struct for struct in (RecordStockArrival, ArrivingItem, ArrivalRefused)
    }
    described = {name: complete_schema(schema, structs[name]) for name, schema in components.items()}
    return {**described, **sent_commands.SCHEMAS}

"""Commands over NATS, as parts of the AsyncAPI document. Their payloads are those of the OpenAPI document."""

from typing import Any, Final

from domain.decide import COMMANDS
from infra.messaging.subjects import ANSWERS, SENT_COMMANDS, answers_to
from infra.nats import API_DOMAIN
from toolchain.contracts.event_schemas import MEDIA_TYPE

SENT: Final = "command.sent"
ANSWERED: Final = "command.answered"

#: What reading a subject of answers without its durable is worth.
HEARD: Final = (
    "Who subscribes to the subject hears what comes from the moment on in which the server has the "
    "subscription, and nothing while the link is gone: act on what the durable gives."
)
CHANNELS: Final[dict[str, Any]] = {
    SENT: {
        "address": SENT_COMMANDS.replace("*", "{command}"),
        "description": "A store's commands, published with its own key and acknowledged by JetStream. They "
        "are done in the order in which they were published, each once, with the rights of a till of this "
        "store (`point_of_sale`); each is answered.",
        "messages": {SENT: {"$ref": f"#/components/messages/{SENT}"}},
        "parameters": {"command": {"$ref": "#/components/parameters/command"}},
    },
    ANSWERED: {
        "address": answers_to("{store}"),
        "description": "What a store's commands led to, in their order; at least once each. The stream "
        f"`{ANSWERS}` keeps it for CLIENTELING_INBOX_KEPT_DAYS: read it by the durable of the store's name "
        f"there (JetStream domain `{API_DOMAIN}`). {HEARD}",
        "messages": {ANSWERED: {"$ref": f"#/components/messages/{ANSWERED}"}},
        "parameters": {"store": {"$ref": "#/components/parameters/store"}},
    },
}
OPERATIONS: Final[dict[str, Any]] = {
    f"{does}.{channel}": {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{channel}"}],
    }
    for does, action, channel in (("receive", "receive", SENT), ("publish", "send", ANSWERED))
}
MESSAGES: Final[dict[str, Any]] = {
    name: {
        "name": name,
        "title": title,
        "description": description,
        "payload": {"schemaFormat": MEDIA_TYPE, "schema": {"$ref": f"#/components/schemas/{schema}"}},
        "traits": [{"$ref": f"#/components/messageTraits/{name}"}],
    }
    for name, title, schema, description in (
        (SENT, "A command", "SentCommand", "What POST /v1/commands/{command} takes."),
        (ANSWERED, "Its answer", "CommandAnswer", "What POST /v1/commands/{command} answers."),
    )
}
PARAMETERS: Final[dict[str, Any]] = {
    "command": {"description": "The command's name, as in the API's address.", "enum": sorted(COMMANDS)},
    "store": {"description": "The store's id, as `clienteling nats configure --store` was told."},
}
SCHEMAS: Final[dict[str, Any]] = {
    "SentCommand": {
        "type": "object",
        "description": "The request body of the operation of this name in openapi.json.",
    },
    "CommandAnswer": {
        "type": "object",
        "description": "A CommandResult of openapi.json where `clienteling-status` is 200 or 201, else a "
        "ProblemDocument.",
    },
}


def _text(description: str) -> dict[str, Any]:
    return {"type": "string", "description": description}


TRAITS: Final[dict[str, Any]] = {
    SENT: {
        "contentType": "application/json",
        "headers": {
            "type": "object",
            "properties": {
                "Idempotency-Key": _text("Names the command, for ever: sent again, it changes nothing."),
                "X-Correlation-Id": _text("The same for everything that belongs together."),
                "traceparent": _text("The trace, as W3C Trace Context writes it."),
            },
            "required": ["Idempotency-Key"],
        },
    },
    ANSWERED: {
        "contentType": "application/json",
        "headers": {
            "type": "object",
            "properties": {
                "clienteling-status": {
                    "type": "string",
                    "pattern": "^[0-9]{3}$",
                    "description": "The status that the API would answer: 201, 200 or a refusal's.",
                },
                "ce-specversion": {"const": "1.0"},
                "ce-type": {"const": "clienteling.command.answered.v1"},
                "ce-id": _text("The same where the answer comes twice."),
                "ce-source": _text("The house."),
                "ce-subject": _text("The command's name; percent-encoded."),
                "ce-causationid": _text("The idempotency key, where it had one; percent-encoded."),
                "ce-correlationid": _text("The correlation id, given or made; percent-encoded."),
                "content-type": {"enum": ["application/json", "application/problem+json"]},
            },
            "required": ["clienteling-status", "ce-type", "ce-id", "ce-source", "ce-subject", "content-type"],
        },
    },
}

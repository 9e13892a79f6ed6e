"""What an AsyncAPI 3.0.0 document must look like, as far as ours goes: a JSON Schema of the parts that we
use.

Written from the specification; anything that it does not know is refused, so that a misspelt key is found.
"""

from typing import Any


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }


def _map_of(value: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"pattern": r"^[a-zA-Z0-9._-]+$"},
        "additionalProperties": value,
    }


TEXT = {"type": "string", "minLength": 1}
REFERENCE = _object({"$ref": TEXT})

MESSAGE = _object(
    {
        "name": TEXT,
        "title": TEXT,
        "payload": _object({"schemaFormat": TEXT, "schema": REFERENCE}),
    },
    {
        "description": TEXT,
        "contentType": TEXT,
        "traits": {"type": "array", "items": REFERENCE},
        "examples": {"type": "array", "items": _object({"name": TEXT, "payload": {"type": "object"}})},
        "x-partition-key": TEXT,
    },
)

ASYNCAPI = _object(
    {
        "asyncapi": {"const": "3.0.0"},
        "info": _object({"title": TEXT, "version": TEXT}, {"description": TEXT}),
        "channels": _map_of(
            _object(
                {"address": TEXT, "messages": _map_of(REFERENCE)},
                {"description": TEXT, "parameters": _map_of(REFERENCE)},
            )
        ),
        "operations": _map_of(
            _object(
                {
                    "action": {"enum": ["send", "receive"]},
                    "channel": REFERENCE,
                    "messages": {"type": "array", "minItems": 1, "items": REFERENCE},
                }
            )
        ),
        "components": _object(
            {
                "messages": _map_of(MESSAGE),
                "parameters": _map_of(
                    _object(
                        {"description": TEXT}, {"enum": {"type": "array", "items": TEXT, "uniqueItems": True}}
                    )
                ),
                "schemas": _map_of({"type": "object"}),
                "messageTraits": _map_of(_object({"contentType": TEXT, "headers": {"type": "object"}})),
            }
        ),
        "servers": _map_of(
            _object(
                {"host": TEXT, "protocol": TEXT},
                {"description": TEXT, "variables": _map_of(_object({"default": TEXT}))},
            )
        ),
        "defaultContentType": TEXT,
    },
    {"x-delivery": {"type": "object"}},
)

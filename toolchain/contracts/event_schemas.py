"""One JSON Schema per topic, from the class of its events."""

from typing import Any, Final

import msgspec

from domain.topics import CLASS_OF_TOPIC
from infra.messaging.headers import SCHEMA_ROOT

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
MEDIA_TYPE: Final = "application/schema+json;version=draft-2020-12"


def schema_id_of(topic: str) -> str:
    """What `ce-dataschema` says beside every event of the topic."""
    return f"{SCHEMA_ROOT}{topic}"


def event_schemas() -> dict[str, dict[str, Any]]:
    """The JSON Schema of each topic. Unknown fields are allowed: a newer writer adds them."""
    return {topic: _schema_of(topic) for topic in sorted(CLASS_OF_TOPIC)}


def _schema_of(topic: str) -> dict[str, Any]:
    event_class = CLASS_OF_TOPIC[topic]
    _, components = msgspec.json.schema_components([event_class], ref_template="#/$defs/{name}")
    event = components.pop(event_class.__name__)
    schema: dict[str, Any] = {"$schema": DIALECT, "$id": schema_id_of(topic), **event}
    if components:
        schema["$defs"] = dict(sorted(components.items()))
    return complete_schema(schema)


def complete_schema(part: Any) -> Any:
    """msgspec's schema with times marked as such."""
    if isinstance(part, list):
        return [complete_schema(item) for item in part]
    if not isinstance(part, dict):
        return part
    completed = {name: complete_schema(value) for name, value in part.items()}
    for name, field in completed.get("properties", {}).items():
        if name.endswith("_at"):
            _mark_as_time(field)
    return completed


def _mark_as_time(field: dict[str, Any]) -> None:
    for kind in field.get("anyOf", [field]):
        if kind.get("type") == "string":
            kind["format"] = "date-time"

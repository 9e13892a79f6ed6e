"""The contract with consumers: what is published, and what compatibility is checked of."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Contract:
    """The AsyncAPI document, and the JSON Schema of each topic's payload."""

    asyncapi: dict[str, Any]
    events: dict[str, dict[str, Any]]

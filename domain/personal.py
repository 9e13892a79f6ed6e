"""Personal data: sealed before the domain decides, and only ever copied by it."""

from typing import Annotated, Any

import msgspec

#: A text about a person. In a command on its way in it is clear; what decide and every event
#: hold is the sealed form, `sealed:v1:<subject>:<field>:<base64url>`.
Personal = Annotated[str, msgspec.Meta(min_length=1, max_length=4000, extra={"personal": True})]

ENCRYPTED_PREFIX = "sealed:v1:"


def is_encrypted(value: Any) -> bool:
    """Whether a value is a sealed text."""
    return isinstance(value, str) and value.startswith(ENCRYPTED_PREFIX)

"""Personal data: encrypted before the domain decides, and only ever copied by it."""

from typing import Annotated, Any

import msgspec

#: A text about a person: plain in a command on its way in, encrypted in what decide gets and in every event:
#: `sealed:v1:<subject>:<field>:<base64url>`.
Personal = Annotated[str, msgspec.Meta(min_length=1, max_length=4000, extra={"personal": True})]

#: The same for a remark that a command can do without: one that is blank is left out.
PersonalRemark = Annotated[str, msgspec.Meta(max_length=4000, extra={"personal": True})]

ENCRYPTED_PREFIX = "sealed:v1:"

#: The same in an event, where it is always encrypted. Schemas mark it with `x-encrypted`.
Encrypted = Annotated[
    str,
    msgspec.Meta(extra_json_schema={"x-encrypted": True, "pattern": f"^{ENCRYPTED_PREFIX}"}),
]


def is_encrypted(value: Any) -> bool:
    """Whether a value is an encrypted text."""
    return isinstance(value, str) and value.startswith(ENCRYPTED_PREFIX)

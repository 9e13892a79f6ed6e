"""References of people: their numbers as they are, and a keyed hash of anything else.

A reference is stored unencrypted, in identifiers and idempotency keys too. A mail address, a name or a
telephone number is personal data: of these only a hash is kept, with a key that is not in the log.
"""

import hashlib
import hmac
import re

#: A number or code: one word of letters, digits and signs, with at least one digit.
_CODE = re.compile(r"(?=[^\d]*\d)[A-Za-z0-9#][A-Za-z0-9._/:#-]*")


def reference_of(text: str, key: bytes) -> str:
    """The reference of a customer or an associate: a number or code as it is, anything else as a keyed hash.

    Capitals and blanks make no difference to the hash.
    """
    if _CODE.fullmatch(text):
        return text
    plain = " ".join(text.casefold().split())
    return f"hash-{hmac.digest(key, plain.encode(), hashlib.sha256).hex()[:32]}"

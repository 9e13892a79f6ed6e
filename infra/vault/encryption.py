"""Encryption of personal data, without any I/O: one key, one text, one token.

A token is `sealed:v1:<subject id>:<field>:<base64url(nonce + ciphertext + tag)>`, AES-256-GCM (NIST SP
800-38D) with a random nonce of 12 bytes. Subject and field are the associated data, so a token that is moved
to another subject or field does not open. One key encrypts a person's few texts, far from the 2^32 where
random nonces become a risk.
"""

import base64
import binascii
import hashlib
import hmac
import os
import re
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PREFIX: Final = "sealed:v1:"
NONCE_BYTES: Final = 12
KEY_BYTES: Final = 32
#: Subject ids and fields have none of the characters that part a token or need an escape in JSON.
NAME: Final = r"[A-Za-z0-9_.\-]{1,200}"
TOKEN: Final = re.compile(rf"sealed:v1:({NAME}):({NAME}):([A-Za-z0-9_\-]{{38,}})")

_FROM_URL: Final = bytes.maketrans(b"-_", b"+/")
_DIGEST_PURPOSE: Final = b"clienteling vault: blind digest v1"


class VaultError(Exception):
    """The base of everything the vault refuses."""


class DecryptionFailed(VaultError):
    """A token was tampered with, moved to another subject or field, or is none at all."""


class SubjectForgotten(VaultError):
    """The subject's key was destroyed: nothing of theirs can be encrypted or decrypted ever again."""

    def __init__(self, subject_id: str) -> None:
        self.subject_id = subject_id
        super().__init__(f"the key of {subject_id} was destroyed")


class KeyMissing(VaultError):
    """The subject never had a key here. For a token that exists this means that keys have been lost."""

    def __init__(self, subject_id: str) -> None:
        self.subject_id = subject_id
        super().__init__(f"there is no key of {subject_id}; was the key store restored from an older backup?")


@dataclass(frozen=True, slots=True)
class Token:
    """A encrypted text taken apart; `content` is nonce, ciphertext and tag."""

    subject_id: str
    field: str
    content: bytes


@dataclass(frozen=True, slots=True)
class SubjectKey:
    """A subject's plain data key. It lives as long as the piece of work that fetched it."""

    subject_id: str
    secret: bytes = field(repr=False)
    _cipher: AESGCM = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Making a cipher costs as much as opening a name with it, and a subject has several texts.
        object.__setattr__(self, "_cipher", AESGCM(self.secret))

    def encrypt(self, field: str, text: str) -> str:
        """The token of a text. Raises ValueError when the field or the subject's id cannot be part of one."""
        if not re.fullmatch(NAME, field) or not re.fullmatch(NAME, self.subject_id):
            raise ValueError(
                f"{self.subject_id!r} and {field!r} have to consist of letters, digits, '_', '.' and '-'"
            )
        nonce = os.urandom(NONCE_BYTES)
        sealed = nonce + self._cipher.encrypt(nonce, text.encode(), _bound_to(self.subject_id, field))
        return f"{PREFIX}{self.subject_id}:{field}:{base64.urlsafe_b64encode(sealed).rstrip(b'=').decode()}"

    def decrypt(self, token: Token) -> str:
        """The text of a token. Raises DecryptionFailed when it is another's or was changed."""
        nonce, sealed = token.content[:NONCE_BYTES], token.content[NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, sealed, _bound_to(self.subject_id, token.field)).decode()
        except InvalidTag:
            raise DecryptionFailed(
                f"the sealed {token.field} of {token.subject_id} was changed or moved"
            ) from None

    def decrypt_parts(self, bound_to: bytes, content: bytes) -> str:
        """The text of a token that was found in a document. Raises DecryptionFailed."""
        try:
            sealed = binascii.a2b_base64(content.translate(_FROM_URL) + b"==")
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to).decode()
        except (InvalidTag, binascii.Error):
            raise DecryptionFailed(f"{bound_to.decode()} was changed or moved") from None

    def blind_digest(self, content: bytes) -> bytes:
        """HMAC-SHA-256 of some content: equal for equal content, and nothing to guess at without the key."""
        own = hmac.digest(self.secret, _DIGEST_PURPOSE, hashlib.sha256)
        return hmac.digest(own, content, hashlib.sha256)


def parse(token: str) -> Token:
    """Take a token apart. Raises DecryptionFailed when the text is none."""
    match = TOKEN.fullmatch(token)
    if match is None:
        raise DecryptionFailed("this is not an encrypted text")
    return token_of(*match.groups())


def token_of(subject_id: str, field: str, content: str) -> Token:
    """A token from its three parts as text. Raises DecryptionFailed when the content is not base64url."""
    try:
        # Surplus padding is ignored, and this is five times as quick as the base64 module.
        return Token(subject_id, field, binascii.a2b_base64(content.encode().translate(_FROM_URL) + b"=="))
    except ValueError:
        raise DecryptionFailed(f"the sealed {field} of {subject_id} is damaged") from None


def _bound_to(subject_id: str, field: str) -> bytes:
    return f"{PREFIX}{subject_id}:{field}".encode()

"""Keys of NATS users (nkeys): Ed25519, written as NATS writes them.

A server knows the public key alone, and has its nonce signed by whoever connects. The package `nkeys` has no
wheel; this is what we need of it, over `cryptography`.
"""

import base64
import binascii
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_SEED = 18 << 3
_USER = 20 << 3
_SECRET_BYTES = 32
_SEED_LENGTH = 58


class NotAUserSeed(ValueError):
    """A text that is no seed of a NATS user; the message does not repeat it."""


@dataclass(frozen=True, slots=True)
class UserKey:
    """The key of one user. `public` is what the server's configuration has."""

    public: str
    _private: Ed25519PrivateKey = field(repr=False)

    def sign(self, nonce: str) -> bytes:
        """The signature of a server's nonce, as nats-py sends it."""
        return base64.b64encode(self._private.sign(nonce.encode()))


def new_seed() -> str:
    """A new user's seed, the secret half of its key: 58 characters that begin with SU."""
    secret = Ed25519PrivateKey.generate().private_bytes_raw()
    return _encoded(bytes([_SEED | _USER >> 5, (_USER & 31) << 3]) + secret)


def user_key(seed: str) -> UserKey:
    """The key of a seed. Raises NotAUserSeed."""
    text = seed.strip()
    try:
        raw = base64.b32decode(text + "=" * (-len(text) % 8))
    except binascii.Error:
        raise NotAUserSeed("it is not base32") from None
    body, check = raw[:-2], raw[-2:]
    if len(text) != _SEED_LENGTH or not text.startswith("SU") or check != _checksum(body):
        raise NotAUserSeed("a user's seed has 58 characters and begins with SU")
    private = Ed25519PrivateKey.from_private_bytes(body[2 : 2 + _SECRET_BYTES])
    return UserKey(_encoded(bytes([_USER]) + private.public_key().public_bytes_raw()), private)


def _encoded(body: bytes) -> str:
    return base64.b32encode(body + _checksum(body)).decode().rstrip("=")


def _checksum(body: bytes) -> bytes:
    return binascii.crc_hqx(body, 0).to_bytes(2, "little")

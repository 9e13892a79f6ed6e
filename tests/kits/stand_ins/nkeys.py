"""What nats-py wants of the package `nkeys`, which has no wheel and is not installed for tests."""

import base64

from infra.nats.nkeys import UserKey, user_key


class _KeyPair:
    def __init__(self, key: UserKey) -> None:
        self._key = key
        self.public_key = key.public.encode()

    def sign(self, nonce: bytes) -> bytes:
        """The signature itself."""
        return base64.b64decode(self._key.sign(nonce.decode()))

    def wipe(self) -> None:
        """It goes with the process."""


def from_seed(seed: bytes | bytearray) -> _KeyPair:
    """The key of a seed."""
    return _KeyPair(user_key(bytes(seed).decode()))

"""One attempt to sign in at a provider: the secret that a browser keeps in a cookie until it comes back.

State, nonce and PKCE's verifier are derived from it, so nothing is stored here, and whoever floods us with
attempts fills no table. What the address of the provider shows (state, nonce, challenge) tells nothing of it.
"""

import base64
import hashlib
import hmac
import re
from typing import Final, NamedTuple

from infra.ids import new_key

#: How long somebody may take to sign in at the provider.
SECONDS_MAX: Final = 600
#: A path of ours, with what may stand behind it; `//name` and `/\\name` would be other servers.
_OWN_PATH: Final = re.compile(r"/(?![/\\])[!-~]{0,500}")
_SECRET_BYTES: Final = 32


class Attempt(NamedTuple):
    """A secret that nobody can guess, and the path to return to."""

    secret: bytes
    return_to: str

    @property
    def state(self) -> str:
        """Comes back with the provider's answer: it was asked for by this browser."""
        return self._derived(b"state")

    @property
    def nonce(self) -> str:
        """Stands in the ID token: it was issued for this attempt."""
        return self._derived(b"nonce")

    @property
    def code_verifier(self) -> str:
        """What redeems the code (RFC 7636)."""
        return self._derived(b"code verifier")

    @property
    def code_challenge(self) -> str:
        """What the provider is told of the verifier: S256."""
        return text_of(hashlib.sha256(self.code_verifier.encode()).digest())

    @property
    def cookie(self) -> str:
        """The value of the browser's cookie."""
        return f"{text_of(self.secret)}.{text_of(self.return_to.encode())}"

    def _derived(self, name: bytes) -> str:
        return text_of(hmac.digest(self.secret, name, "sha256"))


def new_attempt(return_to: str | None) -> Attempt:
    """An attempt that returns to a path of ours, or to the start."""
    return Attempt(new_key(), return_to if return_to is not None and is_own_path(return_to) else "/")


def attempt_of(cookie: str) -> Attempt | None:
    """The attempt that a browser's cookie is of; None for what is no such cookie."""
    secret, _, return_to = cookie.partition(".")
    try:
        found = Attempt(_bytes_of(secret), _bytes_of(return_to).decode("ascii"))
    except ValueError:
        return None
    return found if len(found.secret) == _SECRET_BYTES and is_own_path(found.return_to) else None


def is_own_path(text: str) -> bool:
    """Whether a text is a path of ours."""
    return _OWN_PATH.fullmatch(text) is not None


def text_of(content: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _bytes_of(text: str) -> bytes:
    return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)

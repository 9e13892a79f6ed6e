"""Signed tokens (JWT, RFC 7519), verified as RFC 8725 advises: asymmetric algorithms alone,
a key that the issuer lists, no extension that is critical, and of the right type.
"""

import warnings
from collections.abc import Collection
from typing import Any, Final, Protocol

from joserfc import jwt
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import Key
from joserfc.jws import JWSRegistry, extract_compact

#: Asymmetric ones alone: with a symmetric one whoever knows the public key could sign.
ALGORITHMS: Final = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA",
)  # fmt: skip
#: What is raised for a token that is not valid; which of them is of no use to whoever has no valid one.
INVALID: Final = (JoseError, ValueError, TypeError, KeyError, RecursionError)
_REGISTRY: Final = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
#: Providers go on writing EdDSA; the library warns of the name, not of the signature.
warnings.filterwarnings("ignore", category=SecurityWarning, message="EdDSA is deprecated")


class Keys(Protocol):
    """The keys that tokens are verified with."""

    def known(self, kid: str) -> Key | None:
        """The key at hand of this `kid`."""
        ...

    async def key(self, kid: str) -> Key | None:
        """The key of this `kid`, fetched if need be. Raises IssuerUnavailable."""
        ...


async def signed_claims(
    token: bytes, keys: Keys, types: Collection[str] | None
) -> tuple[dict[str, Any], str]:
    """The claims of a token with a valid signature, and the `kid` of the key.

    `types`: what its `typ` may be, in small letters and without `application/`; None: anything. Raises one of
    INVALID, or IssuerUnavailable.
    """
    header = extract_compact(token, registry=_REGISTRY).headers()
    kid, typ = header["kid"], str(header.get("typ", "")).lower().removeprefix("application/")
    wrong_type = types is not None and typ not in types
    # No extension is understood here, so none that is critical.
    if "crit" in header or header["alg"] not in ALGORITHMS or wrong_type or not isinstance(kid, str):
        raise ValueError("the header is not that of such a token")
    if (key := await keys.key(kid)) is None:
        raise ValueError("no key has this kid")
    return jwt.decode(token, key, algorithms=ALGORITHMS, registry=_REGISTRY).claims, kid


def audiences_of(audience: str | list[str]) -> list[str]:
    """The audiences that the claim `aud` names; of one alone it may be the text itself."""
    return [audience] if isinstance(audience, str) else audience

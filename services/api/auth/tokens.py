"""Verifying access tokens (RFC 9068, RFC 8725): signature, issuer, audience, type, time; then the claims."""

import hashlib
import warnings
from collections.abc import Mapping
from typing import Annotated, Any, Final, Protocol

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import Key
from joserfc.jws import JWSRegistry, extract_compact

from domain.ids import AssociateId, Code
from infra.clock import Clock
from infra.settings import Settings
from services.api.auth.issuer_keys import IssuerKeys, IssuerUnavailable
from services.api.auth.own_keys import OWN_ISSUER, OwnKeys
from services.api.auth.principal import Principal, Role
from services.api.http.problems import Problem, unavailable

#: Asymmetric ones alone: with a symmetric one whoever knows the public key could sign.
ALGORITHMS: Final = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA",
)  # fmt: skip
TYPES: Final = ("at+jwt", "application/at+jwt")
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


class _Registered(msgspec.Struct, frozen=True):
    """The claims that RFC 9068 asks for, as far as they are used here."""

    iss: str
    #: OpenID Connect Core 1.0 (section 2) allows 255 characters; it stands beside events and in headers.
    sub: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    aud: str | list[str]
    exp: float
    nbf: float = 0
    scope: str = ""


class TokenVerifier:
    """Finds out whom a token names. Remembers verified ones until they expire or their key is gone."""

    def __init__(self, settings: Settings, keys: Keys, clock: Clock) -> None:
        self._settings = settings
        self._keys = keys
        self._clock = clock
        self._issuer = settings.oidc_issuer or OWN_ISSUER
        self._registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
        #: By the token's hash: the principal, when the token expires, and the key.
        self._verified: dict[bytes, tuple[Principal, float, str]] = {}

    async def principal_of(self, token: bytes) -> Principal:
        """The principal that a token names. Raises a problem: 401, 403 without a role, 503 without keys."""
        digest = hashlib.sha256(token).digest()
        remembered = self._verified.get(digest)
        now = self._clock.now().timestamp()
        if remembered is not None:
            principal, expires, kid = remembered
            if now < expires and self._keys.known(kid) is not None:
                return principal
            del self._verified[digest]
        if len(token) > self._settings.auth_token_bytes_max:
            raise token_refused()
        try:
            claims, kid = await self._claims_of(token)
            registered = msgspec.convert(claims, _Registered)
        except IssuerUnavailable:
            detail = "The keys of the OpenID provider cannot be fetched just now."
            raise unavailable("issuer_unavailable", detail) from None
        except (JoseError, ValueError, TypeError, KeyError, RecursionError):
            # Which of them is of no use to whoever has no valid token.
            raise token_refused() from None
        self._check(registered, now)
        principal = self._principal(registered, claims)
        if len(self._verified) >= self._settings.auth_tokens_kept_max:
            self._verified.clear()
        self._verified[digest] = (principal, registered.exp + self._settings.oidc_skew_seconds, kid)
        return principal

    async def _claims_of(self, token: bytes) -> tuple[Mapping[str, Any], str]:
        """The claims of a token with a valid signature, and the `kid` of the key."""
        header = extract_compact(token, registry=self._registry).headers()
        kid, typ = header["kid"], str(header.get("typ", "")).lower()
        wrong_type = typ not in TYPES and self._settings.oidc_typ != "any"
        # No extension is understood here, so none that is critical.
        if "crit" in header or header["alg"] not in ALGORITHMS or wrong_type or not isinstance(kid, str):
            raise ValueError("the header is not that of an access token")
        if (key := await self._keys.key(kid)) is None:
            raise ValueError("no key has this kid")
        return jwt.decode(token, key, algorithms=ALGORITHMS, registry=self._registry).claims, kid

    def _check(self, claims: _Registered, now: float) -> None:
        audiences = [claims.aud] if isinstance(claims.aud, str) else claims.aud
        skew = self._settings.oidc_skew_seconds
        if (
            claims.iss != self._issuer
            or self._settings.oidc_audience not in audiences
            or not claims.nbf - skew <= now < claims.exp + skew
        ):
            raise token_refused()

    def _principal(self, registered: _Registered, claims: Mapping[str, Any]) -> Principal:
        settings = self._settings
        try:
            return Principal(
                subject=registered.sub,
                role=msgspec.convert(claims.get(settings.oidc_role_claim), Role),
                associate_id=msgspec.convert(claims.get(settings.oidc_associate_claim), AssociateId | None),
                stores=msgspec.convert(claims.get(settings.oidc_stores_claim, []), frozenset[Code]),
                scopes=frozenset(registered.scope.split()),
            )
        except msgspec.ValidationError:
            raise Problem(403, "role_missing", "The token names no role that is known here.") from None


def token_refused() -> Problem:
    """401: the token is not valid. Every reason reads the same."""
    headers = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
    return Problem(401, "token_refused", "The token is not valid, or no longer.", headers=headers)


def token_verifier(settings: Settings, clock: Clock) -> TokenVerifier:
    """What verifies tokens under these settings: those of the issuer, else those of the data directory."""
    issuer = settings.oidc_issuer
    keys = OwnKeys(settings) if issuer is None else IssuerKeys(issuer, settings)
    return TokenVerifier(settings, keys, clock)

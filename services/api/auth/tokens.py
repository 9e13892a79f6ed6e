"""Verifying access tokens (RFC 9068, RFC 8725): signature, issuer, audience, type, time; then the claims."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, Final, NamedTuple

import msgspec

from domain.ids import AssociateId, Code
from infra.clock import Clock
from infra.settings import Settings
from services.api.auth.issuer_keys import IssuerUnavailable
from services.api.auth.own_keys import OWN_ISSUER
from services.api.auth.principal import Principal, Role
from services.api.auth.signatures import INVALID, Keys, audiences_of, signed_claims
from services.api.http.problems import Problem, unavailable

TYPES: Final = ("at+jwt",)


class _Registered(msgspec.Struct, frozen=True):
    """The claims that RFC 9068 asks for, as far as they are used here."""

    iss: str
    #: OpenID Connect Core 1.0 (section 2) allows 255 characters; it stands beside events and in headers.
    sub: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    aud: str | list[str]
    exp: float
    #: Without it nobody knows whether it is of before a sign-out, and it counts as such.
    iat: float = 0
    nbf: float = 0
    scope: str = ""


class VerifiedToken(NamedTuple):
    """Whom a token names, when it was issued, until when it is valid, and the `kid` of its key."""

    principal: Principal
    issued: float
    expires: float
    kid: str


#: When a subject signed out everywhere, if they did.
SignedOutAt = Callable[[str], datetime | None]


class TokenVerifier:
    """Finds out whom a token names. Remembers verified ones until they expire or their key is gone."""

    def __init__(
        self, settings: Settings, keys: Keys, clock: Clock, signed_out_at: SignedOutAt = lambda _: None
    ) -> None:
        self._settings = settings
        self._keys = keys
        self._clock = clock
        self._issuer = settings.oidc_issuer or OWN_ISSUER
        self._types = None if settings.oidc_typ == "any" else TYPES
        self._signed_out_at = signed_out_at
        #: Of another machine's clock it is not known whether it issued a token before an instant of ours.
        self._issue_skew = 0 if settings.oidc_issuer is None else settings.oidc_skew_seconds
        #: By the token's hash.
        self._verified: dict[bytes, VerifiedToken] = {}

    async def principal_of(self, token: bytes) -> Principal:
        """The principal that a token names, unless they have signed out everywhere since.

        Raises a problem: 401, 403 without a role, 503 without keys.
        """
        verified = await self.verify(token)
        signed_out_at = self._signed_out_at(verified.principal.subject)
        # Providers write whole seconds: one of the same second counts as issued before.
        if signed_out_at is not None and verified.issued <= signed_out_at.timestamp() + self._issue_skew:
            raise token_refused()
        return verified.principal

    async def verify(self, token: bytes) -> VerifiedToken:
        """A valid token's content. Raises a problem as `principal_of` does."""
        digest = hashlib.sha256(token).digest()
        remembered = self._verified.get(digest)
        now = self._clock.now().timestamp()
        if remembered is not None:
            if now < remembered.expires and self._keys.known(remembered.kid) is not None:
                return remembered
            del self._verified[digest]
        if len(token) > self._settings.auth_token_bytes_max:
            raise token_refused()
        try:
            claims, kid = await signed_claims(token, self._keys, self._types)
            registered = msgspec.convert(claims, _Registered)
        except IssuerUnavailable:
            raise issuer_unavailable() from None
        except INVALID:
            raise token_refused() from None
        self._check(registered, now)
        verified = VerifiedToken(
            self._principal(registered, claims),
            registered.iat,
            registered.exp + self._settings.oidc_skew_seconds,
            kid,
        )
        if len(self._verified) >= self._settings.auth_tokens_kept_max:
            self._verified.clear()
        self._verified[digest] = verified
        return verified

    def _check(self, claims: _Registered, now: float) -> None:
        skew = self._settings.oidc_skew_seconds
        if (
            claims.iss != self._issuer
            or self._settings.oidc_audience not in audiences_of(claims.aud)
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


def issuer_unavailable() -> Problem:
    """503: the provider is away, and without it nobody knows."""
    return unavailable("issuer_unavailable", "The OpenID provider does not answer just now.")

"""The client at an OpenID provider: authorization code flow with PKCE, ID tokens, and logout.

After OpenID Connect Core 1.0, RFC 7636 (PKCE), RFC 9207 (the issuer in the answer), RFC 9700 (best practice),
RP-Initiated and Back-Channel Logout 1.0.
"""

import asyncio
import hmac
from collections.abc import Mapping
from typing import Annotated, Any, Final, NamedTuple, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import httpx
import msgspec
import structlog

from infra.clock import Clock
from infra.settings import Settings
from services.api.auth.attempts import Attempt
from services.api.auth.discovery import Provider, json_of
from services.api.auth.issuer_keys import FAILURES, IssuerKeys, IssuerUnavailable
from services.api.auth.principal import Principal
from services.api.auth.signatures import INVALID, audiences_of, signed_claims
from services.api.auth.tokens import TokenVerifier, issuer_unavailable
from services.api.http.problems import Problem

log = structlog.get_logger(__name__)

CALLBACK_PATH: Final = "/auth/callback"
#: What a logout token says that has happened (Back-Channel Logout 1.0, section 2.4).
LOGOUT_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
LOGOUT_TYPES: Final = ("logout+jwt", "jwt", "")
#: A logout token is sent at once: one that was issued longer ago is a replay.
LOGOUT_SECONDS_MAX: Final = 120


class SignInRefused(Exception):
    """Somebody cannot be signed in; the log says why, the browser is not told."""


class SignedIn(NamedTuple):
    """Whom a provider has signed in, its session with them, and the ID token."""

    principal: Principal
    provider_session: str | None
    id_token: str


class _IdToken(msgspec.Struct, frozen=True):
    iss: str
    sub: Annotated[str, msgspec.Meta(min_length=1)]
    aud: str | list[str]
    exp: float
    nonce: str
    azp: str | None = None
    sid: str | None = None


class LogoutToken(msgspec.Struct, frozen=True):
    """What a provider says when somebody signed out there: of one session, or of a subject."""

    iss: str
    aud: str | list[str]
    iat: float
    jti: str
    events: dict[str, Any]
    sub: str | None = None
    sid: str | None = None
    #: Forbidden, so that no ID token passes for one.
    nonce: msgspec.UnsetType | Any = msgspec.UNSET


class _Tokens(msgspec.Struct, frozen=True):
    access_token: str
    id_token: str


Claims = TypeVar("Claims", bound=msgspec.Struct)


class OpenIdClient:
    """This API as a client of the provider in the settings."""

    def __init__(self, settings: Settings, keys: IssuerKeys, verifier: TokenVerifier, clock: Clock) -> None:
        assert settings.oidc_client_id is not None  # noqa: S101 - main makes no client without
        self._settings = settings
        self._client_id: str = settings.oidc_client_id
        self._redirect_uri = f"{settings.public_url}{CALLBACK_PATH}"
        self._keys = keys
        self._verifier = verifier
        self._clock = clock

    async def authorization_url(self, attempt: Attempt) -> str:
        """Where a browser signs in at the provider. Raises a 503 problem while the provider is away."""
        provider = await self._provider()
        parameters = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._redirect_uri,
            "scope": self._settings.oidc_scope,
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": attempt.code_challenge,
            "code_challenge_method": "S256",
            **self._resource(),
        }
        return _with(provider.authorization_endpoint or provider.issuer, parameters)

    async def signed_in(self, attempt: Attempt, given: Mapping[str, str]) -> SignedIn:
        """Whom the provider's answer to an attempt signs in.

        Raises SignInRefused, and a problem: 503 while the provider is away, 403 for who has no role.
        """
        provider = await self._provider()
        issuer = given.get("iss")
        if issuer not in (None, provider.issuer):
            raise SignInRefused("the answer is of another issuer")
        if issuer is None and provider.authorization_response_iss_parameter_supported:
            raise SignInRefused("the answer does not name its issuer")
        if "code" not in given:
            raise SignInRefused(f"the provider answered {given.get('error', 'no code')[:100]!r}")
        tokens = await self._redeemed(provider, given["code"], attempt.code_verifier)
        claims = await self._claims_of(tokens.id_token, _IdToken)
        now = self._clock.now().timestamp()
        if not (
            hmac.compare_digest(claims.nonce.encode(), attempt.nonce.encode())
            and self._is_for_us(claims.iss, claims.aud)
            and claims.azp in (None, self._client_id)
            and now < claims.exp + self._settings.oidc_skew_seconds
        ):
            raise SignInRefused("the ID token is of another attempt, client or issuer, or has expired")
        # Roles come from the access token, as everywhere. It was issued just now, whatever ended before.
        verified = await self._verifier.verify(tokens.access_token.encode())
        if verified.principal.subject != claims.sub:
            raise SignInRefused("the access token is of another subject than the ID token")
        return SignedIn(verified.principal, claims.sid, tokens.id_token)

    async def end_session_url(self, id_token: str | None) -> str | None:
        """Where the browser signs out at the provider, too; None where it offers that not."""
        try:
            address = (await self._keys.provider()).end_session_endpoint
        except IssuerUnavailable:
            address = None
        if address is None:
            return None
        hint = {} if id_token is None else {"id_token_hint": id_token}
        returning = {"post_logout_redirect_uri": f"{self._settings.public_url}/"}
        return _with(address, {"client_id": self._client_id, **returning, **hint})

    async def logout_of(self, token: str) -> LogoutToken:
        """What a logout token says. Raises SignInRefused."""
        claims = await self._claims_of(token, LogoutToken, LOGOUT_TYPES)
        age = self._clock.now().timestamp() - claims.iat
        if not (
            self._is_for_us(claims.iss, claims.aud)
            and LOGOUT_EVENT in claims.events
            and claims.nonce is msgspec.UNSET
            and (claims.sub or claims.sid)
            and -self._settings.oidc_skew_seconds <= age < LOGOUT_SECONDS_MAX
        ):
            raise SignInRefused("this is no logout token for us, or an old one")
        return claims

    async def _provider(self) -> Provider:
        try:
            return await self._keys.provider()
        except IssuerUnavailable:
            raise issuer_unavailable() from None

    async def _redeemed(self, provider: Provider, code: str, code_verifier: str) -> _Tokens:
        """The tokens that a code stands for."""
        given = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": code_verifier,
            **self._resource(),
        }
        secret, credentials = self._settings.oidc_client_secret, None
        if secret is None:
            given["client_id"] = self._client_id
        elif "client_secret_basic" in provider.token_endpoint_auth_methods_supported:
            # RFC 6749, section 2.3.1: both are encoded as in a form first.
            credentials = httpx.BasicAuth(quote(self._client_id, safe=""), quote(secret, safe=""))
        else:
            given |= {"client_id": self._client_id, "client_secret": secret}
        try:
            async with asyncio.timeout(self._settings.oidc_fetch_seconds), httpx.AsyncClient() as client:
                address = provider.token_endpoint or provider.issuer
                answer = await json_of(client, "POST", address, data=given, auth=credentials)
            return msgspec.convert(answer, _Tokens)
        except httpx.HTTPStatusError as error:
            status = error.response.status_code
            if status >= 500:
                raise issuer_unavailable() from None
            raise SignInRefused(f"the provider does not redeem the code: {status}") from None
        except FAILURES as error:
            log.warning("The OpenID provider does not redeem a code", error=repr(error)[:300])
            raise issuer_unavailable() from None

    async def _claims_of(
        self, token: str, kind: type[Claims], types: tuple[str, ...] | None = None
    ) -> Claims:
        """The claims of a token that the provider has signed."""
        try:
            claims, _ = await signed_claims(token.encode(), self._keys, types)
            return msgspec.convert(claims, kind)
        except IssuerUnavailable:
            raise issuer_unavailable() from None
        except INVALID as error:
            raise SignInRefused(f"the token cannot be verified: {type(error).__name__}") from None

    def _is_for_us(self, issuer: str, audience: str | list[str]) -> bool:
        return issuer == self._settings.oidc_issuer and self._client_id in audiences_of(audience)

    def _resource(self) -> dict[str, str]:
        resource = self._settings.oidc_resource
        return {} if resource is None else {"resource": resource}


def _with(address: str, parameters: Mapping[str, str]) -> str:
    """An address with further parameters; it may have some of its own."""
    return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(parameters)}"


def refused(reason: SignInRefused) -> Problem:
    """403, whatever the reason."""
    log.warning("A sign-in was refused", reason=str(reason))
    detail = "This sign-in was not begun in this browser, or took too long, or was refused: begin again."
    return Problem(403, "sign_in_refused", detail)

"""How requests and browsers are authenticated under the settings, put together."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from infra.clock import Clock
from infra.sessions import SessionStore, SignOuts
from infra.settings import Settings
from services.api.auth.issuer_keys import IssuerKeys
from services.api.auth.openid_client import OpenIdClient
from services.api.auth.own_keys import OwnKeys
from services.api.auth.sessions import BrowserSessions
from services.api.auth.tokens import TokenVerifier


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """Tokens, sessions, and the provider where people sign in.

    Without an issuer (`by_token`) a token of `clienteling token` begins a session. `resources` are open while
    anybody is authenticated.
    """

    verifier: TokenVerifier
    sessions: BrowserSessions
    provider: OpenIdClient | None
    by_token: bool
    resources: tuple[AbstractAsyncContextManager[Any], ...]


def keys_of(settings: Settings) -> IssuerKeys | OwnKeys:
    """What verifies tokens under these settings: keys of the issuer, else of the data directory."""
    issuer = settings.oidc_issuer
    return OwnKeys(settings) if issuer is None else IssuerKeys(issuer, settings)


def sign_in_of(settings: Settings, database_url: str, clock: Clock) -> SignIn:
    """What authenticates under these settings."""
    store = SessionStore(settings, database_url)
    sign_outs = SignOuts(settings, database_url, store)
    keys = keys_of(settings)
    verifier = TokenVerifier(settings, keys, clock, sign_outs.of)
    provider = None
    if isinstance(keys, IssuerKeys) and settings.oidc_client_id is not None:
        provider = OpenIdClient(settings, keys, verifier, clock)
    return SignIn(
        verifier=verifier,
        sessions=BrowserSessions(settings, store, sign_outs, clock),
        provider=provider,
        by_token=settings.oidc_issuer is None,
        resources=(store, sign_outs),
    )

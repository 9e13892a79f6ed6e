"""Route handlers of signing in with a browser: at an OpenID provider, or with a token for development."""

import hmac
from datetime import UTC, datetime
from typing import Annotated, Final

import msgspec
from litestar import Response, get, post
from litestar.datastructures import Cookie

from services.api.auth.attempts import attempt_of, new_attempt
from services.api.auth.browser_requests import require_own_page
from services.api.auth.openid_client import CALLBACK_PATH, OpenIdClient, SignInRefused, refused
from services.api.auth.sign_in import SignIn
from services.api.http.parameters import AnyRequest, Parameters, pairs_of
from services.api.http.problems import Problem
from services.api.http.route_handlers import NO_STORE, Injected, route
from services.api.resources.bodies import read_body
from services.api.resources.sessions import SessionDocument, session_of, sign_in_of_app
from services.api.state import AppState

FORM: Final = "application/x-www-form-urlencoded"
#: What comes back from the provider stands in the address: it is told to nobody.
NO_REFERRER: Final = {"Referrer-Policy": "no-referrer"}


class TokenToSignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A token of `clienteling token`."""

    token: str


class LogoutForm(msgspec.Struct, frozen=True):
    """A provider's word that somebody has signed out there."""

    logout_token: str


class ToReturn(Parameters, kw_only=True):
    """Where to go after signing in."""

    return_to: str | None = None


class Callback(Parameters, kw_only=True, forbid_unknown_fields=False):
    """What a provider answers with; some say more."""

    code: Annotated[str, msgspec.Meta(description="What is redeemed for tokens.")] | None = None
    state: Annotated[str, msgspec.Meta(description="What the browser was sent there with.")] | None = None
    iss: str | None = None
    error: Annotated[str, msgspec.Meta(description="Why nobody is signed in.")] | None = None


@route(
    get,
    "/auth/sign-in",
    name="sign_in",
    tag="sessions",
    summary="Sign in at the provider.",
    problems=("malformed_query", "sign_in_unavailable"),
    status=303,
    params=ToReturn,
    public=True,
)
async def sign_in(request: AnyRequest, app: Injected[AppState]) -> Response[None]:
    """Leads a browser to the OpenID provider, from where it comes back signed in, to the path `return_to`."""
    signing_in, provider = _provider_of(app)
    given = dict(pairs_of(request.scope["query_string"]))
    attempt = new_attempt(given.get("return_to"))
    address = await provider.authorization_url(attempt)
    return _go_to(address, signing_in.sessions.attempt_cookie(attempt))


@route(
    get,
    CALLBACK_PATH,
    name="sign_in_callback",
    tag="sessions",
    summary="Come back from the provider.",
    problems=("malformed_query", "sign_in_refused", "sign_in_unavailable"),
    status=303,
    params=Callback,
    public=True,
)
async def sign_in_callback(request: AnyRequest, app: Injected[AppState]) -> Response[None]:
    """Where the provider sends a browser back to: redeems the code and begins a session, under a new id."""
    signing_in, provider = _provider_of(app)
    sessions = signing_in.sessions
    given = dict(pairs_of(request.scope["query_string"]))
    attempt = attempt_of(sessions.attempt_in(request))
    try:
        if attempt is None:
            raise SignInRefused("the browser began none, or too long ago")
        if not hmac.compare_digest(given.get("state", "").encode(), attempt.state.encode()):
            raise SignInRefused("the state is of another attempt")
        found = await provider.signed_in(attempt, given)
    except SignInRefused as reason:
        raise refused(reason) from None
    session_id = await sessions.begin(
        found.principal,
        replaced=sessions.id_of(request),
        provider_session=found.provider_session,
        id_token=found.id_token,
    )
    return _go_to(attempt.return_to, sessions.cookie(session_id), sessions.no_attempt_cookie())


@route(
    post,
    "/auth/sign-in",
    name="sign_in_with_token",
    tag="sessions",
    summary="Sign in with a token, for development.",
    problems=("invalid", "malformed_json", "not_json", "sign_in_by_provider", "sign_in_unavailable"),
    answer=SessionDocument,
    body=TokenToSignIn,
    public=True,
)
async def sign_in_with_token(request: AnyRequest, app: Injected[AppState]) -> Response[SessionDocument]:
    """Begins a session with a token of `clienteling token`, which lasts no longer than the token does.
    Refused where people sign in at an OpenID provider.
    """
    signing_in = sign_in_of_app(app)
    require_own_page(request.scope, app.settings)
    if not signing_in.by_token:
        detail = "People sign in at the OpenID provider in the settings: GET /auth/sign-in."
        raise Problem(403, "sign_in_by_provider", detail)
    token = (await read_body(request, TokenToSignIn)).token.encode()
    principal = await signing_in.verifier.principal_of(token)
    expires = (await signing_in.verifier.verify(token)).expires
    session_id = await signing_in.sessions.begin(
        principal,
        replaced=signing_in.sessions.id_of(request),
        until=datetime.fromtimestamp(expires, UTC),
    )
    return session_of(principal, session_id, signing_in.sessions.cookie(session_id))


@route(
    post,
    "/auth/back-channel-logout",
    name="logout_at_provider",
    tag="sessions",
    summary="Somebody signed out at the provider.",
    problems=("logout_refused", "malformed_query", "sign_in_unavailable"),
    status=204,
    body=LogoutForm,
    body_type=FORM,
    public=True,
)
async def logout_at_provider(request: AnyRequest, app: Injected[AppState]) -> Response[None]:
    """Ends the sessions that a logout token of the provider names (OpenID Connect Back-Channel Logout)."""
    signing_in, provider = _provider_of(app)
    try:
        given = dict(pairs_of(await request.body()))
        told = await provider.logout_of(given.get("logout_token", ""))
    except SignInRefused:
        raise Problem(400, "logout_refused", "This is no logout token of the provider for us.") from None
    await signing_in.sessions.end_of_provider(
        provider_session=told.sid, subject=told.sub if told.sid is None else None
    )
    return Response(None, status_code=204, headers=dict(NO_STORE))


def _provider_of(app: AppState) -> tuple[SignIn, OpenIdClient]:
    signing_in = sign_in_of_app(app)
    if signing_in.provider is None:
        detail = "The settings name no client at an OpenID provider (CLIENTELING_OIDC_CLIENT_ID)."
        raise Problem(404, "sign_in_unavailable", detail)
    return signing_in, signing_in.provider


def _go_to(address: str, *cookies: Cookie) -> Response[None]:
    headers = {**NO_STORE, **NO_REFERRER, "Location": address}
    return Response(None, status_code=303, headers=headers, cookies=list(cookies))


ROUTE_HANDLERS: Final = (sign_in, sign_in_callback, sign_in_with_token, logout_at_provider)

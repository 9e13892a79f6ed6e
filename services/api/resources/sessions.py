"""Route handlers of sessions: who is signed in, and signing out."""

from typing import Final

import msgspec
from litestar import Response, get, post
from litestar.datastructures import Cookie

from services.api.auth.principal import Principal, Role
from services.api.auth.sessions import csrf_token_of
from services.api.auth.sign_in import SignIn
from services.api.http.parameters import AnyRequest
from services.api.http.problems import Problem
from services.api.http.route_handlers import Injected, json_response, route
from services.api.state import AppState


class SessionDocument(msgspec.Struct, frozen=True, kw_only=True):
    """Who is signed in, and what they may use; all of it is null where authentication is off."""

    actor: str | None
    subject: str | None
    role: Role | None
    associate_id: str | None
    stores: list[str]
    scopes: list[str]
    csrf_token: str | None


class SignedOut(msgspec.Struct, frozen=True):
    """The session is over here."""

    end_session_url: str | None


@route(
    get,
    "/v1/session",
    name="session",
    tag="sessions",
    summary="Who is signed in?",
    problems=(),
    answer=SessionDocument,
    secret=True,
)
async def session(request: AnyRequest) -> Response[SessionDocument]:
    """Whom the session or the token names, and the token against CSRF that a session needs."""
    return session_of(request.scope.get("user"), request.scope.get("auth"))


@route(
    post,
    "/auth/sign-out",
    name="sign_out",
    tag="sessions",
    summary="Sign out.",
    problems=("sign_in_unavailable",),
    answer=SignedOut,
)
async def sign_out(request: AnyRequest, app: Injected[AppState]) -> Response[SignedOut]:
    """Ends this session. Whoever was signed in by a provider goes to `end_session_url` to end that, too."""
    return await _signed_out(sign_in_of_app(app), request.scope.get("auth"))


@route(
    post,
    "/auth/sign-out-everywhere",
    name="sign_out_everywhere",
    tag="sessions",
    summary="Sign out everywhere.",
    problems=("sign_in_unavailable",),
    answer=SignedOut,
)
async def sign_out_everywhere(request: AnyRequest, app: Injected[AppState]) -> Response[SignedOut]:
    """Ends all sessions of whoever is signed in, and refuses tokens that were issued to them until now."""
    signing_in = sign_in_of_app(app)
    ended = await _signed_out(signing_in, request.scope.get("auth"))
    await signing_in.sessions.end_all(request.scope["user"].subject)
    return ended


def sign_in_of_app(app: AppState) -> SignIn:
    """How people sign in. Raises a 404 problem where nobody needs to."""
    if app.sign_in is None:
        raise Problem(404, "sign_in_unavailable", "Authentication is off (CLIENTELING_AUTH).")
    return app.sign_in


def session_of(
    principal: Principal | None, session_id: str | None, *cookies: Cookie
) -> Response[SessionDocument]:
    """The answer that tells who is signed in, and sets cookies."""
    found = SessionDocument(
        actor=None if principal is None else principal.actor,
        subject=None if principal is None else principal.subject,
        role=None if principal is None else principal.role,
        associate_id=None if principal is None else principal.associate_id,
        stores=[] if principal is None else sorted(principal.stores),
        scopes=[] if principal is None else sorted(principal.scopes),
        csrf_token=None if session_id is None else csrf_token_of(session_id),
    )
    response = json_response(found)
    response.cookies.extend(cookies)
    return response


async def _signed_out(signing_in: SignIn, session_id: str | None) -> Response[SignedOut]:
    id_token = None if session_id is None else await signing_in.sessions.end(session_id)
    provider = signing_in.provider
    address = None if provider is None else await provider.end_session_url(id_token)
    response = json_response(SignedOut(address))
    response.cookies.append(signing_in.sessions.no_cookie())
    return response


ROUTE_HANDLERS: Final = (session, sign_out, sign_out_everywhere)

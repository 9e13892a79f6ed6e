"""Authentication as Litestar's middleware: `request.user` is the principal of the bearer token, or of the
session; `request.auth` is the session's id.
"""

from typing import Any, Final

from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from services.api.auth.principal import Principal
from services.api.auth.sessions import BrowserSessions
from services.api.auth.tokens import TokenVerifier
from services.api.http.problems import Problem

#: In a route handler's `opt`: it is served to everybody.
PUBLIC: Final = "public"


class Authentication(ASGIMiddleware):
    """Lets requests with a valid bearer token (RFC 6750, section 2.1) or a session's cookie pass, and all to
    public routes. Where both are sent the token counts.
    """

    scopes = (ScopeType.HTTP,)
    exclude_opt_key = PUBLIC

    def __init__(self, verifier: TokenVerifier, sessions: BrowserSessions) -> None:
        self._verifier = verifier
        self._sessions = sessions

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Pass a request on with its principal. Raises a problem."""
        # What an address takes is told to everybody, also to browsers that ask before they send a token.
        if scope["type"] == "http" and scope["method"] != "OPTIONS":
            scope["user"], scope["auth"] = await self._authenticated(scope)
        await next_app(scope, receive, send)

    async def _authenticated(self, scope: Scope) -> tuple[Principal, str | None]:
        given = [value for name, value in scope["headers"] if name == b"authorization"]
        if not given:
            connection = ASGIConnection[Any, Any, Any, Any](scope)
            if session_id := self._sessions.id_of(connection):
                return await self._sessions.principal_of(connection, session_id), session_id
        scheme, _, token = given[0].partition(b" ") if len(given) == 1 else (b"", b"", b"")
        if scheme.lower() != b"bearer" or not token:
            detail = "Send an access token (`Authorization: Bearer …`), or sign in."
            raise Problem(401, "token_missing", detail, headers={"WWW-Authenticate": "Bearer"})
        return await self._verifier.principal_of(token.strip()), None


def subject_of(scope: Scope) -> str | None:
    """Whom a request is counted for by its token; nobody for tills, which may all send with one."""
    principal: Principal | None = scope.get("user")
    return principal.subject if principal and principal.role != "point_of_sale" else None

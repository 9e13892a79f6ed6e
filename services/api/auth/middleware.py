"""Authentication as Litestar's middleware: `request.user` is the principal of the bearer token."""

from typing import Any, Final

from litestar.connection import ASGIConnection
from litestar.middleware.authentication import AbstractAuthenticationMiddleware, AuthenticationResult

from services.api.auth.tokens import TokenVerifier
from services.api.http.problems import Problem

#: In a route handler's `opt`: it is served to everybody.
PUBLIC: Final = "public"


class Authentication(AbstractAuthenticationMiddleware):
    """Lets requests with a valid bearer token pass (RFC 6750, section 2.1), and all to public routes."""

    def __init__(self, app: Any, *, verifier: TokenVerifier) -> None:
        super().__init__(app, exclude_from_auth_key=PUBLIC)
        self._verifier = verifier

    async def authenticate_request(
        self, connection: ASGIConnection[Any, Any, Any, Any]
    ) -> AuthenticationResult:
        """The principal of a request. Raises a problem."""
        given = [value for name, value in connection.scope["headers"] if name == b"authorization"]
        scheme, _, token = given[0].partition(b" ") if len(given) == 1 else (b"", b"", b"")
        if scheme.lower() != b"bearer" or not token:
            detail = "Send an access token: `Authorization: Bearer …`."
            raise Problem(401, "token_missing", detail, headers={"WWW-Authenticate": "Bearer"})
        principal = await self._verifier.principal_of(token.strip())
        return AuthenticationResult(user=principal, auth=None)

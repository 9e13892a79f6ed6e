"""Browser sessions: the cookie, what is kept on the server, and the token against CSRF."""

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie

from infra.clock import Clock
from infra.ids import new_key
from infra.sessions import NewSession, SessionStore, SignOuts
from infra.settings import Settings
from services.api.auth.attempts import SECONDS_MAX, Attempt, text_of
from services.api.auth.browser_requests import CSRF_HEADER, SAFE_METHODS, is_https, require_own_page
from services.api.auth.principal import Principal, Role
from services.api.http.problems import Problem

SESSION_COOKIE: Final = "clienteling_session"
ATTEMPT_COOKIE: Final = "clienteling_sign_in"
#: No other name of the domain, and nothing without TLS, can set a cookie of this prefix (RFC 6265bis).
HOST_PREFIX: Final = "__Host-"


AnyConnection = ASGIConnection[Any, Any, Any, Any]


class BrowserSessions:
    """The sessions of all processes; a session's id is known to its browser alone."""

    def __init__(self, settings: Settings, store: SessionStore, sign_outs: SignOuts, clock: Clock) -> None:
        self._settings = settings
        self._store = store
        self._sign_outs = sign_outs
        self._clock = clock
        self._secure = is_https(settings)

    def id_of(self, connection: AnyConnection) -> str | None:
        """The id of the session that a browser's cookie names."""
        return connection.cookies.get(self._name(SESSION_COOKIE))

    async def principal_of(self, connection: AnyConnection, session_id: str) -> Principal:
        """Who is signed in.

        Raises a problem: 401 when the session is over, 403 for other pages than ours, and for what changes
        anything and has no token against CSRF.
        """
        scope: Any = connection.scope
        require_own_page(scope, self._settings)
        found = await self._store.find(_hash_of(session_id), self._clock.now())
        if found is None:
            detail = "The session is over, or never was: sign in."
            raise Problem(401, "session_ended", detail, headers={"WWW-Authenticate": "Bearer"})
        if scope["method"] not in SAFE_METHODS:
            given = connection.headers.get(CSRF_HEADER, "")
            if not hmac.compare_digest(given.encode(), csrf_token_of(session_id).encode()):
                detail = f"Send the session's `csrf_token` (GET /v1/session) as {CSRF_HEADER}."
                raise Problem(403, "csrf_token_refused", detail)
        return Principal(
            subject=found.subject,
            role=msgspec.convert(found.role, Role),
            associate_id=found.associate_id,
            stores=frozenset(found.stores),
            scopes=frozenset(found.scopes),
        )

    async def begin(
        self,
        principal: Principal,
        *,
        replaced: str | None,
        until: datetime | None = None,
        provider_session: str | None = None,
        id_token: str | None = None,
    ) -> str:
        """Begin a session under a new id, which is returned; the one that the browser had ends."""
        session_id = text_of(new_key())
        now = self._clock.now()
        longest = now + timedelta(seconds=self._settings.session_seconds)
        session = NewSession(
            id_hash=_hash_of(session_id),
            subject=principal.subject,
            role=principal.role,
            associate_id=principal.associate_id,
            stores=sorted(principal.stores),
            scopes=sorted(principal.scopes),
            expires_at=longest if until is None else min(longest, until),
            provider_session=provider_session,
            id_token=id_token,
        )
        await self._store.begin(session, now, replaced=None if replaced is None else _hash_of(replaced))
        return session_id

    async def end(self, session_id: str) -> str | None:
        """End a session; the ID token that it began with."""
        return await self._store.end(_hash_of(session_id))

    async def end_all(self, subject: str) -> None:
        """End all sessions of a subject, and refuse the tokens that were issued to them, in all processes."""
        await self._store.end_all(subject, self._clock.now())
        await self._sign_outs.load()

    async def end_of_provider(self, *, provider_session: str | None, subject: str | None) -> None:
        """End what began with a session of the provider's, or all sessions of a subject."""
        await self._store.end_of_provider(provider_session=provider_session, subject=subject)

    def cookie(self, session_id: str) -> Cookie:
        """The cookie of a session; the browser forgets it when it is closed."""
        return self._cookie(SESSION_COOKIE, session_id, None)

    def no_cookie(self) -> Cookie:
        """Takes the cookie of a session away."""
        return self._cookie(SESSION_COOKIE, "", 0)

    def attempt_cookie(self, attempt: Attempt) -> Cookie:
        """The cookie of an attempt to sign in."""
        return self._cookie(ATTEMPT_COOKIE, attempt.cookie, SECONDS_MAX)

    def no_attempt_cookie(self) -> Cookie:
        """Takes the cookie of an attempt away."""
        return self._cookie(ATTEMPT_COOKIE, "", 0)

    def attempt_in(self, connection: AnyConnection) -> str:
        """The value of an attempt's cookie; empty without one."""
        return connection.cookies.get(self._name(ATTEMPT_COOKIE), "")

    def _name(self, name: str) -> str:
        return HOST_PREFIX + name if self._secure else name

    def _cookie(self, name: str, value: str, max_age: int | None) -> Cookie:
        return Cookie(
            self._name(name),
            value=value,
            max_age=max_age,
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="lax",
        )


def csrf_token_of(session_id: str) -> str:
    """The token against CSRF: of this session alone, and nothing can be told from it."""
    return text_of(hmac.digest(session_id.encode(), b"csrf token", "sha256"))


def _hash_of(session_id: str) -> bytes:
    return hashlib.sha256(session_id.encode()).digest()

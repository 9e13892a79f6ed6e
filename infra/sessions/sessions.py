"""The table of sessions: how they begin, are found while they last, and end. All API processes share it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, LiteralString

import msgspec
from psycopg import Connection
from psycopg.rows import TupleRow

from infra.postgres.migrations import Migrations, migrate
from infra.postgres.pools import async_pool, retried
from infra.settings import Settings

MIGRATIONS: Final = Migrations("sessions", Path(__file__).parent / "migrations")
#: What a statement that ended a subject's sessions says to all processes.
CHANNEL: Final = "clienteling_sign_outs"
#: Finding a session is one short statement.
CONNECTIONS_MAX: Final = 2
#: A session's last use is written down so seldom at least: most requests only read.
USE_NOTED_SECONDS_MAX: Final = 60.0

# In a statement of its own, and passing over what others end: nobody waits for two rows in another order.
_DELETE_ENDED: Final = """
DELETE FROM sessions.sessions WHERE id_hash IN (
    SELECT id_hash FROM sessions.sessions
    WHERE expires_at <= %(now)s OR used_at <= %(idle_since)s FOR UPDATE SKIP LOCKED
)
"""
_BEGIN: Final = """
WITH ended AS (
    DELETE FROM sessions.sessions WHERE id_hash = %(replaced)s
)
INSERT INTO sessions.sessions (
    id_hash, subject, role, associate_id, stores, scopes, used_at, expires_at, provider_session, id_token
) VALUES (
    %(id_hash)s, %(subject)s, %(role)s, %(associate_id)s, %(stores)s, %(scopes)s, %(now)s, %(expires_at)s,
    %(provider_session)s, %(id_token)s
)
"""
_FIND: Final = """
SELECT subject, role, associate_id, stores, scopes, used_at, expires_at FROM sessions.sessions
WHERE id_hash = %(id_hash)s AND expires_at > %(now)s AND used_at > %(idle_since)s
"""
_USE: Final = (
    "UPDATE sessions.sessions SET used_at = %(now)s WHERE id_hash = %(id_hash)s AND used_at < %(now)s"
)
_END: Final = "DELETE FROM sessions.sessions WHERE id_hash = %(id_hash)s RETURNING id_token"
_END_OF_PROVIDER: Final = (
    "DELETE FROM sessions.sessions WHERE provider_session = %(provider_session)s OR subject = %(subject)s"
)
_END_ALL: Final = """
WITH ended AS (
    DELETE FROM sessions.sessions WHERE subject = %(subject)s
), outdated AS (
    DELETE FROM sessions.sign_outs WHERE signed_out_at <= %(kept_since)s AND subject <> %(subject)s
), told AS (
    INSERT INTO sessions.sign_outs (subject, signed_out_at) VALUES (%(subject)s, %(now)s)
    ON CONFLICT (subject) DO UPDATE
    SET signed_out_at = greatest(sign_outs.signed_out_at, excluded.signed_out_at)
    RETURNING subject
)
SELECT pg_notify(%(channel)s, '') FROM told
"""
_SIGN_OUTS: Final = "SELECT subject, signed_out_at FROM sessions.sign_outs"


class NewSession(msgspec.Struct, frozen=True, kw_only=True):
    """A session that begins, until `expires_at` at most."""

    id_hash: bytes
    subject: str
    role: str
    associate_id: str | None
    stores: Sequence[str]
    scopes: Sequence[str]
    expires_at: datetime
    provider_session: str | None = None
    id_token: str | None = None


class FoundSession(msgspec.Struct, frozen=True):
    """A session that lasts."""

    subject: str
    role: str
    associate_id: str | None
    stores: list[str]
    scopes: list[str]
    used_at: datetime
    expires_at: datetime


def prepare_sessions(connection: Connection[Any]) -> None:
    """Make the tables when they are missing."""
    migrate(connection, MIGRATIONS)


class SessionStore:
    """Sessions in PostgreSQL, while its block lasts (`async with`). Instants come from the caller's clock."""

    def __init__(self, settings: Settings, database_url: str) -> None:
        self._pool = async_pool(
            settings, database_url, name="api sessions", check=False, size_max=CONNECTIONS_MAX
        )
        self._idle = timedelta(seconds=settings.session_idle_seconds)
        self._use_noted = timedelta(seconds=min(USE_NOTED_SECONDS_MAX, settings.session_idle_seconds / 4))
        self._sign_outs_kept = timedelta(days=settings.sign_outs_kept_days)

    async def __aenter__(self) -> "SessionStore":
        await self._pool.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._pool.close()

    async def begin(self, session: NewSession, now: datetime, *, replaced: bytes | None) -> None:
        """Begin a session in place of the one that the browser had. Those that are over are deleted."""
        await self._execute(_DELETE_ENDED, self._at(now))
        given = msgspec.structs.asdict(session)
        await self._execute(_BEGIN, {**given, "replaced": replaced, "now": now})

    async def find(self, id_hash: bytes, now: datetime) -> FoundSession | None:
        """The session of an id's hash while it lasts; it is used by that."""
        given = {"id_hash": id_hash, **self._at(now)}
        rows = await self._execute(_FIND, given)
        if not rows:
            return None
        found = FoundSession(*rows[0])
        if now - found.used_at >= self._use_noted:
            await self._execute(_USE, given)
        return found

    async def end(self, id_hash: bytes) -> str | None:
        """End a session; the ID token that it began with."""
        rows = await self._execute(_END, {"id_hash": id_hash})
        return rows[0][0] if rows else None

    async def end_of_provider(self, *, provider_session: str | None, subject: str | None) -> None:
        """End the sessions that began with one of the provider's, or all of a subject's."""
        await self._execute(_END_OF_PROVIDER, {"provider_session": provider_session, "subject": subject})

    async def end_all(self, subject: str, now: datetime) -> None:
        """End all sessions of a subject, and remember when: their tokens of before are refused."""
        given = {"subject": subject, "now": now, "kept_since": now - self._sign_outs_kept, "channel": CHANNEL}
        await self._execute(_END_ALL, given)

    async def sign_outs(self) -> dict[str, datetime]:
        """When each subject signed out everywhere."""
        return dict(await self._execute(_SIGN_OUTS, {}))  # pyright: ignore[reportArgumentType] - two columns

    def _at(self, now: datetime) -> dict[str, datetime]:
        return {"now": now, "idle_since": now - self._idle}

    async def _execute(self, statement: LiteralString, parameters: Mapping[str, Any]) -> list[TupleRow]:
        async def ask() -> list[TupleRow]:
            async with self._pool.connection() as connection:
                cursor = await connection.execute(statement, parameters, prepare=True)
                return await cursor.fetchall() if cursor.description else []

        return await retried(self._pool, ask)

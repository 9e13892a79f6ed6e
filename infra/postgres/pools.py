"""Pools of connections and single ones, all with the limits of the settings.

Connections are in autocommit: one statement is one round trip, and what belongs together says so with
`with connection.transaction():`. Pools are opened by `with` or `async with` and closed at its end.
"""

import math
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from psycopg import AsyncConnection, Connection, OperationalError, errors
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from infra.postgres.failures import is_lost_connection
from infra.setting_rules import SettingsError
from infra.settings import Settings

T = TypeVar("T")

#: So much longer than a statement may run a server may take to say that it ended it.
GRACE_SECONDS = 5.0
#: How often psycopg looks for Ctrl-C while it waits.
WAIT_INTERVAL_SECONDS = 0.1
#: So long a connection that listens sleeps at a time when nothing is notified.
PATIENCE_SECONDS = 3_600.0
#: PostgreSQL keeps 63 bytes of an application's name.
APPLICATION_NAME_MAX = 63


class BoundedConnection(Connection[TupleRow]):
    """A connection that gives up when the server hangs: a server that does nothing at all ends no statement
    either.
    """

    answer_seconds: float | None = None

    def wait(self, gen: Any, interval: float = WAIT_INTERVAL_SECONDS, timeout: float | None = None) -> Any:
        """Wait for the server, for no longer than it may take. Raises OperationalError; the connection is
        closed then.
        """
        if timeout is not None or self.answer_seconds is None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, self.answer_seconds)
        except errors._WaitTimeout:  # pyright: ignore[reportPrivateUsage]
            self.pgconn.finish()
            raise OperationalError(f"the server has not answered for {self.answer_seconds:g} s") from None


class PatientConnection(AsyncConnection[TupleRow]):
    """A connection of an event loop, which notices signals by itself: nothing wakes it up while it waits."""

    async def wait(
        self,
        gen: Any,
        interval: float = PATIENCE_SECONDS,
        timeout: float | None = None,  # noqa: ASYNC109 - an argument of psycopg's
    ) -> Any:
        """Wait for an answer, or for a notification."""
        return await super().wait(gen, interval, timeout)


def sync_pool(
    settings: Settings, database_url: str, *, name: str, size_max: int | None = None
) -> ConnectionPool[Connection[TupleRow]]:
    """A pool for threads, not open yet. pg_stat_activity shows `name`; `size_max` replaces the setting."""
    return ConnectionPool(
        database_url,
        connection_class=_bounded(settings),
        kwargs=_connection_options(settings, database_url, name),
        min_size=_size_min(settings, size_max),
        max_size=size_max or settings.database_pool_size_max,
        timeout=settings.database_pool_wait_seconds,
        reconnect_timeout=settings.database_pool_wait_seconds,
        # A connection that died with its server is replaced instead of failing whoever gets it.
        check=ConnectionPool.check_connection,
        name=name,
        open=False,
    )


def async_pool(
    settings: Settings,
    database_url: str,
    *,
    name: str,
    size_max: int | None = None,
    check: bool = True,
    snapshots: bool = False,
) -> AsyncConnectionPool[AsyncConnection[TupleRow]]:
    """A pool for coroutines, not open yet. `name` is shown in pg_stat_activity; `size_max` replaces the
    setting.

    Whoever turns `check` off saves a round trip per use, and asks by way of `retried`.
    With `snapshots` transactions are REPEATABLE READ: all statements of one see the same rows, also in a
    pipeline without BEGIN.
    """
    options = _connection_options(settings, database_url, name)
    if snapshots:
        options["options"] = rf"-c default_transaction_isolation=repeatable\ read {options['options']}"
    return AsyncConnectionPool(
        database_url,
        connection_class=AsyncConnection[TupleRow],
        kwargs=options,
        min_size=_size_min(settings, size_max),
        max_size=size_max or settings.database_pool_size_max,
        timeout=settings.database_pool_wait_seconds,
        # A new try is made as soon as somebody asks again, and not only after pauses that grow up to a
        # minute.
        reconnect_timeout=settings.database_pool_wait_seconds,
        check=AsyncConnectionPool.check_connection if check else None,
        name=name,
        open=False,
    )


async def retried(pool: AsyncConnectionPool[Any], ask: Callable[[], Awaitable[T]]) -> T:
    """The result of `ask`, called a second time when its connection was lost with its server."""
    try:
        return await ask()
    except Exception as error:
        if not is_lost_connection(error):
            raise
        # The others of the pool went with it.
        await pool.check()
        return await ask()


def connect(
    settings: Settings, database_url: str, *, name: str, limit_statements: bool = True
) -> Connection[TupleRow]:
    """One connection outside any pool, in autocommit. Long work says `limit_statements=False`."""
    options = _connection_options(settings, database_url, name, limit_statements=limit_statements)
    kind = _bounded(settings) if limit_statements else Connection[TupleRow]
    return kind.connect(database_url, **options)


async def connect_async(
    settings: Settings, database_url: str, *, name: str, limit_statements: bool = True
) -> AsyncConnection[TupleRow]:
    """One connection for coroutines outside any pool, in autocommit."""
    options = _connection_options(settings, database_url, name, limit_statements=limit_statements)
    return await PatientConnection.connect(database_url, **options)


@contextmanager
def unlimited_statements(connection: Connection[Any]) -> Generator[None]:
    """Let statements of a connection take as long as they need, as those do that change tables."""
    limit = connection.answer_seconds if isinstance(connection, BoundedConnection) else None
    connection.execute("SET statement_timeout = 0")
    if isinstance(connection, BoundedConnection):
        connection.answer_seconds = None
    try:
        yield
    finally:
        if isinstance(connection, BoundedConnection):
            connection.answer_seconds = limit
        if not connection.closed:
            connection.execute("RESET statement_timeout")


def _bounded(settings: Settings) -> type[BoundedConnection]:
    limit = settings.database_statement_seconds
    # 0 is no limit; else the server ends a statement first, and says so.
    return type(
        "BoundedConnection",
        (BoundedConnection,),
        {"answer_seconds": limit + GRACE_SECONDS if limit else None},
    )


def _connection_options(
    settings: Settings, database_url: str, name: str, *, limit_statements: bool = True
) -> dict[str, Any]:
    try:
        given = conninfo_to_dict(database_url)
    except psycopg.ProgrammingError:
        # What the library says quotes the address, with the password in it.
        raise SettingsError(["CLIENTELING_DATABASE_URL is no address that PostgreSQL understands"]) from None
    limit_ms = round(settings.database_statement_seconds * 1_000) if limit_statements else 0
    return {
        "autocommit": True,
        "application_name": f"clienteling {name}"[:APPLICATION_NAME_MAX],
        "connect_timeout": math.ceil(settings.database_connect_seconds),
        # What the address itself asks for stands behind ours and so has the last word.
        "options": f"-c statement_timeout={limit_ms} -c TimeZone=UTC {given.get('options') or ''}".strip(),
        **signs_of_life(settings),
    }


def signs_of_life(settings: Settings) -> dict[str, int]:
    """Options of libpq with which a TCP connection ends by itself when the machine at its other end has gone
    silent.

    A server that hangs on a machine that lives is not noticed by this: whoever waits for it needs a deadline.
    """
    silence_seconds = math.ceil(settings.database_silence_seconds)
    return {
        "keepalives_idle": max(1, silence_seconds // 3),
        "keepalives_interval": max(1, silence_seconds // 3),
        "keepalives_count": 2,
        # What was sent and is not acknowledged; the kernel would send it again for a quarter of an hour.
        "tcp_user_timeout": silence_seconds * 1_000,
    }


def _size_min(settings: Settings, size_max: int | None) -> int:
    return min(settings.database_pool_size_min, size_max or settings.database_pool_size_max)

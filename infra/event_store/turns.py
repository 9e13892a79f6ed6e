"""Writers of several processes take turns while more than one of them writes.

The log itself needs no turns: what was decided on something that has moved on is refused. But processes that
sell for the same associates would decide everything anew again and again.
"""

from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any, Final

from psycopg import Connection, Error, errors
from psycopg.sql import SQL, Literal

from infra.postgres.locks import key_of

#: For so long a writer waits for another, which may hang: then it goes on without a turn.
WAIT_SECONDS: Final = 1.0
# One simple query: one round trip.
_TAKE: Final = SQL("BEGIN; SET LOCAL lock_timeout = {}; SELECT pg_advisory_xact_lock({})").format(
    Literal(f"{WAIT_SECONDS}s"), Literal(key_of("writers of the log"))
)


@contextmanager
def turn(connecting: AbstractContextManager[Connection[Any]]) -> Generator[None]:
    """Hold the writers' turn of a database, or none after WAIT_SECONDS; the lock goes with its connection."""
    with connecting as connection:
        try:
            connection.execute(_TAKE)
        except errors.LockNotAvailable:
            connection.rollback()
        try:
            yield
        finally:
            # Where the connection is lost the turn is, and nothing else.
            with suppress(Error):
                connection.rollback()

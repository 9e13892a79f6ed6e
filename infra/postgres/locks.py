"""Mutual exclusion between processes by advisory locks, which PostgreSQL gives back however their holder
ends.

    with hold_lock(settings, database_url, "rebuild commission_ledger") as lock:
        ...
        lock.check()

Whoever comes second is told who holds it: LockHeld has the host, the process id and since when.
"""

import datetime
import hashlib
import os
import re
import socket
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import Connection
from psycopg.rows import tuple_row

from infra.postgres.pools import APPLICATION_NAME_MAX, connect
from infra.settings import Settings

#: How often a lock is asked for whose holder releases it before it can be named.
TRIES_MAX = 20


@dataclass(frozen=True, slots=True)
class LockHolder:
    """Who holds a lock. `host` and `pid` are None when the holder is not one of our processes."""

    host: str | None
    pid: int | None
    since: datetime.datetime

    def __str__(self) -> str:
        who = "someone else" if self.pid is None else f"process {self.pid} on {self.host}"
        return f"{who}, since {self.since:%Y-%m-%d %H:%M:%S} UTC"


class LockHeld(Exception):
    """Another process holds the lock; `holder` is None when each one let go before it could be named."""

    def __init__(self, name: str, holder: LockHolder | None) -> None:
        self.name = name
        self.holder = holder
        super().__init__(f"{name} is held by {holder or 'processes that take turns'}")


class LockLost(Exception):
    """The connection that held the lock is gone, and with it the lock: another process may have it by now."""


class HeldLock:
    """A lock that is held for as long as its connection lives."""

    def __init__(self, name: str, connection: Connection[Any]) -> None:
        self.name = name
        self._connection = connection

    def check(self) -> None:
        """Raises LockLost when the lock is not held any more. To be asked before anything that cannot be
        undone.
        """
        try:
            self._connection.execute("SELECT 1")
        except psycopg.OperationalError as error:
            raise LockLost(f"{self.name} is not held any more") from error


def key_of(name: str) -> int:
    """The advisory lock's number for a name: the first 64 bits of SHA-256, as PostgreSQL's signed bigint."""
    return int.from_bytes(hashlib.sha256(f"clienteling {name}".encode()).digest()[:8], signed=True)


@contextmanager
def hold_lock(settings: Settings, database_url: str, name: str) -> Generator[HeldLock]:
    """Hold the lock `name` of this database. Raises LockHeld at once when another has it."""
    with hold_locks(settings, database_url, [name]) as (lock,):
        yield lock


@contextmanager
def hold_locks(settings: Settings, database_url: str, names: Sequence[str]) -> Generator[list[HeldLock]]:
    """Hold all these locks on one connection, taken in this order. Raises LockHeld at once when another has
    one.
    """
    with connect(settings, database_url, name="lock", limit_statements=False) as connection:
        # The holder is written where only the living show: in the name of the connection that holds the lock.
        host = re.sub(r"[^!-~]", "_", socket.gethostname())
        shown = f"{os.getpid()}@{host}"[:APPLICATION_NAME_MAX]
        connection.execute("SELECT set_config('application_name', %s, false)", (shown,))
        # A machine that is gone without a word holds it for no longer than this.
        connection.execute("SET tcp_keepalives_idle = 10")
        connection.execute("SET tcp_keepalives_interval = 5")
        connection.execute("SET tcp_keepalives_count = 3")
        try:
            for name in names:
                _take(connection, name)
            yield [HeldLock(name, connection) for name in names]
        finally:
            # A closed connection ends in the server some moments later, and its locks with it: whoever asks
            # next would still find these held.
            with suppress(psycopg.Error):
                connection.execute("SELECT pg_advisory_unlock_all()")


def _take(connection: Connection[Any], name: str) -> None:
    for _ in range(TRIES_MAX):
        if connection.execute("SELECT pg_try_advisory_lock(%s)", (key_of(name),)).fetchone() == (True,):
            return
        if holder := lock_holder(connection, name):
            raise LockHeld(name, holder)
        # It was released between the two questions.
    raise LockHeld(name, None)


def lock_holder(connection: Connection[Any], name: str) -> LockHolder | None:
    """Who holds the lock `name` of this database, or None when nobody does."""
    number = key_of(name) & (1 << 64) - 1
    with connection.cursor(row_factory=tuple_row) as cursor:
        row = cursor.execute(
            "SELECT application_name, backend_start FROM pg_locks JOIN pg_stat_activity USING (pid) "
            "WHERE locktype = 'advisory' AND granted "
            "AND classid::bigint = %s AND objid::bigint = %s AND objsubid = 1 "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            (number >> 32, number & 0xFFFFFFFF),
        ).fetchone()
    if row is None:
        return None
    shown = re.fullmatch(r"(\d+)@(.*)", row[0])
    since = row[1].astimezone(datetime.UTC)
    return LockHolder(shown[2], int(shown[1]), since) if shown else LockHolder(None, None, since)

"""What is left of destroyed keys in the files of PostgreSQL, and how it is made to go.

Destroying changes a row. The row's former version, wrapped key and all, stays in the table's file until
somebody writes over it, and in the write-ahead log until its segment is gone; whoever holds the master key
could open it. So after destroying, the table is written anew without what nobody can see any more, and a
checkpoint lets go of the log before it. What customers are found by goes the same way.
"""

import time
from typing import Any, Final

import structlog
from psycopg import Connection, errors
from psycopg.rows import tuple_row

log = structlog.get_logger(__name__)

POLL_SECONDS: Final = 0.05
#: Readers of the keys wait behind us for no longer than this at a time.
LOCK_WAIT: Final = "2s"

_COUNT: Final = b"SELECT count(*) FROM vault.keys WHERE destroyed_at IS NOT NULL"
_ERASED: Final = b"SELECT coalesce((SELECT keys FROM vault.erased), 0)"
_NOTE: Final = (
    b"INSERT INTO vault.erased (keys, wal_until) VALUES (%s, %s::pg_lsn) ON CONFLICT (only_row) DO UPDATE "
    b"SET keys = greatest(erased.keys, EXCLUDED.keys), erased_at = clock_timestamp(), "
    b"wal_until = CASE WHEN EXCLUDED.keys > erased.keys OR erased.wal_until IS NULL "
    b"THEN EXCLUDED.wal_until ELSE erased.wal_until END"
)
#: Transactions of this database that may still see rows as they were before ours; writing the table anew
#: would keep those.
_OLDER_READERS: Final = (
    b"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
    b"AND usesysid IS NOT NULL AND (age(backend_xmin) >= age(%(mark)s::xid) OR age(backend_xid) "
    b">= age(%(mark)s::xid))"
)
#: Replication slots that keep the write-ahead log from when keys were destroyed. Where that was noted by
#: another server, whose log was longer, nothing of it is here.
_HOLDERS: Final = (
    b"SELECT slot_name::text FROM pg_replication_slots, vault.erased "
    b"WHERE restart_lsn < wal_until AND wal_until <= pg_current_wal_lsn() ORDER BY slot_name"
)


def pending(connection: Connection[Any]) -> int:
    """How many destroyed keys have left traces that were not erased yet."""
    return destroyed(connection) - _number(connection, _ERASED)


def destroyed(connection: Connection[Any]) -> int:
    """How many keys were destroyed."""
    return _number(connection, _COUNT)


def erase_traces(connection: Connection[Any], *, within_seconds: float) -> bool:
    """Make every destroyed key go from the files of the database; whether that was done.

    For a connection in autocommit.

    It waits up to `within_seconds` for transactions that are older, and for those who read keys. When that is
    not enough the answer is False, and it stays pending. Where we may make no checkpoint it is False as well,
    or a replication slot holds the log, but nothing is pending: the server lets go of its log by itself,
    later. Archives of the log, standbys and
    backups are elsewhere and keep what they have.
    """
    deadline = time.monotonic() + within_seconds
    count = destroyed(connection)
    mark = _number(connection, b"SELECT pg_current_xact_id()::xid::text::bigint")
    while _number(connection, _OLDER_READERS, {"mark": str(mark)}):
        if time.monotonic() > deadline:
            log.warning("A long transaction still sees destroyed keys; their traces stay for now")
            return False
        time.sleep(POLL_SECONDS)
    connection.execute(f"SET lock_timeout = '{LOCK_WAIT}'; SET statement_timeout = 0".encode())
    try:
        _rewrite_table(connection, deadline)
        end = _recycle_write_ahead_log(connection)
    except (errors.LockNotAvailable, errors.DeadlockDetected) as error:
        log.warning("Traces of destroyed keys stay for now", exc_type=type(error).__name__)
        return False
    finally:
        connection.execute(b"RESET lock_timeout; RESET statement_timeout")
    connection.execute(_NOTE, (count, end))
    with connection.cursor(row_factory=tuple_row) as cursor:
        holders = [name for (name,) in cursor.execute(_HOLDERS).fetchall()]
    if holders:
        log.warning(
            "The write-ahead log keeps destroyed keys until it is received or archived", slots=holders
        )
    return end is not None and not holders


def _rewrite_table(connection: Connection[Any], deadline: float) -> None:
    while True:
        try:
            connection.execute(b"VACUUM (FULL) vault.keys, vault.search_entries, vault.blind_index_subjects")
            # Nobody knows any more whose digests these were: their place is made free, and written over.
            connection.execute(b"VACUUM vault.blind_index_entries")
        except errors.LockNotAvailable:
            if time.monotonic() > deadline:
                raise
        else:
            return


def _recycle_write_ahead_log(connection: Connection[Any]) -> str | None:
    """Let go of the log; up to where. None where we may not ask for it."""
    try:
        with connection.cursor(row_factory=tuple_row) as cursor:
            ((end,),) = cursor.execute(b"SELECT pg_switch_wal()::text").fetchall()
            cursor.execute(b"CHECKPOINT")
    except errors.InsufficientPrivilege:
        log.warning("The write-ahead log keeps destroyed keys until the server lets go of it: we may not ask")
        return None
    return str(end)


def _number(connection: Connection[Any], query: bytes, parameters: Any = None) -> int:
    with connection.cursor(row_factory=tuple_row) as cursor:
        row = cursor.execute(query, parameters).fetchone()
    return 0 if row is None else int(row[0])

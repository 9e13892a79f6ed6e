"""Reading the whole log fast, by COPY: for engines that fold history in bulk."""

import struct
from collections.abc import Collection, Generator
from contextlib import closing
from typing import Any, Literal

from psycopg import Connection, sql
from psycopg.sql import SQL, Identifier

from infra.postgres.copy_out import copy_out

_SCAN = SQL(
    "COPY (SELECT notification_id, {key}, topic, state FROM public.stored_events "
    "WHERE notification_id <= {up_to} AND topic = ANY({topics}) AND {key} IS NOT NULL "
    "AND ({parts} = 1 OR (hashtext({key}) & 2147483647) % {parts} = {part}) "
    "ORDER BY {order}) TO STDOUT (FORMAT BINARY)"
)
_IN_ALL = SQL(
    "SELECT count(*) FROM public.stored_events TABLESAMPLE SYSTEM ({percent}) REPEATABLE (1) "
    "WHERE notification_id <= {up_to} AND topic = ANY({topics}) AND {key} IS NOT NULL"
)
#: Counting so many pages takes a few milliseconds, and the count of the whole log comes out within some
#: percent.
_PAGES_COUNTED = 500

#: A row: the number of columns (2 bytes); then position, key, topic and content, each after its length (4
#: bytes).
_AFTER_COUNT = 6
_KEY = _AFTER_COUNT + 8 + 4
_POSITION_AND_LENGTH = struct.Struct("!qi").unpack_from
_LENGTH = struct.Struct("!i").unpack_from

Order = Literal["log", "key"]


def scan(
    connection: Connection[Any],
    *,
    by_customer: bool,
    topics: Collection[str],
    part: int,
    parts: int,
    up_to: int,
    order: Order = "log",
) -> Generator[tuple[int, str, str, bytes]]:
    """Position, key, topic and bytes of every event of these topics up to a position.

    In the order of the log; or key by key, the events of each in the order of the log: PostgreSQL then sorts
    them first, in the memory of `sort_in` and beyond that on disk. Only of those keys (customers, else
    aggregates) that fall to `part` of `parts`.
    """
    key = _key(by_customer=by_customer)
    # Byte order, whatever the database's own is: comparing by a language's rules takes ten times as long.
    by_key = SQL('{} COLLATE "C", notification_id').format(key)
    statement = _SCAN.format(
        key=key,
        up_to=sql.Literal(up_to),
        topics=sql.Literal(sorted(topics)),
        parts=sql.Literal(parts),
        part=sql.Literal(part),
        order=by_key if order == "key" else Identifier("notification_id"),
    )
    key_before, text_before = b"", ""
    topics_by_bytes = {topic.encode(): topic for topic in topics}
    with closing(copy_out(connection, statement.as_bytes(connection))) as rows:
        for row in rows:
            position, key_end = _POSITION_AND_LENGTH(row, _AFTER_COUNT)
            key_end += _KEY
            key_bytes = row[_KEY:key_end]
            # Sorted by key, and also in a log, one key often follows itself.
            if key_bytes != key_before:
                key_before, text_before = key_bytes, key_bytes.decode()
            topic, content = key_end + 4, key_end + 4 + _LENGTH(row, key_end)[0]
            yield position, text_before, topics_by_bytes[row[topic:content]], row[content + 4 :]


def sort_in(connection: Connection[Any], memory_mb: int) -> None:
    """Let scans of this connection sort in so much memory, and in one process of PostgreSQL each."""
    connection.execute(SQL("SET work_mem = {}").format(sql.Literal(f"{memory_mb}MB")))
    connection.execute("SET max_parallel_workers_per_gather = 0")


def size_of_log(connection: Connection[Any]) -> tuple[int, int]:
    """Where the log ends, and about how many bytes its events take."""
    row = connection.execute(
        "SELECT coalesce(max(notification_id), 0), pg_table_size('public.stored_events') "
        "FROM public.stored_events"
    ).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def events_in_all(
    connection: Connection[Any], *, by_customer: bool, topics: Collection[str], up_to: int
) -> int:
    """Estimate how many events all parts of a scan give, from a sample of the log's pages."""
    row = connection.execute(
        "SELECT pg_relation_size('public.stored_events') / current_setting('block_size')::int"
    ).fetchone()
    percent = min(100.0, 100 * _PAGES_COUNTED / max(1, int(row[0]))) if row else 100.0
    counted = connection.execute(
        _IN_ALL.format(
            key=_key(by_customer=by_customer),
            up_to=sql.Literal(up_to),
            topics=sql.Literal(sorted(topics)),
            percent=sql.Literal(percent),
        )
    ).fetchone()
    return round(int(counted[0]) * 100 / percent) if counted else 0


def _key(*, by_customer: bool) -> Identifier:
    return Identifier("customer_id" if by_customer else "originator_id")

"""Reading the whole log fast, split by key: for engines that fold history in bulk."""

from collections.abc import Collection, Generator
from typing import Any

from psycopg import Connection
from psycopg.sql import SQL, Identifier, Literal

_SCAN = SQL(
    "COPY (SELECT notification_id, {key}, topic, state FROM public.stored_events "
    "WHERE notification_id <= {up_to} AND topic = ANY({topics}) AND {key} IS NOT NULL "
    "AND ({parts} = 1 OR (hashtext({key}) & 2147483647) % {parts} = {part}) "
    "ORDER BY notification_id) TO STDOUT (FORMAT BINARY)"
)


def scan(
    connection: Connection[Any],
    *,
    by_customer: bool,
    topics: Collection[str],
    part: int,
    parts: int,
    up_to: int,
) -> Generator[tuple[int, str, str, bytes]]:
    """Position, key, topic and bytes of every fact of these topics up to a position, in the order of the log.

    Only of those keys (customers, else aggregates) that fall to `part` of `parts`.
    """
    statement = _SCAN.format(
        key=Identifier("customer_id" if by_customer else "originator_id"),
        up_to=Literal(up_to),
        topics=Literal(sorted(topics)),
        parts=Literal(parts),
        part=Literal(part),
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(["int8", "text", "text", "bytea"])
        yield from copy.rows()  # type: ignore[misc]


def size_of_log(connection: Connection[Any]) -> tuple[int, int]:
    """Where the log ends, and about how many bytes its events take."""
    row = connection.execute(
        "SELECT coalesce(max(notification_id), 0), pg_table_size('public.stored_events') FROM public.stored_events"
    ).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)

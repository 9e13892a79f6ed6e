"""Looking up single events in the log, and what the log has of single keys, for services beside the
handler.
"""

from collections.abc import Collection, Iterator
from typing import Any, Final, Literal

from psycopg import AsyncConnection, Connection

from infra.event_store.log import METADATA, LoggedEvent
from infra.event_store.quarantine import LEFT_OUT

_EVENTS: Final = (
    "SELECT notification_id, 0, originator_id, originator_version, topic, customer_id, state "
    "FROM public.stored_events "
)
_WITH_METADATA: Final = _EVENTS.replace(" FROM", f", {METADATA} FROM")
_NEXT: Final = (
    f"{_WITH_METADATA} WHERE notification_id > %s AND notification_id <= %s AND topic = %s "
    "ORDER BY notification_id LIMIT 1"
)
_AT: Final = f"{_WITH_METADATA} WHERE notification_id = ANY(%s) ORDER BY notification_id"
_OF_STREAM: Final = f"{_EVENTS} WHERE originator_id = %s ORDER BY notification_id"
_LAST: Final = "SELECT coalesce(max(notification_id), 0) FROM public.stored_events"
_COUNT_AFTER: Final = "SELECT count(*) FROM public.stored_events WHERE notification_id > %s"
#: An index has a key's events in the order of its second column, which is that of the log, too.
_OF_KEY: Final = (
    f"{_EVENTS} WHERE {{key}} = %s AND {{order}} > %s AND notification_id <= %s AND topic = ANY(%b) "
    f"AND notification_id NOT IN ({LEFT_OUT}) ORDER BY {{order}} LIMIT %s"
)
_LENGTHS: Final = (
    "SELECT of.key, (SELECT count(*) FROM (SELECT 1 FROM public.stored_events WHERE {key} = of.key "
    "AND notification_id <= %s AND topic = ANY(%s) LIMIT %s) AS events) FROM unnest(%s::text[]) AS of(key)"
)
_OF_KEYS: Final = (
    f"{_EVENTS} WHERE {{key}} = ANY(%b) AND notification_id <= %s AND topic = ANY(%b) "
    f"AND notification_id NOT IN ({LEFT_OUT}) ORDER BY notification_id"
)
_NEWEST_KEYS: Final = (
    "SELECT key FROM (SELECT {key} AS key, notification_id FROM public.stored_events "
    "WHERE notification_id > %s AND notification_id <= %s AND topic = ANY(%s) "
    "AND {key} IS NOT NULL ORDER BY notification_id DESC LIMIT %s) AS newest "
    "GROUP BY key ORDER BY max(notification_id) DESC LIMIT %s"
)
#: A step of an index for each key, however many events it has. Streams of a kind that is not asked for are
#: left at the first one: their identifiers begin alike, and hexadecimal digits follow.
_KEYS_BEHIND: Final = (
    "WITH RECURSIVE walk (key) AS ("
    "(SELECT {key} FROM public.stored_events WHERE {key} > %(after)s ORDER BY {key} LIMIT 1) "
    "UNION ALL SELECT (SELECT {key} FROM public.stored_events WHERE {key} > {behind} ORDER BY {key} LIMIT 1) "
    "FROM walk WHERE walk.key IS NOT NULL) "
    "SELECT key FROM walk WHERE key IS NOT NULL LIMIT %(limit)s"
)
_BEHIND_A_STREAM: Final = (
    "CASE WHEN (SELECT split_part(topic, '.', 1) FROM public.stored_events AS first "
    "WHERE first.originator_id = walk.key LIMIT 1) = ANY(%(kinds)s) "
    "THEN walk.key ELSE left(walk.key, 4) || 'g' END"
)
_WITH_EVENTS: Final = (
    "SELECT key FROM unnest(%s::text[]) AS key WHERE EXISTS (SELECT FROM public.stored_events "
    "WHERE {key} = key AND notification_id <= %s AND topic = ANY(%s) "
    f"AND notification_id NOT IN ({LEFT_OUT}))"
)
_STREAMS_OF_PERIOD: Final = (
    "SELECT DISTINCT originator_id FROM public.stored_events WHERE starts_with(topic, %s) "
    "AND convert_from(state, 'UTF8')::json->>'period_id' = %s ORDER BY 1"
)
#: Events of one topic are few among all: so many positions are searched in one statement.
POSITIONS_SEARCHED_MAX: Final = 50_000
#: So many events of a key are in memory at a time.
READ_EVENTS: Final = 5_000

Keying = Literal["customer", "stream"]


async def end_of_log(connection: AsyncConnection[Any]) -> int:
    """The last position of the log; 0 when it is empty."""
    return await _number(connection, _LAST, ())


async def count_events_after(connection: AsyncConnection[Any], position: int) -> int:
    """How many events there are after a position."""
    return await _number(connection, _COUNT_AFTER, (position,))


async def next_event(
    connection: AsyncConnection[Any], topic: str, *, after: int, up_to: int
) -> LoggedEvent | None:
    """The first event of a topic after a position and up to another; its `previous_position` is 0."""
    async with connection.cursor(binary=True) as cursor:
        await cursor.execute(_NEXT, (after, up_to, topic))
        row = await cursor.fetchone()
    return None if row is None else LoggedEvent(*row)


async def events_at(connection: AsyncConnection[Any], positions: Collection[int]) -> list[LoggedEvent]:
    """The events at these positions, in order; their `previous_position` is 0."""
    async with connection.cursor(binary=True) as cursor:
        await cursor.execute(_AT, (list(positions),))
        return [LoggedEvent(*row) for row in await cursor.fetchall()]


def event_at(connection: Connection[Any], position: int) -> LoggedEvent | None:
    """The event at a position; its `previous_position` is 0."""
    with connection.cursor(binary=True) as cursor:
        row = cursor.execute(_AT, ([position],)).fetchone()
    return None if row is None else LoggedEvent(*row)


def events_of_stream(connection: Connection[Any], stream_id: str) -> list[LoggedEvent]:
    """Every event of an aggregate; their `previous_position` is 0."""
    with connection.cursor(binary=True) as cursor:
        return [LoggedEvent(*row) for row in cursor.execute(_OF_STREAM, (stream_id,)).fetchall()]


def events_of_key(
    connection: Connection[Any],
    key: str,
    keyed_by: Keying,
    topics: Collection[str],
    *,
    up_to: int,
    left_out_by: str,
) -> Iterator[LoggedEvent]:
    """The events of a customer or aggregate up to a position, without those in quarantine for a
    projection.
    """
    order = "notification_id" if keyed_by == "customer" else "originator_version"
    query = _OF_KEY.format(key=_column(keyed_by), order=order).encode()
    after, listed = 0, sorted(topics)
    while True:
        with connection.cursor(binary=True) as cursor:
            rows = cursor.execute(query, (key, after, up_to, listed, left_out_by, READ_EVENTS)).fetchall()
        events = [LoggedEvent(*row) for row in rows]
        yield from events
        if len(events) < READ_EVENTS:
            return
        after = events[-1].position if keyed_by == "customer" else events[-1].version


def events_of_keys(
    connection: Connection[Any],
    keys: list[str],
    keyed_by: Keying,
    topics: Collection[str],
    *,
    up_to: int,
    left_out_by: str,
) -> list[LoggedEvent]:
    """The events of some customers or aggregates up to a position, in order, all at once."""
    query = _OF_KEYS.format(key=_column(keyed_by)).encode()
    with connection.cursor(binary=True) as cursor:
        rows = cursor.execute(query, (keys, up_to, sorted(topics), left_out_by)).fetchall()
    return [LoggedEvent(*row) for row in rows]


def count_events_of_keys(
    connection: Connection[Any],
    keys: list[str],
    keyed_by: Keying,
    topics: Collection[str],
    *,
    up_to: int,
    count_max: int,
) -> dict[str, int]:
    """How many events of these topics each of some customers or aggregates has up to a position; counted up
    to `count_max`.
    """
    query = _LENGTHS.format(key=_column(keyed_by)).encode()
    return dict(connection.execute(query, (up_to, sorted(topics), count_max, keys)).fetchall())


def newest_keys(
    connection: Connection[Any],
    keyed_by: Keying,
    topics: Collection[str],
    *,
    after: int,
    up_to: int,
    limit: int,
) -> list[str]:
    """Customers or aggregates with events between two positions, the newest first; of many the newest
    alone.
    """
    query = _NEWEST_KEYS.format(key=_column(keyed_by)).encode()
    return [row[0] for row in connection.execute(query, (after, up_to, sorted(topics), limit * 10, limit))]


def keys_behind(
    connection: Connection[Any], keyed_by: Keying, topics: Collection[str], *, after: str, limit: int
) -> list[str]:
    """The next customers or aggregates in the order of their identifiers; of aggregates those whose kind has
    one of these topics, and the first one of every other kind.
    """
    behind = "walk.key" if keyed_by == "customer" else _BEHIND_A_STREAM
    query = _KEYS_BEHIND.format(key=_column(keyed_by), behind=behind).encode()
    kinds = sorted({topic.partition(".")[0] for topic in topics})
    parameters = {"after": after, "kinds": kinds, "limit": limit}
    return [row[0] for row in connection.execute(query, parameters)]


def keys_with_events(
    connection: Connection[Any],
    keyed_by: Keying,
    topics: Collection[str],
    keys: list[str],
    *,
    up_to: int,
    left_out_by: str,
) -> list[str]:
    """Those of the keys that have an event of these topics up to a position, which a projection does not
    leave out.
    """
    query = _WITH_EVENTS.format(key=_column(keyed_by)).encode()
    return [row[0] for row in connection.execute(query, (keys, up_to, sorted(topics), left_out_by))]


def streams_of_period(connection: Connection[Any], topic_prefix: str, period_id: str) -> list[str]:
    """The aggregates that have an event of a pay period, among topics that begin alike."""
    return [row[0] for row in connection.execute(_STREAMS_OF_PERIOD, (topic_prefix, period_id))]


def _column(keyed_by: Keying) -> str:
    return "customer_id" if keyed_by == "customer" else "originator_id"


async def _number(connection: AsyncConnection[Any], query: str, parameters: tuple[Any, ...]) -> int:
    row = await (await connection.execute(query.encode(), parameters)).fetchone()
    return int(row[0]) if row else 0

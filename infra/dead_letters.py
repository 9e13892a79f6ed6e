"""Dead letters: events and messages that could not be taken in, wherever they are kept, in one listing.

Four places keep them: parked keys of a projection (infra/projection_store/parked.py), events and messages
that a reaction cannot follow (infra/reaction_store/dead_letters.py), events that an endpoint did not take
(infra/webhook_store/parked.py), and the quarantine, whose events somebody discarded
(infra/event_store/quarantine.py).
"""

import datetime
from typing import Any, Final

import msgspec
from psycopg import Connection
from psycopg.rows import tuple_row

#: An exception's text is cut here: it is for people.
REASON_LENGTH_MAX: Final = 500

_WHICH: Final = (
    "WHERE (%(source)s::text IS NULL OR {source} = %(source)s) "
    "AND (%(key)s::text IS NULL OR %(key)s IN (key, {position}::text)) "
)
_PARKED: Final = (
    "SELECT {distinct} projection, generation, key, position, topic, stream_id, reason, at, {events} "
    "FROM projections.parked " + _WHICH.format(source="projection", position="NULL") + "ORDER BY {order}"
)
_FIRST_OF_KEY: Final = _PARKED.format(
    distinct="DISTINCT ON (projection, generation, key)",
    events="count(*) OVER (PARTITION BY projection, generation, key)",
    order="projection, generation, key, position",
)
_EACH: Final = _PARKED.format(distinct="", events="1", order="projection, generation, position")
_OF_REACTIONS: Final = (
    "SELECT source, 0, key, CASE WHEN key ~ '^[0-9]+$' THEN key::bigint ELSE 0 END, about, '', reason, at, 1 "
    "FROM reactions.kept_aside "
    + _WHICH.format(source="source", position="NULL")
    + "ORDER BY at, source, key"
)
#: Of a key `<endpoint>/<customer or aggregate>`.
_OF_WEBHOOKS: Final = (
    "SELECT {distinct} source, 0, key, position, topic, stream_id, reason, at, {events} FROM (SELECT "
    "'webhooks' AS source, e.name || '/' || k.key AS key, position, topic, stream_id, reason, at "
    "FROM webhooks.parked k JOIN webhooks.endpoints e USING (endpoint_id)) AS parked "
    + _WHICH.format(source="source", position="NULL")
    + "ORDER BY source, key, position"
)
_FIRST_OF_WEBHOOK: Final = _OF_WEBHOOKS.format(
    distinct="DISTINCT ON (source, key)", events="count(*) OVER (PARTITION BY source, key)"
)
_EACH_OF_WEBHOOK: Final = _OF_WEBHOOKS.format(distinct="", events="1")
_DISCARDED: Final = (
    "SELECT projection, 0, key, position, topic, stream_id, reason, at, 1, true "
    "FROM public.quarantined_events "
    + _WHICH.format(source="projection", position="position")
    + "ORDER BY projection, position"
)


class DeadLetter(msgspec.Struct, frozen=True):
    """One dead letter.

    `projection`: where it could not be taken in, or a reaction, or `webhooks`, or `log` for every reader.

    `key`: the projection's row, or the aggregate for every reader. `generation` and `position`: 0 where there
    is none. `events` counts it and those parked after it. `left_out`: it was discarded, and is in quarantine.
    """

    projection: str
    generation: int
    key: str
    position: int
    topic: str
    stream_id: str
    reason: str
    at: datetime.datetime
    events: int = 1
    left_out: bool = False


def parked_keys(
    connection: Connection[Any], projection: str | None = None, key: str | None = None
) -> list[DeadLetter]:
    """The first parked event of every parked key."""
    return _list(connection, _FIRST_OF_KEY, projection, key)


def quarantined_events(
    connection: Connection[Any], projection: str | None = None, key: str | None = None
) -> list[DeadLetter]:
    """Every event that a projection, or every reader, leaves out; `key` may be its position."""
    return _list(connection, _DISCARDED, projection, key)


def dead_letters(connection: Connection[Any], source: str | None = None) -> list[DeadLetter]:
    """All of them, of parked keys the first event."""
    queries = (_FIRST_OF_KEY, _OF_REACTIONS, _FIRST_OF_WEBHOOK, _DISCARDED)
    return [letter for query in queries for letter in _list(connection, query, source, None)]


def dead_letters_of(connection: Connection[Any], source: str, key: str) -> list[DeadLetter]:
    """All of one key, of a parked one every event; what is in quarantine is found by its position, too."""
    queries = (_EACH_OF_WEBHOOK if source == "webhooks" else _EACH, _DISCARDED)
    return [letter for query in queries for letter in _list(connection, query, source, key)]


def _list(connection: Connection[Any], query: str, source: str | None, key: str | None) -> list[DeadLetter]:
    with connection.cursor(row_factory=tuple_row) as cursor:
        rows = cursor.execute(query.encode(), {"source": source, "key": key}).fetchall()
    return [DeadLetter(*row) for row in rows]

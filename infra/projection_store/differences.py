"""Keys whose rows are not what the log says, as the verification beside the projector finds them."""

from collections.abc import Collection
from typing import Any, Final

from psycopg import Connection

#: What differs is told to people: it is cut here.
WHAT_LENGTH_MAX: Final = 500

_NOTE = (
    "INSERT INTO projections.differences AS d (projection, generation, key, position, what) VALUES (%s, %s, "
    "%s, %s, %s) "
    "ON CONFLICT (projection, generation, key) DO UPDATE SET position = EXCLUDED.position, what = "
    "EXCLUDED.what "
    "RETURNING xmax = 0"
)
_FORGET = "DELETE FROM projections.differences WHERE projection = %s AND generation = %s"
_KEYS = (
    "SELECT key FROM projections.differences WHERE projection = %s AND generation = %s ORDER BY random() "
    "LIMIT %s"
)
_CLAIM = (
    "INSERT INTO projections.verifications AS v (projection, due_at) "
    "VALUES (%(projection)s, clock_timestamp() + make_interval(secs => %(seconds)s)) "
    "ON CONFLICT (projection) DO UPDATE SET due_at = EXCLUDED.due_at "
    # A clock that was set back must not keep everybody waiting.
    "WHERE v.due_at <= clock_timestamp() OR v.due_at > clock_timestamp() + interval '1 hour' RETURNING true"
)
_POSTPONE = (
    "UPDATE projections.verifications SET due_at = clock_timestamp() + make_interval(secs => %s) WHERE "
    "projection = %s"
)


def note_difference(
    connection: Connection[Any], projection: str, generation: int, key: str, position: int, what: str
) -> bool:
    """Write down that a key's rows differ, seen at a position; whether that is news."""
    told = (projection, generation, key, position, what[:WHAT_LENGTH_MAX])
    row = connection.execute(_NOTE, told).fetchone()
    return row is not None and bool(row[0])


def forget_differences(
    connection: Connection[Any], projection: str, generation: int, keys: Collection[str] | None = None
) -> None:
    """These keys' rows (None: all of the generation's) are what the log says, or are gone."""
    if keys is None:
        connection.execute(_FORGET, (projection, generation))
    elif keys:
        connection.execute(_FORGET + " AND key = ANY(%s)", (projection, generation, list(keys)))


def differing_keys(connection: Connection[Any], projection: str, generation: int, limit: int) -> list[str]:
    """Keys that were found to differ, in no order."""
    return [row[0] for row in connection.execute(_KEYS, (projection, generation, limit))]


def claim_verification(connection: Connection[Any], projection: str, seconds: float) -> bool:
    """Whether a look at a projection's rows is due; then nobody else gets that answer for so long."""
    found = connection.execute(_CLAIM, {"projection": projection, "seconds": seconds}).fetchone()
    return found is not None


def postpone_verification(connection: Connection[Any], projection: str, seconds: float) -> None:
    """Let the next look be due after so long from now."""
    connection.execute(_POSTPONE, (seconds, projection))

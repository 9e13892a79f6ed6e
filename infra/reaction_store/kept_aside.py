"""What could not be taken in: kept with the reason until somebody has it tried again or gives it up."""

import datetime
from dataclasses import dataclass
from typing import Any, Final

from psycopg import Connection

#: A reason is for people.
REASON_LENGTH_MAX: Final = 500

_KEEP = (
    "INSERT INTO reactions.kept_aside (source, key, about, reason, headers, content) VALUES (%s, %s, %s, %s, %s, %s) "
    "ON CONFLICT (source, key) DO UPDATE SET reason = EXCLUDED.reason, tries = kept_aside.tries + 1"
)
_LIST = (
    "SELECT source, key, about, reason, headers, content, at, tries FROM reactions.kept_aside "
    "WHERE (%(source)s::text IS NULL OR source = %(source)s) AND (%(key)s::text IS NULL OR key = %(key)s) "
    "ORDER BY at, source, key"
)
_RELEASE = "DELETE FROM reactions.kept_aside WHERE source = %s AND key = %s"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAside:
    """One of them. `about`: the subject or topic. `headers` and `content` are sealed; a fact has none, it stands in the log."""

    source: str
    key: str
    about: str
    reason: str
    headers: str | None
    content: str | None
    at: datetime.datetime
    tries: int


def keep_aside(
    connection: Connection[Any],
    *,
    source: str,
    key: str,
    about: str,
    reason: str,
    headers: str | None = None,
    content: str | None = None,
) -> None:
    """Put something aside; once more only changes the reason."""
    connection.execute(_KEEP, (source, key, about, reason[:REASON_LENGTH_MAX], headers, content))


def kept_aside(
    connection: Connection[Any], *, source: str | None = None, key: str | None = None
) -> list[KeptAside]:
    """What was put aside, the oldest first."""
    names = ("source", "key", "about", "reason", "headers", "content", "at", "tries")
    rows = connection.execute(_LIST, {"source": source, "key": key}).fetchall()
    return [KeptAside(**dict(zip(names, row, strict=True))) for row in rows]


def release(connection: Connection[Any], source: str, key: str) -> bool:
    """It is kept no longer; whether it was."""
    return connection.execute(_RELEASE, (source, key)).rowcount == 1

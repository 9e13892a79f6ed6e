"""Dead letters of the reactions: events that could not be followed, and messages that could not be taken in.

Each is kept with its reason until somebody has it tried again or gives it up; infra/dead_letters.py lists
them.
"""

import datetime
from dataclasses import dataclass
from typing import Any, Final

from psycopg import Connection

from infra.dead_letters import REASON_LENGTH_MAX

_ADD: Final = (
    "INSERT INTO reactions.kept_aside (source, key, about, reason, headers, content) "
    "VALUES (%s, %s, %s, %s, %s, %s) "
    "ON CONFLICT (source, key) DO UPDATE SET reason = EXCLUDED.reason, tries = kept_aside.tries + 1"
)
_FIND: Final = (
    "SELECT source, key, about, reason, headers, content, at, tries FROM reactions.kept_aside "
    "WHERE source = %s AND key = %s"
)
_REMOVE: Final = "DELETE FROM reactions.kept_aside WHERE source = %s AND key = %s"


@dataclass(frozen=True, slots=True)
class ReactionDeadLetter:
    """A dead letter with its content. `about`: the subject or topic.

    `headers` and `content` of a message are encrypted; an event has none, it is in the log.
    """

    source: str
    key: str
    about: str
    reason: str
    headers: str | None
    content: str | None
    at: datetime.datetime
    tries: int


def add_dead_letter(
    connection: Connection[Any],
    *,
    source: str,
    key: str,
    about: str,
    reason: str,
    headers: str | None = None,
    content: str | None = None,
) -> None:
    """Keep a dead letter; once more only changes the reason and counts the tries."""
    connection.execute(_ADD, (source, key, about, reason[:REASON_LENGTH_MAX], headers, content))


def find_dead_letter(connection: Connection[Any], source: str, key: str) -> ReactionDeadLetter | None:
    """The dead letter of a source and key."""
    row = connection.execute(_FIND, (source, key)).fetchone()
    return None if row is None else ReactionDeadLetter(*row)


def remove_dead_letter(connection: Connection[Any], source: str, key: str) -> bool:
    """Keep it no longer; whether there was one."""
    return connection.execute(_REMOVE, (source, key)).rowcount == 1

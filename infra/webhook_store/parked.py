"""Events that endpoints did not take, as people see and decide them."""

from typing import Any, Final

import msgspec
from psycopg import Connection

#: By which `dead-letters` knows them; a key is `<endpoint>/<customer or aggregate>`.
SOURCE: Final = "webhooks"

_KEY: Final = (
    "endpoint_id = (SELECT endpoint_id FROM webhooks.endpoints WHERE name = %(name)s) AND key = %(key)s"
)
_COUNT: Final = (
    "SELECT count(*), count(*) FILTER (WHERE retry), (array_agg(reason ORDER BY position))[1] "
    f"FROM webhooks.parked WHERE {_KEY}"
)
_RETRY: Final = f"UPDATE webhooks.parked SET retry = true WHERE {_KEY}"
_DISCARD: Final = (
    f"DELETE FROM webhooks.parked WHERE {_KEY} "
    f"AND position = (SELECT min(position) FROM webhooks.parked WHERE {_KEY}) RETURNING position"
)


class ParkedKey(msgspec.Struct, frozen=True):
    """What waits for a key of an endpoint: so many events, of which so many are to be sent once more, and why
    the first one does.
    """

    events: int
    asked: int
    reason: str | None


def parked_key(connection: Connection[Any], key: str) -> ParkedKey:
    """What waits for `<endpoint>/<key>`."""
    row = connection.execute(_COUNT.encode(), _named(key)).fetchone()
    return ParkedKey(*row) if row else ParkedKey(0, 0, None)


def ask_for_retry(connection: Connection[Any], key: str) -> None:
    """Have all that waits for `<endpoint>/<key>` sent once more, in order."""
    connection.execute(_RETRY.encode(), _named(key))


def discard_parked(connection: Connection[Any], key: str) -> int | None:
    """Give up the first event of `<endpoint>/<key>`, and have those behind it sent; its position."""
    with connection.transaction():
        row = connection.execute(_DISCARD.encode(), _named(key)).fetchone()
        ask_for_retry(connection, key)
    return row[0] if row else None


def _named(key: str) -> dict[str, str]:
    name, _, rest = key.partition("/")
    return {"name": name, "key": rest}

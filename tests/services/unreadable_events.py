"""Events in the log that nobody can decode."""

import psycopg

from infra.settings import Settings

UNREADABLE = b'{"occurred_at":"never"}'


def append_unreadable(settings: Settings, stream_id: str, topic: str) -> int:
    """An event at the end of a stream that nobody can decode; its position."""
    with psycopg.connect(str(settings.database_url)) as connection:
        (row,) = connection.execute(
            "INSERT INTO stored_events (originator_id, originator_version, topic, state, customer_id) "
            "SELECT originator_id, max(originator_version) + 1, %s, %s, max(customer_id) FROM stored_events "
            "WHERE originator_id = %s GROUP BY originator_id RETURNING notification_id",
            (topic, UNREADABLE, stream_id),
        ).fetchall()
    return row[0]


def swap_state(settings: Settings, position: int, state: bytes) -> bytes:
    """Give an event other bytes; those it had."""
    with psycopg.connect(str(settings.database_url)) as connection:
        (row,) = connection.execute(
            "SELECT state FROM stored_events WHERE notification_id = %s", (position,)
        ).fetchall()
        connection.execute(
            "UPDATE stored_events SET state = %s WHERE notification_id = %s", (state, position)
        )
    return bytes(row[0])

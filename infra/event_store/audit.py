"""The audit of the log: who did what, as events are found by their metadata."""

from datetime import datetime
from typing import Any, Final

import msgspec
from psycopg import Connection

_FOUND: Final = (
    "SELECT notification_id, recorded_at, actor, role, topic, originator_id, originator_version, "
    "customer_id, correlation_id, causation_id, originator_id || '/' || originator_version "
    "FROM public.stored_events"
)
#: Each has an index that gives the last events first.
_CONDITIONS: Final = {
    "actor": "actor = %(actor)s",
    "customer_id": "customer_id = %(customer_id)s",
    "correlation_id": "correlation_id = %(correlation_id)s",
    "since": "recorded_at >= %(since)s",
    "before": "notification_id < %(before)s",
}


class AuditEntry(msgspec.Struct, frozen=True):
    """An event without its content: who did what, when it was recorded, and in which chain of causes.

    `causation_id` is the idempotency key of the command, or the `event_id` that a reaction followed.
    """

    position: int
    recorded_at: datetime | None
    actor: str | None
    role: str | None
    topic: str
    stream_id: str
    version: int
    customer_id: str | None
    correlation_id: str | None
    causation_id: str | None
    event_id: str


class AuditQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of the log; None asks for no limit of that kind."""

    actor: str | None = None
    customer_id: str | None = None
    correlation_id: str | None = None
    since: datetime | None = None
    #: Only what stands before this position.
    before: int | None = None


def audit_entries(connection: Connection[Any], question: AuditQuestion, limit: int) -> list[AuditEntry]:
    """The last events that a question is about, at most `limit`, in the order of the log."""
    asked = {name: value for name, value in msgspec.structs.asdict(question).items() if value is not None}
    conditions = " AND ".join(_CONDITIONS[name] for name in asked) or "true"
    query = f"{_FOUND} WHERE {conditions} ORDER BY notification_id DESC LIMIT %(limit)s"
    rows = connection.execute(query.encode(), {**asked, "limit": limit}).fetchall()
    return [AuditEntry(*row) for row in reversed(rows)]

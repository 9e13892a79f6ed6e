"""The table of openings: how they are recorded, found and deleted in the end."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, LiteralString

import msgspec
from psycopg import Connection

from infra.event_store.command_context import CommandContext
from infra.postgres.migrations import Migrations, migrate

MIGRATIONS: Final = Migrations("openings", Path(__file__).parent / "migrations")
_PREFIX: Final = "cus_"
_INSERT: Final = (
    "INSERT INTO openings.openings (actor, role, operation, correlation_id, traceparent, customers) "
    "SELECT actor, role, operation, correlation_id, traceparent, customers "
    "FROM json_to_recordset(%(openings)s::json) AS opening (actor text, role text, operation text, "
    "correlation_id text, traceparent text, customers uuid[]), "
    # Readers do not wait for the disk: what a crash of PostgreSQL loses was read in its last second.
    "set_config('synchronous_commit', 'off', true)"
)
_FOUND: Final = (
    "SELECT opened_at, actor, role, operation, correlation_id, traceparent, "
    "ARRAY(SELECT 'cus_' || replace(customer::text, '-', '') FROM unnest(customers) AS customer), ctid::text "
    "FROM openings.openings"
)
_CONDITIONS: Final = {
    "actor": "actor = %(actor)s",
    "customer": "customers @> ARRAY[%(customer)s::uuid]",
    "since": "opened_at >= %(since)s",
    "before": "(opened_at, ctid) < (%(before)s, %(before_row)s::tid)",
}
_DELETE: Final = (
    "DELETE FROM openings.openings WHERE opened_at < clock_timestamp() - make_interval(days => %(days)s)"
)


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """Who reads the personal data of these customers (`cus_…`), by which operation and in which trace."""

    actor: str
    role: str | None
    operation: str
    correlation_id: str | None
    traceparent: str | None
    customers: Sequence[str]


def opening_of(context: CommandContext, operation: str, customers: Sequence[str]) -> Opening:
    """The opening of whoever reads in this context."""
    return Opening(
        actor=str(context.actor),
        role=context.role,
        operation=operation,
        correlation_id=context.correlation_id,
        traceparent=context.traceparent,
        customers=customers,
    )


class RecordedOpening(msgspec.Struct, frozen=True):
    """An opening as it was recorded, by the database's clock."""

    opened_at: datetime
    actor: str
    role: str | None
    operation: str
    correlation_id: str | None
    traceparent: str | None
    customers: list[str]
    #: Where its row lies: of two of one moment it tells which comes first.
    row: str


class OpeningsQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """Which openings are asked for; None asks for no limit of that kind. `before`: the moment and the row of
    one that all found are older than.
    """

    actor: str | None = None
    customer: str | None = None
    since: datetime | None = None
    before: tuple[datetime, str] | None = None


def prepare_openings(connection: Connection[Any]) -> None:
    """Make the table when it is missing."""
    migrate(connection, MIGRATIONS)


def insert_of(openings: Sequence[Opening]) -> tuple[LiteralString, dict[str, str]]:
    """The statement that records these openings, whole or not at all, and its parameters."""
    rows = [
        msgspec.structs.replace(one, customers=[each.removeprefix(_PREFIX) for each in one.customers])
        for one in openings
    ]
    return _INSERT, {"openings": msgspec.json.encode(rows).decode()}


def delete_before(days: int) -> tuple[LiteralString, dict[str, int]]:
    """The statement that deletes openings older than so many days, and its parameters."""
    return _DELETE, {"days": days}


def openings_found(
    connection: Connection[Any], question: OpeningsQuestion, limit: int
) -> list[RecordedOpening]:
    """The last openings that a question is about, at most `limit`, the oldest first."""
    asked = {name: value for name, value in msgspec.structs.asdict(question).items() if value is not None}
    if question.customer is not None:
        asked["customer"] = question.customer.removeprefix(_PREFIX)
    if question.before is not None:
        asked["before"], asked["before_row"] = question.before
    conditions = " AND ".join(_CONDITIONS[name] for name in asked if name in _CONDITIONS) or "true"
    query = f"{_FOUND} WHERE {conditions} ORDER BY opened_at DESC, ctid DESC LIMIT %(limit)s"
    rows = connection.execute(query.encode(), {**asked, "limit": limit}).fetchall()
    return [RecordedOpening(*row) for row in reversed(rows)]

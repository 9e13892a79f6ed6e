"""Endpoints as people manage them: added, paused, resumed, removed, each with who did it and why."""

import datetime
from pathlib import Path
from typing import Any, Final

import msgspec
from psycopg import Connection, errors
from psycopg.rows import tuple_row

from domain.messages import NotFound, Refused
from infra.event_store.command_context import context_of_command_line
from infra.event_store.lineage import Lineage, LineageStep
from infra.ids import new_id
from infra.messaging.event_filter import EventFilter
from infra.postgres import Migrations

MIGRATIONS: Final = Migrations("webhooks", Path(__file__).parent / "migrations")
#: What names an endpoint in metrics: there are no more values of the label than this.
ENDPOINTS_MAX: Final = 500

_FOUND: Final = (
    "SELECT e.endpoint_id, e.name, e.url, e.types, e.partitions, e.added_at, e.paused, e.disabled, p.epoch, "
    "p.position, p.failing_since, p.last_error, "
    "(SELECT count(DISTINCT key) FROM webhooks.parked k WHERE k.endpoint_id = e.endpoint_id) "
    "FROM webhooks.endpoints e JOIN webhooks.progress p USING (endpoint_id)"
)
_ADD: Final = (
    "WITH added AS (INSERT INTO webhooks.endpoints (endpoint_id, name, url, types, partitions) "
    "SELECT %(endpoint_id)s, %(name)s, %(url)s, %(types)s, %(partitions)s "
    "WHERE (SELECT count(*) FROM webhooks.endpoints) < %(most)s RETURNING endpoint_id) "
    "INSERT INTO webhooks.progress (endpoint_id, epoch, position, reached) "
    "SELECT endpoint_id, %(epoch)s, %(position)s, array_fill(0, ARRAY[64]) FROM added"
)
_EVENT_UP_TO: Final = (
    "SELECT coalesce(max(notification_id), 0) FROM public.stored_events WHERE notification_id <= %s"
)
_CHANGED: Final = "INSERT INTO webhooks.changes (actor, name, change, reason) VALUES (%s, %s, %s, %s)"
_CHANGES: Final = (
    "SELECT at, actor, name, change, reason FROM webhooks.changes "
    "WHERE %(name)s::text IS NULL OR name = %(name)s ORDER BY at"
)


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint: what it wants, up to which position of the log it was served, in which epoch, and what
    hinders it. `parked_keys`: customers and aggregates whose events are parked.
    """

    endpoint_id: str
    name: str
    url: str
    types: list[str]
    partitions: list[int]
    added_at: datetime.datetime
    paused: bool
    disabled: str | None
    epoch: str
    position: int
    failing_since: datetime.datetime | None
    last_error: str | None
    parked_keys: int


class EndpointChange(msgspec.Struct, frozen=True):
    """Who changed what of an endpoint, when and why."""

    at: datetime.datetime
    actor: str
    name: str
    change: str
    reason: str | None


def endpoints_of(connection: Connection[Any]) -> list[Endpoint]:
    """Every endpoint, by name."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        rows = cursor.execute(f"{_FOUND} ORDER BY e.name".encode()).fetchall()
    return [Endpoint(**dict(zip(Endpoint.__struct_fields__, row, strict=True))) for row in rows]


def endpoint_of(connection: Connection[Any], name: str) -> Endpoint:
    """The endpoint of this name. Raises NotFound."""
    for endpoint in endpoints_of(connection):
        if endpoint.name == name:
            return endpoint
    raise NotFound("endpoint_unknown", f"no endpoint is called {name}; see `clienteling webhooks list`")


def add_endpoint(
    connection: Connection[Any], name: str, url: str, wanted: EventFilter, after: int, lineage: Lineage
) -> str:
    """Add an endpoint that begins behind a position; its id. Raises Refused: the name is taken, or there are
    too many.
    """
    row = connection.execute(_EVENT_UP_TO, (after,)).fetchone()
    endpoint_id = new_id("whe")
    given = {
        "endpoint_id": endpoint_id,
        "name": name,
        "url": url,
        "types": list(wanted.types),
        "partitions": sorted(wanted.partitions),
        "most": ENDPOINTS_MAX,
        "epoch": lineage.epoch,
        "position": row[0] if row else 0,
    }
    try:
        if connection.execute(_ADD, given).rowcount != 1:
            raise Refused("too_many_endpoints", f"there are {ENDPOINTS_MAX} endpoints; no more can be had")
    except errors.UniqueViolation:
        raise Refused("endpoint_known", f"an endpoint is called {name} already", "--name") from None
    return endpoint_id


def set_endpoint_paused(connection: Connection[Any], endpoint_id: str, *, paused: bool) -> None:
    """Pause an endpoint, or let it go on, also where it was disabled."""
    connection.execute(
        "UPDATE webhooks.endpoints SET paused = %s, disabled = CASE WHEN %s THEN disabled END "
        "WHERE endpoint_id = %s",
        (paused, paused, endpoint_id),
    )
    if not paused:
        connection.execute(
            "UPDATE webhooks.progress SET failing_since = NULL WHERE endpoint_id = %s", (endpoint_id,)
        )


def remove_endpoint(connection: Connection[Any], endpoint_id: str) -> None:
    """Remove an endpoint with its progress and all that is parked."""
    connection.execute("DELETE FROM webhooks.endpoints WHERE endpoint_id = %s", (endpoint_id,))


def record_change(connection: Connection[Any], name: str, change: str, reason: str | None) -> None:
    """Write down that whoever sits at this machine's command line has changed something."""
    connection.execute(_CHANGED, (context_of_command_line().actor, name, change, reason))


def changes_of(connection: Connection[Any], name: str | None) -> list[EndpointChange]:
    """Who changed what, of one name or of all, in order."""
    return [EndpointChange(*row) for row in connection.execute(_CHANGES, {"name": name}).fetchall()]


def lineage_in(connection: Connection[Any]) -> Lineage:
    """The lineage of the log in this database."""
    rows = connection.execute("SELECT epoch, common_position FROM public.log_lineage()").fetchall()
    return Lineage(LineageStep(epoch, position) for epoch, position in rows)

"""Who did what, and who read whose personal data: no names are in it."""

from datetime import UTC, date, datetime, time
from typing import Annotated, Final

import msgspec
from litestar import Response

from domain.ids import CustomerId
from domain.messages import made_of
from infra.event_store.audit import AuditEntry, AuditQuestion, audit_entries
from infra.openings import OpeningsQuestion, openings_found
from services.api.http.cursors import CursorText, name_of_list, place_text, read_place
from services.api.http.parameters import Limit, Parameters
from services.api.http.route_handlers import Injected, json_response, read
from services.api.resources.records import read_record
from services.api.state import AppState

Actor = Annotated[
    str,
    msgspec.Meta(
        max_length=200, description="Only what this actor did: ass_…, usr:…, cli:…, till:… or service:…."
    ),
]
OfCustomer = Annotated[CustomerId, msgspec.Meta(description="Only what concerns this customer.")]
SinceDay = Annotated[date, msgspec.Meta(description="Only what was recorded from this day (UTC) on.")]
Correlation = Annotated[
    str, msgspec.Meta(max_length=128, description="Only what one request led to, by its correlation id.")
]


class AuditWanted(Parameters, kw_only=True):
    """Which events."""

    limit: Limit = 50
    cursor: CursorText | None = None
    actor: Actor | None = None
    customer_id: OfCustomer | None = None
    correlation_id: Correlation | None = None
    since: SinceDay | None = None


class OpeningsWanted(Parameters, kw_only=True):
    """Which openings."""

    limit: Limit = 50
    cursor: CursorText | None = None
    actor: Actor | None = None
    customer_id: OfCustomer | None = None
    since: SinceDay | None = None


class AuditPage(msgspec.Struct, frozen=True, kw_only=True):
    """Events without their content, the newest first. `next` is the `cursor` of the next page, null on the
    last.
    """

    entries: list[AuditEntry]
    next: str | None


class OpeningDocument(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that told somebody of customers: who asked, in which role, by which operation, and when."""

    opened_at: datetime
    actor: str
    role: str | None
    operation: str
    correlation_id: str | None
    customers: list[str]


class OpeningsPage(msgspec.Struct, frozen=True, kw_only=True):
    """Openings, the newest first. `next` is the `cursor` of the next page, null on the last."""

    openings: list[OpeningDocument]
    next: str | None


@read("/v1/audit", tag="house", summary="Who did what.", encrypted=True)
async def audit(app: Injected[AppState], params: Injected[AuditWanted]) -> Response[AuditPage]:
    """What `clienteling audit` says: the events of the log by their metadata, the newest first."""
    list_name = name_of_list("audit", params.actor, params.customer_id, params.correlation_id, params.since)
    question = AuditQuestion(
        actor=params.actor,
        customer_id=params.customer_id,
        correlation_id=params.correlation_id,
        since=_begin_of(params.since),
        before=None if params.cursor is None else read_place(params.cursor, list_name, int),
    )
    end = await app.tables.end_of_log()
    found = await read_record(app, lambda connection: audit_entries(connection, question, params.limit + 1))
    page = found[::-1][: params.limit]
    going_on = None
    if len(found) > params.limit:
        going_on = place_text(list_name, end, app.clock.now(), page[-1].position)
    return json_response(AuditPage(entries=page, next=going_on), position=end)


@read(
    "/v1/openings",
    tag="house",
    summary="Who read whose personal data.",
    encrypted=True,
)
async def openings(app: Injected[AppState], params: Injected[OpeningsWanted]) -> Response[OpeningsPage]:
    """What `clienteling audit openings` says: the answers that told of customers, the newest first, as long
    as they are kept.
    """
    list_name = name_of_list("openings", params.actor, params.customer_id, params.since)
    question = OpeningsQuestion(
        actor=params.actor,
        customer=params.customer_id,
        since=_begin_of(params.since),
        before=None if params.cursor is None else read_place(params.cursor, list_name, tuple[datetime, str]),
    )
    end = await app.tables.end_of_log()
    found = await read_record(app, lambda connection: openings_found(connection, question, params.limit + 1))
    page = found[::-1][: params.limit]
    going_on = None
    if len(found) > params.limit:
        going_on = place_text(list_name, end, app.clock.now(), (page[-1].opened_at, page[-1].row))
    documents = [made_of(OpeningDocument, one) for one in page]
    return json_response(OpeningsPage(openings=documents, next=going_on), position=end)


def _begin_of(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time.min, UTC)


ROUTE_HANDLERS: Final = (audit, openings)

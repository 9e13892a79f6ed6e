"""What managers and payroll read of everybody: hours that are missing before a period is closed, and deficits
while they build up.
"""

from typing import Final

import msgspec
from litestar import Response

from domain.ids import AssociateId, Code
from projections.associate_directory.fold import PROJECTION as DIRECTORY
from projections.commission_ledger.deficits import DEFICITS, Deficit
from projections.commission_ledger.fold import PROJECTION
from projections.commission_ledger.missing_hours import (
    MissingHours,
    missing_hours_of,
    missing_hours_parameters,
    sales_without_hours,
)
from projections.pay_calendar.fold import PROJECTION as PAY_CALENDAR
from projections.pay_calendar.queries import IN_A_CALENDAR
from services.api.http.parameters import Limit, Reading
from services.api.http.problems import not_found
from services.api.http.route_handlers import Injected, json_response, read
from services.api.state import AppState
from services.read_models.deficits import deficits_in, deficits_parameters
from services.read_models.tables import ITS_POSITION_ALONE, Query


class EverybodyPaging(Reading, kw_only=True):
    """A page of associates: those behind `after`, in the order of their ids."""

    limit: Limit = 50
    after: AssociateId | None = None


class DeficitFilter(EverybodyPaging, kw_only=True):
    """A page of associates with a deficit, of one store or of all."""

    store_id: Code | None = None


class MissingHoursFilter(EverybodyPaging, kw_only=True):
    """A page of associates, of a period in one calendar (`company`, or a store) or in all that have it."""

    scope: Code | None = None


class MissingHoursPage(msgspec.Struct, frozen=True, kw_only=True):
    """Sales without hours; `next` is what `after` is for the next page, null on the last."""

    missing: list[MissingHours]
    next: str | None


class DeficitsPage(msgspec.Struct, frozen=True, kw_only=True):
    """Deficits that build up; `next` is what `after` is for the next page, null on the last."""

    deficits: list[Deficit]
    next: str | None


async def is_in_a_calendar(app: AppState, period_id: str) -> bool:
    """Whether a period was opened in any calendar."""
    found = await app.tables.read(PAY_CALENDAR.name, IN_A_CALENDAR, {"period_id": period_id})
    return bool(found.rows)


@read(
    "/v1/pay-periods/{period_id}/missing-hours",
    tag="pay",
    summary="Who has sales in a period and no hours.",
    problems=("pay_period_unknown",),
)
async def missing_hours(
    app: Injected[AppState], params: Injected[MissingHoursFilter], period_id: Code
) -> Response[MissingHoursPage]:
    """Who has sales in a pay period and no hours, before their statement of it: their guarantee would be
    nothing.

    404 for a period that is in no calendar.
    """
    asked = missing_hours_parameters(
        period_id, scope=params.scope, after=params.after or "", limit=params.limit + 1
    )
    found, *others = await app.tables.read_together(
        Query(PROJECTION.name, sales_without_hours(params.scope), asked),
        Query(DIRECTORY.name, ITS_POSITION_ALONE, {}),
        Query(PAY_CALENDAR.name, ITS_POSITION_ALONE, {}),
        at_least=params.at_least,
    )
    if not found.rows and not await is_in_a_calendar(app, period_id):
        raise not_found("pay period", "pay_period_unknown")
    page = [missing_hours_of(row) for row in found.rows[: params.limit]]
    more = page[-1].associate_id if len(found.rows) > params.limit else None
    position = min(each.position for each in (found, *others))
    return json_response(MissingHoursPage(missing=page, next=more), position=position)


@read("/v1/deficits", tag="pay", summary="Deficits while they build up.")
async def deficits(app: Injected[AppState], params: Injected[DeficitFilter]) -> Response[DeficitsPage]:
    """Who has lost more commission in an open period than earned: since when, and by which returns.

    Their guarantee is paid all the same; what becomes of the deficit is said by their pay plan.
    """
    asked = deficits_parameters(store_id=params.store_id, after=params.after or "", limit=params.limit + 1)
    found, stores = await app.tables.read_together(
        Query(PROJECTION.name, DEFICITS, asked),
        Query(DIRECTORY.name, ITS_POSITION_ALONE, {}),
        at_least=params.at_least,
    )
    page = found.rows[: params.limit]
    more = page[-1][0] if len(found.rows) > params.limit else None
    return json_response(
        DeficitsPage(deficits=deficits_in(page), next=more), position=min(found.position, stores.position)
    )


ROUTE_HANDLERS: Final = (missing_hours, deficits)

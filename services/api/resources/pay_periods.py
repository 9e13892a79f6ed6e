"""The pay calendars: of the company, and of stores that keep their own."""

from datetime import date
from typing import Final, Literal

import msgspec
from litestar import Response

from domain.ids import Code, calendar_id_of
from projections.pay_calendar.fold import PROJECTION
from projections.pay_calendar.queries import CALENDAR, CALENDARS, PeriodDocument, period_documents
from services.api.http.parameters import Limit, Offset, Reading
from services.api.http.route_handlers import Injected, json_response, read
from services.api.state import AppState


class PeriodFilter(Reading, kw_only=True):
    """A page of pay periods, of one calendar (`company`, or a store) or of all."""

    limit: Limit = 50
    offset: Offset = 0
    scope: Code | None = None
    status: Literal["open", "closed"] | None = None
    on: date | None = None


class PeriodsPage(msgspec.Struct, frozen=True, kw_only=True):
    """Pay periods, the latest first; `total` of them in all."""

    periods: list[PeriodDocument]
    total: int


@read("/v1/pay-periods", tag="pay", summary="The pay calendar.")
async def pay_periods(app: Injected[AppState], params: Injected[PeriodFilter]) -> Response[PeriodsPage]:
    """Pay periods, the latest first; `on` gives those a day lies in."""
    if params.scope is None:
        query, parameters = CALENDARS, {}
    else:
        query, parameters = CALENDAR, {"calendar_id": calendar_id_of(params.scope)}
    found = await app.tables.read(PROJECTION.name, query, parameters, at_least=params.at_least)
    periods = [
        period
        for _, _, state in found.rows
        for period in period_documents(PROJECTION.decode(state))
        if params.status in (None, period.status)
        and (params.on is None or period.starts_on <= params.on <= period.ends_on)
    ]
    periods.sort(key=lambda period: period.starts_on, reverse=True)
    page = periods[params.offset : params.offset + params.limit]
    return json_response(PeriodsPage(periods=page, total=len(periods)), position=found.position)


ROUTE_HANDLERS: Final = (pay_periods,)

"""The pay calendars: of the company, and of stores that keep their own."""

from datetime import date
from typing import Final, Literal

import msgspec
from litestar import Response

from domain.ids import Code, calendar_id_of
from projections.pay_calendar.fold import PROJECTION
from projections.pay_calendar.queries import CALENDAR, CALENDARS, PeriodDocument, period_documents
from services.api.http.parameters import AnyRequest, Paging
from services.api.http.routing import Route, json_answer
from services.api.state import Shop


class PeriodFilter(Paging, kw_only=True):
    """A page of pay periods, of one calendar (`company`, or a store) or of all, open or closed ones or both."""

    scope: Code | None = None
    status: Literal["open", "closed"] | None = None
    on: date | None = None


class PeriodsPage(msgspec.Struct, frozen=True, kw_only=True):
    """Pay periods, the latest first; `total` of them in all."""

    periods: list[PeriodDocument]
    total: int


async def pay_periods(shop: Shop, request: AnyRequest) -> Response[bytes]:
    """Pay periods, the latest first; `on` gives those a day lies in."""
    asked = shop.parameters(request, PeriodFilter)
    if asked.scope is None:
        query, parameters = CALENDARS, {}
    else:
        query, parameters = CALENDAR, {"calendar_id": calendar_id_of(asked.scope)}
    found = await shop.tables.read(PROJECTION.name, query, parameters, at_least=asked.at_least)
    periods = [
        period
        for _, _, state in found.rows
        for period in period_documents(PROJECTION.decode(state))
        if asked.status in (None, period.status)
        and (asked.on is None or period.starts_on <= asked.on <= period.ends_on)
    ]
    periods.sort(key=lambda period: period.starts_on, reverse=True)
    page = periods[asked.offset : asked.offset + asked.limit]
    return json_answer(PeriodsPage(periods=page, total=len(periods)), position=found.position)


ROUTES: Final = (
    Route(
        path="/v1/pay-periods",
        handle=pay_periods,
        summary="The pay calendar.",
        group="pay",
        answer=PeriodsPage,
        parameters=PeriodFilter,
        positioned=True,
        problems=(409, 422, 503),
    ),
)

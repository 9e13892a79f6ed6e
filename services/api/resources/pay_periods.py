"""The pay calendars: of the company, and of stores that keep their own."""

from datetime import date
from typing import Final, Literal

import msgspec
from litestar import Response

from domain.ids import Code, calendar_id_of
from projections.pay_calendar.fold import PROJECTION
from projections.pay_calendar.queries import CALENDAR, CALENDARS, PeriodDocument, period_documents
from services.api.http.cursors import CursorText, name_of_list, place_text, read_place
from services.api.http.parameters import Limit, Offset, Reading
from services.api.http.problems import Problem
from services.api.http.route_handlers import Injected, json_response, read
from services.api.state import AppState

#: What pay periods are listed by: the days (the latest first), then the scope and the period's id.
Place = tuple[int, str, str]


class PeriodFilter(Reading, kw_only=True):
    """A page of pay periods, of one calendar (`company`, or a store) or of all."""

    limit: Limit = 50
    cursor: CursorText | None = None
    offset: Offset = 0
    scope: Code | None = None
    status: Literal["open", "closed"] | None = None
    on: date | None = None


class PeriodsPage(msgspec.Struct, frozen=True, kw_only=True):
    """Pay periods, the latest first; `total` of them in all. `next` is the `cursor` of the next page, null on
    the last.
    """

    periods: list[PeriodDocument]
    total: int
    next: str | None


@read("/v1/pay-periods", tag="pay", summary="The pay calendar.")
async def pay_periods(app: Injected[AppState], params: Injected[PeriodFilter]) -> Response[PeriodsPage]:
    """Pay periods, the latest first; `on` gives those a day lies in."""
    list_name = name_of_list("pay periods", params.scope, params.status, params.on)
    behind = _place_in(params, list_name)
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
    periods.sort(key=_place_of)
    following = (
        periods[params.offset :] if behind is None else [one for one in periods if _place_of(one) > behind]
    )
    page = following[: params.limit]
    going_on = None
    if len(following) > params.limit:
        going_on = place_text(list_name, found.position, app.clock.now(), _place_of(page[-1]))
    answer = PeriodsPage(periods=page, total=len(periods), next=going_on)
    return json_response(answer, position=found.position)


def _place_of(period: PeriodDocument) -> Place:
    """Where a period stands in the list, whatever is opened and closed meanwhile: the latest first."""
    return (-period.starts_on.toordinal(), period.scope or "", period.period_id)


def _place_in(params: PeriodFilter, list_name: str) -> Place | None:
    """The place of the last period of the page before. Raises a 422 problem."""
    if params.cursor is None:
        return None
    if params.offset:
        raise Problem(422, "invalid", "A cursor already says where to go on.", field="offset")
    return read_place(params.cursor, list_name, Place)


ROUTE_HANDLERS: Final = (pay_periods,)

"""Pay so far: what an associate's open periods would be paid, and every line of it with its cause."""

import re
from datetime import datetime
from typing import Annotated, Final

import msgspec
from litestar import Response

from domain.associate.commands import DeficitPolicy
from domain.ids import AssociateId, account_id_of, calendar_id_of
from domain.pay_period.commands import COMPANY
from projections.associate_directory.fold import PROJECTION as DIRECTORY
from projections.associate_directory.queries import ASSOCIATE
from projections.commission_ledger import queries
from projections.commission_ledger.account import Account
from projections.commission_ledger.fold import PROJECTION
from projections.pay_calendar.fold import PROJECTION as CALENDARS
from projections.pay_calendar.fold import Period
from projections.pay_calendar.queries import CALENDAR
from services.api.http.parameters import POSITION_MAX, Limit, Reading
from services.api.http.problems import Problem, not_found
from services.api.http.route_handlers import Injected, json_response, read
from services.api.resources.time_zones import zone_of
from services.api.state import AppState
from services.read_models.pay_lines import PAY_LINES, PayLine, pay_line_of, pay_lines_parameters
from services.read_models.pay_so_far import PeriodSoFar, periods_so_far, plan_of
from services.read_models.tables import Query

Cursor = Annotated[
    str, msgspec.Meta(pattern=r"^\d{1,18}\.\d{1,9}$", description="`next` of the page before.")
]
#: Before everything: the newest line is the first.
NEWEST: Final = (POSITION_MAX, 0)


class PayPaging(Reading, kw_only=True):
    """A page of lines, the newest first: those behind `after`."""

    limit: Limit = 50
    after: Cursor | None = None


class PayPage(msgspec.Struct, frozen=True, kw_only=True):
    """An associate's pay so far, as of an instant, by the days of their store's clock.

    `owed` (by currency) is what carried deficits and draws come to before these periods. `next` is what
    `after` is for the next page of lines, null on the last.
    """

    associate_id: str
    as_of: datetime
    time_zone: str
    plan_no: int | None
    policy: DeficitPolicy | None
    owed: dict[str, int]
    periods: list[PeriodSoFar]
    lines: list[PayLine]
    next: str | None


@read("/v1/associates/{associate_id}/pay", tag="pay", summary="An associate's pay so far, and why.")
async def pay(
    app: Injected[AppState], params: Injected[PayPaging], associate_id: AssociateId
) -> Response[PayPage]:
    """What the open periods would be paid by now and what is to be expected; and each sale, clawback and
    correction with its cause, the newest first.

    A clawback names the article that came back, when it had been sold, in which period it had been earned and
    who took it in; a moved line the other associate and the reason.
    """
    before = _place(params.after)
    zone, zone_position = await zone_of(app, associate_id, None, params.at_least)
    asked = pay_lines_parameters(associate_id, before, params.limit + 1)
    somebody, found, listed = await app.tables.read_together(
        Query(DIRECTORY.name, ASSOCIATE, {"associate_id": associate_id}),
        Query(PROJECTION.name, queries.ACCOUNT, {"account_id": account_id_of(associate_id)}),
        Query(PROJECTION.name, PAY_LINES, asked),
        at_least=params.at_least,
    )
    if not somebody.rows:
        raise not_found("associate", "associate_unknown")
    associate = DIRECTORY.decode(somebody.rows[0][2])
    account = PROJECTION.decode(found.rows[0][2]) if found.rows else Account()
    place = associate.posting
    calendar, known = await _calendar(app, place.store_id if place else None, params.at_least)
    now = app.clock.now()
    today = now.astimezone(zone).date()
    plan = plan_of(associate, today)
    page = listed.rows[: params.limit]
    more = f"{page[-1][0]}.{page[-1][1]}" if len(listed.rows) > params.limit else None
    answer = PayPage(
        associate_id=associate_id,
        as_of=now,
        time_zone=zone.key,
        plan_no=plan.plan_no if plan else None,
        policy=plan.plan.deficit_policy if plan else None,
        owed=queries.account_document(account).owed,
        periods=periods_so_far(associate, account, calendar, today),
        lines=[pay_line_of(row) for row in page],
        next=more,
    )
    position = min(zone_position, somebody.position, found.position, known)
    return json_response(answer, position=position)


async def _calendar(app: AppState, store_id: str | None, at_least: int | None) -> tuple[list[Period], int]:
    """The periods that an associate of a store is paid by: the store's own, else the company's."""
    scopes = [COMPANY] if store_id is None else [store_id, COMPANY]
    calendars = await app.tables.read_together(
        *(Query(CALENDARS.name, CALENDAR, {"calendar_id": calendar_id_of(scope)}) for scope in scopes),
        at_least=at_least,
    )
    rows = next((calendar.rows for calendar in calendars if calendar.rows), [])
    return (CALENDARS.decode(rows[0][2]).periods if rows else []), calendars[0].position


def _place(after: str | None) -> tuple[int, int]:
    if after is None:
        return NEWEST
    position, n = re.split(r"\.", after)
    if int(n) > 2**31 - 1:
        raise Problem(422, "invalid", "This is not the `next` of a page.", field="after")
    return (int(position), int(n))


ROUTE_HANDLERS: Final = (pay,)

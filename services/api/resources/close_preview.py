"""What closing a pay period would pay whom, and what is missing, before anybody does it."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Final

import msgspec
from litestar import Response

from domain.commission_account.events import StatementIssued
from domain.ids import Code
from domain.messages import NotFound, made_of
from domain.pay_period.commands import COMPANY
from projections.associate_directory.fold import PROJECTION as DIRECTORY
from projections.associate_directory.queries import on_the_payroll
from projections.commission_ledger.fold import PROJECTION as LEDGER
from projections.commission_ledger.missing_hours import (
    EVERYBODY,
    MissingHours,
    missing_hours_of,
    missing_hours_parameters,
    sales_without_hours,
)
from services.api.http.problems import not_found
from services.api.http.route_handlers import Injected, json_response, read
from services.api.reading_state import ReadingState
from services.api.resources.period_reports import EverybodyPaging
from services.api.state import AppState
from services.read_models.close_preview import ClosePreviewed, StatementRefused, StatementToCome
from services.read_models.period_totals import CurrencyTotals, added_up
from services.read_models.tables import Query

#: So many associates are settled at once.
SETTLED_AT_ONCE: Final = 200


class ClosePreviewPaging(EverybodyPaging, kw_only=True):
    """A page of associates, of a period in one calendar: `company`, or a store's own."""

    scope: Code = COMPANY


class ToBePaid(msgspec.Struct, frozen=True, kw_only=True):
    """What all statements to come add up to, and how many associates have sales and no hours, the first of
    them in `missing`: their guarantee would be nothing.
    """

    currencies: list[CurrencyTotals]
    missing_hours: int
    missing: list[MissingHours]


class ClosePreview(msgspec.Struct, frozen=True, kw_only=True):
    """A pay period as if it were closed at an instant. `early`: its last day has not come, and the command
    would need `early`. `closed`: it is closed already, and what is here was not issued yet.

    `statements` are by associate, later periods that wait for this one included; `refused` are those that
    could not be issued. `totals` are of everybody, null on the pages behind the first. `next` is what `after`
    is for the next page, null on the last.
    """

    as_of: datetime
    scope: str
    period_id: str
    early: bool
    closed: bool
    statements: list[StatementToCome]
    refused: list[StatementRefused]
    next: str | None
    totals: ToBePaid | None


@read(
    "/v1/pay-periods/{period_id}/close-preview",
    tag="pay",
    summary="What closing a pay period would pay whom.",
    problems=("pay_period_unknown",),
)
async def close_preview(
    app: Injected[AppState], params: Injected[ClosePreviewPaging], period_id: Code
) -> Response[ClosePreview]:
    """The statements that `close-pay-period` would lead to now, by the rules that it follows and of all that
    is recorded; nothing is done. Whose hours are missing is said by the tables.

    404 for a period that is not in the calendar.
    """
    preview, position = await app.beside.run(preview_of, app, period_id, params)
    return json_response(preview, position=position)


async def preview_of(
    app: ReadingState, period_id: str, params: ClosePreviewPaging
) -> tuple[ClosePreview, int]:
    """A page of the preview, and the position of the tables that it was made with."""
    now = app.clock.now()
    first = params.after is None
    asked = missing_hours_parameters(period_id, scope=params.scope, limit=EVERYBODY if first else 0)
    missing, *_ = tables = await app.tables.read_together(
        Query(LEDGER.name, sales_without_hours(params.scope), asked),
        Query(DIRECTORY.name, on_the_payroll(params.scope), _payroll(params.scope, "", 0)),
        at_least=params.at_least,
    )
    try:
        closed = await asyncio.to_thread(ClosePreviewed, app.log, params.scope, period_id, now)
    except NotFound:
        raise not_found("pay period", "pay_period_unknown") from None
    page: list[StatementIssued | StatementRefused] = []
    everybodys: list[StatementIssued] = []
    following: str | None = None
    async for associates in _on_the_payroll(app, params.scope, params.after or ""):
        for one in await asyncio.to_thread(closed.statements_of, associates):
            # The statements of one associate stay on one page.
            if following is None and (len(page) < params.limit or page[-1].associate_id == one.associate_id):
                page.append(one)
            elif following is None:
                following = page[-1].associate_id
            if isinstance(one, StatementIssued):
                everybodys.append(one)
        if following is not None and not first:
            break
    totals = ToBePaid(
        currencies=added_up(everybodys),
        missing_hours=len(missing.rows),
        missing=[missing_hours_of(row) for row in missing.rows[: params.limit]],
    )
    preview = ClosePreview(
        as_of=now,
        scope=params.scope,
        period_id=period_id,
        early=closed.early,
        closed=closed.was_closed,
        statements=[made_of(StatementToCome, one) for one in page if isinstance(one, StatementIssued)],
        refused=[one for one in page if isinstance(one, StatementRefused)],
        next=following,
        totals=totals if first else None,
    )
    return preview, min(one.position for one in tables)


async def _on_the_payroll(app: ReadingState, scope: str, after: str) -> AsyncGenerator[list[str]]:
    """Everybody whom a pay run asks for a statement, some at a time."""
    while True:
        asked = _payroll(scope, after, SETTLED_AT_ONCE)
        found = await app.tables.read(DIRECTORY.name, on_the_payroll(scope), asked)
        associates = [str(row[0]) for row in found.rows]
        if associates:
            yield associates
        if len(associates) < SETTLED_AT_ONCE:
            return
        after = associates[-1]


def _payroll(scope: str, after: str, limit: int) -> dict[str, object]:
    return {"scope": scope, "after_key": after, "limit": limit}


ROUTE_HANDLERS: Final = (close_preview,)

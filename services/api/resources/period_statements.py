"""Everybody's statements of a pay period: in pages with what they come to, and as a table (CSV)."""

from collections.abc import AsyncGenerator
from typing import Annotated, Any, Final, cast

import msgspec
from litestar import Response
from litestar.response import Stream

from domain.currencies import EXPONENTS
from domain.ids import Code, account_id_of
from projections.associate_directory.fold import PROJECTION as DIRECTORY
from projections.commission_ledger.fold import PROJECTION
from projections.commission_ledger.missing_hours import (
    EVERYBODY,
    MissingHours,
    missing_hours_of,
    missing_hours_parameters,
    sales_without_hours,
)
from projections.commission_ledger.queries import statement_of, statements_in_period
from projections.pay_calendar.fold import PROJECTION as PAY_CALENDAR
from projections.pay_questions.fold import PROJECTION as PAY_QUESTIONS
from projections.pay_questions.queries import Standing, outstanding, with_signatures
from services.api.http.asgi import weight_of
from services.api.http.csv_answers import CSV, csv_headers, csv_lines
from services.api.http.naming import Mentioned
from services.api.http.parameters import AnyRequest
from services.api.http.problems import not_found
from services.api.http.route_handlers import JSON, Injected, json_bytes, read
from services.api.resources.names import names_of
from services.api.resources.period_reports import EverybodyPaging, is_in_a_calendar
from services.api.state import AppState
from services.read_models.period_totals import (
    ADDED,
    TOTALS_OF_PERIOD,
    CurrencyTotals,
    currency_totals_of,
)
from services.read_models.signed_statements import SignedStatement, signed_documents
from services.read_models.tables import ITS_POSITION_ALONE, Query, Rows

#: So many statements of a table are read at once.
ROWS_AT_ONCE: Final = 500
#: What a table says of a statement beside its sums; `name` where names are asked for.
COLUMNS: Final = ("associate_id", "period_id", "scope", "starts_on", "ends_on", "currency", "exponent")
MORE_COLUMNS: Final = (
    *ADDED, "policy", "plan_no", "regular_rate_minor", "commission_share_bp", "issued_at", "signed_at",
    "signed_by", "open_questions",
)  # fmt: skip


class PeriodStatementsFilter(EverybodyPaging, kw_only=True):
    """A page of a period's statements: in one calendar (`company`, or a store) or in all that have it; all of
    them, those that nobody has signed, or those that are in question.
    """

    scope: Code | None = None
    standing: Annotated[
        Standing | None,
        msgspec.Meta(
            description="`unsigned`: nobody has signed it. `questioned`: a question about it is open."
        ),
    ] = None


class StatementTotals(msgspec.Struct, frozen=True, kw_only=True):
    """What all statements of a period come to, and what is outstanding: how many of them nobody has signed,
    about how many a question is open, and how many associates have sales and no hours and no statement yet,
    the first of them in `missing`.
    """

    currencies: list[CurrencyTotals]
    unsigned: int
    questioned: int
    missing_hours: int
    missing: list[MissingHours]


class PeriodStatementsPage(msgspec.Struct, frozen=True, kw_only=True):
    """Everybody's statements of a period; `next` is what `after` is for the next page, null on the last.

    `totals` are of the whole period, whatever is asked for; null on the pages behind the first.
    """

    statements: list[SignedStatement]
    next: str | None
    totals: StatementTotals | None


@read(
    "/v1/pay-periods/{period_id}/statements",
    tag="pay",
    summary="Everybody's pay statements of a period.",
    problems=("pay_period_unknown",),
    also_as=CSV,
)
async def statements_of_period(
    request: AnyRequest, app: Injected[AppState], params: Injected[PeriodStatementsFilter], period_id: Code
) -> Response[PeriodStatementsPage]:
    """The statements of a pay period as they were issued, by associate, with who has signed them off; none
    while it is open. And what they come to, and what is outstanding.

    With `Accept: text/csv` a table of all of them behind `after`, with a line of headings; amounts in minor
    units beside their `currency` and its `exponent`, with names if they are asked for. A text that a
    spreadsheet would take for a formula has an apostrophe before it.

    404 for a period that is in no calendar.
    """
    accept = request.headers.get("accept")
    if (weight_of(accept, CSV) or 0) > (weight_of(accept, JSON) or 0):
        return await _table(request, app, params, period_id)
    missing = missing_hours_parameters(period_id, scope=params.scope, limit=EVERYBODY)
    first = params.after is None
    found, sums, without_hours, *others = await app.tables.read_together(
        _statements(params, period_id, params.after, params.limit + 1),
        _if(first, PROJECTION.name, TOTALS_OF_PERIOD, {"period_id": period_id, "scope": params.scope}),
        _if(first, PROJECTION.name, sales_without_hours(params.scope), missing),
        *(Query(one.name, ITS_POSITION_ALONE, {}) for one in (PAY_QUESTIONS, DIRECTORY, PAY_CALENDAR)),
        at_least=params.at_least,
    )
    documents = signed_documents(found.rows)
    if not documents and not await is_in_a_calendar(app, period_id):
        raise not_found("pay period", "pay_period_unknown")
    page = documents[: params.limit]
    more = statement_of(page[-1]).associate_id if len(documents) > params.limit else None
    totals = msgspec.json.encode(_totals(sums, without_hours, params.limit) if first else None).decode()
    body = f'{{"statements":[{",".join(page)}],"next":{_quoted(more)},"totals":{totals}}}'
    return json_bytes(body.encode(), position=min(found.position, *(one.position for one in others)))


def _statements(params: PeriodStatementsFilter, period_id: str, after: str | None, rows: int) -> Query:
    sql = with_signatures(statements_in_period(params.scope))
    asked: dict[str, Any] = {
        "period_id": period_id,
        "scope": params.scope,
        "after_account_id": account_id_of(after) if after else "",
        "limit": rows if params.standing is None else None,
        "rows": rows,
    }
    return Query(
        PROJECTION.name, sql if params.standing is None else outstanding(sql, params.standing), asked
    )


def _if(asked: bool, projection: str, sql: str, parameters: dict[str, Any]) -> Query:
    return Query(projection, sql, parameters) if asked else Query(projection, ITS_POSITION_ALONE, {})


def _totals(sums: Rows, without_hours: Rows, limit: int) -> StatementTotals:
    return StatementTotals(
        currencies=[currency_totals_of(row) for row in sums.rows],
        unsigned=sum(row[-2] for row in sums.rows),
        questioned=sum(row[-1] for row in sums.rows),
        missing_hours=len(without_hours.rows),
        missing=[missing_hours_of(row) for row in without_hours.rows[:limit]],
    )


def _quoted(text: str | None) -> str:
    return "null" if text is None else f'"{text}"'


async def _table(
    request: AnyRequest, app: AppState, params: PeriodStatementsFilter, period_id: str
) -> Response[PeriodStatementsPage]:
    """The same as a table that goes on until its end, in pages that are read one after another."""
    first = await app.tables.read_together(
        _statements(params, period_id, params.after, ROWS_AT_ONCE),
        Query(PAY_QUESTIONS.name, ITS_POSITION_ALONE, {}),
        at_least=params.at_least,
    )
    if not first[0].rows and not await is_in_a_calendar(app, period_id):
        raise not_found("pay period", "pay_period_unknown")
    headers = csv_headers(f"statements-{period_id}.csv", position=min(one.position for one in first))
    lines = _lines(request, app, params, period_id, first[0])
    return cast("Response[PeriodStatementsPage]", Stream(lines, headers=headers))


async def _lines(
    request: AnyRequest, app: AppState, params: PeriodStatementsFilter, period_id: str, found: Rows
) -> AsyncGenerator[bytes]:
    named = ("name",) if params.include else ()
    yield csv_lines([[*named, *COLUMNS, *MORE_COLUMNS]])
    while True:
        statements = [_decode(document) for document in signed_documents(found.rows)]
        who = [statement.associate_id for statement in statements]
        names: dict[str, str | None] = {}
        if named:
            associates, _, _ = await names_of(
                app, request.scope, Mentioned(associates=who, customers=[], stores=[])
            )
            names = msgspec.json.decode(associates)
        yield csv_lines([_row(one, [names.get(one.associate_id)] if named else []) for one in statements])
        if len(statements) < ROWS_AT_ONCE:
            return
        query = _statements(params, period_id, who[-1], ROWS_AT_ONCE)
        found = await app.tables.read(query.projection, query.sql, query.parameters)


def _row(statement: SignedStatement, named: list[Any]) -> list[Any]:
    said = {
        **msgspec.structs.asdict(statement),
        "exponent": EXPONENTS.get(statement.currency),
        "open_questions": len(statement.open_questions),
    }
    return [*named, *(said[column] for column in (*COLUMNS, *MORE_COLUMNS))]


_decode = msgspec.json.Decoder(SignedStatement).decode

ROUTE_HANDLERS: Final = (statements_of_period,)

"""What associates earned: accounts with their entries, and statements as they were issued."""

import asyncio
import re
from typing import Annotated, Any, Final

import msgspec
from litestar import Response

from domain.ids import AssociateId, Code, account_id_of
from projections.commission_ledger import queries
from projections.commission_ledger.fold import PROJECTION
from projections.pay_questions.fold import PROJECTION as PAY_QUESTIONS
from projections.pay_questions.queries import with_signatures
from services.api.http.cursors import CursorText, name_of_list, place_text, read_place
from services.api.http.parameters import POSITION_MAX, AsOfReading, Limit, Offset
from services.api.http.problems import Problem, not_found
from services.api.http.route_handlers import Injected, json_bytes, json_response, read
from services.api.reading_state import ReadingState
from services.api.resources.as_of import is_of_the_past, past_of
from services.api.resources.associates import require_associate
from services.api.state import AppState
from services.read_models.rows_as_of import ledger_as_of, signatures_as_of
from services.read_models.signed_statements import SignedStatement, signed_document, signed_documents
from services.read_models.tables import ITS_POSITION_ALONE, Query

EntryCursor = Annotated[
    str, msgspec.Meta(pattern=r"^\d{1,18}\.\d{1,9}$", description="`next` of the page before.")
]


class EntryPaging(AsOfReading, kw_only=True):
    """A page of entries, in the order of the log: those behind `after`; of one period, or of all."""

    limit: Limit = 100
    after: EntryCursor | None = None
    period_id: Code | None = None


class StatementPaging(AsOfReading, kw_only=True):
    """A page of statements: those issued by then, where a past is asked for."""

    limit: Limit = 50
    cursor: CursorText | None = None
    offset: Offset = 0


class StatementParameters(AsOfReading, kw_only=True):
    """The past in which the statement is looked for; now when both are left out."""


class LedgerPage(msgspec.Struct, frozen=True, kw_only=True):
    """Entries of one associate in the order of the log, and the `account`; null before the first entry.

    `next` is what `after` is for the next page, null on the last.
    """

    account: queries.AccountDocument | None
    entries: list[queries.LedgerEntry]
    next: str | None


class StatementsPage(msgspec.Struct, frozen=True, kw_only=True):
    """Statements of one associate, the latest first; `more` says whether earlier ones follow, and `next` is
    the `cursor` of their page.
    """

    statements: list[SignedStatement]
    more: bool
    next: str | None


@read("/v1/associates/{associate_id}/ledger", tag="pay", summary="An associate's commission account.")
async def ledger(
    app: Injected[AppState], params: Injected[EntryPaging], associate_id: AssociateId
) -> Response[LedgerPage]:
    """The entries of an associate's commission account. What an entry adds to one account another one lost.

    With `as_of` or `as_of_position` the account as it stood then, and the entries there were.
    """
    if is_of_the_past(params):
        body, position = await app.beside.run(ledger_then, app, associate_id, params)
        return json_bytes(body, position=position)
    after = _place(params.after)
    parameters = queries.ledger_parameters(
        associate_id, period_id=params.period_id, after=after, limit=params.limit + 1
    )
    found, listed = await app.tables.read_together(
        Query(PROJECTION.name, queries.ACCOUNT, {"account_id": account_id_of(associate_id)}),
        Query(PROJECTION.name, queries.LEDGER, parameters),
        at_least=params.at_least,
    )
    if not found.rows:
        await require_associate(app, associate_id)
        return json_response(LedgerPage(account=None, entries=[], next=None), position=found.position)
    account = queries.account_document(PROJECTION.decode(found.rows[0][2]))
    page = _page(account, list(queries.entries_of(listed.rows, after)), params.limit)
    return json_response(page, position=found.position)


async def ledger_then(app: ReadingState, associate_id: str, params: EntryPaging) -> tuple[bytes, int]:
    """The page of a past as JSON, and its position."""
    after = _place(params.after)
    past = await past_of(app, params)
    found = await asyncio.to_thread(ledger_as_of, app.log, associate_id, past.cutoff)
    if found.account is None:
        await require_associate(app, associate_id)
    entries = found.entries
    if params.period_id is not None:
        entries = queries.entries_in_period(entries, found.statements, params.period_id)
    following = [entry for entry in entries if (entry.position, entry.n) > after]
    account = None if found.account is None else queries.account_document(found.account)
    return msgspec.json.encode(_page(account, following, params.limit)), past.cutoff.position


def _page(
    account: queries.AccountDocument | None, entries: list[queries.LedgerEntry], limit: int
) -> LedgerPage:
    page, more = entries[:limit], entries[limit:]
    return LedgerPage(
        account=account, entries=page, next=f"{page[-1].position}.{page[-1].n}" if more else None
    )


@read("/v1/associates/{associate_id}/statements", tag="pay", summary="An associate's pay statements.")
async def statements(
    app: Injected[AppState], params: Injected[StatementPaging], associate_id: AssociateId
) -> Response[StatementsPage]:
    """The statements of an associate, the latest first. They never change; each says who has signed it off,
    and which open questions are about it.
    """
    list_name = name_of_list("statements", associate_id)
    before = _before(params, list_name)
    if is_of_the_past(params):
        documents, position = await app.beside.run(statements_then, app, associate_id, params)
        if not documents:
            await require_associate(app, associate_id)
        issued = [one for one in documents[::-1] if queries.statement_of(one).position < before]
        return _statements(app, list_name, issued[params.offset :], params.limit, position)
    parameters = {
        "account_id": account_id_of(associate_id),
        "before": before,
        "limit": params.limit + 1,
        "offset": params.offset,
    }
    documents, position = await _signed(app, queries.STATEMENTS, parameters, params.at_least)
    if not documents:
        await require_associate(app, associate_id)
    return _statements(app, list_name, documents, params.limit, position)


async def _signed(
    app: AppState, statements: str, parameters: dict[str, Any], at_least: int | None
) -> tuple[list[str], int]:
    """Statements with their signatures as JSON, and the position."""
    found, signatures = await app.tables.read_together(
        Query(PROJECTION.name, with_signatures(statements), parameters),
        Query(PAY_QUESTIONS.name, ITS_POSITION_ALONE, {}),
        at_least=at_least,
    )
    return signed_documents(found.rows), min(found.position, signatures.position)


async def statements_then(app: ReadingState, associate_id: str, params: AsOfReading) -> tuple[list[str], int]:
    """The statements issued by then, the first one first, and the position."""
    past = await past_of(app, params)
    found = await asyncio.to_thread(ledger_as_of, app.log, associate_id, past.cutoff)
    periods = [statement.period_id for statement in found.statements]
    signatures = await asyncio.to_thread(signatures_as_of, app.log, associate_id, periods, past.cutoff)
    signed = [
        signed_document(document, signatures[period_id])
        for document, period_id in zip(found.documents, periods, strict=True)
    ]
    return signed, past.cutoff.position


def _before(params: StatementPaging, list_name: str) -> int:
    """The position that the statements of a page were issued before. Raises a 422 problem."""
    if params.cursor is None:
        return POSITION_MAX
    if params.offset:
        raise Problem(422, "invalid", "A cursor already says where to go on.", field="offset")
    return read_place(params.cursor, list_name, int)


def _statements(
    app: AppState, list_name: str, documents: list[str], limit: int, position: int
) -> Response[StatementsPage]:
    page = documents[:limit]
    more, following = "false", "null"
    if len(documents) > limit:
        last = queries.statement_of(page[-1]).position
        more, following = "true", f'"{place_text(list_name, position, app.clock.now(), last)}"'
    body = '{"statements":[' + ",".join(page) + f'],"more":{more},"next":{following}}}'
    return json_bytes(body.encode(), position=position)


@read("/v1/associates/{associate_id}/statements/{period_id}", tag="pay", summary="One pay statement.")
async def statement(
    app: Injected[AppState], params: Injected[StatementParameters], associate_id: AssociateId, period_id: Code
) -> Response[SignedStatement]:
    """One statement as it was issued, who has signed it off, and which open questions are about it."""
    if is_of_the_past(params):
        documents, position = await app.beside.run(statements_then, app, associate_id, params)
        for document in documents:
            if queries.statement_of(document).period_id == period_id:
                return json_bytes(document.encode(), position=position)
        raise not_found("statement", "statement_unknown")
    parameters = {"account_id": account_id_of(associate_id), "period_id": period_id}
    documents, position = await _signed(app, queries.STATEMENT, parameters, params.at_least)
    if not documents:
        raise not_found("statement", "statement_unknown")
    return json_bytes(documents[0].encode(), position=position)


def _place(after: str | None) -> tuple[int, int]:
    if after is None:
        return (0, 0)
    position, n = re.split(r"\.", after)
    if int(n) > 2**31 - 1:
        raise Problem(422, "invalid", "This is not the `next` of a page.", field="after")
    return (int(position), int(n))


ROUTE_HANDLERS: Final = (ledger, statements, statement)

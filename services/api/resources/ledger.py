"""What associates earned: entries of the ledger, where an account stands, and statements as they were issued."""

import asyncio
import re
from typing import Annotated, Final

import msgspec
from litestar import Response

from domain.ids import AssociateId, Code, account_id_of
from projections.commission_ledger.account import Statement
from projections.commission_ledger.fold import PROJECTION
from projections.commission_ledger.queries import (
    ACCOUNT,
    LEDGER,
    STATEMENT,
    STATEMENTS,
    AccountDocument,
    LedgerEntry,
    account_document,
    entries_in_period,
    entries_of,
    ledger_parameters,
)
from services.api.http.parameters import AsOf, AsOfPosition, Limit, Paging, Reading
from services.api.http.problems import Problem, not_found
from services.api.http.route_handlers import Injected, json_bytes, json_response, read
from services.api.resources.as_of import Then, past_asked
from services.api.resources.associates import make_sure_of_associate
from services.api.state import AppState
from services.read_models.rows_as_of import LedgerAsOf, ledger_as_of
from services.read_models.tables import Query

Cursor = Annotated[
    str, msgspec.Meta(pattern=r"^\d{1,18}\.\d{1,9}$", description="`next` of the page before.")
]


class EntryPaging(Reading, kw_only=True):
    """A page of entries, in the order of the log: those behind `after`; of one period, or of all."""

    limit: Limit = 100
    after: Cursor | None = None
    period_id: Code | None = None
    as_of: AsOf | None = None
    as_of_position: AsOfPosition | None = None


class StatementPaging(Paging, kw_only=True):
    """A page of statements: those issued by then, where a past is asked for."""

    as_of: AsOf | None = None
    as_of_position: AsOfPosition | None = None


class StatementParameters(Reading, kw_only=True):
    """The past in which the statement is looked for; now when both are left out."""

    as_of: AsOf | None = None
    as_of_position: AsOfPosition | None = None


class LedgerPage(msgspec.Struct, frozen=True, kw_only=True):
    """Entries of one associate in the order of the log. `account` is where the associate stands; null before the first entry.

    `next` is what `after` is for the next page, null on the last.
    """

    account: AccountDocument | None
    entries: list[LedgerEntry]
    next: str | None


class StatementsPage(msgspec.Struct, frozen=True, kw_only=True):
    """Statements of one associate, the latest first; `more` says whether earlier ones follow."""

    statements: list[Statement]
    more: bool


@read("/v1/associates/{associate_id}/ledger", tag="pay", summary="An associate's commission account.")
async def ledger(
    app: Injected[AppState], params: Injected[EntryPaging], associate_id: AssociateId
) -> Response[LedgerPage]:
    """The entries of an associate's commission account. What an entry adds to one account another one lost.

    With `as_of` or `as_of_position` the account as it stood then, and the entries there were.
    """
    then = await past_asked(app, params)
    if then is not None:
        return await _ledger_then(app, associate_id, params, then)
    parameters = ledger_parameters(
        associate_id, period_id=params.period_id, after=_place(params.after), limit=params.limit + 1
    )
    found, listed = await app.tables.read_together(
        Query(PROJECTION.name, ACCOUNT, {"account_id": account_id_of(associate_id)}),
        Query(PROJECTION.name, LEDGER, parameters),
        at_least=params.at_least,
    )
    if not found.rows:
        await make_sure_of_associate(app, associate_id)
        return json_response(LedgerPage(account=None, entries=[], next=None), position=found.position)
    account = account_document(PROJECTION.decode(found.rows[0][2]))
    return json_response(_page(account, entries_of(listed.rows), params.limit), position=found.position)


async def _ledger_then(
    app: AppState, associate_id: str, params: EntryPaging, then: Then
) -> Response[LedgerPage]:
    after = _place(params.after)
    found = await _read_then(app, associate_id, then)
    entries = found.entries
    if params.period_id is not None:
        entries = entries_in_period(entries, found.statements, params.period_id)
    following = [entry for entry in entries if (entry.position, entry.n) > after]
    account = None if found.account is None else account_document(found.account)
    return json_response(_page(account, following, params.limit), position=then.past.position)


async def _read_then(app: AppState, associate_id: str, then: Then) -> LedgerAsOf:
    found = await asyncio.to_thread(ledger_as_of, app.log, associate_id, then.past)
    if found.account is None:
        await make_sure_of_associate(app, associate_id)
    return found


def _page(account: AccountDocument | None, entries: list[LedgerEntry], limit: int) -> LedgerPage:
    page, more = entries[:limit], entries[limit:]
    return LedgerPage(
        account=account, entries=page, next=f"{page[-1].position}.{page[-1].n}" if more else None
    )


@read("/v1/associates/{associate_id}/statements", tag="pay", summary="An associate's pay statements.")
async def statements(
    app: Injected[AppState], params: Injected[StatementPaging], associate_id: AssociateId
) -> Response[StatementsPage]:
    """The statements an associate was issued, or had been issued then, the latest first. They never change."""
    then = await past_asked(app, params)
    if then is not None:
        documents = (await _read_then(app, associate_id, then)).documents[::-1][params.offset :]
        return _statements(documents, params.limit, then.past.position)
    parameters = {
        "account_id": account_id_of(associate_id),
        "limit": params.limit + 1,
        "offset": params.offset,
    }
    found = await app.tables.read(PROJECTION.name, STATEMENTS, parameters, at_least=params.at_least)
    if not found.rows:
        await make_sure_of_associate(app, associate_id)
    return _statements([document for (document,) in found.rows], params.limit, found.position)


def _statements(documents: list[str], limit: int, position: int) -> Response[StatementsPage]:
    more = "true" if len(documents) > limit else "false"
    body = '{"statements":[' + ",".join(documents[:limit]) + f'],"more":{more}}}'
    return json_bytes(body.encode(), position=position)


@read("/v1/associates/{associate_id}/statements/{period_id}", tag="pay", summary="One pay statement.")
async def statement(
    app: Injected[AppState], params: Injected[StatementParameters], associate_id: AssociateId, period_id: Code
) -> Response[Statement]:
    """One statement as it was issued."""
    then = await past_asked(app, params)
    if then is not None:
        found_then = await asyncio.to_thread(ledger_as_of, app.log, associate_id, then.past)
        for issued, document in zip(found_then.statements, found_then.documents, strict=True):
            if issued.period_id == period_id:
                return json_bytes(document.encode(), position=then.past.position)
        raise not_found("statement", "statement_unknown")
    parameters = {"account_id": account_id_of(associate_id), "period_id": period_id}
    found = await app.tables.read(PROJECTION.name, STATEMENT, parameters, at_least=params.at_least)
    if not found.rows:
        raise not_found("statement", "statement_unknown")
    return json_bytes(found.rows[0][0].encode(), position=found.position)


def _place(after: str | None) -> tuple[int, int]:
    if after is None:
        return (0, 0)
    position, n = re.split(r"\.", after)
    if int(n) > 2**31 - 1:
        raise Problem(422, "invalid", "This is not the `next` of a page.", field="after")
    return (int(position), int(n))


ROUTE_HANDLERS: Final = (ledger, statements, statement)

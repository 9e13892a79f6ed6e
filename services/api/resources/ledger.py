"""What associates earned: accounts with their entries, and statements as they were issued."""

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
from services.api.http.parameters import AsOfReading, Limit, Offset
from services.api.http.problems import Problem, not_found
from services.api.http.route_handlers import Injected, json_bytes, json_response, read
from services.api.resources.as_of import AsOf, requested_as_of
from services.api.resources.associates import require_associate
from services.api.state import AppState
from services.read_models.rows_as_of import LedgerAsOf, ledger_as_of
from services.read_models.tables import Query

Cursor = Annotated[
    str, msgspec.Meta(pattern=r"^\d{1,18}\.\d{1,9}$", description="`next` of the page before.")
]


class EntryPaging(AsOfReading, kw_only=True):
    """A page of entries, in the order of the log: those behind `after`; of one period, or of all."""

    limit: Limit = 100
    after: Cursor | None = None
    period_id: Code | None = None


class StatementPaging(AsOfReading, kw_only=True):
    """A page of statements: those issued by then, where a past is asked for."""

    limit: Limit = 50
    offset: Offset = 0


class StatementParameters(AsOfReading, kw_only=True):
    """The past in which the statement is looked for; now when both are left out."""


class LedgerPage(msgspec.Struct, frozen=True, kw_only=True):
    """Entries of one associate in the order of the log, and the `account`; null before the first entry.

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
    past = await requested_as_of(app, params)
    if past is not None:
        return await _ledger_as_of(app, associate_id, params, past)
    after = _place(params.after)
    parameters = ledger_parameters(
        associate_id, period_id=params.period_id, after=after, limit=params.limit + 1
    )
    found, listed = await app.tables.read_together(
        Query(PROJECTION.name, ACCOUNT, {"account_id": account_id_of(associate_id)}),
        Query(PROJECTION.name, LEDGER, parameters),
        at_least=params.at_least,
    )
    if not found.rows:
        await require_associate(app, associate_id)
        return json_response(LedgerPage(account=None, entries=[], next=None), position=found.position)
    account = account_document(PROJECTION.decode(found.rows[0][2]))
    page = _page(account, list(entries_of(listed.rows, after)), params.limit)
    return json_response(page, position=found.position)


async def _ledger_as_of(
    app: AppState, associate_id: str, params: EntryPaging, past: AsOf
) -> Response[LedgerPage]:
    after = _place(params.after)
    found = await _read_as_of(app, associate_id, past)
    entries = found.entries
    if params.period_id is not None:
        entries = entries_in_period(entries, found.statements, params.period_id)
    following = [entry for entry in entries if (entry.position, entry.n) > after]
    account = None if found.account is None else account_document(found.account)
    return json_response(_page(account, following, params.limit), position=past.cutoff.position)


async def _read_as_of(app: AppState, associate_id: str, past: AsOf) -> LedgerAsOf:
    found = await asyncio.to_thread(ledger_as_of, app.log, associate_id, past.cutoff)
    if found.account is None:
        await require_associate(app, associate_id)
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
    """The statements of an associate, the latest first. They never change."""
    past = await requested_as_of(app, params)
    if past is not None:
        documents = (await _read_as_of(app, associate_id, past)).documents[::-1][params.offset :]
        return _statements(documents, params.limit, past.cutoff.position)
    parameters = {
        "account_id": account_id_of(associate_id),
        "limit": params.limit + 1,
        "offset": params.offset,
    }
    found = await app.tables.read(PROJECTION.name, STATEMENTS, parameters, at_least=params.at_least)
    if not found.rows:
        await require_associate(app, associate_id)
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
    past = await requested_as_of(app, params)
    if past is not None:
        found = await asyncio.to_thread(ledger_as_of, app.log, associate_id, past.cutoff)
        for issued, document in zip(found.statements, found.documents, strict=True):
            if issued.period_id == period_id:
                return json_bytes(document.encode(), position=past.cutoff.position)
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

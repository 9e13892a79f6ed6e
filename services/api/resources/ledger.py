"""What associates earned: entries of the ledger, where an account stands, and statements as they were issued."""

import asyncio
import re
from typing import Annotated, Any, Final

import msgspec
from litestar import Response

from domain.ids import Code, account_id_of
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
from services.api.http.parameters import AnyRequest, AsOf, AsOfPosition, Limit, Paging, Reading
from services.api.http.problems import Problem, not_found
from services.api.http.routing import Route, json_answer
from services.api.resources.as_of import Then, past_asked
from services.api.resources.associates import make_sure_of_associate
from services.api.resources.path_variables import variable
from services.api.state import Shop
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


async def ledger(shop: Shop, request: AnyRequest) -> Response[bytes]:
    """The entries of an associate's commission account. What an entry adds to one account another one lost.

    With `as_of` or `as_of_position` the account as it stood then, and the entries there were.
    """
    asked = shop.parameters(request, EntryPaging)
    associate_id = variable(request, "associate_id")
    then = await past_asked(shop, asked)
    if then is not None:
        return await _ledger_then(shop, associate_id, asked, then)
    parameters = ledger_parameters(
        associate_id, period_id=asked.period_id, after=_place(asked.after), limit=asked.limit + 1
    )
    found, listed = await shop.tables.read_together(
        Query(PROJECTION.name, ACCOUNT, {"account_id": account_id_of(associate_id)}),
        Query(PROJECTION.name, LEDGER, parameters),
        at_least=asked.at_least,
    )
    if not found.rows:
        await make_sure_of_associate(shop, associate_id)
        return json_answer(LedgerPage(account=None, entries=[], next=None), position=found.position)
    account = account_document(PROJECTION.decode(found.rows[0][2]))
    return json_answer(_page(account, entries_of(listed.rows), asked.limit), position=found.position)


async def _ledger_then(shop: Shop, associate_id: str, asked: EntryPaging, then: Then) -> Response[bytes]:
    after = _place(asked.after)
    found = await _read_then(shop, associate_id, then)
    entries = found.entries
    if asked.period_id is not None:
        entries = entries_in_period(entries, found.statements, asked.period_id)
    following = [entry for entry in entries if (entry.position, entry.n) > after]
    account = None if found.account is None else account_document(found.account)
    return json_answer(_page(account, following, asked.limit), position=then.past.position)


async def _read_then(shop: Shop, associate_id: str, then: Then) -> LedgerAsOf:
    found = await asyncio.to_thread(ledger_as_of, shop.log, associate_id, then.past)
    if found.account is None:
        await make_sure_of_associate(shop, associate_id)
    return found


def _page(account: AccountDocument | None, entries: list[LedgerEntry], limit: int) -> LedgerPage:
    page, more = entries[:limit], entries[limit:]
    return LedgerPage(
        account=account, entries=page, next=f"{page[-1].position}.{page[-1].n}" if more else None
    )


async def statements(shop: Shop, request: AnyRequest) -> Response[bytes]:
    """The statements an associate was issued, or had been issued then, the latest first. They never change."""
    asked = shop.parameters(request, StatementPaging)
    associate_id = variable(request, "associate_id")
    then = await past_asked(shop, asked)
    if then is not None:
        documents = (await _read_then(shop, associate_id, then)).documents[::-1][asked.offset :]
        return _statements(documents, asked.limit, then.past.position)
    parameters = {
        "account_id": account_id_of(associate_id),
        "limit": asked.limit + 1,
        "offset": asked.offset,
    }
    found = await shop.tables.read(PROJECTION.name, STATEMENTS, parameters, at_least=asked.at_least)
    if not found.rows:
        await make_sure_of_associate(shop, associate_id)
    return _statements([document for (document,) in found.rows], asked.limit, found.position)


def _statements(documents: list[str], limit: int, position: int) -> Response[bytes]:
    more = "true" if len(documents) > limit else "false"
    body = '{"statements":[' + ",".join(documents[:limit]) + f'],"more":{more}}}'
    return json_answer(body.encode(), position=position)


async def statement(shop: Shop, request: AnyRequest) -> Response[bytes]:
    """One statement as it was issued."""
    asked = shop.parameters(request, StatementParameters)
    associate_id, period_id = variable(request, "associate_id"), variable(request, "period_id")
    then = await past_asked(shop, asked)
    if then is not None:
        found_then = await asyncio.to_thread(ledger_as_of, shop.log, associate_id, then.past)
        for issued, document in zip(found_then.statements, found_then.documents, strict=True):
            if issued.period_id == period_id:
                return json_answer(document.encode(), position=then.past.position)
        raise not_found("statement", "statement_unknown")
    parameters = {"account_id": account_id_of(associate_id), "period_id": period_id}
    found = await shop.tables.read(PROJECTION.name, STATEMENT, parameters, at_least=asked.at_least)
    if not found.rows:
        raise not_found("statement", "statement_unknown")
    return json_answer(found.rows[0][0].encode(), position=found.position)


def _place(after: str | None) -> tuple[int, int]:
    if after is None:
        return (0, 0)
    position, n = re.split(r"\.", after)
    if int(n) > 2**31 - 1:
        raise Problem(422, "invalid", "This is not the `next` of a page.", field="after")
    return (int(position), int(n))


_common: Final[dict[str, Any]] = {"group": "pay", "positioned": True, "problems": (404, 409, 422, 503)}

ROUTES: Final = (
    Route(
        path="/v1/associates/{associate_id}/ledger",
        handle=ledger,
        summary="An associate's commission account.",
        answer=LedgerPage,
        parameters=EntryPaging,
        **_common,
    ),
    Route(
        path="/v1/associates/{associate_id}/statements",
        handle=statements,
        summary="An associate's pay statements.",
        answer=StatementsPage,
        parameters=StatementPaging,
        **_common,
    ),
    Route(
        path="/v1/associates/{associate_id}/statements/{period_id}",
        handle=statement,
        summary="One pay statement.",
        answer=Statement,
        parameters=StatementParameters,
        **_common,
    ),
)

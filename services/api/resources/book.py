"""An associate's book: the list, and one customer. Only owners read about a customer."""

import asyncio
from typing import Any, Final

import msgspec
from litestar import Response
from msgspec.structs import asdict

from domain.ids import AssociateId, CustomerId
from projections.clientele_book.document import CustomerDocument, customer_document
from projections.clientele_book.fold import PROJECTION
from projections.clientele_book.queries import (
    CUSTOMER_PAGES,
    Role,
    Sort,
    customer_of,
)
from projections.loyalty_score.fold import PROJECTION as LOYALTY
from projections.score_parameters.fold import PROJECTION as PARAMETERS
from services.api.http.cursors import Cursor, cursor_text
from services.api.http.parameters import POSITION_MAX, AsOfReading
from services.api.http.problems import not_found
from services.api.http.route_handlers import Injected, json_bytes, read
from services.api.reading_state import ReadingState
from services.api.resources.as_of import is_of_the_past, requested_as_of
from services.api.resources.associates import require_associate
from services.api.resources.book_folding import folded_book, scores_then, values_then
from services.api.resources.book_lists import LISTS, LISTS_AFTER
from services.api.resources.book_paging import (
    ROLE,
    STORED_SORTS,
    BookPage,
    BookPaging,
    cursor_in,
    list_name,
)
from services.api.resources.book_search import find
from services.api.resources.day_entries import BOOKS_BY_SCORE, BOOKS_BY_SCORE_AFTER, read_today
from services.api.resources.scores import scores_as_of, scores_of
from services.api.state import AppState
from services.read_models.rows_as_of import customer_records


class CustomerParameters(AsOfReading, kw_only=True):
    """The past the page is shown as of; now when both are left out."""


class CustomerInBook(CustomerDocument, frozen=True, kw_only=True):
    """A customer's page and their loyalty score."""

    score: int


@read(
    "/v1/associates/{associate_id}/book",
    tag="book",
    summary="An associate's customers.",
    problems=("cursor_unfit", "cursor_outdated"),
)
async def book(
    app: Injected[AppState], params: Injected[BookPaging], associate_id: AssociateId
) -> Response[BookPage]:
    """An associate's customers, a page at a time. A person with several merged records is one customer.

    With `as_of` or `as_of_position` it is the book of that past. Names are decrypted as today: whoever has
    been erased since has none.
    """
    cursor = cursor_in(associate_id, params)
    if params.at_least is not None and not is_of_the_past(params):
        with_scores = params.scores or params.sorted_by == "score"
        for projection in (PROJECTION, LOYALTY, PARAMETERS) if with_scores else (PROJECTION,):
            await app.tables.wait_for(projection.name, params.at_least)
    if params.only is not None:
        return await _folded(app, associate_id, params)
    if params.sorted_by == "score" and params.q is None and not is_of_the_past(params):
        if cursor is not None:
            return await _by_score_after(app, associate_id, params, cursor)
        return await _by_score(app, associate_id, params)
    if is_of_the_past(params) or params.sorted_by not in STORED_SORTS:
        return await _folded(app, associate_id, params)
    if params.q is not None:
        return await _found(app, associate_id, params, params.q, cursor)
    parameters = {"associate_id": associate_id, "limit": params.limit, "projection": PROJECTION.name}
    if cursor is not None:
        return await _page_after(app, associate_id, params, cursor, parameters)
    query = LISTS[_order_of(params)]
    total, related, customers, last, shown, keys, position = await app.tables.fetch_list(
        query, {**parameters, "offset": params.offset}
    )
    if related:
        return await _folded(app, associate_id, params)
    if total == 0:
        await require_associate(app, associate_id)
    going_on = None
    if params.offset + params.limit < total:
        going_on = Cursor(list_name(associate_id, params), position, app.clock.now(), last)
    scores, scored = await _scores_of(app, params, shown)
    return _spliced(app, total, customers, keys, going_on, min(position, scored), scores)


async def _by_score(app: AppState, associate_id: str, params: BookPaging) -> Response[BookPage]:
    """The first page of the customers by their score."""
    query = BOOKS_BY_SCORE[ROLE[params.role], params.descending]
    parameters = {"limit": params.limit, "offset": params.offset}
    read_now = await read_today(app, associate_id, query, parameters)
    if read_now is None:
        return await _folded(app, associate_id, params)
    listed, keys = read_now
    (total, customers, scores, last), position = listed.found, listed.position
    going_on = None
    if params.offset + params.limit < total:
        going_on = Cursor(list_name(associate_id, params), position, listed.since, last)
    return _spliced(app, total, customers, keys, going_on, position, scores)


async def _by_score_after(
    app: AppState, associate_id: str, params: BookPaging, cursor: Cursor
) -> Response[BookPage]:
    """The page behind a cursor. Whose entry has changed since the list began stands where they stood then."""
    query, then = BOOKS_BY_SCORE_AFTER[ROLE[params.role], params.descending], dict[str, int | None]()
    parameters = {
        "limit": params.limit, "after": cursor.after,
        "began_at": cursor.instant, "began_position": cursor.position,
    }  # fmt: skip
    while True:
        told = msgspec.json.encode(then, order="deterministic").decode()
        read_now = await read_today(app, associate_id, query, {**parameters, "then": told})
        if read_now is None or read_now[0].found[-1] is None:
            return await _folded(app, associate_id, params)
        listed, keys = read_now
        total, customers, scores, last, more, unknown = listed.found
        if not unknown:
            break
        stood = await app.beside.run(scores_then, app, unknown, associate_id, params, cursor)
        then |= {**dict.fromkeys(unknown), **stood}
    going_on = msgspec.structs.replace(cursor, after=last) if more else None
    return _spliced(app, total, customers, keys, going_on, listed.position, scores)


async def _found(
    app: AppState, associate_id: str, params: BookPaging, sought: str, cursor: Cursor | None
) -> Response[BookPage]:
    """The first page of whoever is found."""
    began = app.clock.now()
    if cursor is not None or (found := await find(app, associate_id, params, sought)) is None:
        return await _folded(app, associate_id, params)
    going_on = None
    if params.offset + params.limit < found.total:
        last = found.page[-1].customer_id
        going_on = Cursor(list_name(associate_id, params), found.position, began, last)
    scores, scored = await _scores_of(app, params, [match.customer_id for match in found.page])
    summaries = b"[%b]" % b",".join(match.summary for match in found.page)
    return _answer(found.total, summaries, going_on, min(found.position, scored), scores)


async def _page_after(
    app: AppState, associate_id: str, params: BookPaging, cursor: Cursor, parameters: dict[str, Any]
) -> Response[BookPage]:
    """The page behind a cursor. Who changed since the list began stands where they stood then."""
    query, known, moved = LISTS_AFTER[_order_of(params)], set[str](), dict[str, str | None]()
    parameters |= {"after": cursor.after, "position": cursor.position}
    while True:
        given = {"known": sorted(known), "moved": list(moved), "values": list(moved.values())}
        row = await app.tables.fetch_list(query, {**parameters, **given})
        total, related, customers, last, more, unknown, shown, keys, position = row
        if related:
            return await _folded(app, associate_id, params)
        if not unknown:
            break
        known.update(unknown)
        moved |= await app.beside.run(values_then, app, unknown, associate_id, params, cursor.position)
    going_on = msgspec.structs.replace(cursor, after=last) if more else None
    scores, scored = await _scores_of(app, params, shown)
    return _spliced(app, total, customers, keys, going_on, min(position, scored), scores)


async def _scores_of(app: AppState, params: BookPaging, shown: list[str]) -> tuple[str, int]:
    """The scores of the customers on a page as JSON, where they are asked for, and the position."""
    if not params.scores:
        return "{}", POSITION_MAX
    scores, position = await app.beside.run(scores_of, app, shown, app.clock.now())
    return msgspec.json.encode(scores).decode(), position


def _order_of(params: BookPaging) -> tuple[Role, Sort, bool]:
    return ROLE[params.role], STORED_SORTS[params.sorted_by], params.descending


def _spliced(
    app: AppState,
    total: int,
    customers: str,
    keys: str | None,
    going_on: Cursor | None,
    position: int,
    scores: str = "{}",
) -> Response[BookPage]:
    """A page out of summaries as they are stored."""
    shown = app.keys.decrypt_with(customers.encode(), keys)
    return _answer(total, shown, going_on, position, scores)


def _answer(
    total: int, customers: bytes, going_on: Cursor | None, position: int, scores: str
) -> Response[BookPage]:
    following = b"null" if going_on is None else b'"%b"' % cursor_text(going_on).encode()
    body = b'{"total":%d,"customers":%b,"scores":%b,"next":%b}' % (
        total,
        customers,
        scores.encode(),
        following,
    )
    return json_bytes(body, position=position)


async def _folded(app: AppState, associate_id: str, params: BookPaging) -> Response[BookPage]:
    """The same from whole pages, beside: for encrypted names, merged records, scores and the past."""
    body, position = await app.beside.run(folded_book, app, associate_id, params)
    return json_bytes(body, position=position)


@read(
    "/v1/associates/{associate_id}/book/{customer_id}",
    tag="book",
    summary="One customer of an associate.",
    problems=("customer_not_in_book",),
)
async def customer(
    app: Injected[AppState],
    params: Injected[CustomerParameters],
    associate_id: AssociateId,
    customer_id: CustomerId,
) -> Response[CustomerInBook]:
    """Everything the book knows, or knew, about one customer. 404 when they are or were not in this book."""
    if not is_of_the_past(params):
        body, position = await customer_page(app, associate_id, customer_id, params)
    else:
        body, position = await app.beside.run(customer_page, app, associate_id, customer_id, params)
    return json_bytes(body, position=position)


async def customer_page(
    app: ReadingState, associate_id: str, customer_id: str, params: CustomerParameters
) -> tuple[bytes, int]:
    """A customer's page as JSON, and its position."""
    past = await requested_as_of(app, params)
    if past is None:
        found = await app.tables.read(
            PROJECTION.name, CUSTOMER_PAGES, {"customer_id": customer_id}, at_least=params.at_least
        )
        position, page = found.position, customer_of(PROJECTION.decode(state) for _, _, state in found.rows)
    else:
        position = past.cutoff.position
        page = customer_of(await asyncio.to_thread(customer_records, app.log, customer_id, past.cutoff))
    if page is None or associate_id not in (page.primary_owner, *page.secondary_owners):
        raise not_found("customer in this book", "customer_not_in_book")
    if past is not None:
        scores, scored = await scores_as_of(app, [page], past)
    else:
        scores, scored = await scores_of(app, [page.customer_id], app.clock.now(), params.at_least)
    document = CustomerInBook(**asdict(customer_document(page)), score=scores[page.customer_id])
    body = await app.keys.decrypt_document(msgspec.json.encode(document))
    return body, min(position, scored)


ROUTE_HANDLERS: Final = (book, customer)

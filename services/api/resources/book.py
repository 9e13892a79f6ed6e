"""An associate's book: the list, one customer, and whom to call today. Only owners read about a customer."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from litestar import Response
from msgspec.structs import asdict

from domain.ids import AssociateId, CustomerId
from domain.pay_period.commands import TimeZone
from infra.vault import KEYS_JSON
from projections.associate_directory.fold import PROJECTION as DIRECTORY
from projections.associate_directory.queries import WORKING_AMONG
from projections.clientele_book.fold import PROJECTION
from projections.clientele_book.page import CustomerPage
from projections.clientele_book.queries import (
    BOOK_PAGES,
    CUSTOMER_PAGES,
    TODAY_PAGES,
    CustomerDocument,
    Role,
    Sort,
    book_list,
    book_of,
    customer_document,
    customer_of,
    promisers,
    ranked,
    today_pages,
)
from projections.clientele_book.summary import Summary, summary_of
from projections.clientele_book.today import Call, Reader, calls
from services.api.http.parameters import POSITION_MAX, AsOfReading, Limit, Offset, last_moment
from services.api.http.problems import not_found
from services.api.http.route_handlers import Injected, json_bytes, read
from services.api.resources.as_of import AsOf, as_of_position_or_end, requested_as_of
from services.api.resources.associates import require_associate
from services.api.resources.customer_search import decrypted_search_terms, matches, name_sort_key
from services.api.resources.decryption import decrypted_response
from services.api.resources.scores import scores_as_of, scores_of
from services.api.resources.time_zones import zone_of
from services.api.state import AppState
from services.read_models.rows_as_of import book_records, customer_records
from services.read_models.tables import CHECKPOINT

ROLE: Final[dict[str, Role]] = {"primary": "primary", "secondary": "secondary", "all": "any"}
#: Orders the database knows. Names are encrypted there, so that order is made here.
STORED_SORTS: Final[dict[str, Sort]] = {
    "net_spend": "net_spend",
    "visits": "visits",
    "last_visit": "last_visit",
    "last_contact": "last_contact",
}
#: A list, the data keys of its customers and the position: one statement for the page that is opened most.
BESIDE_LIST: Final = (
    KEYS_JSON.format(subjects="SELECT key FROM page") + f" AS keys, ({CHECKPOINT}) AS position"
)
LISTS: Final = {
    (role, sort, descending): book_list(role, sort, descending=descending, beside=BESIDE_LIST)
    for role in ROLE.values()
    for sort in STORED_SORTS.values()
    for descending in (True, False)
}

SortBy = Literal[
    "name", "-name", "net_spend", "-net_spend", "last_visit", "-last_visit",
    "visits", "-visits", "last_contact", "-last_contact", "score", "-score",
]  # fmt: skip


#: What fits a screen. Every customer more is a key to fetch and a name to decrypt.
LIMIT_DEFAULT: Final = 25


class BookPaging(AsOfReading, kw_only=True):
    """A page of a book. `sort` with a minus is descending; `q` searches names, contact points and references.

    `scores`: also the loyalty score of each customer on the page.
    """

    limit: Limit = LIMIT_DEFAULT
    offset: Offset = 0
    role: Literal["primary", "secondary", "all"] = "primary"
    sort: SortBy = "-net_spend"
    q: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None
    scores: bool = False


class CustomerParameters(AsOfReading, kw_only=True):
    """The past the page is shown as of; now when both are left out."""


class TodayParameters(AsOfReading, kw_only=True):
    """The day the list is for; today when left out. Of a future day it says what is known of it today.

    Days, and a date in `as_of`, are those of `time_zone`; when left out, the store's (`open-store`),
    else of its pay calendar, else the company's, else UTC.
    """

    time_zone: TimeZone | None = None
    limit: Limit = 50


class BookPage(msgspec.Struct, frozen=True, kw_only=True):
    """Customers of one associate; `total` of them match in all. Names of erased customers are null.

    `scores`: by customer, when asked for.
    """

    total: int
    customers: list[Summary]
    scores: dict[str, int]


class CustomerInBook(CustomerDocument, frozen=True, kw_only=True):
    """A customer's page and their loyalty score."""

    score: int


class TodayPage(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to reach out to, most valuable first, and the instant that is said of."""

    as_of: datetime
    time_zone: str
    total: int
    calls: list[Call]


@read("/v1/associates/{associate_id}/book", tag="book", summary="An associate's customers.")
async def book(
    app: Injected[AppState], params: Injected[BookPaging], associate_id: AssociateId
) -> Response[BookPage]:
    """An associate's customers, a page at a time. A person with several merged records is one customer.

    With `as_of` or `as_of_position` it is the book of that past. Names are decrypted as today: whoever has
    been erased since has none.
    """
    past = await requested_as_of(app, params)
    sort, descending = params.sort.removeprefix("-"), params.sort.startswith("-")
    if past is not None or params.q is not None or params.scores or sort not in STORED_SORTS:
        return await _page_of_pages(app, associate_id, params, past)
    parameters = {
        "associate_id": associate_id,
        "limit": params.limit,
        "offset": params.offset,
        "projection": PROJECTION.name,
    }
    if params.at_least is not None:
        await app.tables.wait_for(PROJECTION.name, params.at_least)
    query = LISTS[ROLE[params.role], STORED_SORTS[sort], descending]
    (((total, related, customers, keys, position),),) = await app.tables.fetch((query, parameters))
    if related:
        return await _page_of_pages(app, associate_id, params, None)
    if total == 0:
        await require_associate(app, associate_id)
    body = b'{"total":%d,"customers":%b,"scores":{}}' % (total, customers.encode())
    return json_bytes(app.keys.decrypt_with(body, keys), position=position)


async def _page_of_pages(
    app: AppState, associate_id: str, params: BookPaging, past: AsOf | None
) -> Response[BookPage]:
    """The same from whole pages, for what SQL cannot do: encrypted names, merged records, and the past."""
    position, pages = await _pages(app, associate_id, ROLE[params.role], params.at_least, past)
    sort, descending = params.sort.removeprefix("-"), params.sort.startswith("-")
    if sort in STORED_SORTS:
        pages = ranked(pages, STORED_SORTS[sort], descending=descending)
    if params.q is not None or sort == "name":
        known = list(zip(await decrypted_search_terms(app, pages), pages, strict=True))
        if params.q is not None:
            known = [(clear, page) for clear, page in known if matches(clear, params.q)]
        if sort == "name":
            known.sort(key=lambda pair: pair[1].customer_id)
            known.sort(key=lambda pair: name_sort_key(pair[0]), reverse=descending)
        pages = [page for _, page in known]
    scores: dict[str, int] = {}
    if sort == "score":
        scores, scored = await _scores(app, pages, params.at_least, past)
        position = min(position, scored)
        pages.sort(key=lambda page: page.customer_id)
        pages.sort(key=lambda page: scores[page.customer_id], reverse=descending)
    shown = pages[params.offset : params.offset + params.limit]
    if params.scores and not scores:
        scores, scored = await _scores(app, shown, params.at_least, past)
        position = min(position, scored)
    answer = BookPage(
        total=len(pages),
        customers=[summary_of(page) for page in shown],
        scores={page.customer_id: scores[page.customer_id] for page in shown} if scores else {},
    )
    return await decrypted_response(app, answer, position=position)


async def _scores(
    app: AppState, pages: Sequence[CustomerPage], at_least: int | None, past: AsOf | None
) -> tuple[dict[str, int], int]:
    if past is not None:
        return await scores_as_of(app, pages, past)
    return await scores_of(app, [page.customer_id for page in pages], app.clock.now(), at_least)


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
    scores, scored = await _scores(app, [page], params.at_least, past)
    document = CustomerInBook(**asdict(customer_document(page)), score=scores[page.customer_id])
    return await decrypted_response(app, document, position=min(position, scored))


@read("/v1/associates/{associate_id}/book/today", tag="book", summary="Whom to call today, and why.")
async def today(
    app: Injected[AppState], params: Injected[TodayParameters], associate_id: AssociateId
) -> Response[TodayPage]:
    """Whom to reach out to and why, most valuable first; nobody on a channel they have not agreed to.

    A promise is on the list of whoever made it, also of a secondary owner or another associate.

    The list of a past day is the one that the book of that past leads to.
    """
    now = app.clock.now()
    zone, zone_position = await zone_of(app, associate_id, params.time_zone, params.at_least)
    day = None if params.as_of is None else last_moment(params.as_of, zone=zone)
    past = None
    if params.as_of_position is not None or (day is not None and day <= now):
        past = await as_of_position_or_end(app, params, day)
    as_of = past.instant if past is not None else day or now
    if past is not None:
        position, pages = await _pages(app, associate_id, "any", params.at_least, past)
    else:
        position, pages = await _pages_of_today(app, associate_id, params.at_least)
    keepers, known = await _working_among(app, promisers(pages, associate_id), params.at_least)
    reader = Reader(associate_id, keepers)
    if past is not None:
        scores, scored = await scores_as_of(app, pages, past)
    else:
        scores, scored = await scores_of(app, [page.customer_id for page in pages], as_of, params.at_least)
    listed = await asyncio.to_thread(
        lambda: calls(pages, as_of.astimezone(zone), scores=scores, reader=reader)
    )
    answer = TodayPage(as_of=as_of, time_zone=zone.key, total=len(listed), calls=listed[: params.limit])
    position = min(position, scored, zone_position, known)
    return await decrypted_response(app, answer, position=position)


async def _pages_of_today(
    app: AppState, associate_id: str, at_least: int | None
) -> tuple[int, list[CustomerPage]]:
    """Their own customers and whoever they have promised something to, and their position."""
    found = await app.tables.read(
        PROJECTION.name, TODAY_PAGES, {"associate_id": associate_id}, at_least=at_least
    )
    if not found.rows:
        await require_associate(app, associate_id)
    return found.position, await asyncio.to_thread(
        lambda: today_pages([PROJECTION.decode(state) for _, _, state in found.rows], associate_id)
    )


async def _working_among(
    app: AppState, associate_ids: Sequence[str], at_least: int | None
) -> tuple[frozenset[str], int]:
    """Who of them still works here, and the position of that: a leaver's promises are the primary owner's to
    keep.
    """
    if not associate_ids:
        return frozenset(), POSITION_MAX
    found = await app.tables.read(
        DIRECTORY.name, WORKING_AMONG, {"associate_ids": list(associate_ids)}, at_least=at_least
    )
    return frozenset(row[0] for row in found.rows), found.position


async def _pages(
    app: AppState, associate_id: str, role: Role, at_least: int | None, past: AsOf | None
) -> tuple[int, list[CustomerPage]]:
    """The customers of a book, and their position."""
    if past is not None:
        records = await asyncio.to_thread(book_records, app.log, associate_id, past.cutoff)
        if not records:
            await require_associate(app, associate_id)
        return past.cutoff.position, book_of(records, associate_id, role)
    found = await app.tables.read(
        PROJECTION.name, BOOK_PAGES, {"associate_id": associate_id}, at_least=at_least
    )
    if not found.rows:
        await require_associate(app, associate_id)
    return found.position, await asyncio.to_thread(_read_pages, found.rows, associate_id, role)


def _read_pages(rows: Sequence[tuple[Any, ...]], associate_id: str, role: Role) -> list[CustomerPage]:
    return book_of([PROJECTION.decode(state) for _, _, state in rows], associate_id, role)


ROUTE_HANDLERS: Final = (book, today, customer)

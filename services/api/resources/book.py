"""An associate's book: the list, one customer, and whom to call today. Only an owner of a customer reads about her."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from litestar import Response
from msgspec.structs import asdict

from domain.pay_period.commands import TimeZone
from infra.vault import KEYS_JSON
from projections.clientele_book.fold import PROJECTION
from projections.clientele_book.page import CustomerPage
from projections.clientele_book.queries import (
    BOOK_PAGES,
    CUSTOMER_PAGES,
    CustomerDocument,
    Role,
    Sort,
    book_list,
    book_of,
    customer_document,
    customer_of,
    ranked,
)
from projections.clientele_book.summary import Summary, summary_of
from projections.clientele_book.today import Call, calls
from services.api.http.parameters import (
    AnyRequest,
    AsOf,
    AsOfPosition,
    Limit,
    Paging,
    Reading,
    last_moment,
)
from services.api.http.problems import not_found
from services.api.http.routing import Route, json_answer
from services.api.resources.as_of import Then, at_position, past_asked
from services.api.resources.associates import make_sure_of_associate
from services.api.resources.customer_search import found_in, known_in_the_clear, sorting_name
from services.api.resources.decryption import opened
from services.api.resources.path_variables import variable
from services.api.resources.scores import scores_of, scores_then
from services.api.resources.time_zones import zone_of
from services.api.state import Shop
from services.read_models.rows_as_of import book_records, customer_records
from services.read_models.tables import CHECKPOINT

ROLE: Final[dict[str, Role]] = {"primary": "primary", "secondary": "secondary", "all": "any"}
#: Orders the database knows; names are sealed there, so that order is made here.
STORED_SORTS: Final[dict[str, Sort]] = {
    "net_spend": "net_spend",
    "visits": "visits",
    "last_visit": "last_visit",
    "last_contact": "last_contact",
}
#: A list, the keys of the customers on it, and where the projection stands: one statement for the page people open most.
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


#: What fits a screen. Every customer more is a key to fetch and a name to open.
LIMIT_DEFAULT: Final = 25


class BookPaging(Paging, kw_only=True):
    """A page of a book. `sort` with a minus is the other way round; `q` is sought in names, contact points and references.

    `scores`: also the loyalty score of each customer on the page, as of now, or of then.
    """

    limit: Limit = LIMIT_DEFAULT
    role: Literal["primary", "secondary", "all"] = "primary"
    sort: SortBy = "-net_spend"
    q: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None
    scores: bool = False
    as_of: AsOf | None = None
    as_of_position: AsOfPosition | None = None


class CustomerParameters(Reading, kw_only=True):
    """The past her page is shown as of; now when both are left out."""

    as_of: AsOf | None = None
    as_of_position: AsOfPosition | None = None


class TodayParameters(Reading, kw_only=True):
    """The day the list is for; today when left out. Of a day to come it says what is known of it today.

    Days are those of `time_zone`; when left out, of the store's pay calendar, else the company's, else UTC. A date in `as_of`
    is a day of that time zone, too.
    """

    as_of: AsOf | None = None
    time_zone: TimeZone | None = None
    as_of_position: AsOfPosition | None = None
    limit: Limit = 50


class BookPage(msgspec.Struct, frozen=True, kw_only=True):
    """Customers of one associate; `total` of them match in all. Names of customers who were forgotten are null.

    `scores`: by customer, when asked for.
    """

    total: int
    customers: list[Summary]
    scores: dict[str, int]


class CustomerInBook(CustomerDocument, frozen=True, kw_only=True):
    """A customer's page and her loyalty score, as of now, or of then."""

    score: int


class TodayPage(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to reach out to, most valuable first, and up to which instant history and occasions were looked at."""

    as_of: datetime
    time_zone: str
    total: int
    calls: list[Call]


async def book(shop: Shop, request: AnyRequest) -> Response[bytes]:
    """An associate's customers, a page at a time. A person with several records that were merged is one customer.

    With `as_of` or `as_of_position` it is the book of then: whose customers they were then, and what their pages said. Names are opened
    as they are today; who has been forgotten since has none.
    """
    asked = shop.parameters(request, BookPaging)
    associate_id = variable(request, "associate_id")
    then = await past_asked(shop, asked)
    sort, descending = asked.sort.removeprefix("-"), asked.sort.startswith("-")
    if then is not None or asked.q is not None or asked.scores or sort not in STORED_SORTS:
        return await _page_of_pages(shop, associate_id, asked, then)
    parameters = {
        "associate_id": associate_id,
        "limit": asked.limit,
        "offset": asked.offset,
        "projection": PROJECTION.name,
    }
    if asked.at_least is not None:
        await shop.tables.wait_for(PROJECTION.name, asked.at_least)
    query = LISTS[ROLE[asked.role], STORED_SORTS[sort], descending]
    (((total, related, customers, keys, position),),) = await shop.tables.fetch((query, parameters))
    if related:
        return await _page_of_pages(shop, associate_id, asked, None)
    if total == 0:
        await make_sure_of_associate(shop, associate_id)
    body = b'{"total":%d,"customers":%b,"scores":{}}' % (total, customers.encode())
    return json_answer(shop.keys.open_with(body, keys), position=position)


async def _page_of_pages(
    shop: Shop, associate_id: str, asked: BookPaging, then: Then | None
) -> Response[bytes]:
    """The same from whole pages, for what the database cannot answer: sealed names, persons with several records, and the past."""
    position, pages = await _pages(shop, associate_id, ROLE[asked.role], asked.at_least, then)
    sort, descending = asked.sort.removeprefix("-"), asked.sort.startswith("-")
    if sort in STORED_SORTS:
        pages = ranked(pages, STORED_SORTS[sort], descending=descending)
    if asked.q is not None or sort == "name":
        known = list(zip(await known_in_the_clear(shop, pages), pages, strict=True))
        if asked.q is not None:
            known = [(clear, page) for clear, page in known if found_in(clear, asked.q)]
        if sort == "name":
            known.sort(key=lambda pair: pair[1].customer_id)
            known.sort(key=lambda pair: sorting_name(pair[0]), reverse=descending)
        pages = [page for _, page in known]
    scores: dict[str, int] = {}
    if sort == "score":
        scores, scored = await _scores(shop, pages, asked.at_least, then)
        position = min(position, scored)
        pages.sort(key=lambda page: page.customer_id)
        pages.sort(key=lambda page: scores[page.customer_id], reverse=descending)
    shown = pages[asked.offset : asked.offset + asked.limit]
    if asked.scores and not scores:
        scores, scored = await _scores(shop, shown, asked.at_least, then)
        position = min(position, scored)
    answer = BookPage(
        total=len(pages),
        customers=[summary_of(page) for page in shown],
        scores={page.customer_id: scores[page.customer_id] for page in shown} if scores else {},
    )
    return json_answer(await opened(shop, msgspec.json.encode(answer)), position=position)


async def _scores(
    shop: Shop, pages: Sequence[CustomerPage], at_least: int | None, then: Then | None
) -> tuple[dict[str, int], int]:
    if then is not None:
        return await scores_then(shop, pages, then)
    return await scores_of(shop, [page.customer_id for page in pages], shop.clock.now(), at_least)


async def customer(shop: Shop, request: AnyRequest) -> Response[bytes]:
    """Everything the book knows, or knew then, about one customer. 404 when she is not, or was not, in this associate's book."""
    asked = shop.parameters(request, CustomerParameters)
    associate_id, customer_id = variable(request, "associate_id"), variable(request, "customer_id")
    then = await past_asked(shop, asked)
    if then is None:
        found = await shop.tables.read(
            PROJECTION.name, CUSTOMER_PAGES, {"customer_id": customer_id}, at_least=asked.at_least
        )
        position, page = found.position, customer_of(PROJECTION.decode(state) for _, _, state in found.rows)
    else:
        position = then.past.position
        page = customer_of(await asyncio.to_thread(customer_records, shop.log, customer_id, then.past))
    if page is None or associate_id not in (page.primary_owner, *page.secondary_owners):
        raise not_found("customer in this book", "customer_not_in_book")
    scores, scored = await _scores(shop, [page], asked.at_least, then)
    document = CustomerInBook(**asdict(customer_document(page)), score=scores[page.customer_id])
    return json_answer(await opened(shop, msgspec.json.encode(document)), position=min(position, scored))


async def today(shop: Shop, request: AnyRequest) -> Response[bytes]:
    """Whom to reach out to and why, most valuable first; nobody on a channel she has not agreed to.

    The list of a past day is the one that her book of then leads to.
    """
    asked = shop.parameters(request, TodayParameters)
    associate_id = variable(request, "associate_id")
    now = shop.clock.now()
    zone, zone_position = await zone_of(shop, associate_id, asked.time_zone, asked.at_least)
    day = None if asked.as_of is None else last_moment(asked.as_of, zone=zone)
    then = None
    if asked.as_of_position is not None or (day is not None and day <= now):
        then = await at_position(shop, asked, day)
    as_of = then.instant if then is not None else day or now
    position, pages = await _pages(shop, associate_id, "primary", asked.at_least, then)
    if then is not None:
        scores, scored = await scores_then(shop, pages, then)
    else:
        scores, scored = await scores_of(shop, [page.customer_id for page in pages], as_of, asked.at_least)
    listed = await asyncio.to_thread(lambda: calls(pages, as_of.astimezone(zone), scores=scores))
    answer = TodayPage(as_of=as_of, time_zone=zone.key, total=len(listed), calls=listed[: asked.limit])
    position = min(position, scored, zone_position)
    return json_answer(await opened(shop, msgspec.json.encode(answer)), position=position)


async def _pages(
    shop: Shop, associate_id: str, role: Role, at_least: int | None, then: Then | None
) -> tuple[int, list[CustomerPage]]:
    """The customers of a book, and up to where the log is in them."""
    if then is not None:
        records = await asyncio.to_thread(book_records, shop.log, associate_id, then.past)
        if not records:
            await make_sure_of_associate(shop, associate_id)
        return then.past.position, book_of(records, associate_id, role)
    found = await shop.tables.read(
        PROJECTION.name, BOOK_PAGES, {"associate_id": associate_id}, at_least=at_least
    )
    if not found.rows:
        await make_sure_of_associate(shop, associate_id)
    return found.position, await asyncio.to_thread(_read_pages, found.rows, associate_id, role)


def _read_pages(rows: Sequence[tuple[Any, ...]], associate_id: str, role: Role) -> list[CustomerPage]:
    return book_of([PROJECTION.decode(state) for _, _, state in rows], associate_id, role)


_common: Final[dict[str, Any]] = {"group": "book", "positioned": True, "problems": (404, 409, 422, 503)}

ROUTES: Final = (
    Route(
        path="/v1/associates/{associate_id}/book",
        handle=book,
        summary="An associate's customers.",
        answer=BookPage,
        parameters=BookPaging,
        **_common,
    ),
    Route(
        path="/v1/associates/{associate_id}/book/today",
        handle=today,
        summary="Whom to call today, and why.",
        answer=TodayPage,
        parameters=TodayParameters,
        **_common,
    ),
    Route(
        path="/v1/associates/{associate_id}/book/{customer_id}",
        handle=customer,
        summary="One customer of an associate.",
        answer=CustomerInBook,
        parameters=CustomerParameters,
        **_common,
    ),
)

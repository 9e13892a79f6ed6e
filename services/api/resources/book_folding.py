"""A book from whole pages, for what SQL cannot do: names as an order, merged records, and the past.

All of it is done beside the API's own process (services.api.reading_process).
"""

import asyncio
import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from projections.as_of import Cutoff
from projections.clientele_book.filters import passes
from projections.clientele_book.fold import PROJECTION
from projections.clientele_book.page import CustomerPage
from projections.clientele_book.queries import BOOK_PAGES, book_of, rank_of, ranked
from projections.clientele_book.summary import summary_of
from services.api.http.cursors import Cursor, cursor_text
from services.api.http.parameters import POSITION_MAX
from services.api.http.problems import Problem
from services.api.reading_state import ReadingState
from services.api.resources.as_of import AsOf, is_of_the_past, past_of
from services.api.resources.associates import require_associate
from services.api.resources.book_paging import ROLE, STORED_SORTS, BookPage, BookPaging, cursor_in, list_name
from services.api.resources.book_search import keep_search_entries, sought_in
from services.api.resources.customer_search import SearchTerms, decrypted_search_terms, matches, name_sort_key
from services.api.resources.scores import scores_as_of, scores_of
from services.api.resources.time_zones import zone_of
from services.read_models.rows_as_of import book_records, records_of
from services.read_models.search_statements import FOUND_PAGES
from services.read_models.tables import Rows

#: As FOUND_PAGES of everybody, none of whose entries are asked for.
WHOLE_BOOK: Final = f"SELECT pages.*, false AS missing, NULL AS context FROM ({BOOK_PAGES}) AS pages"


@dataclass(frozen=True, slots=True)
class Listing:
    """A book in the order of when its list began (`position`, `instant`), and as its customers are now.

    `pages` are of then; `moved` are those of them that are not as they were; `shown` are of now. `past` is
    the past that was asked for. The tables are of `reached`.
    """

    position: int
    instant: datetime
    pages: list[CustomerPage]
    moved: frozenset[str]
    shown: dict[str, CustomerPage]
    past: AsOf | None
    reached: int


async def folded_book(app: ReadingState, associate_id: str, params: BookPaging) -> tuple[bytes, int]:
    """A page of a book as JSON, and its position."""
    cursor = cursor_in(associate_id, params)
    listing = await _listing(app, associate_id, params, cursor)
    if params.only is not None:
        # Of when the list began, so that nobody enters or leaves it between two pages.
        zone, _ = await zone_of(app, associate_id, None, params.at_least)
        as_of = listing.instant.astimezone(zone)
        wanted = [page for page in listing.pages if passes(page, params.only, as_of)]
        listing = dataclasses.replace(listing, pages=wanted)
    pages, scores, position = await _ordered(app, params, listing, cursor)
    total = sum(page.customer_id in listing.shown for page in pages)
    if cursor is not None:
        pages = _behind(pages, cursor)
    pages = [page for page in pages if page.customer_id in listing.shown][params.offset :]
    on_page, more = pages[: params.limit], pages[params.limit :]
    shown = [listing.shown[page.customer_id] for page in on_page]
    if cursor is not None or not scores:
        scores = {}
        if params.scores or params.sorted_by == "score":
            scores, scored = await _scores(app, listing, shown, app.clock.now())
            position = min(position, scored)
    going_on = None
    if more:
        of, last = list_name(associate_id, params), on_page[-1].customer_id
        going_on = cursor_text(Cursor(of, listing.position, listing.instant, last))
    answer = BookPage(
        total=total,
        customers=[summary_of(page) for page in shown],
        scores={page.customer_id: scores[page.customer_id] for page in shown} if scores else {},
        next=going_on,
    )
    return await app.keys.decrypt_document(msgspec.json.encode(answer)), position


async def _listing(
    app: ReadingState, associate_id: str, params: BookPaging, cursor: Cursor | None
) -> Listing:
    role = ROLE[params.role]
    if is_of_the_past(params):
        # What a position holds never changes: every page is of the first one's.
        pinned = params
        if cursor is not None:
            pinned = replace(params, as_of_position=cursor.position, as_of_recorded=None)
        past = await past_of(app, pinned)
        records = await asyncio.to_thread(book_records, app.log, associate_id, past.cutoff)
        if not records:
            await require_associate(app, associate_id)
        pages = book_of(records, associate_id, role)
        shown = {page.customer_id: page for page in pages}
        position = past.cutoff.position
        return Listing(position, past.instant, pages, frozenset(), shown, past, position)
    found = await _found_rows(app, associate_id, params, cursor)
    if not found.rows:
        await require_associate(app, associate_id)
    records = {key: (position, PROJECTION.decode(state)) for key, position, state, *_ in found.rows}
    if missing := [records[key] for key, _, _, is_missing, _ in found.rows if is_missing]:
        await keep_search_entries(app, associate_id, missing, found.rows[0][-1])
    pages = book_of([record for _, record in records.values()], associate_id, role)
    shown = {page.customer_id: page for page in pages}
    if cursor is None:
        now = app.clock.now()
        return Listing(found.position, now, pages, frozenset(), shown, None, found.position)
    changed = {key for key, (position, _) in records.items() if position > cursor.position}
    # Whoever the page before ended with may have left the book.
    then = records_of(app.log, {*changed, cursor.after}, Cutoff(cursor.position))
    moved = frozenset(record.customer_id for record in then)
    stayed = [record for key, (_, record) in records.items() if key not in changed and key not in moved]
    pages = book_of([*then, *stayed], associate_id, role)
    return Listing(cursor.position, cursor.instant, pages, moved, shown, None, found.position)


async def _found_rows(
    app: ReadingState, associate_id: str, params: BookPaging, cursor: Cursor | None
) -> Rows:
    """The records of a book; of a search, those of whoever may match, or did where its list began."""
    if params.q is None:
        query, asked = WHOLE_BOOK, dict[str, Any](associate_id=associate_id)
    else:
        since = POSITION_MAX if cursor is None else cursor.position
        query, asked = FOUND_PAGES, {**sought_in(app, associate_id, params.q), "since": since}
    return await app.tables.read(PROJECTION.name, query, asked, at_least=params.at_least)


async def _ordered(
    app: ReadingState, params: BookPaging, listing: Listing, cursor: Cursor | None
) -> tuple[list[CustomerPage], dict[str, int], int]:
    """The pages that match in the order asked for, the scores where they are that, and the position."""
    sort, descending, pages = params.sorted_by, params.descending, listing.pages
    if sort in STORED_SORTS:
        pages = ranked(pages, STORED_SORTS[sort], descending=descending)
    if params.q is not None or sort == "name":
        known = list(zip(await decrypted_search_terms(app, pages), pages, strict=True))
        if params.q is not None:
            known = [(clear, page) for clear, page in known if matches(clear, params.q)]
        if sort == "name":
            known = [pair for pair in known if not _has_lost_place(*pair, cursor)]
            known.sort(key=lambda pair: pair[1].customer_id)
            known.sort(key=lambda pair: name_sort_key(pair[0]), reverse=descending)
        pages = [page for _, page in known]
    if sort != "score":
        return pages, {}, listing.reached
    scores, scored = await _scores(app, listing, pages, listing.instant, moved=listing.moved)
    by_id = sorted(pages, key=lambda page: page.customer_id)
    ordered = sorted(by_id, key=lambda page: scores[page.customer_id], reverse=descending)
    return ordered, scores, min(listing.reached, scored)


async def _scores(
    app: ReadingState,
    listing: Listing,
    pages: Sequence[CustomerPage],
    instant: datetime,
    moved: frozenset[str] = frozenset(),
) -> tuple[dict[str, int], int]:
    """The scores of some pages at an instant, and the position; of those that moved as of then."""
    if listing.past is not None:
        return await scores_as_of(app, pages, listing.past)
    scores, position = await scores_of(app, [page.customer_id for page in pages], instant)
    if them := [page for page in pages if page.customer_id in moved]:
        then, _ = await scores_as_of(app, them, AsOf(Cutoff(listing.position), instant))
        scores |= then
    return scores, position


def _has_lost_place(clear: SearchTerms, page: CustomerPage, cursor: Cursor | None) -> bool:
    """Whether the next page goes on behind somebody whose name was erased: where they stood is not known."""
    if cursor is None or page.customer_id != cursor.after:
        return False
    return page.forgotten or ((page.name, page.address_as) != (None, None) and name_sort_key(clear)[0])


def _behind(pages: list[CustomerPage], cursor: Cursor) -> list[CustomerPage]:
    """The pages behind the one that the page before ended with. Raises a 409 problem when it is not there."""
    for place, page in enumerate(pages):
        if page.customer_id == cursor.after:
            return pages[place + 1 :]
    detail = "The list has lost its place, as somebody in it was erased meanwhile: begin with its first page."
    raise Problem(409, "cursor_outdated", detail, field="cursor")


async def values_then(
    app: ReadingState, customer_ids: Sequence[str], associate_id: str, params: BookPaging, position: int
) -> dict[str, str | None]:
    """What those of these customers who were in the book at a position were sorted by then, as text."""
    pages = book_of(records_of(app.log, customer_ids, Cutoff(position)), associate_id, ROLE[params.role])
    ranks = {page.customer_id: rank_of(page, STORED_SORTS[params.sorted_by]) for page in pages}
    return {key: None if rank is None else str(rank) for key, rank in ranks.items()}


async def scores_then(
    app: ReadingState, customer_ids: Sequence[str], associate_id: str, params: BookPaging, cursor: Cursor
) -> dict[str, int]:
    """The scores of those of these customers who were in the book when its list began, as of then."""
    past = AsOf(Cutoff(cursor.position), cursor.instant)
    pages = book_of(records_of(app.log, customer_ids, past.cutoff), associate_id, ROLE[params.role])
    scores, _ = await scores_as_of(app, pages, past)
    return scores

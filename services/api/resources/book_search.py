"""Finding customers of a book by what the vault keeps of their texts: only who is found is decrypted."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from projections.clientele_book.page import CustomerPage
from projections.profile_terms import ContactPoint
from services.api.http.parameters import POSITION_MAX
from services.api.reading_state import ReadingState
from services.api.resources.associates import require_associate
from services.api.resources.book_paging import ROLE, STORED_SORTS, BookPaging
from services.api.resources.customer_search import Grams, SearchTerms, decrypted_search_terms, matches
from services.api.state import AppState
from services.read_models.search_statements import DROP, KEEP, found_customers

#: So many are decrypted and looked at where commands are answered; more are, beside.
FOUND_MAX: Final = 50
FOUND: Final = {
    (role, sort, descending): found_customers(role, sort, descending=descending)
    for role in ROLE.values()
    for sort in STORED_SORTS.values()
    for descending in (True, False)
}


class _Found(msgspec.Struct, frozen=True):
    """Who may match: their summary as it is stored, and what a summary does not say."""

    summary: msgspec.Raw
    contact_points: list[ContactPoint] | None


class _Named(msgspec.Struct, frozen=True):
    """What a summary says that somebody is found by."""

    customer_id: str
    name: str | None
    address_as: str | None
    reference: str | None


class Match(msgspec.Struct, frozen=True):
    """A customer who matches; their summary is decrypted."""

    customer_id: str
    summary: bytes


class KeptEntry(msgspec.Struct, frozen=True):
    """An entry as KEEP takes it. `decrypted`: it is made of texts that needed the record's data key."""

    subject_id: str
    position: int
    grams: str
    decrypted: bool


_found = msgspec.json.Decoder(list[_Found])
_named = msgspec.json.Decoder(_Named)


def sought_in(app: ReadingState, associate_id: str, sought: str) -> dict[str, Any]:
    """What the statements on entries ask by."""
    words, digits = Grams(app.keys.search_key(associate_id)).of_sought(sought)
    asked_by = {"associate_id": associate_id, "fingerprint": app.keys.fingerprint}
    return {**asked_by, "words": words, "digits": digits}


class Matches(msgspec.Struct, frozen=True):
    """A page of those who match, how many they are in all, and the position."""

    total: int
    page: list[Match]
    position: int


async def find(app: AppState, associate_id: str, params: BookPaging, sought: str) -> Matches | None:
    """The first page of who matches, in a stored order.

    None when whole pages have to be read: an entry is missing, or somebody who may match has several records.
    Raises a 404 problem for nobody.
    """
    complete = app.complete.get(associate_id)
    found, hits, complete = await _matching(app, associate_id, params, sought, complete, FOUND_MAX)
    if complete is None:
        return None
    if associate_id not in app.complete:
        await require_associate(app, associate_id)
    app.complete[associate_id] = complete
    if hits > FOUND_MAX:
        found, _, _ = await app.beside.run(
            _matching, app, associate_id, params, sought, complete, POSITION_MAX
        )
    return found


async def _matching(
    app: ReadingState,
    associate_id: str,
    params: BookPaging,
    sought: str,
    complete: str | None,
    found_max: int,
) -> tuple[Matches | None, int, str | None]:
    """What `found_customers` says, those who do not match left out."""
    query = FOUND[ROLE[params.role], STORED_SORTS[params.sorted_by], params.descending]
    asked = {**sought_in(app, associate_id, sought), "complete": complete, "found_max": found_max}
    found, hits, keys, position, complete = await app.tables.fetch_list(query, asked)
    if found is None or complete is None:
        return None, hits, complete
    matching: list[Match] = []
    for one in _found.decode(app.keys.decrypt_with(found.encode(), keys)):
        named = _named.decode(one.summary)
        points = tuple(point.value for point in one.contact_points or ())
        if matches(SearchTerms(named.name, named.address_as, points, named.reference), sought):
            matching.append(Match(named.customer_id, bytes(one.summary)))
    page = matching[params.offset :][: params.limit]
    return Matches(len(matching), page, position), hits, complete


async def keep_search_entries(
    app: ReadingState, associate_id: str, missing: Sequence[tuple[int, CustomerPage]], context: str
) -> None:
    """Keep the entries of these records of an associate's customers (position and page)."""
    grams = Grams(app.keys.search_key(associate_id))
    pages = [page for _, page in missing]
    entries = [
        KeptEntry(page.customer_id, position, grams.of_terms(known), _is_decrypted(known))
        for (position, page), known in zip(missing, await decrypted_search_terms(app, pages), strict=True)
    ]
    kept = {
        "associate_id": associate_id,
        "context": context,
        "subjects": [entry.subject_id for entry in entries if entry.decrypted],
        "entries": msgspec.json.encode(entries).decode(),
    }
    # Another process may keep the same entries: the later one's stay.
    async with app.entries.connection() as connection, connection.transaction():
        for statement in (DROP, KEEP):
            await connection.execute(statement, kept)


def _is_decrypted(known: SearchTerms) -> bool:
    return any(text is not None for text in (known.name, known.address_as, *known.contact_points))

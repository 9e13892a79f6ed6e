"""Today: whom an associate is to reach out to, and why."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
from litestar import Response

from domain.ids import AssociateId
from domain.pay_period.commands import TimeZone
from projections.associate_directory.fold import PROJECTION as DIRECTORY
from projections.associate_directory.queries import WORKING_AMONG
from projections.clientele_book.fold import PROJECTION
from projections.clientele_book.page import CustomerPage
from projections.clientele_book.queries import TODAY_PAGES, book_of, promisers, today_pages
from projections.clientele_book.today import Call, Reader, calls
from projections.loyalty_score.fold import PROJECTION as LOYALTY
from projections.pay_calendar.fold import PROJECTION as CALENDARS
from projections.score_parameters.fold import PROJECTION as PARAMETERS
from services.api.http.parameters import POSITION_MAX, AsOfReading, Limit, last_moment
from services.api.http.route_handlers import Injected, json_bytes, read
from services.api.reading_state import ReadingState
from services.api.resources.as_of import as_of_position_or_end, is_of_the_past, knows_the_past
from services.api.resources.associates import require_associate
from services.api.resources.day_entries import CALLS_OF_TODAY, read_today
from services.api.resources.scores import scores_as_of, scores_of
from services.api.resources.time_zones import zone_of
from services.api.state import AppState
from services.read_models.rows_as_of import book_records

#: What a list of the day is made of.
PROJECTIONS: Final = tuple(one.name for one in (PROJECTION, LOYALTY, PARAMETERS, DIRECTORY, CALENDARS))


class TodayParameters(AsOfReading, kw_only=True):
    """The day the list is for; today when left out. Of a future day it says what is known of it today.

    Days, and a date in `as_of`, are those of `time_zone`; when left out, the store's (`open-store`),
    else of its pay calendar, else the company's, else UTC.
    """

    time_zone: TimeZone | None = None
    limit: Limit = 50


class TodayPage(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to reach out to, most valuable first, and the instant that is said of."""

    as_of: datetime
    time_zone: str
    total: int
    calls: list[Call]


@read("/v1/associates/{associate_id}/book/today", tag="book", summary="Whom to call today, and why.")
async def today(
    app: Injected[AppState], params: Injected[TodayParameters], associate_id: AssociateId
) -> Response[TodayPage]:
    """Whom to reach out to and why, most valuable first; nobody on a channel they have not agreed to.

    A promise is on the list of whoever made it, also of a secondary owner or another associate.

    The list of a past day is the one that the book of that past leads to.
    """
    if params.at_least is not None and not is_of_the_past(params):
        for projection in PROJECTIONS:
            await app.tables.wait_for(projection, params.at_least)
    if not is_of_the_past(params) and params.time_zone is None:
        as_of = app.clock.now()
        read_now = await read_today(app, associate_id, CALLS_OF_TODAY, {"limit": params.limit})
        if read_now is not None:
            listed, keys = read_now
            total, found = listed.found
            body = b'{"as_of":%b,"time_zone":"%b","total":%d,"calls":%b}' % (
                msgspec.json.encode(max(as_of, listed.since)),
                listed.time_zone.encode(),
                total,
                found.encode(),
            )
            return json_bytes(app.keys.decrypt_with(body, keys), position=listed.position)
    body, position = await app.beside.run(folded_today, app, associate_id, params)
    return json_bytes(body, position=position)


async def folded_today(app: ReadingState, associate_id: str, params: TodayParameters) -> tuple[bytes, int]:
    """The list as JSON, folded from whole pages, and its position."""
    now = app.clock.now()
    zone, zone_position = await zone_of(app, associate_id, params.time_zone, params.at_least)
    day = None if params.as_of is None else last_moment(params.as_of, zone=zone)
    past = None
    if knows_the_past(params) or (day is not None and day <= now):
        past = await as_of_position_or_end(app, params, day)
    as_of = past.instant if past is not None else day or now
    if past is not None:
        position = past.cutoff.position
        records = await asyncio.to_thread(book_records, app.log, associate_id, past.cutoff)
        if not records:
            await require_associate(app, associate_id)
        pages = book_of(records, associate_id, "any")
    else:
        position, pages = await _pages_of_today(app, associate_id, params.at_least)
    keepers, known = await _working_among(app, promisers(pages, associate_id), params.at_least)
    reader = Reader(associate_id, keepers)
    if past is not None:
        scores, scored = await scores_as_of(app, pages, past)
    else:
        scores, scored = await scores_of(app, [page.customer_id for page in pages], as_of, params.at_least)
    listed = calls(pages, as_of.astimezone(zone), scores=scores, reader=reader)
    answer = TodayPage(as_of=as_of, time_zone=zone.key, total=len(listed), calls=listed[: params.limit])
    body = await app.keys.decrypt_document(msgspec.json.encode(answer))
    return body, min(position, scored, zone_position, known)


async def _pages_of_today(
    app: ReadingState, associate_id: str, at_least: int | None
) -> tuple[int, list[CustomerPage]]:
    """Their own customers and whoever they have promised something to, and their position."""
    found = await app.tables.read(
        PROJECTION.name, TODAY_PAGES, {"associate_id": associate_id}, at_least=at_least
    )
    if not found.rows:
        await require_associate(app, associate_id)
    records = [PROJECTION.decode(state) for _, _, state in found.rows]
    return found.position, today_pages(records, associate_id)


async def _working_among(
    app: ReadingState, associate_ids: Sequence[str], at_least: int | None
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


ROUTE_HANDLERS: Final = (today,)

"""Standards of service: what was due in which week and what came of it, and whether customers come back."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Annotated, Final, TypeVar

import msgspec
from litestar import Response

from domain.ids import AssociateId, Code
from domain.messages import made_of
from projections.service_standards.kept_customers import KeptCustomers
from projections.service_standards.queries import ServiceMeasure
from services.api.http.parameters import POSITION_MAX, AsOfReading, Limit
from services.api.http.route_handlers import Injected, json_bytes, read
from services.api.reading_state import ReadingState
from services.api.resources.as_of import requested_as_of
from services.api.state import AppState
from services.read_models.service_standards import (
    Question,
    Read,
    Rows,
    ServiceWeeks,
    read_kept_customers,
    read_weeks,
    whole_weeks,
)
from services.read_models.tables import Query

T = TypeVar("T")

FirstDay = Annotated[
    date, msgspec.Meta(description="A day of the first week; twelve weeks before the last when left out.")
]
LastDay = Annotated[date, msgspec.Meta(description="A day of the last week; today when left out.")]

Place = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^\d{4}-\d{2}-\d{2}/(|ass_[0-9a-f]{32})/[a-z_]+/",
        max_length=400,
        description="`next` of the page before.",
    ),
]


class WeekFilter(AsOfReading, kw_only=True):
    """The weeks (Monday to Sunday) from the one of `start` to the one of `end`: 53 at most, the last thirteen
    when left out.

    `end` may be to come: what is promised for then is open. A page has `limit` measures after `after`.
    """

    start: FirstDay | None = None
    end: LastDay | None = None
    store_id: Code | None = None
    associate_id: AssociateId | None = None
    limit: Limit = 200
    after: Place | None = None


class StoreFilter(AsOfReading, kw_only=True):
    """One store, or all; as of the past, or now."""

    store_id: Code | None = None


class ServiceWeeksPage(ServiceWeeks, frozen=True, kw_only=True):
    """The same, a page at a time; `next` is what `after` is for the next page, null on the last."""

    next: str | None


@read(
    "/v1/service-standards",
    tag="standards",
    summary="What was due to customers, kept, late and missed, by week.",
)
async def service_standards(
    app: Injected[AppState], params: Injected[WeekFilter]
) -> Response[ServiceWeeksPage]:
    """What the standards of service asked for: per week, associate, store and standard, with each event.

    It measures, and nothing of pay reads it. Missed is what time has passed over, as of the instant.
    """
    body, position = await app.beside.run(measured_weeks, app, params)
    return json_bytes(body, position=position)


@read(
    "/v1/service-standards/customers",
    tag="standards",
    summary="Whether customers come back, and how long books and associates have been here.",
)
async def customers_kept(app: Injected[AppState], params: Injected[StoreFilter]) -> Response[KeptCustomers]:
    """Cohorts: of those who bought in a quarter, how many came back within a year; the share of net spend
    that returning customers have; tenure of associates and of their books.
    """
    body, position = await app.beside.run(measured_customers, app, params)
    return json_bytes(body, position=position)


async def measured_weeks(app: ReadingState, params: WeekFilter) -> tuple[bytes, int]:
    """A page of measures as JSON, and its position."""
    found, position = await weeks_measured(app, params)
    following = [one for one in found.measures if _place(one) > _place_of(params.after)]
    page = following[: params.limit]
    more = "/".join(_place(page[-1])) if len(following) > len(page) else None
    answer = made_of(ServiceWeeksPage, found, measures=page, next=more)
    return msgspec.json.encode(answer), position


async def weeks_measured(app: ReadingState, params: WeekFilter) -> tuple[ServiceWeeks, int]:
    """All measures of the weeks that are asked for, and their position."""
    now = await _question(app, params, params.store_id)
    start, end = whole_weeks(params.start, params.end, now.instant.date())
    asked = replace(now, start=start, end=end, associate_id=params.associate_id)
    return await _answer(app, params, asked, read_weeks)


async def measured_customers(app: ReadingState, params: StoreFilter) -> tuple[bytes, int]:
    """Whether customers come back, as JSON, and its position."""
    asked = await _question(app, params, params.store_id)
    found, position = await _answer(app, params, asked, read_kept_customers)
    return msgspec.json.encode(found), position


async def _question(app: ReadingState, params: AsOfReading, store_id: str | None) -> Question:
    """The past that is asked for, and a store; its weeks are those of its own day."""
    past = await requested_as_of(app, params)
    instant = app.clock.now() if past is None else past.instant
    return Question(
        start=instant.date(),
        end=instant.date(),
        position=POSITION_MAX if past is None else past.cutoff.position,
        instant=instant,
        is_past=past is not None,
        store_id=store_id,
    )


async def _answer(
    app: ReadingState, params: AsOfReading, asked: Question, ask: Callable[[Question, Read], T]
) -> tuple[T, int]:
    """The answer and its position; of a past only once the tables are there."""
    at_least = params.at_least
    if asked.is_past:
        at_least = max(asked.position, at_least or 0)
    loop = asyncio.get_running_loop()
    positions = [asked.position]

    def rows_of(queries: Sequence[Query]) -> list[Rows]:
        reading = app.tables.read_together(*queries, at_least=at_least)
        found = asyncio.run_coroutine_threadsafe(reading, loop).result()
        positions.extend(rows.position for rows in found)
        return [rows.rows for rows in found]

    return await asyncio.to_thread(ask, asked, rows_of), min(positions)


def _place(measure: ServiceMeasure) -> tuple[str, str, str, str]:
    """Where a measure stands in the list: its week, associate, standard and store."""
    return (
        measure.week.isoformat(),
        measure.associate_id or "",
        measure.kind,
        measure.store_id or "",
    )


def _place_of(after: str | None) -> tuple[str, ...]:
    return () if after is None else tuple(after.split("/", 3))


ROUTE_HANDLERS: Final = (service_standards, customers_kept)

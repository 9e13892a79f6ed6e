"""The log for other services: its events in pages or as they come, and proof of having them all."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Final, cast

import msgspec
from litestar import Response
from litestar.response import Stream

from domain.ids import PARTITIONS
from infra.event_store.lineage import LineageStep, lineage_of
from infra.event_store.ranges import EventRange, event_ranges, ranges_between
from infra.messaging.cloud_events import CloudEvent
from infra.messaging.event_filter import EventFilter
from projections.as_of import is_day
from services.api.event_streams import LOOK_SECONDS, OpenStream
from services.api.http.application import Api
from services.api.http.asgi import weight_of
from services.api.http.openapi import BLOCKS
from services.api.http.openapi_parts import POSITION_HEADER
from services.api.http.parameters import (
    POSITION_MAX,
    AnyRequest,
    Limit,
    Parameters,
    Position,
    in_calendar,
    instant,
)
from services.api.http.problems import Problem, unavailable
from services.api.http.route_handlers import NO_STORE, Injected, json_response, read
from services.api.resources.event_pages import event_page
from services.api.state import AppState

LINES: Final = "application/x-ndjson"
#: An answer of server-sent events says something so often, that nobody in between takes it for dead.
KEEP_ALIVE_SECONDS: Final = 15.0
#: So many ranges are computed for one answer: a second of PostgreSQL's time.
RANGES_MAX: Final = 20

Types = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+)*(,[a-z0-9_]+(\.[a-z0-9_]+)*)*$",
        max_length=4_000,
        description="Only these types, or types that begin so up to a dot; several separated by commas.",
        examples=["sale", "sale.recorded.v1,return"],
    ),
]
Partitions = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[0-9]{1,2}(,[0-9]{1,2})*$",
        max_length=200,
        description=f"Only these partitions, 0 to {PARTITIONS - 1}; several separated by commas.",
    ),
]
RecordedFrom = Annotated[
    str,
    msgspec.Meta(
        max_length=40,
        description="Begin with what was recorded from this date (UTC) or instant on.",
        extra_json_schema={"anyOf": [{"format": "date"}, {"format": "date-time"}]},
    ),
]


class EventsWanted(Parameters, kw_only=True):
    """Which events of the log; those behind `after`, or recorded from a moment on where that is later."""

    after: Position = 0
    limit: Limit = 100
    recorded_from: RecordedFrom | None = None
    type: Types | None = None
    partition: Partitions | None = None


class RangesWanted(Parameters, kw_only=True):
    """From which position to which, both included; to the log's end where `to` is left out."""

    from_: Annotated[int, msgspec.Meta(ge=1, le=POSITION_MAX)] = msgspec.field(default=1, name="from")
    to: Position | None = None


class Nothing(Parameters, kw_only=True):
    """No parameters."""


class RangesPage(msgspec.Struct, frozen=True, kw_only=True):
    """Ranges; `next` is what `from` is for the next page, null on the last."""

    ranges: list[EventRange]
    next: int | None


class Epochs(msgspec.Struct, frozen=True, kw_only=True):
    """Every epoch of the log, the first one first."""

    epochs: list[LineageStep]


@read(
    "/v1/events",
    tag="events",
    summary="Events of the log, in its order.",
    problems=("too_many_event_streams", "time_zone_missing"),
    media_type=LINES,
    encrypted=True,
    blocks="asked for",
)
async def events(
    request: AnyRequest, app: Injected[AppState], params: Injected[EventsWanted]
) -> Response[CloudEvent]:
    """A page of CloudEvents, a JSON document a line, in the order of the log. `Clienteling-Position` says up
    to where the page goes: it is `after` for the next one, also where filters left nothing in it. The page
    that ends where it began is the last one for now.

    With `Accept: text/event-stream` the events come as they are recorded, as server-sent events whose id is
    the position; `Last-Event-ID` stands above `after`. The answer ends after some minutes: ask again.

    Personal data stays encrypted. `data` is last in each line, with the very bytes of the message on the
    stream. 409 where the log ends before `after`: it was set back, see `/v1/events/epochs`.
    """
    accept = request.headers.get("accept")
    wanted_as_blocks = weight_of(accept, BLOCKS) or 0
    streaming = wanted_as_blocks > 0 and wanted_as_blocks >= (weight_of(accept, LINES) or 0)
    wanted = _filter_of(params)
    after = await _begin(request, app, params)
    if after > await asyncio.to_thread(app.log.last_position):
        detail = "The log ends before this position. Was it set back? See /v1/events/epochs."
        raise Problem(409, "position_not_reached", detail, field="after")
    if streaming:
        if app.event_streams.open >= app.settings.api_event_streams_max:
            raise unavailable("too_many_event_streams", "Too many streams of events are open here.")
        stream = OpenStream(app.event_streams)
        blocks = _blocks(app, cast("Api", request.app).stopping, stream, after, params.limit, wanted)
        # Litestar has a stream say the handler's media type, whatever its own is, unless a header does.
        headers = {**NO_STORE, "Content-Type": f"{BLOCKS}; charset=utf-8"}
        return cast("Response[CloudEvent]", Stream(blocks, headers=headers))
    page = await app.beside.run(event_page, app, after, params.limit, wanted, "lines")
    headers = {**NO_STORE, POSITION_HEADER: str(page.position)}
    return cast("Response[CloudEvent]", Response(page.body, media_type=LINES, headers=headers))


async def _blocks(
    app: AppState,
    stopping: asyncio.Event,
    stream: OpenStream,
    position: int,
    limit: int,
    wanted: EventFilter,
) -> AsyncGenerator[bytes]:
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + app.settings.api_event_stream_seconds
    said_at = loop.time()
    try:
        # Whoever is cut off before the first event goes on from here, too.
        yield b"retry: 1000\nid: %d\n\n" % position
        while not stopping.is_set() and loop.time() < ends_at:
            if await app.event_streams.end_of_log(app.tables.end_of_log) > position:
                page = await app.beside.run(event_page, app, position, limit, wanted, "blocks")
                position, said_at = page.position, loop.time()
                # Also what was passed over is behind whoever asks again.
                yield page.body + b"id: %d\n\n" % position
                continue
            if loop.time() > said_at + KEEP_ALIVE_SECONDS:
                said_at = loop.time()
                yield b": nothing new\n\n"
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), LOOK_SECONDS)
    finally:
        stream.close()


@read(
    "/v1/events/ranges",
    tag="events",
    summary="How many events, and their hash, by range.",
    name="event_ranges",
)
async def event_ranges_between(
    app: Injected[AppState], params: Injected[RangesWanted]
) -> Response[RangesPage]:
    """Count and chained hash of the events in each range of positions, by which a consumer proves that it has
    what the log has. Ranges end at multiples of 10,000, and where the question ends; a page has 20.

    The hash begins with 32 zero bytes; each event makes it SHA-256 of the hash so far, then the event's
    position, type, subject, version and customer (empty without one), each with a line feed behind it, then
    the bytes of `data`.
    """
    end = await asyncio.to_thread(app.log.last_position)
    last = end if params.to is None else params.to
    if last > end:
        raise Problem(409, "position_not_reached", "The log ends before this position.", field="to")
    if params.from_ > last + 1:
        raise Problem(422, "invalid", "The range ends before it begins.", field="from")
    cut = ranges_between(params.from_, last)[:RANGES_MAX] if params.from_ <= last else []
    found = await asyncio.to_thread(_ranges, app, cut[0][0], cut[-1][1]) if cut else []
    following = cut[-1][1] + 1 if cut and cut[-1][1] < last else None
    return json_response(RangesPage(ranges=found, next=following), position=end)


@read("/v1/events/epochs", tag="events", summary="How often the log was set back, and to where.")
async def event_epochs(app: Injected[AppState], params: Injected[Nothing]) -> Response[Epochs]:
    """The epochs of the log. Each has the history of the one before it up to its `common_position`: what you
    have of an epoch is true up to the least of those behind it.
    """
    end = await asyncio.to_thread(app.log.last_position)
    return json_response(await asyncio.to_thread(_epochs, app), position=end)


def _ranges(app: AppState, first: int, last: int) -> list[EventRange]:
    with app.log.connection() as connection:
        return event_ranges(connection, first, last)


def _epochs(app: AppState) -> Epochs:
    with app.log.connection() as connection:
        return Epochs(epochs=list(lineage_of(connection).steps))


def _filter_of(params: EventsWanted) -> EventFilter:
    partitions = frozenset(map(int, params.partition.split(","))) if params.partition else frozenset[int]()
    if any(one >= PARTITIONS for one in partitions):
        raise Problem(422, "invalid", f"Partitions are 0 to {PARTITIONS - 1}.", field="partition")
    return EventFilter(tuple(params.type.split(",")) if params.type else (), partitions)


async def _begin(request: AnyRequest, app: AppState, params: EventsWanted) -> int:
    """The position behind which the answer begins."""
    after = params.after
    if (last_id := request.headers.get("last-event-id")) is not None:
        if not (last_id.isascii() and last_id.isdigit() and len(last_id) <= 18):
            raise Problem(422, "invalid", "This is no position.", field="Last-Event-ID")
        after = int(last_id)
    if params.recorded_from is not None:
        moment = in_calendar(_moment(params.recorded_from), "recorded_from")
        # Times have microseconds. What has no time is older than all that have one, or of then.
        before = await asyncio.to_thread(app.log.last_recorded_by, moment - timedelta(microseconds=1))
        after = max(after, before or 0)
    return after


def _moment(text: str) -> datetime:
    if not is_day(text):
        return instant(text.replace(" ", "+"), "recorded_from")
    try:
        return datetime.combine(msgspec.convert(text, date), time(0), UTC)
    except msgspec.ValidationError:
        raise Problem(422, "invalid", "There is no such day.", field="recorded_from") from None


ROUTE_HANDLERS: Final = (events, event_ranges_between, event_epochs)

"""Loyalty scores: as of any date, with their reasons, and their course over time."""

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final

import msgspec
from litestar import Response

from domain.ids import CustomerId
from projections.clientele_book.fold import PROJECTION as BOOK
from projections.clientele_book.page import CustomerPage
from projections.clientele_book.queries import CUSTOMER_PAGES, customer_of
from projections.loyalty_score import queries
from projections.loyalty_score.fold import PROJECTION, LoyaltyRow
from projections.loyalty_score.folding import seconds_of
from projections.loyalty_score.parameters import DEFAULT, Parameters
from projections.loyalty_score.state import LoyaltyState
from projections.score_parameters.fold import AdoptedVersion
from services.api.http.parameters import AsOfParameter, AsOfReading, Reading, last_moment
from services.api.http.problems import Problem, not_found
from services.api.http.route_handlers import Injected, json_response, read
from services.api.reading_state import ReadingState
from services.api.resources.as_of import AsOf, as_of_position_or_end, knows_the_past
from services.api.resources.score_parameters import parameters_as_of, parameters_now, versions_now
from services.api.state import AppState
from services.read_models.rows_as_of import customer_records, loyalty_rows
from services.read_models.tables import Rows

POINTS_MAX: Final = 1_000
YEAR: Final = timedelta(days=365)


class AtDate(AsOfReading, kw_only=True):
    """The date the score is for; now when left out. A future date says what silence until then makes of it.

    With `as_of_position` from what was known then; without a date, for the moment of the last event known.
    """


class Course(Reading, kw_only=True):
    """The score every `step_days` from `start` to `end`, the last year by weeks when left out; at most 1,000
    points.
    """

    start: AsOfParameter | None = None
    end: AsOfParameter | None = None
    step_days: Annotated[int, msgspec.Meta(ge=1, le=3_660)] = 7


class ScoreCourse(msgspec.Struct, frozen=True, kw_only=True):
    """The scores of one customer over time, oldest first."""

    customer_id: str
    points: list[queries.PointInTime]


@read("/v1/customers/{customer_id}/score", tag="loyalty", summary="A customer's loyalty score, and why.")
async def score(
    app: Injected[AppState], params: Injected[AtDate], customer_id: CustomerId
) -> Response[queries.ScoreDocument]:
    """A customer's loyalty score from 0 to 1,000 as of a date, its components and the events behind each."""
    as_of = None if params.as_of is None else last_moment(params.as_of)
    if knows_the_past(params):
        past = await as_of_position_or_end(app, params, None)
        person, known = await asyncio.to_thread(_known_as_of, app, customer_id, past)
        instant = as_of or past.instant
        held = (await parameters_as_of(app, past.cutoff))(seconds_of(instant))
        document = queries.score_document(person, known, instant, held)
        return json_response(document, position=past.cutoff.position)
    found, person, known = await _known(app, customer_id, params.at_least)
    instant = as_of or app.clock.now()
    held_at, position = await parameters_now(app, params.at_least)
    document = queries.score_document(person, known, instant, held_at(seconds_of(instant)))
    return json_response(document, position=min(found.position, position))


@read(
    "/v1/customers/{customer_id}/score/history",
    tag="loyalty",
    summary="A customer's score over time.",
    name="score_history",
    problems=("time_zone_missing",),
)
async def score_course(
    app: Injected[AppState], params: Injected[Course], customer_id: CustomerId
) -> Response[ScoreCourse]:
    """How a customer's score went over time, for a chart."""
    end = app.clock.now() if params.end is None else last_moment(params.end, "end")
    try:
        start = end - YEAR if params.start is None else last_moment(params.start, "start")
    except OverflowError:
        raise Problem(422, "invalid", "There is no year before this.", field="end") from None
    step = timedelta(days=params.step_days)
    if start > end:
        raise Problem(422, "invalid", "The start comes after the end.", field="start")
    if (end - start) / step > POINTS_MAX - 1:
        raise Problem(422, "invalid", f"These are more than {POINTS_MAX:,} points.", field="step_days")
    found, person, known = await _known(app, customer_id, params.at_least)
    held_at, position = await parameters_now(app, params.at_least)
    points = await asyncio.to_thread(queries.score_history, known, start, end, step, held_at)
    course = ScoreCourse(customer_id=person, points=points)
    return json_response(course, position=min(found.position, position))


async def _known(app: ReadingState, customer_id: str, at_least: int | None) -> tuple[Rows, str, LoyaltyState]:
    """The score's state of a person, by their surviving record. Raises a 404 problem for nobody."""
    parameters = {"customer_id": customer_id}
    found = await app.tables.read(PROJECTION.name, queries.CUSTOMER_ROWS, parameters, at_least=at_least)
    known = queries.states_by_customer(_rows(found))
    if not known:
        # Who never bought anything has no row here, but may be somebody all the same.
        if not (await app.tables.read(BOOK.name, CUSTOMER_PAGES, parameters, at_least=at_least)).rows:
            raise not_found("customer", "customer_unknown")
        return found, customer_id, LoyaltyState()
    ((person, state),) = known.items()
    return found, person, state


def _known_as_of(app: ReadingState, customer_id: str, past: AsOf) -> tuple[str, LoyaltyState]:
    """The same as of a past. Raises a 404 problem for whom nobody knew then."""
    page = customer_of(customer_records(app.log, customer_id, past.cutoff))
    if page is None:
        raise not_found("customer", "customer_unknown")
    known = queries.states_by_customer(loyalty_rows(app.log, [page], past.cutoff))
    return page.customer_id, known.get(page.customer_id, LoyaltyState())


def _rows(found: Rows) -> list[LoyaltyRow]:
    return [PROJECTION.decode(state) for _, _, state in found.rows]


async def scores_of(
    app: ReadingState, customer_ids: Collection[str], as_of: datetime, at_least: int | None = None
) -> tuple[dict[str, int], int]:
    """The scores of persons by their surviving records, and the position; 0 for who never bought."""
    parameters = {"customer_ids": list(customer_ids)}
    found = await app.tables.read(PROJECTION.name, queries.CUSTOMERS_ROWS, parameters, at_least=at_least)
    held_at, position = await parameters_now(app, at_least)
    held = held_at(seconds_of(as_of))
    ranked = await asyncio.to_thread(
        lambda: queries.ranking(queries.states_by_customer(_rows(found)), as_of, held)
    )
    scores = {customer_id: ranked.get(customer_id, 0) for customer_id in customer_ids}
    return scores, min(found.position, position)


async def scores_as_of(
    app: ReadingState, pages: Sequence[CustomerPage], past: AsOf
) -> tuple[dict[str, int], int]:
    """The same of customers of a past."""
    held = (await parameters_as_of(app, past.cutoff))(seconds_of(past.instant))

    def reckoned() -> dict[str, int]:
        return queries.ranking(
            queries.states_by_customer(loyalty_rows(app.log, pages, past.cutoff)), past.instant, held
        )

    ranked = await asyncio.to_thread(reckoned)
    return {page.customer_id: ranked.get(page.customer_id, 0) for page in pages}, past.cutoff.position


class ParametersPage(msgspec.Struct, frozen=True, kw_only=True):
    """Every version of the score's parameters, the oldest first. `default` is version 1, before them."""

    default: Parameters
    versions: list[AdoptedVersion]


@read(
    "/v1/score-parameters",
    tag="loyalty",
    summary="The versions of the score's parameters.",
)
async def score_parameters(app: Injected[AppState], params: Injected[Reading]) -> Response[ParametersPage]:
    """The parameters of scores, and since when: a date's score takes those in force on it."""
    versions, position = await versions_now(app, params.at_least)
    return json_response(ParametersPage(default=DEFAULT, versions=versions), position=position)


ROUTE_HANDLERS: Final = (score, score_course, score_parameters)

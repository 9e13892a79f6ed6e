"""The parameters of the score in force at each date, as known now or at a position of the log."""

import asyncio

from domain.ids import SCORE_PARAMETERS_STREAM
from infra.event_store.decoded_events import DecodedEvents
from infra.event_store.log import EventLog
from projections.as_of import Cutoff
from projections.loyalty_score.parameters import ParametersAt, in_force, parameters_at
from projections.score_parameters.fold import PROJECTION, AdoptedVersion
from projections.score_parameters.queries import VERSIONS, versions_in_log, versions_of
from services.api.reading_state import ReadingState


async def versions_now(app: ReadingState, at_least: int | None) -> tuple[list[AdoptedVersion], int]:
    """Every version there is, and up to where the log is in the answer. Raises the problems of `read`."""
    found = await app.tables.read(PROJECTION.name, VERSIONS, {}, at_least=at_least)
    return versions_of(PROJECTION.decode(state) for _, _, state in found.rows), found.position


async def parameters_now(app: ReadingState, at_least: int | None) -> tuple[ParametersAt, int]:
    """Which parameters hold when, and the position of that. Raises the problems of `read`."""
    versions, position = await versions_now(app, at_least)
    return _at(versions), position


async def parameters_as_of(app: ReadingState, past: Cutoff) -> ParametersAt:
    """The same as it was known at a position of the log; no table is read."""
    return await asyncio.to_thread(lambda: _at(_versions_as_of(app.log, past)))


def _versions_as_of(log: EventLog, past: Cutoff) -> list[AdoptedVersion]:
    logged = log.read_stream(SCORE_PARAMETERS_STREAM, up_to=past.position)
    history = DecodedEvents(logged, log.left_out(PROJECTION.name))
    return versions_in_log((stored.position, event) for stored, event in history)


def _at(versions: list[AdoptedVersion]) -> ParametersAt:
    return parameters_at([in_force(one.version, one.since, one.parameters) for one in versions])

"""Queries of the score parameters: every version, from the table or as of a position of the log."""

from collections.abc import Iterable
from typing import Final

from domain.ids import SCORE_PARAMETERS_STREAM
from domain.messages import Event
from domain.score_parameters.events import ScoreParametersAdopted
from projections.fold_driver import KeyFold
from projections.score_parameters.fold import PROJECTION, AdoptedVersion, AdoptedVersions

#: The one row, or none before anything was adopted.
VERSIONS: Final = "SELECT key, position, state::text AS state FROM projections.score_parameters"


def versions_of(rows: Iterable[AdoptedVersions]) -> list[AdoptedVersion]:
    """Every version, in the order of the log."""
    return [version for row in rows for version in row.versions]


def versions_in_log(history: Iterable[tuple[int, Event | None]]) -> list[AdoptedVersion]:
    """The same out of the log: positions and events of SCORE_PARAMETERS_STREAM; None is skipped."""
    row = KeyFold(PROJECTION, SCORE_PARAMETERS_STREAM)
    for position, event in history:
        if isinstance(event, ScoreParametersAdopted):
            row.apply(event, position)
    return row.state.versions

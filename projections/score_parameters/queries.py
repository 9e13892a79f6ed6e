"""Queries of the score parameters: every version, from the table or as of a position of the log."""

from collections.abc import Iterable
from typing import Final

from domain.messages import Event
from domain.score_parameters.events import ScoreParametersAdopted
from projections.score_parameters.fold import AdoptedVersion, AdoptedVersions, fold

#: The one row, or none before anything was adopted.
VERSIONS: Final = "SELECT key, position, state::text AS state FROM projections.score_parameters"


def versions_of(rows: Iterable[AdoptedVersions]) -> list[AdoptedVersion]:
    """Every version, in the order of the log."""
    return [version for row in rows for version in row.versions]


def versions_in_log(history: Iterable[tuple[int, Event | None]]) -> list[AdoptedVersion]:
    """The same out of the log: positions and events of SCORE_PARAMETERS_STREAM; None is skipped."""
    row = AdoptedVersions()
    for position, event in history:
        if isinstance(event, ScoreParametersAdopted):
            fold(row, event, position)
    return row.versions

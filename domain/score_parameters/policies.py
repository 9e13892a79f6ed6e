"""Policies of the score's parameters; each name is the rule."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from domain.messages import Refused
from domain.score_parameters.commands import AdoptScoreParameters
from domain.score_parameters.state import ScoreParametersState

#: A policy about parameters to be adopted at a moment, and those in force; it raises Refused, or returns.
Policy = Callable[[AdoptScoreParameters, ScoreParametersState | None, datetime], None]

POINTS_MAX: Final = 1_000


def points_must_not_exceed_a_thousand(
    command: AdoptScoreParameters, in_force: ScoreParametersState | None, at: datetime
) -> None:
    points_max = command.parameters.points_max
    if points_max > POINTS_MAX:
        raise Refused(
            "points_exceed_a_thousand",
            f"The components' points add up to {points_max}; a score ends at {POINTS_MAX}.",
            "parameters",
        )


def a_version_must_not_precede_the_one_before(
    command: AdoptScoreParameters, in_force: ScoreParametersState | None, at: datetime
) -> None:
    """Otherwise scores of the days in between would change after they were shown."""
    if in_force is not None and at < in_force.since:
        raise Refused(
            "before_the_latest_version",
            f"Version {in_force.version} holds since {in_force.since:%Y-%m-%dT%H:%M:%SZ}: "
            "the next can only begin later.",
            "occurred_at",
        )


ADOPTING_POLICIES: tuple[Policy, ...] = (
    points_must_not_exceed_a_thousand,
    a_version_must_not_precede_the_one_before,
)

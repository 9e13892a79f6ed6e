"""Decides the adoption of other score parameters, or refuses it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from domain.messages import Command
from domain.policies import business_time
from domain.score_parameters.commands import AdoptScoreParameters, ScoreParameters
from domain.score_parameters.events import ScoreParametersAdopted, frozen
from domain.score_parameters.policies import ADOPTING_POLICIES
from domain.score_parameters.state import FIRST_VERSION
from domain.state_reader import StateReader


def adopt_score_parameters(
    command: AdoptScoreParameters, states: StateReader, now: datetime
) -> list[ScoreParametersAdopted]:
    """The next version. Adopting what is in force leads to no event."""
    in_force = states.score_parameters()
    at = business_time(command, now)
    for rule in ADOPTING_POLICIES:
        rule(command, in_force, at)
    adopted = frozen(command.parameters)
    if adopted == (frozen(ScoreParameters()) if in_force is None else in_force.parameters):
        return []
    version = FIRST_VERSION if in_force is None else in_force.version
    return [
        ScoreParametersAdopted(occurred_at=at, version=version + 1, parameters=adopted, reason=command.reason)
    ]


DECISIONS: dict[type[Command], Callable[[Any, StateReader, datetime], list[Any]]] = {
    AdoptScoreParameters: adopt_score_parameters
}

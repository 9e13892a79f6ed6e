"""Decides the adoption of other score parameters, or refuses it."""

from datetime import datetime

from domain.messages import Event
from domain.policies import Decisions, business_time, event_of
from domain.score_parameters.commands import AdoptScoreParameters, ScoreParameters
from domain.score_parameters.events import ScoreParametersAdopted, frozen
from domain.score_parameters.policies import ADOPTING_POLICIES
from domain.score_parameters.state import FIRST_VERSION
from domain.state_reader import StateReader


def adopt_score_parameters(command: AdoptScoreParameters, states: StateReader, now: datetime) -> list[Event]:
    """The next version. Adopting what is in force leads to no event."""
    in_force = states.score_parameters()
    at = business_time(command, now)
    for rule in ADOPTING_POLICIES:
        rule(command, in_force, at)
    adopted = frozen(command.parameters)
    if adopted == (frozen(ScoreParameters()) if in_force is None else in_force.parameters):
        return []
    version = FIRST_VERSION if in_force is None else in_force.version
    return [event_of(ScoreParametersAdopted, command, now, version=version + 1, parameters=adopted)]


DECISIONS: Decisions = {AdoptScoreParameters: adopt_score_parameters}

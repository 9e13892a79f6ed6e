"""What decisions need to know about the score's parameters: the version in force, and since when."""

from datetime import datetime

import msgspec

from domain.messages import Event, UnknownEvent
from domain.score_parameters.events import FrozenScoreParameters, ScoreParametersAdopted


class ScoreParametersState(msgspec.Struct, frozen=True, kw_only=True):
    """The latest version."""

    version: int
    since: datetime
    parameters: FrozenScoreParameters


#: The version that holds before anything was adopted.
FIRST_VERSION = 1


def evolve(state: ScoreParametersState | None, event: Event) -> ScoreParametersState:
    """The state after one more event. Raises UnknownEvent for one that is not the score's parameters."""
    match event:
        case ScoreParametersAdopted():
            return ScoreParametersState(
                version=event.version, since=event.occurred_at, parameters=event.parameters
            )
        case _:
            raise UnknownEvent(state, event)

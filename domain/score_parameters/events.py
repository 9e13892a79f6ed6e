"""Events of the score parameters: which hold, and since when."""

from typing import ClassVar

from domain.ids import SCORE_PARAMETERS_STREAM
from domain.messages import Event, made_of
from domain.score_parameters.commands import ScoreParameters


class FrozenScoreParameters(ScoreParameters, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """The numbers as adopted: every one is written, so that another default changes no score that was shown.

    Unlike the command's they let pass what a newer writer adds.
    """


def frozen(parameters: ScoreParameters) -> FrozenScoreParameters:
    """A command's parameters, as they are stored in the event."""
    return made_of(FrozenScoreParameters, parameters)


class ScoreParametersAdopted(Event, frozen=True, kw_only=True):
    """From `occurred_at` on the loyalty score is computed with these parameters; scores of earlier dates stay
    what they were.
    """

    names: ClassVar = ("version",)

    version: int
    """Number of the version, from 2; version 1 is what holds before the first event."""
    parameters: FrozenScoreParameters
    """All numbers of the version."""
    reason: str | None = None
    """Short code for why. Absent: none was given."""

    @property
    def stream_id(self) -> str:
        return SCORE_PARAMETERS_STREAM


TOPICS: dict[str, type[Event]] = {"score_parameters.adopted.v1": ScoreParametersAdopted}

"""The parameters of a score: one version, and which version holds when.

domain/score_parameters declares and validates them; docs/loyalty-score.md says what each does.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import msgspec

from domain.score_parameters.commands import ANY_CURRENCY, ScoreParameters
from domain.score_parameters.policies import POINTS_MAX
from domain.score_parameters.state import FIRST_VERSION
from projections.loyalty_score.folding import seconds_of

HOUR_SECONDS: Final = 3600


class Parameters(ScoreParameters, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """One version. Raises ValueError when its points add up to more than a score can be."""

    version: int = FIRST_VERSION

    @property
    def rhythm_seconds(self) -> int:
        return self.rhythm_hours * HOUR_SECONDS

    @property
    def half_life_seconds(self) -> int:
        return self.rhythm_seconds * self.fading_e2 // 100

    @property
    def newness_seconds(self) -> int:
        return self.rhythm_seconds * self.newness_e2 // 100

    @property
    def patience_seconds(self) -> int:
        return self.rhythm_seconds * self.patience_e2 // 100

    def typical_visit_minor_in(self, currency: str) -> int:
        """What a typical customer spends in a visit."""
        return self.typical_visit_minor.get(currency) or self.typical_visit_minor.get(ANY_CURRENCY) or 5000

    def to_adopt(self) -> ScoreParameters:
        """The numbers without their version, as a command takes them."""
        return ScoreParameters(**{name: getattr(self, name) for name in ScoreParameters.__struct_fields__})

    def __post_init__(self) -> None:
        if self.points_max > POINTS_MAX:
            raise ValueError(f"the components' points add up to {self.points_max}; a score ends at 1,000")
        if min(self.half_life_seconds, self.newness_seconds, self.patience_seconds) < 1:
            raise ValueError("fading, newness and patience must come to a second at least")


#: What holds until a shop has been calibrated: a department store whose customers come every few months.
DEFAULT: Final = Parameters()


class InForce(msgspec.Struct, frozen=True):
    """Parameters and the instant (seconds since 1970) from which they hold."""

    since: int
    parameters: Parameters


def in_force(version: int, since: datetime, parameters: ScoreParameters) -> InForce:
    """A version as it was adopted."""
    numbers = {name: getattr(parameters, name) for name in ScoreParameters.__struct_fields__}
    return InForce(seconds_of(since), Parameters(version=version, **numbers))


#: Which parameters hold at an instant (seconds since 1970).
ParametersAt = Callable[[int], Parameters]


def parameters_at(versions: Sequence[InForce]) -> ParametersAt:
    """Which hold at an instant: the latest in force, of equal ones the later in the log; or DEFAULT."""
    ordered = sorted(versions, key=lambda version: version.since)

    def at(instant: int) -> Parameters:
        held = DEFAULT
        for version in ordered:
            if version.since > instant:
                break
            held = version.parameters
        return held

    return at

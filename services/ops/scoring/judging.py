"""Would other parameters have ranked better? History is cut in two: learned from the first part, judged on the second."""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
import numpy as np

from projections.loyalty_score.parameters import Parameters
from projections.loyalty_score.score import points_of
from projections.loyalty_score.state import LoyaltyState
from projections.loyalty_score.visits import kept_visits
from services.ops.scoring.calibrate import calibrated
from services.ops.scoring.rankings import Measures, measures_of

#: So much of the time on record is learned from; the rest is foretold.
LEARNED_SHARE = 0.75


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """What calibrating came to.

    `in_force` ranked the `customers` known at `cut` as `before` says, against what they bought afterwards until `until`; `found_at_cut`,
    learned from what was known at the cut alone, as `after` says. `found` is learned from all there is: it is what would be adopted.
    """

    until: datetime
    cut: datetime
    customers: int
    came_back: int
    in_force: Parameters
    found_at_cut: Parameters
    found: Parameters
    before: Measures
    after: Measures

    @property
    def is_not_worse(self) -> bool:
        """Whether what is found ranks at least as well as what is in force: AUC and half the top fifth's capture."""
        return _merit(self.after) >= _merit(self.before)

    @property
    def changes_nothing(self) -> bool:
        """Whether what is found is what is in force."""
        return self.found.to_adopt() == self.in_force.to_adopt()


def judged(states: Sequence[LoyaltyState], until: int, in_force: Parameters) -> Calibration:
    """New parameters out of what was known at `until` (seconds since 1970, inclusive), beside those in force.

    Raises TooLittleHistory, and ValueError when nobody or everybody came again after the cut.
    """
    found = calibrated(states, until, in_force)
    first = min(visits[0].at for state in states if (visits := kept_visits(state, until)))
    cut = first + int((until - first) * LEARNED_SHARE)
    known = [state for state in states if kept_visits(state, cut)]
    bought = np.array([sum(visit.at > cut for visit in kept_visits(state, until)) for state in known], float)
    found_at_cut = calibrated(known, cut, in_force)

    def measured(parameters: Parameters) -> Measures:
        scores = np.array([sum(points_of(state, cut, parameters)) for state in known], float)
        return measures_of(scores, bought)

    return Calibration(
        until=datetime.fromtimestamp(until, UTC),
        cut=datetime.fromtimestamp(cut, UTC),
        customers=len(known),
        came_back=int((bought > 0).sum()),
        in_force=in_force,
        found_at_cut=found_at_cut,
        found=found,
        before=measured(in_force),
        after=measured(found_at_cut),
    )


def _merit(measures: Measures) -> float:
    return measures.auc + measures.top20_capture / 2

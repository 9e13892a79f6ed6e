"""Backtest calibrated parameters: calibrate on the first part of history, rank against the holdout."""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
import numpy as np

from projections.loyalty_score.parameters import Parameters
from projections.loyalty_score.score import points_of
from projections.loyalty_score.state import LoyaltyState
from projections.loyalty_score.visits import kept_visits
from services.analysis.score.calibration import calibrate
from services.analysis.score.ranking_measures import Measures, measures_of

#: The share of the time on record to calibrate on; the rest is the holdout.
LEARNED_SHARE = 0.75


class Backtest(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a backtest.

    `before` measures how `in_force` ranks the `customers` known at `cut` against their purchases until
    `until`; `after` does so for `found_at_cut`, calibrated on what was known at the cut. `found` is
    calibrated on all of history: it is what would be adopted.
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
        """Whether the new parameters rank at least as well: AUC + half the top-fifth capture."""
        return _merit(self.after) >= _merit(self.before)

    @property
    def changes_nothing(self) -> bool:
        """Whether the new parameters equal those in force."""
        return self.found.to_adopt() == self.in_force.to_adopt()


def backtest(states: Sequence[LoyaltyState], until: int, in_force: Parameters) -> Backtest:
    """Backtest parameters calibrated at `until` (seconds since 1970, inclusive) against those in force.

    Raises TooLittleHistory, and ValueError when nobody or everybody came again after the cut.
    """
    found = calibrate(states, until, in_force)
    first = min(visits[0].at for state in states if (visits := kept_visits(state, until)))
    cut = first + int((until - first) * LEARNED_SHARE)
    known = [state for state in states if kept_visits(state, cut)]
    bought = np.array([sum(visit.at > cut for visit in kept_visits(state, until)) for state in known], float)
    found_at_cut = calibrate(known, cut, in_force)

    def measured(parameters: Parameters) -> Measures:
        scores = np.array([sum(points_of(state, cut, parameters)) for state in known], float)
        return measures_of(scores, bought)

    return Backtest(
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

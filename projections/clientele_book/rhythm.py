"""A customer's own rhythm: how long they usually stay away, from the days of their visits."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

#: Who came less often than this has no rhythm yet.
VISITS_MIN: Final = 3
#: Prior: until their own gaps outweigh it, a customer counts as having had so many gaps of so many days.
PRIOR_GAPS: Final = 2
PRIOR_GAP_DAYS: Final = 90


def usual_gap_days(visit_days: Sequence[int]) -> int | None:
    """Their rhythm in days; None for fewer than three visits.

    The median gap between visit days (the upper one of two), shrunk towards ninety days as if there had been
    two such gaps besides: (gaps x median + 2 x 90) / (gaps + 2), rounded up. It is never shorter than the
    median itself, so that a few quick visits raise no alarm and a yearly customer is given a year.
    """
    if len(visit_days) < VISITS_MIN:
        return None
    gaps = sorted(later - earlier for earlier, later in pairwise(visit_days))
    median = gaps[len(gaps) // 2]
    shrunk = -(-(len(gaps) * median + PRIOR_GAPS * PRIOR_GAP_DAYS) // (len(gaps) + PRIOR_GAPS))
    return max(median, shrunk)


def lapsing_after_days(visit_days: Sequence[int]) -> int | None:
    """How many days of silence exceed their rhythm: one and a half times the usual gap.

    None: no rhythm yet.
    """
    usual = usual_gap_days(visit_days)
    return None if usual is None else usual * 3 // 2

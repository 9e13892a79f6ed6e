"""A customer's own rhythm: how long they usually stay away, from the days of their visits."""

from bisect import insort
from collections.abc import Iterator, Sequence
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
    return _usual(sorted(later - earlier for earlier, later in pairwise(visit_days)))


def _usual(gaps: Sequence[int]) -> int:
    """The rhythm that gaps in ascending order come to."""
    median = gaps[len(gaps) // 2]
    shrunk = -(-(len(gaps) * median + PRIOR_GAPS * PRIOR_GAP_DAYS) // (len(gaps) + PRIOR_GAPS))
    return max(median, shrunk)


def lapsing_after_days(visit_days: Sequence[int]) -> int | None:
    """How many days of silence exceed their rhythm: one and a half times the usual gap.

    None: no rhythm yet.
    """
    usual = usual_gap_days(visit_days)
    return None if usual is None else usual * 3 // 2


def lapses(visit_days: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The number of each visit after which they stayed away for longer than their rhythm was by then, and the
    day from which they did; of the last visit the day on which they will.
    """
    gaps: list[int] = []
    for number, day in enumerate(visit_days):
        if number:
            insort(gaps, day - visit_days[number - 1])
        if number + 1 >= VISITS_MIN:
            silent_from = day + _usual(gaps) * 3 // 2 + 1
            if number + 1 == len(visit_days) or visit_days[number + 1] > silent_from:
                yield number, silent_from

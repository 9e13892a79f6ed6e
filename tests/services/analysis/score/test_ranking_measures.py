"""The measures of a ranking: what they are for perfect, useless and tied ones."""

import numpy as np
import pytest

from services.analysis.score.ranking_measures import auc, measures_of, spearman, top_capture


def numbers(*values: float) -> np.ndarray:
    return np.array(values, float)


def test_a_perfect_ranking_is_perfect_by_every_measure() -> None:
    measures = measures_of(numbers(50, 40, 30, 20, 10), numbers(9, 5, 2, 1, 0))
    assert (measures.auc, measures.spearman, measures.top20_capture) == (1.0, 1.0, round(9 / 17, 6))


def test_a_reversed_ranking_is_the_worst() -> None:
    measures = measures_of(numbers(1, 2, 3, 4, 5), numbers(9, 5, 2, 1, 0))
    assert (measures.auc, measures.spearman, measures.top20_capture) == (0.0, -1.0, 0.0)


def test_ties_count_one_half_in_the_auc() -> None:
    assert auc(numbers(1, 1, 1, 1), np.array([True, False, True, False])) == 0.5
    assert auc(numbers(2, 2, 1), np.array([True, False, False])) == 0.75


def test_a_tie_at_the_edge_of_the_top_is_shared_whatever_its_order() -> None:
    scores, purchases = numbers(9, 5, 5, 5, 1), numbers(4, 6, 0, 0, 10)
    assert top_capture(scores, purchases, 0.4) == pytest.approx((4 + 6 / 3) / 20)
    assert top_capture(scores, numbers(4, 0, 0, 6, 10), 0.4) == pytest.approx((4 + 6 / 3) / 20)
    assert top_capture(numbers(1, 1, 1, 1, 1), purchases, 0.2) == pytest.approx(0.2)


def test_a_ranking_of_nothing_but_ties_says_nothing() -> None:
    assert spearman(numbers(1, 1, 1), numbers(1, 2, 3)) == 0.0


@pytest.mark.parametrize("purchases", [(0, 0, 0), (1, 2, 3)])
def test_when_nobody_or_everybody_came_back_there_is_nothing_to_measure(purchases: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="nothing to tell apart"):
        measures_of(numbers(1, 2, 3), numbers(*purchases))

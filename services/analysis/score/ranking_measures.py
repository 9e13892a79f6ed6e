"""Measure how well a ranking at a cut-off date predicts purchases after it. Ties are shared, never broken."""

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

Numbers = NDArray[np.float64]
TOP_SHARE = 0.2


class Measures(msgspec.Struct, frozen=True):
    """`auc`: the chance that a customer who bought again ranks above one who did not. `spearman`: of
    ranks, score against purchases. `top20_capture`: the share of all later purchases that the
    best-ranked fifth of the customers made.
    """

    auc: float
    spearman: float
    top20_capture: float


def measures_of(scores: Numbers, purchases: Numbers) -> Measures:
    """All three measures of `scores` (n) against `purchases` after the cut (n), rounded to six places.

    Raises ValueError when nobody or everybody bought again: then there is nothing to tell apart.
    """
    return Measures(
        auc=round(auc(scores, purchases > 0), 6),
        spearman=round(spearman(scores, purchases), 6),
        top20_capture=round(top_capture(scores, purchases, TOP_SHARE), 6),
    )


def auc(scores: Numbers, came_back: NDArray[np.bool_]) -> float:
    """Area under the ROC curve by midranks (Mann-Whitney): a tie counts one half."""
    positives = int(came_back.sum())
    negatives = len(came_back) - positives
    if not positives or not negatives:
        raise ValueError("either nobody or everybody bought after the cut: there is nothing to tell apart")
    rank_sum = float(rankdata(scores)[came_back].sum())
    return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives)


def spearman(scores: Numbers, purchases: Numbers) -> float:
    """Spearman's correlation with midranks; 0 when one side is all ties."""
    ranks, other = rankdata(scores), rankdata(purchases)
    if ranks.std() == 0 or other.std() == 0:
        return 0.0
    return float(np.corrcoef(ranks, other)[0, 1])


def top_capture(scores: Numbers, purchases: Numbers, share: float) -> float:
    """Share of the purchases by the `round(share * n)` best-ranked; ties at the edge count as a random
    draw.
    """
    wanted = round(share * len(scores))
    if wanted == 0:
        return 0.0
    edge = np.sort(scores)[-wanted]
    above, tied = scores > edge, scores == edge
    drawn = (wanted - int(above.sum())) * float(purchases[tied].mean())
    return (float(purchases[above].sum()) + drawn) / float(purchases.sum())

"""Calibration of the score: estimates its parameters from the shop's own history, each by one statistic or
likelihood.

Uses only what was known by the given instant. The parameters are to be recorded as a versioned event; scoring
itself never looks at other customers.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median
from typing import Final, NamedTuple

import msgspec
import numpy as np
from scipy import optimize, special

from domain.score_parameters.commands import ANY_CURRENCY
from projections.loyalty_score.parameters import DEFAULT, Parameters
from projections.loyalty_score.score import points_of
from projections.loyalty_score.state import DAY_SECONDS, LoyaltyState
from projections.loyalty_score.visits import kept_visits
from services.analysis.score.ranking_measures import TOP_SHARE, Numbers, auc, top_capture

CUSTOMERS_MAX: Final = 30_000
#: With fewer customers than this, or too few who came again, history is too short.
CUSTOMERS_MIN: Final = 50
#: The weight of the default regularity, in pairs of gaps.
REGULARITY_PRIOR_PAIRS: Final = 50
#: Alternatives to the defaults of three parameters, tried one after the other.
TRIALS: Final = (("patience_e2", 100), ("net_spend_doubling_points", 4), ("newness_e2", 100))
#: An alternative must rank better by this (AUC + half the top-fifth capture), or the difference is chance.
GAIN_MIN: Final = 0.004
#: The share of history that a trial is fitted on; the rest is the holdout.
TRIAL_SHARE: Final = 0.6
SCALE_WEEKS: Final = 39.0


class TooLittleHistory(ValueError):
    """Raised when there are too few customers, or too few of them came again."""


class Population(NamedTuple):
    """Of n customers, as of an instant: repeat visits, days from first to last visit, days from first
    visit to the instant.
    """

    repeats: Numbers
    last_days: Numbers
    known_days: Numbers


def calibrate(states: Sequence[LoyaltyState], as_of: int, base: Parameters = DEFAULT) -> Parameters:
    """Calibrate `base` on what was known by `as_of` (seconds since 1970, inclusive).

    The order of `states` matters only beyond 30,000 customers, of whom an even sample is used. Raises
    TooLittleHistory.
    """
    step = -(-len(states) // CUSTOMERS_MAX) if states else 1
    chosen = states[::step]
    found = _fit(chosen, as_of, base)
    return msgspec.structs.replace(found, **_trial_settings(chosen, as_of, found))


def _fit(states: Sequence[LoyaltyState], as_of: int, base: Parameters) -> Parameters:
    histories = [visits for state in states if (visits := kept_visits(state, as_of))]
    instants = [[visit.at for visit in visits] for visits in histories]
    if len(instants) < CUSTOMERS_MIN or sum(len(visits) > 1 for visits in instants) < CUSTOMERS_MIN // 5:
        raise TooLittleHistory(
            f"{len(instants)} customers, {sum(len(visits) > 1 for visits in instants)} of whom came again, "
            "are too few to calibrate a score"
        )
    usual_visits, rhythm_days, leaving = _rates(_population(instants, as_of))
    spends: dict[str, list[float]] = {}
    for visits in histories:
        by_currency: dict[str, list[int]] = {}
        for visit in visits:
            for kept in visit.sales:
                if kept.net_minor > 0:
                    by_currency.setdefault(kept.sale.currency, []).append(kept.net_minor)
        for currency, amounts in by_currency.items():
            spends.setdefault(currency, []).append(sum(amounts) / len(amounts))
    typical = {currency: max(1, round(median(means))) for currency, means in sorted(spends.items())}
    return msgspec.structs.replace(
        base,
        version=base.version + 1,
        usual_visits_e3=round(1000 * usual_visits),
        rhythm_hours=max(1, round(24 * rhythm_days)),
        leaving_e3=round(1000 * leaving),
        regularity_e3=round(1000 * _regularity(instants, DEFAULT.regularity_e3 / 1000)),
        typical_visit_minor={ANY_CURRENCY: base.typical_visit_minor_in(ANY_CURRENCY), **typical},
    )


def _population(instants: Sequence[Sequence[int]], as_of: int) -> Population:
    return Population(
        np.array([len(visits) - 1 for visits in instants], float),
        np.array([(visits[-1] - visits[0]) / DAY_SECONDS for visits in instants]),
        np.array([(as_of - visits[0]) / DAY_SECONDS for visits in instants]),
    )


def _rates(known: Population) -> tuple[float, float, float]:
    """Usual visits r, rhythm a in days, leaving s: Pareto/NBD with both scales equal to a, by maximum
    likelihood.

    With equal scales its hypergeometric function (Fader & Hardie 2005, "A note on deriving the Pareto/NBD
    model", eq. 16) comes to L = G(r+x)/G(r) a^(r+s) [ (1-w) (a+T)^-(r+s+x) + w (a+t)^-(r+s+x) ],  w =
    s/(r+s+x). A small penalty keeps r and s finite where the data do not determine them.
    """
    x = known.repeats
    # In units in which the average customer has been known for 39 weeks, as in the data the model was
    # published with.
    unit = max(float(known.known_days.mean()), 1e-3) / SCALE_WEEKS
    t, until = known.last_days / unit, known.known_days / unit

    def loss(logs: Numbers) -> float:
        r, a, s = np.exp(np.clip(logs, -7, 8))
        w = s / (r + s + x)
        alive = np.log1p(-w) - (r + s + x) * np.log(a + until)
        left = np.log(w) - (r + s + x) * np.log(a + t)
        each = special.gammaln(r + x) - special.gammaln(r) + (r + s) * np.log(a) + np.logaddexp(alive, left)
        return -float(each.mean()) + 0.0005 * float((logs[0] + 0.3) ** 2 + (logs[2] + 0.5) ** 2)

    found = min(
        (
            optimize.minimize(
                loss,
                np.array(start),
                method="Nelder-Mead",
                options={"maxiter": 1000, "xatol": 1e-4, "fatol": 1e-9},
            )
            for start in ((-0.5, 2.0, -0.5), (0.5, 1.0, -2.0))
        ),
        key=lambda tried: tried.fun,
    )
    r, a, s = (float(value) for value in np.exp(np.clip(found.x, -7, 8)))
    return min(max(r, 0.2), 5.0), a * unit, min(max(s, 0.005), 5.0)


def _regularity(instants: Iterable[Sequence[int]], prior: float) -> float:
    """The shape k of gamma-distributed gaps, from pairs of neighbouring gaps (Wheat & Morrison 1990): M =
    g1 / (g1 + g2) is Beta(k, k) whatever the customer's own pace, so Var M = 1 / (4 (2k + 1)). Shrunk
    to the prior, and kept within 0.8..3.
    """
    squares: list[float] = []
    for visits in instants:
        gaps = [later - earlier for earlier, later in pairwise(visits)]
        squares += [(g1 / (g1 + g2) - 0.5) ** 2 for g1, g2 in zip(gaps[::2], gaps[1::2], strict=False)]
    if not squares:
        return prior
    variance = sum(squares) / len(squares)
    found = (1 / (4 * variance) - 1) / 2 if variance > 0 else 3.0
    shrunk = (found * len(squares) + prior * REGULARITY_PRIOR_PAIRS) / (len(squares) + REGULARITY_PRIOR_PAIRS)
    return min(max(shrunk, 0.8), 3.0)


def _trial_settings(states: Sequence[LoyaltyState], as_of: int, found: Parameters) -> dict[str, int]:
    """The settings of TRIALS that rank clearly better than the defaults on an earlier cut of history."""
    kept: dict[str, int] = {name: getattr(DEFAULT, name) for name, _ in TRIALS}
    first = min(visits[0].at for state in states if (visits := kept_visits(state, as_of)))
    cut = first + int((as_of - first) * TRIAL_SHARE)
    known = [state for state in states if kept_visits(state, cut)]
    after = np.array([sum(visit.at > cut for visit in kept_visits(state, as_of)) for state in known], float)

    def merit(settings: dict[str, int]) -> float:
        trial = msgspec.structs.replace(then, **settings)
        scores = np.array([sum(points_of(state, cut, trial)) for state in known], float)
        return auc(scores, after > 0) + top_capture(scores, after, TOP_SHARE) / 2

    try:
        then = _fit(known, cut, found)
        best = merit(kept)
    except ValueError:
        # Too few customers by then, or nobody or everybody came again: nothing can be tried.
        return kept
    for name, value in TRIALS:
        if (gained := merit({**kept, name: value})) > best + GAIN_MIN:
            best, kept[name] = gained, value
    return kept

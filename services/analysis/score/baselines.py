"""The baselines of the score: BG/NBD, RFM and the past rate, as published, from the same few features."""

from typing import NamedTuple

import numpy as np
from scipy import optimize, special
from scipy.stats import rankdata

from services.analysis.score.ranking_measures import Numbers

DAYS_PER_WEEK = 7.0


class Repeats(NamedTuple):
    """The features that a baseline knows of each of n customers at the cut.

    Several purchases of one day count once.

    `repeats`: days with a purchase after the first such day; `last_days`: from the first to the last one;
    `known_days`: from the first one to the cut; `spend`: in all.
    """

    repeats: Numbers
    last_days: Numbers
    known_days: Numbers
    spend: Numbers


class BgNbd(NamedTuple):
    """Fader, Hardie & Lee (2005), "Counting your customers the easy way"; time in weeks."""

    r: float
    alpha: float
    a: float
    b: float


def fit_bgnbd(customers: Repeats) -> BgNbd:
    """By maximum likelihood (their eq. 6), from several starting points, without a penalty."""
    x, t_x, t = _in_weeks(customers)

    def loss(logs: Numbers) -> float:
        return -float(_bgnbd_likelihoods(BgNbd(*np.exp(np.clip(logs, -12, 12))), x, t_x, t).mean())

    best = min(
        (
            optimize.minimize(
                loss,
                np.array(start),
                method="Nelder-Mead",
                options={"maxiter": 4000, "maxfev": 4000, "xatol": 1e-6, "fatol": 1e-10},
            )
            for start in ((0.0, 1.0, 0.0, 1.0), (-1.0, 1.5, 0.0, 1.0), (0.0, 3.0, -1.0, 1.0))
        ),
        key=lambda found: found.fun,
    )
    return BgNbd(*(float(value) for value in np.exp(np.clip(best.x, -12, 12))))


def _bgnbd_likelihoods(model: BgNbd, x: Numbers, t_x: Numbers, t: Numbers) -> Numbers:
    r, alpha, a, b = model
    rates = special.gammaln(r + x) - special.gammaln(r) + r * np.log(alpha)
    stays = special.gammaln(a + b) + special.gammaln(b + x) - special.gammaln(b) - special.gammaln(a + b + x)
    alive = -(r + x) * np.log(alpha + t)
    with np.errstate(divide="ignore"):
        gone = np.where(
            x > 0, np.log(a) - np.log(b + np.maximum(x, 1) - 1) - (r + x) * np.log(alpha + t_x), -np.inf
        )
    return rates + stays + np.logaddexp(alive, gone)


def bgnbd_expected(model: BgNbd, customers: Repeats, ahead_days: float) -> Numbers:
    """Purchases to be expected in the next `ahead_days` (their eq. 10).

    Uses the hypergeometric function after Euler's transformation, which does not overflow for customers with
    hundreds of purchases: (1 - z)^(r + x) F(r + x, b + x; c; z) = (1 - z)^(a - 1) F(a + b - 1 - r, a - 1; c;
    z), c = a + b + x - 1.
    """
    x, t_x, t = _in_weeks(customers)
    r, alpha, a, b = model
    if abs(a - 1) < 1e-6:
        a += 1e-5
    ahead = ahead_days / DAYS_PER_WEEK
    c = a + b + x - 1
    z = ahead / (alpha + t + ahead)
    kept = np.exp((a - 1) * np.log1p(-z)) * special.hyp2f1(a + b - 1 - r, a - 1, c, z)
    left_odds = np.where(
        x > 0,
        a / (b + np.maximum(x, 1) - 1) * np.exp((r + x) * np.log((alpha + t) / (alpha + t_x))),
        0.0,
    )
    return c / (a - 1) * (1 - kept) / (1 + left_odds)


def past_rate(customers: Repeats) -> Numbers:
    """Repeat purchases per day known; 0 for a customer whose first day is the cut."""
    return customers.repeats / np.maximum(customers.known_days, 1)


def rfm(customers: Repeats) -> Numbers:
    """Sum of the quintiles (1..5) of recency, frequency and monetary value; ties share their midrank's
    quintile.
    """
    silent_days = customers.known_days - customers.last_days
    return _quintiles(-silent_days) + _quintiles(customers.repeats) + _quintiles(customers.spend)


def _quintiles(values: Numbers) -> Numbers:
    return np.clip(np.ceil(rankdata(values) / len(values) * 5), 1, 5)


def _in_weeks(customers: Repeats) -> tuple[Numbers, Numbers, Numbers]:
    return customers.repeats, customers.last_days / DAYS_PER_WEEK, customers.known_days / DAYS_PER_WEEK

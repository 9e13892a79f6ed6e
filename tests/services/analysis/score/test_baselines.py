"""The models beside the score are the published ones: on CDNOW's sample they give the published parameters
and figures.
"""

import gzip
from datetime import date

import numpy as np
import pytest
from scipy import integrate, special

from services.analysis.score.baselines import BgNbd, Repeats, bgnbd_expected, fit_bgnbd, past_rate, rfm
from services.analysis.score.ranking_measures import auc, measures_of
from tests.services.analysis.score.files import CDNOW, CDNOW_CUT, needs_cdnow


def cdnow() -> tuple[Repeats, np.ndarray]:
    """Read without the code under test."""
    days: dict[str, dict[int, float]] = {}
    with gzip.open(CDNOW, "rt") as lines:
        for line in lines:
            customer, _, day, _, dollars = line.split()
            ordinal = date(int(day[:4]), int(day[4:6]), int(day[6:])).toordinal()
            days.setdefault(customer, {}).setdefault(ordinal, 0.0)
            days[customer][ordinal] += float(dollars)
    cut = CDNOW_CUT.toordinal()
    before = [sorted(day for day in of if day <= cut) for of in days.values()]
    return (
        Repeats(
            np.array([len(of) - 1 for of in before], float),
            np.array([of[-1] - of[0] for of in before], float),
            np.array([cut - of[0] for of in before], float),
            np.array([sum(of[day] for day in of if day <= cut) for of in days.values()]),
        ),
        np.array([sum(day > cut for day in of) for of in days.values()], float),
    )


@needs_cdnow
@pytest.mark.real_data
def test_bgnbd_gives_the_published_parameters_and_figures() -> None:
    customers, after = cdnow()
    model = fit_bgnbd(customers)
    assert model == pytest.approx((0.2426, 4.4136, 0.7929, 2.4259), abs=2e-4)
    measures = measures_of(bgnbd_expected(model, customers, 39 * 7), after)
    assert measures.auc == pytest.approx(0.772524, abs=1e-5)
    assert measures.spearman == pytest.approx(0.449287, abs=1e-5)
    assert measures.top20_capture == pytest.approx(0.633, abs=1e-3)


@needs_cdnow
@pytest.mark.real_data
def test_the_past_rate_gives_the_known_figures() -> None:
    customers, after = cdnow()
    measures = measures_of(past_rate(customers), after)
    assert measures.auc == pytest.approx(0.759773, abs=1e-5)
    assert measures.spearman == pytest.approx(0.489803, abs=1e-5)
    assert measures.top20_capture == pytest.approx(0.642, abs=2e-3)


@needs_cdnow
@pytest.mark.real_data
def test_rfm_gives_the_known_figures_and_is_better_with_total_spend() -> None:
    customers, after = cdnow()
    mean_spend = customers._replace(spend=customers.spend / (customers.repeats + 1))
    with_mean = measures_of(rfm(mean_spend), after)
    assert with_mean.auc == pytest.approx(0.765108, abs=1e-5)
    assert with_mean.spearman == pytest.approx(0.437592, abs=1e-5)
    assert auc(rfm(customers), after > 0) > with_mean.auc


def one(repeats: float, last_days: float, known_days: float) -> Repeats:
    return Repeats(np.array([repeats]), np.array([last_days]), np.array([known_days]), np.array([0.0]))


def test_bgnbd_expects_what_its_model_says_when_it_is_added_up_plainly() -> None:
    """E = integral over their rate and their chance of leaving, both as the purchases so far make them
    likely.
    """
    r, alpha, a, b = model = BgNbd(0.6, 5.0, 0.9, 2.5)
    x, t_x, known, ahead = 3, 20.0, 30.0, 26.0

    def weight(rate: float, leaving: float) -> float:
        prior = rate ** (r - 1) * np.exp(-rate * alpha) * leaving ** (a - 1) * (1 - leaving) ** (b - 1)
        return prior * rate**x * (1 - leaving) ** x * np.exp(-rate * known)

    def left(rate: float, leaving: float) -> float:
        prior = rate ** (r - 1) * np.exp(-rate * alpha) * leaving ** (a - 1) * (1 - leaving) ** (b - 1)
        return prior * leaving * (1 - leaving) ** (x - 1) * rate**x * np.exp(-rate * t_x)

    def to_come(rate: float, leaving: float) -> float:
        return weight(rate, leaving) * (1 - np.exp(-rate * leaving * ahead)) / leaving

    def area(function) -> float:
        return integrate.dblquad(lambda p, rate: function(rate, p), 1e-9, 8.0, 1e-9, 1 - 1e-9)[0]

    expected = area(to_come) / (area(weight) + area(left))
    found = bgnbd_expected(model, one(x, t_x * 7, known * 7), ahead * 7)[0]
    assert found == pytest.approx(expected, rel=1e-3)


def test_bgnbd_does_not_overflow_for_somebody_who_came_a_thousand_times() -> None:
    model = BgNbd(0.9, 2.5, 0.4, 5.2)
    found = bgnbd_expected(model, one(1000, 725, 728), 364)[0]
    assert 300 < found < 600
    assert special.hyp2f1(1000.9, 1005.2, 1004.6, 0.33) > 1e150


def test_who_is_first_seen_on_the_day_of_the_cut_has_no_rate() -> None:
    assert past_rate(one(0, 0, 0))[0] == 0.0

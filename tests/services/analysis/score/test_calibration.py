"""Calibrating finds what a population was made with, and looks at nothing later than its date."""

import msgspec
import pytest

from projections.loyalty_score.parameters import DEFAULT
from projections.loyalty_score.state import LoyaltyState
from services.analysis.score.calibration import TooLittleHistory, calibrate
from tests.services.analysis.score.populations import DAY, START, bought, pareto_nbd

END = START + 730 * DAY


@pytest.fixture(scope="module")
def by_chance() -> list[LoyaltyState]:
    return pareto_nbd(3_000, r=0.7, rhythm_days=70, s=0.5)


@pytest.fixture(scope="module")
def by_rhythm() -> list[LoyaltyState]:
    return pareto_nbd(1_500, r=1.5, rhythm_days=30, s=0.2, regularity=2.5)


def test_the_parameters_of_a_population_are_found_again(by_chance: list[LoyaltyState]) -> None:
    found = calibrate(by_chance, END)
    assert found.usual_visits_e3 == pytest.approx(700, rel=0.15)
    assert found.rhythm_hours == pytest.approx(70 * 24, rel=0.2)
    assert found.leaving_e3 == pytest.approx(500, rel=0.25)
    assert found.regularity_e3 == pytest.approx(1000, rel=0.15)
    assert found.typical_visit_minor == {"*": 5000, "USD": 3000}
    assert found.version == DEFAULT.version + 1


def test_people_who_come_by_rhythm_are_known_by_their_regularity(by_rhythm: list[LoyaltyState]) -> None:
    assert calibrate(by_rhythm, END).regularity_e3 == pytest.approx(2500, rel=0.2)


def test_customers_who_come_a_tenth_as_often_have_a_rhythm_ten_times_as_long() -> None:
    seldom = pareto_nbd(1_500, r=0.7, rhythm_days=700, s=0.5, days=7_300)
    found = calibrate(seldom, START + 7_300 * DAY)
    assert found.rhythm_hours == pytest.approx(700 * 24, rel=0.25)


def test_what_a_score_is_worth_in_points_is_not_found_but_decided(by_chance: list[LoyaltyState]) -> None:
    found = msgspec.structs.asdict(calibrate(by_chance, END, DEFAULT))
    decided = {"version": 2, "usual_visits_e3": 0, "rhythm_hours": 0, "leaving_e3": 0, "regularity_e3": 0}
    decided |= {"typical_visit_minor": 0, "patience_e2": 0, "net_spend_doubling_points": 0, "newness_e2": 0}
    assert {k: v for k, v in found.items() if k not in decided} == {
        k: v for k, v in msgspec.structs.asdict(DEFAULT).items() if k not in decided
    }


def test_a_setting_that_would_have_ranked_clearly_better_is_taken_and_no_other() -> None:
    """Where people leave quickly and by chance, patience does not pay; where spend is noise, it is given
    little weight.
    """
    leaving = calibrate(pareto_nbd(1_500, r=1.5, rhythm_days=40, s=0.6), END)
    assert (leaving.patience_e2, leaving.net_spend_doubling_points) == (100, 12)
    noisy = calibrate(pareto_nbd(1_500, r=0.7, rhythm_days=70, s=0.005, spend_is_noise=True), END)
    assert (noisy.patience_e2, noisy.net_spend_doubling_points) == (200, 4)


def test_what_happened_after_the_date_is_not_looked_at(by_chance: list[LoyaltyState]) -> None:
    halfway = START + 400 * DAY
    known = [
        LoyaltyState(sales=[sale for sale in state.sales if sale.known_at <= halfway]) for state in by_chance
    ]
    assert calibrate(by_chance, halfway) == calibrate(known, halfway)


def test_a_shop_that_has_hardly_opened_is_not_calibrated() -> None:
    states = [LoyaltyState() for _ in range(60)]
    for number, state in enumerate(states):
        bought(state, START + number * DAY)
    with pytest.raises(TooLittleHistory, match="60 customers, 0 of whom came again"):
        calibrate(states, END)

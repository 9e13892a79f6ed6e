"""The score in whole numbers is the formula of docs/loyalty-score.md, written out plainly in floats."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from projections.loyalty_score.parameters import Parameters
from projections.loyalty_score.score import points_of
from projections.loyalty_score.state import contact_answered
from tests.projections.loyalty_score.histories import came_on, day

PARAMETERS = Parameters(
    rhythm_hours=24 * 50,
    usual_visits_e3=800,
    leaving_e3=300,
    regularity_e3=1500,
    patience_e2=100,
    typical_visit_minor={"USD": 4_000},
)


def plainly(days: list[int], now: int, net_minor: int, contacts: list[int]) -> list[float]:
    """Points by component for visits on these days, one department and channel, and contacts answered."""
    usual, rhythm, leaving, regularity = 0.8, 50.0, 0.3, 1.5
    half_life, newness, patience = 4 * rhythm, 2 * rhythm, 1 * rhythm
    known, came_for, repeats = now - days[0], days[-1] - days[0], len(days) - 1

    def fading(then: float) -> float:
        return 2 ** (-(now - then) / half_life)

    overshoot = (patience + known) / (patience + came_for)
    weight = leaving / (usual + leaving + repeats)
    exponent = regularity * (usual + repeats) + leaving
    odds = weight * (2 ** min(96.0, math.log2(overshoot) * exponent) - 1)
    pace = usual + sum(fading(then) for then in days[1:])
    area = half_life / math.log(2)
    exposure = newness + area * (1 - 2 ** (-known / half_life))
    spent = sum(net_minor / 4_000 * fading(then) for then in days)
    felt = sum(2 ** (-(now - then) / 365) for then in contacts)
    return [
        40 * math.log2((256 + odds) / (1 + odds)),
        min(340, 40 * math.log2(pace / usual * (newness + area) / exposure)),
        min(110, 12 * math.log2(1 + 4 * spent)),
        0.0,
        min(25, 3 * math.log2(1 + came_for / rhythm) * fading(days[-1])),
        150 * felt / (felt + 6),
    ]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.integers(0, 1500), min_size=1, max_size=30, unique=True),
    st.integers(0, 1500),
    st.integers(0, 10**6),
    st.lists(st.integers(0, 1500), max_size=4),
)
def test_whole_numbers_agree_with_the_plain_formula_to_a_twentieth_of_a_point(
    days: list[int], silence: int, net_minor: int, contacts: list[int]
) -> None:
    days.sort()
    now = days[-1] + silence
    contacts = [then for then in contacts if then <= now]
    state = came_on(*days, net_minor=net_minor)
    for position, then in enumerate(contacts, start=100):
        contact_answered(state, at=day(then), position=position)
    found = points_of(state, day(now), PARAMETERS)
    expected = plainly(days, now, net_minor, contacts)
    assert all(abs(points / 1000 - plain) < 0.05 for points, plain in zip(found, expected, strict=True))

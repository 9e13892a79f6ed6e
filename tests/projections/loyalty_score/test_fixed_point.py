"""Halving and doubling in whole numbers: close to what they stand for, monotone to the last bit, the same
everywhere.
"""

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from projections.loyalty_score.fixed_point import ONE, PER_LN2, doubled, doublings, halved

HALF_LIFE = 300 * 86_400


@settings(deadline=None)
@given(st.integers(0, 20 * HALF_LIFE))
def test_halving_is_a_power_of_one_half_to_five_digits(elapsed: int) -> None:
    assert math.isclose(
        halved(elapsed, HALF_LIFE) / ONE, 2 ** (-elapsed / HALF_LIFE), rel_tol=2e-5, abs_tol=1e-9
    )


@settings(deadline=None)
@given(st.integers(0, 10 * HALF_LIFE), st.integers(0, HALF_LIFE))
def test_halving_never_rises_with_time(elapsed: int, more: int) -> None:
    assert halved(elapsed + more, HALF_LIFE) <= halved(elapsed, HALF_LIFE)


def test_a_half_life_halves_exactly() -> None:
    assert [halved(lives * HALF_LIFE, HALF_LIFE) for lives in (0, 1, 2, 32, 33)] == [
        ONE,
        ONE // 2,
        ONE // 4,
        1,
        0,
    ]


@settings(deadline=None)
@given(st.integers(1, 10**30), st.integers(1, 10**30))
def test_doublings_are_binary_logarithms(numerator: int, denominator: int) -> None:
    numerator += denominator
    # Fractions far beyond floats are compared by their logarithms.
    expected = math.log2(numerator) - math.log2(denominator)
    assert math.isclose(doublings(numerator, denominator) / ONE, expected, rel_tol=1e-9, abs_tol=3e-7)


@settings(deadline=None)
@given(st.integers(ONE, 4 * ONE), st.integers(0, 1_000))
def test_doublings_never_fall_when_the_numerator_grows(numerator: int, more: int) -> None:
    assert doublings(numerator + more, ONE) >= doublings(numerator, ONE)


@settings(deadline=None)
@given(st.integers(0, 90 * ONE), st.integers(0, ONE))
def test_doubling_is_a_power_of_two_and_never_falls(exponent: int, more: int) -> None:
    assert math.isclose(doubled(exponent) / ONE, 2 ** (exponent / ONE), rel_tol=2e-5)
    assert doubled(exponent + more) >= doubled(exponent)


def test_whole_exponents_are_exact_and_the_largest_ones_are_cut() -> None:
    assert [doubled(n * ONE) for n in (0, 1, 64)] == [ONE, 2 * ONE, ONE << 64]
    assert doubled(1_000 * ONE) == ONE << 96
    assert [doublings(ONE << n, ONE) for n in (0, 1, 64)] == [0, ONE, 64 * ONE]


def test_the_digits_are_the_same_on_every_machine() -> None:
    assert halved(12_345_678, HALF_LIFE) == 3_087_329_154
    assert doublings(355, 113) == 7_093_122_304
    assert doubled(7_093_122_304) == 13_492_973_434
    assert abs(PER_LN2 / ONE - 1 / math.log(2)) < 1e-9

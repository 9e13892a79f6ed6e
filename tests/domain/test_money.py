"""Rounding and sharing: every cent goes somewhere, and nowhere twice."""

from fractions import Fraction

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from domain.money import half_up, largest_remainder, shares_in_part, up_to

weights = st.lists(st.integers(0, 10_000), min_size=1, max_size=6)
totals = st.integers(0, 10_000)


@pytest.mark.parametrize(
    ("numerator", "denominator", "rounded"),
    [(5, 2, 3), (-5, 2, -3), (4, 3, 1), (-4, 3, -1), (5, 3, 2), (0, 7, 0), (675, 1, 675)],
)
def test_halves_are_rounded_away_from_zero(numerator: int, denominator: int, rounded: int) -> None:
    assert half_up(numerator, denominator) == rounded


@for_all(st.integers(-(10**9), 10**9), st.integers(1, 10**6))
def test_rounding_is_never_off_by_more_than_a_half(numerator: int, denominator: int) -> None:
    difference = Fraction(numerator, denominator) - half_up(numerator, denominator)
    assert abs(difference) <= Fraction(1, 2)


def test_the_first_units_come_to_what_is_rounded_once() -> None:
    assert [up_to(9_332, 1, units, 3) for units in range(4)] == [0, 3_111, 6_221, 9_332]


@pytest.mark.parametrize(
    ("total", "by_weight", "shares"),
    [
        (675, (60, 40), (405, 270)),
        (675, (50, 50), (338, 337)),
        (1_000, (9_999, 5_001), (667, 333)),
        (10, (6, 6, 2), (4, 4, 2)),
        (11, (6, 6, 2), (5, 5, 1)),
        (5, (0, 0), (5, 0)),
        (-675, (50, 50), (-338, -337)),
        (0, (), ()),
    ],
)
def test_a_whole_is_shared_out_by_largest_remainder_ties_by_listed_order(
    total: int, by_weight: tuple[int, ...], shares: tuple[int, ...]
) -> None:
    assert largest_remainder(total, by_weight) == shares


@for_all(totals, weights)
def test_shares_add_up_and_nobody_is_a_cent_from_their_quota(total: int, by_weight: list[int]) -> None:
    shares = largest_remainder(total, by_weight)
    assert sum(shares) == total
    if sum(by_weight):
        for share, weight in zip(shares, by_weight, strict=True):
            assert abs(share - Fraction(total * weight, sum(by_weight))) < 1


def test_nobody_gets_less_of_a_larger_part() -> None:
    """Largest remainders give the third 2 of 10 and 1 of 11: a refund of one more unit would hand a cent back."""
    by_weight = (6, 6, 2)
    shares = largest_remainder(11, by_weight)
    parts = [shares_in_part(part, shares, by_weight) for part in range(12)]
    assert parts[10] == (4, 5, 1)
    assert parts[11] == (5, 5, 1) == shares


@for_all(st.integers(0, 300), weights)
def test_parts_grow_from_nothing_to_everybodys_share(total: int, by_weight: list[int]) -> None:
    shares = largest_remainder(total, by_weight)
    before = (0,) * len(by_weight)
    for part in range(total + 1):
        parts = shares_in_part(part, shares, by_weight)
        assert sum(parts) == part
        assert all(grown in (kept, kept + 1) for kept, grown in zip(before, parts, strict=True))
        before = parts
    assert before == shares


@for_all(totals, st.integers(0, 10_000), st.lists(st.integers(0, 10_000), min_size=1, max_size=2).filter(sum))
def test_of_one_or_two_everybody_gets_the_largest_remainder_of_every_part(
    total: int, part: int, by_weight: list[int]
) -> None:
    part = min(part, total)
    shares = largest_remainder(total, by_weight)
    assert shares_in_part(part, shares, by_weight) == largest_remainder(part, by_weight)

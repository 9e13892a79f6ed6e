"""Rounding and sharing: every cent goes somewhere, and nowhere twice."""

from fractions import Fraction

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from domain.money import (
    MINOR_DIGITS,
    cumulative_share,
    half_up,
    in_major_units,
    largest_remainder,
    minor_digits_of,
    shares_in_part,
)

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
    assert [cumulative_share(9_332, 1, units, 3) for units in range(4)] == [0, 3_111, 6_221, 9_332]


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
    """Largest remainders give the third 2 of 10 and 1 of 11: a refund of one more unit would hand a cent
    back.
    """
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


@pytest.mark.parametrize(
    ("amount_minor", "currency", "written"),
    [
        (123_450, "USD", "1234.50"),
        (-5, "EUR", "-0.05"),
        (123_450, "JPY", "123450"),
        (-1, "KRW", "-1"),
        (123_450, "KWD", "123.450"),
        (7, "TND", "0.007"),
        (12_345, "CLF", "1.2345"),
        (0, "JPY", "0"),
        (12_345, "XXX", "123.45"),
    ],
)
def test_an_amount_has_the_digits_of_its_currency(amount_minor: int, currency: str, written: str) -> None:
    assert in_major_units(amount_minor, currency) == written


def test_thousands_are_grouped_for_people() -> None:
    assert in_major_units(-123_456_789, "USD", group=",") == "-1,234,567.89"
    assert in_major_units(123_456_789, "JPY", group=",") == "123,456,789"


@for_all(st.integers(-(10**15), 10**15), st.sampled_from((*MINOR_DIGITS, "USD", "EUR", "SEK")))
def test_an_amount_written_in_major_units_is_the_same_amount(amount_minor: int, currency: str) -> None:
    written = Fraction(in_major_units(amount_minor, currency))
    assert written * 10 ** minor_digits_of(currency) == amount_minor

"""Exact money: integer minor units, integer basis points, whole numbers in between."""

from collections.abc import Sequence
from typing import Annotated

import msgspec

Minor = int
NonNegativeMinor = Annotated[int, msgspec.Meta(ge=0, le=10**15)]
RateBp = Annotated[int, msgspec.Meta(ge=0, le=10_000)]
Currency = Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")]

WHOLE_BP = 10_000


def half_up(numerator: int, denominator: int) -> int:
    """The quotient rounded to the nearest whole number, halves away from zero."""
    if numerator < 0:
        return -half_up(-numerator, denominator)
    return (2 * numerator + denominator) // (2 * denominator)


def up_to(total_numerator: int, total_denominator: int, quantity: int, of: int) -> int:
    """What the first `quantity` of `of` units come to, rounded once (domain page, rule 7)."""
    return half_up(total_numerator * quantity, total_denominator * of)


def largest_remainder(total: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Share a whole, non-negative total out by weight so that the shares add up to it.

    Every share gets its floor; what is left goes one by one to the largest remainders, ties by
    listed order (Hamilton's method). Weights of zero get nothing; if all are zero the first gets all.
    """
    if total < 0:
        return tuple(-share for share in largest_remainder(-total, weights))
    whole = sum(weights)
    if whole == 0:
        return (total, *(0 for _ in weights[1:])) if weights else ()
    shares = [total * weight // whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda i: -(total * weights[i] % whole))
    for index in order[: total - sum(shares)]:
        shares[index] += 1
    return tuple(shares)

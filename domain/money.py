"""Exact money: integer minor units, integer basis points, whole numbers in between."""

from collections.abc import Sequence
from typing import Annotated, Final

import msgspec

NonNegativeMinor = Annotated[int, msgspec.Meta(ge=0, le=10**15)]
RateBp = Annotated[int, msgspec.Meta(ge=0, le=10_000)]
Currency = Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$", max_length=3)]

WHOLE_BP = 10_000

#: Decimals of the currencies that do not have two (ISO 4217, list one).
MINOR_DIGITS: Final = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW"), 0),
    **dict.fromkeys(("PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}


def minor_digits_of(currency: str) -> int:
    """How many decimals a currency's amounts have; two where ISO 4217 says nothing else."""
    return MINOR_DIGITS.get(currency, 2)


def in_major_units(amount_minor: int, currency: str, group: str = "") -> str:
    """Minor units as a decimal number of major ones: 123450 USD is `1234.50`, JPY `123450`.

    `group` separates thousands.
    """
    digits = minor_digits_of(currency)
    whole, fraction = divmod(abs(amount_minor), 10**digits)
    sign = "-" if amount_minor < 0 else ""
    point = f".{fraction:0{digits}d}" if digits else ""
    return f"{sign}{whole:,}".replace(",", group) + point


def half_up(numerator: int, denominator: int) -> int:
    """The quotient rounded to the nearest whole number, halves away from zero."""
    if numerator < 0:
        return -half_up(-numerator, denominator)
    return (2 * numerator + denominator) // (2 * denominator)


def cumulative_share(total_numerator: int, total_denominator: int, quantity: int, of: int) -> int:
    """The cumulative share of the first `quantity` of `of` units, rounded once (docs/domain.md, rule 7)."""
    return half_up(total_numerator * quantity, total_denominator * of)


def largest_remainder(total: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Share a whole, non-negative total out by weight so that the shares add up to it.

    Every share gets its floor; what is left goes one by one to the largest remainders, ties by
    listed order (Hamilton's method). Weights of zero get nothing; if all are zero the first gets all.
    """
    if total < 0:
        return tuple(-share for share in largest_remainder(-total, weights))
    if total == 0 or len(weights) == 1:
        return (total,) * len(weights)
    whole = sum(weights)
    if whole == 0:
        return (total, *(0 for _ in weights[1:])) if weights else ()
    shares = [total * weight // whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda i: -(total * weights[i] % whole))
    for index in order[: total - sum(shares)]:
        shares[index] += 1
    return tuple(shares)


def shares_in_part(part: int, shares: Sequence[int], weights: Sequence[int]) -> tuple[int, ...]:
    """How much of everyone's share lies in the first `part` of a whole that was shared out by these weights.

    One after the other gets what its weight gives it of what is there, half up, but never more than its
    share, nor so little that the others would get more than theirs. For one or two this is the largest
    remainder of `part` itself. For three and more, largest remainders alone now and then give somebody less
    of a larger part (the Alabama paradox), so that a refund would add commission; this never does: as `part`
    grows from 0 to the sum of `shares`, every one of them grows from 0 to its share.
    """
    part_left, shares_left, weights_left = part, sum(shares), sum(weights)
    parts: list[int] = []
    for share, weight in zip(shares, weights, strict=True):
        by_weight = half_up(part_left * weight, weights_left) if weights_left else 0
        shares_left -= share
        weights_left -= weight
        parts.append(min(share, max(by_weight, part_left - shares_left)))
        part_left -= parts[-1]
    return tuple(parts)

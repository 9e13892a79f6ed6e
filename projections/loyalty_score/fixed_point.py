"""Halving and doubling in whole numbers, so that every machine gets the same digits.

The exponentials and logarithms of C libraries differ in their last bits between machines. Here every number
is an integer that counts parts of 2^32, and all that is done to it is exact integer arithmetic: tables made
by integer square roots, products and quotients that are cut off. Each function is monotone in every argument,
also in its last bit.
"""

from bisect import bisect_right
from math import isqrt
from typing import Final

#: One, in parts of 2^32.
ONE: Final = 1 << 32
#: 1 / ln 2 in parts of 2^32: the area under a curve that halves once per unit of time.
PER_LN2: Final = 6_196_328_019

_DOUBLINGS_MAX: Final = 96


def _powers(base: int, step_bits: int) -> tuple[int, ...]:
    """base^(i / 2^step_bits) for i = 0..255, in parts of 2^32, each cut off from parts of 2^128; `base` is in
    parts of 2^128.
    """
    root = base
    for _ in range(step_bits):
        root = isqrt(root << 128)
    powers = [1 << 128]
    for _ in range(255):
        powers.append(powers[-1] * root >> 128)
    return tuple(power >> 96 for power in powers)


_HALF: Final = 1 << 127
_TWO: Final = 1 << 129
#: Eight binary places of an exponent each.
_HALVINGS: Final = (_powers(_HALF, 8), _powers(_HALF, 16))
_DOUBLINGS: Final = (_powers(_TWO, 8), _powers(_TWO, 16), _powers(_TWO, 24))


def halved(elapsed: int, half_life: int) -> int:
    """2^(-elapsed / half_life) in parts of 2^32. Both in the same unit; elapsed >= 0, half_life > 0.

    The exponent is resolved to 1/65,536 of a half-life, the value to five digits.
    """
    whole, rest = divmod(elapsed, half_life)
    part = (rest << 16) // half_life
    return (_HALVINGS[0][part >> 8] * _HALVINGS[1][part & 255] >> 32) >> whole


def doubled(exponent: int) -> int:
    """2^exponent, both in parts of 2^32; exponent >= 0, resolved to 1/65,536, and what exceeds 96 counts as
    96.
    """
    exponent = min(exponent, _DOUBLINGS_MAX << 32)
    part = exponent >> 16 & 65_535
    return (_DOUBLINGS[0][part >> 8] * _DOUBLINGS[1][part & 255] >> 32) << (exponent >> 32)


def doublings(numerator: int, denominator: int) -> int:
    """log2(numerator / denominator) in parts of 2^32, cut off after 24 binary places; numerator >=
    denominator > 0.
    """
    rest = (numerator << 32) // denominator
    found = rest.bit_length() - 33
    rest >>= found
    for table in _DOUBLINGS:
        place = bisect_right(table, rest) - 1
        rest = (rest << 32) // table[place]
        found = found << 8 | place
    return found << 8

"""Halving and doubling in whole numbers, so that every machine gets the same digits.

The exponentials and logarithms of C libraries differ in their last bits between machines. Here every number is an integer that
counts parts of 2^32, and all that is done to it is exact integer arithmetic: tables made by integer square
roots, products that are cut off, shifts. Each function is monotone in every argument, also in its last bit.
"""

from math import isqrt
from typing import Final

#: One, in parts of 2^32.
ONE: Final = 1 << 32
#: 1 / ln 2 in parts of 2^32: the area under a curve that halves once per unit of time.
PER_LN2: Final = 6_196_328_018

_FINE_BITS: Final = 16
_TABLE_BITS: Final = 8
_LOG_BITS: Final = 24
_DOUBLINGS_MAX: Final = 96


def _powers(step_bits: int) -> tuple[int, ...]:
    """2^(-i / 2^step_bits) for i = 0..255, in parts of 2^32, each cut off from 128 bits."""
    root = 1 << 127
    for _ in range(step_bits):
        root = isqrt(root << 128)
    powers = [1 << 128]
    for _ in range((1 << _TABLE_BITS) - 1):
        powers.append(powers[-1] * root >> 128)
    return tuple(power >> 96 for power in powers)


_COARSE: Final = _powers(_TABLE_BITS)
_FINE: Final = _powers(_FINE_BITS)


def halved(elapsed: int, half_life: int) -> int:
    """2^(-elapsed / half_life) in parts of 2^32. Both in the same unit; elapsed >= 0, half_life > 0.

    The exponent is resolved to 1/65,536 of a half-life, the value to five digits.
    """
    whole, rest = divmod(elapsed, half_life)
    part = (rest << _FINE_BITS) // half_life
    return (_COARSE[part >> _TABLE_BITS] * _FINE[part & 255] >> 32) >> whole


def doubled(exponent: int) -> int:
    """2^exponent, both in parts of 2^32; exponent >= 0, and what exceeds 96 counts as 96."""
    exponent = min(exponent, _DOUBLINGS_MAX << 32)
    whole, part = exponent >> 32, (exponent & (ONE - 1)) >> (32 - _FINE_BITS)
    if part == 0:
        return ONE << whole
    rest = (1 << _FINE_BITS) - part
    return (_COARSE[rest >> _TABLE_BITS] * _FINE[rest & 255] >> 32) << (whole + 1)


def doublings(numerator: int, denominator: int) -> int:
    """log2(numerator / denominator) in parts of 2^32, cut off after 24 binary places; numerator >= denominator > 0."""
    ratio = (numerator << 64) // denominator
    whole = ratio.bit_length() - 65
    mantissa = ratio >> whole
    found = whole
    for _ in range(_LOG_BITS):
        mantissa = mantissa * mantissa >> 64
        bit = mantissa >> 65
        found = found << 1 | bit
        mantissa >>= bit
    return found << (32 - _LOG_BITS)

"""Days as bits: bit n % 8 of byte n // 8 is the day of ordinal n, shifted by `FIRST_DAY`."""

from collections.abc import Iterable
from datetime import date
from typing import Final

FIRST_DAY: Final = date(1900, 1, 1).toordinal()


def has_day(days: bytes, day: date) -> bool:
    """Whether a day is among them."""
    byte, bit = _bit(day)
    return byte < len(days) and bool(days[byte] >> bit & 1)


def with_days(days: bytes, more: Iterable[date]) -> bytes:
    """These days and more."""
    bits = bytearray(days)
    for byte, bit in map(_bit, more):
        bits.extend(bytes(max(byte + 1 - len(bits), 0)))
        bits[byte] |= 1 << bit
    return bytes(bits)


def _bit(day: date) -> tuple[int, int]:
    return divmod(max(day.toordinal() - FIRST_DAY, 0), 8)

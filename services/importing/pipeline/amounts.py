"""Numbers as people write them in files, and money in whole minor units."""

import re
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from functools import lru_cache
from typing import Final

#: Enough digits that no sum of an import is ever rounded on the way.
EXACT: Final = Context(prec=60, rounding=ROUND_HALF_UP)
ONE: Final = Decimal(1)
ZERO: Final = Decimal(0)

_GROUPED = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d*)?")
_NOT_A_NUMBER_BUT = str.maketrans("", "", " \u00a0\u202f'$£€")


def minor(amount: Decimal, digits: int = 2) -> int:
    """An amount in major units as whole minor units, halves away from zero."""
    return int(EXACT.quantize(EXACT.scaleb(amount, digits), ONE))


@lru_cache(maxsize=65_536)
def decimal_of(text: str, decimal_comma: bool = False) -> Decimal:
    """A number with a decimal point (or comma), thousands grouped or not; ValueError when it is none.

    Currency signs and blanks are passed over; `(12.50)` and `12.50-` are negative, as bookkeepers write them.
    """
    try:
        return _finite(text) if not decimal_comma else _finite(_with_point(text, decimal_comma))
    except (InvalidOperation, ValueError):
        pass
    try:
        return _finite(_with_point(text, decimal_comma))
    except InvalidOperation:
        raise ValueError("is not a number") from None


@lru_cache(maxsize=65_536)
def whole_of(text: str, decimal_comma: bool = False) -> int:
    """A whole number, also when it is written 6.0; ValueError when it is none."""
    try:
        return int(text)
    except ValueError:
        number = decimal_of(text, decimal_comma)
        if number != number.to_integral_value() or abs(number) > 10**18:
            raise ValueError("is not a whole number") from None
        return int(number)


def _finite(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_finite() or (number and not -30 < number.adjusted() < 30):
        raise ValueError("is not a number that can be counted with")
    return number


def _with_point(text: str, decimal_comma: bool) -> str:
    bare = text.translate(_NOT_A_NUMBER_BUT)
    if bare.startswith("(") and bare.endswith(")"):
        bare = "-" + bare[1:-1]
    elif bare.endswith("-"):
        bare = "-" + bare[:-1]
    if decimal_comma:
        return bare.replace(".", "").replace(",", ".")
    return bare.replace(",", "") if _GROUPED.fullmatch(bare) else bare

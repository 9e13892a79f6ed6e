"""Numbers as people write them in files, and money in whole minor units."""

import re
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache
from typing import Final, Literal

from services.importing.pipeline.csv_files import UnusableFile

#: Enough digits that no sum of an import is ever rounded on the way.
EXACT: Final = Context(prec=60, rounding=ROUND_HALF_UP)
ONE: Final = Decimal(1)
ZERO: Final = Decimal(0)

_PLAIN = re.compile(r"-?\d{1,15}(\.\d{1,15})?")
_CURRENCY = r"(?:[A-Za-z]{0,3}[$£€¥₹₩₺₽]|[A-Z]{3}|kr\.?|zł|Fr\.)?"
_BLANKS = " \u00a0\u2009\u202f"
_MINUS = "-\u2212"
#: A sign before or behind the currency or at the end, and what lies between them.
_SIGNED = re.compile(
    rf"(?P<one>[{_MINUS}+]?)\s*{_CURRENCY}\s*(?P<two>[{_MINUS}+]?)\s*"
    rf"(?P<body>[\d.,'\u2019][\d.,'\u2019{_BLANKS}]*?(?:[eE][-+]?\d{{1,2}})?)\s*{_CURRENCY}\s*(?P<three>[{_MINUS}]?)"
)


def _body(decimal_mark: str, thousands_mark: str) -> re.Pattern[str]:
    """Digits, or groups of three with one mark between them, and a fraction: 1234.5, 1,234.5, 1 234, .5."""
    groups = "|".join(rf"(?:{mark}\d{{3}})+" for mark in (thousands_mark, "'", "\u2019", f"[{_BLANKS}]"))
    return re.compile(
        rf"(?P<whole>[1-9]\d{{0,2}}(?:{groups})|\d+|(?={decimal_mark}\d))"
        rf"(?:{decimal_mark}(?P<fraction>\d*))?(?P<exponent>[eE][-+]?\d{{1,2}})?"
    )


_WITH_POINT, _WITH_COMMA = _body(r"\.", ","), _body(",", r"\.")


def minor(amount: Decimal, digits: int = 2) -> int:
    """An amount in major units as whole minor units, halves away from zero."""
    return int(EXACT.quantize(EXACT.scaleb(amount, digits), ONE))


@lru_cache(maxsize=65_536)
def decimal_of(text: str, decimal_comma: bool = False) -> Decimal:
    """A number with a decimal point (or comma), thousands in groups of three or not at all.

    A currency beside it is passed over; `(12.50)` and `12.50-` are negative, as bookkeepers write them.
    Raises ValueError when it is no such number: `12,50` is none with a decimal point.
    """
    if not decimal_comma and _PLAIN.fullmatch(text):
        return Decimal(text)
    bare = text.strip()
    bracketed = bare.count("(") == 1 and bare.endswith(")")
    if bracketed:
        bare = bare[:-1].replace("(", "")
    signed = _SIGNED.fullmatch(bare)
    parts = (_WITH_COMMA if decimal_comma else _WITH_POINT).fullmatch(signed["body"]) if signed else None
    if signed is None or parts is None:
        raise ValueError("is not a number")
    signs = signed["one"] + signed["two"] + signed["three"]
    if len(signs) + bracketed > 1:
        raise ValueError("is not a number")
    whole = "".join(letter for letter in parts["whole"] if letter.isdecimal())
    number = Decimal(f"{whole or '0'}.{parts['fraction'] or '0'}{parts['exponent'] or ''}")
    if number and not -30 < number.adjusted() < 30:
        raise ValueError("is not a number that can be counted with")
    return -number if bracketed or (signs and signs in _MINUS) else number


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


#: What a number shows: it can only have a decimal point, only a comma, either (and then differs), or no mark.
Shown = Literal["point", "comma", "either", "nothing"]


@lru_cache(maxsize=65_536)
def shown_by(text: str) -> Shown:
    """Which decimal mark a number shows. A text that is no number shows nothing."""
    with_point, with_comma = (_read_or_none(text, decimal_comma=comma) for comma in (False, True))
    if with_point == with_comma:
        return "nothing"
    if with_point is None:
        return "comma"
    return "point" if with_comma is None else "either"


def _read_or_none(text: str, *, decimal_comma: bool) -> Decimal | None:
    try:
        return decimal_of(text, decimal_comma)
    except ValueError:
        return None


class DecimalMark:
    """Settles whether numbers have a decimal comma: looks at all of a file's, and refuses to guess.

    `declared` is what the mapping says, None when it says nothing.
    """

    def __init__(self, declared: bool | None = None) -> None:
        self._declared = declared
        self._first: dict[Shown, str] = {}

    def look_at(self, text: str, file: str, line: int, column: str) -> None:
        """Look at one number."""
        if not text.isdecimal() and (shown := shown_by(text)) not in self._first:
            self._first[shown] = f"{file} line {line}, column {column}: {text!r}"

    @property
    def is_comma(self) -> bool:
        """Whether the numbers have a decimal comma. Raises UnusableFile when that cannot be said."""
        point, comma, either = (self._first.get(shown) for shown in ("point", "comma", "either"))
        if self._declared is not None:
            against, for_it = (point, comma) if self._declared else (comma, point)
            if against and not for_it:
                said, other = ("comma", "point") if self._declared else ("point", "comma")
                raise UnusableFile(
                    f"{against} has a decimal {other}, and the mapping says decimal {said}: "
                    f"set decimal_comma = {'false' if self._declared else 'true'} in [file]"
                )
            return self._declared
        if point and comma:
            raise UnusableFile(
                f"{point} has a decimal point, but {comma} has a decimal comma: "
                "set decimal_comma in [file] to say which is right; the others are named then"
            )
        if either and not point and not comma:
            raise UnusableFile(
                f"{either} can be read two ways, as thousands or as decimals, and no number of the file "
                "shows which: set decimal_comma = true or false in [file]"
            )
        return comma is not None

    @property
    def reason(self) -> str:
        """How numbers are read, and why, for people."""
        shown = self._first.get("comma" if self.is_comma else "point")
        if self._declared is not None:
            return f"{mark_in_words(self.is_comma)}, as the mapping says"
        return f"{mark_in_words(self.is_comma)}, as {shown} shows" if shown else mark_in_words(self.is_comma)


def mark_in_words(is_comma: bool) -> str:
    """How numbers are read, for people."""
    return f"with a decimal {'comma' if is_comma else 'point'}"


def has_decimal_comma(numbers: Iterable[tuple[str, str]], *, delimiter: str) -> bool:
    """Whether numbers (each with its place) have a decimal comma, by the first that shows its mark.

    Raises UnusableFile for a number that can be read two ways where none shows it; a point in a file with
    commas between its cells is taken for a decimal point.
    """
    two_ways = ""
    for place, text in numbers:
        if text.isdecimal() or (shown := shown_by(text.strip())) == "nothing":
            continue
        if shown != "either":
            return shown == "comma"
        if delimiter != "," or "," in text:
            two_ways = two_ways or f"{place}: {text!r}"
    if two_ways:
        raise UnusableFile(
            f"{two_ways} can be read two ways, as thousands or as decimals, and no number of the file shows "
            "which: save it with two decimals"
        )
    return False

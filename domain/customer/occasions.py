"""When occasions are celebrated, and which one comes next."""

from collections.abc import Iterable
from datetime import date
from typing import Final

from domain.customer.commands import OccasionKind

_YEARLY: Final = frozenset({"birthday", "anniversary"})


def next_day(kind: OccasionKind, on: date, day: date) -> date:
    """The day it is next celebrated on, `day` included; one that does not return stays where it was."""
    return next_celebration(on, day) if kind in _YEARLY else on


def next_occasion(occasions: Iterable[tuple[int, OccasionKind, date]], day: date) -> int | None:
    """The number of the occasion that comes next, `day` included; of two alike the first."""
    to_come = [(on, number) for number, kind, first in occasions if (on := next_day(kind, first, day)) >= day]
    return min(to_come)[1] if to_come else None


def next_celebration(first: date, day: date) -> date:
    """The next return of a day of the year, `day` itself included.

    The 29th of February is kept on the 28th in other years.
    """
    if first >= day:
        return first
    for year in (day.year, day.year + 1):
        celebration = _in_year(first, year)
        if celebration >= day:
            return celebration
    raise AssertionError("a day of the year returns within a year")


def _in_year(first: date, year: int) -> date:
    try:
        return first.replace(year=year)
    except ValueError:
        return first.replace(year=year, day=28)

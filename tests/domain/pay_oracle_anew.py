"""What a pay plan that is dated before sales and hours already made changes, by the second pay rules."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from tests.domain.pay_oracle_sums import half_up

if TYPE_CHECKING:
    from tests.domain.pay_oracle import Entry, Hours, PayOracle, Word

#: The sale, the index of its line, what it earns at which rates now, the statement that had paid it.
Anew = tuple[str, int, list[tuple[Fraction, Fraction]], str | None]


def computed_anew(oracle: PayOracle, command: Any) -> tuple[list[Anew], list[Hours]]:
    """The lines and the workdays of which the plan that comes changes rates."""
    who, someone = command.associate_id, oracle.staff[command.associate_id]
    someone.plans.append((command.effective_on, command.plan))
    try:
        number = len(someone.plans) - 1
        lines = [
            (sale_id, index, bands, oracle.entries[first].paid_in)
            for (credited, sale_id, index), (first, earlier) in oracle.credited.items()
            if credited == who
            and someone.plan_on(oracle.day(who, oracle.sales[sale_id][0]))[0] == number
            and (bands := _bands(oracle, who, sale_id, index, first, earlier)) is not None
        ]
        days = [
            hour
            for hour in oracle.hours
            if hour.who == who
            and someone.plan_on(hour.day)[0] == number
            and hour.rate != command.plan.base_rate_minor
        ]
    finally:
        someone.plans.pop()
    return lines, days


def _bands(
    oracle: PayOracle, who: str, sale_id: str, index: int, first: int, earlier: Fraction
) -> list[tuple[Fraction, Fraction]] | None:
    """The line at the rates of the latest plan; None where nothing is left of it, or it stays as it is."""
    someone, line = oracle.staff[who], oracle.sales[sale_id][1][index]
    credit = next((credit for credit in line.credits if credit.who == who), None)
    plan = someone.plans[-1][1]
    if credit is None or line.returned == line.quantity or _same(someone.plans[credit.plan][1], plan):
        return None
    base = sum((part for part, _ in credit.bands), Fraction(0))
    reached = half_up(reached_before(oracle, who, first) + earlier)
    bands = oracle.bands(plan, line.department, base, reached)
    return None if bands == credit.bands else bands


def _same(one: Any, other: Any) -> bool:
    return (one.rate_bp, one.department_rates_bp, one.tiers) == (
        other.rate_bp,
        other.department_rates_bp,
        other.tiers,
    )


def reached_before(oracle: PayOracle, who: str, first: int) -> int:
    """The net sales of its period before an entry, as the periods are known now."""
    period = _named(oracle, who, oracle.entries[first].period)
    sales = 0
    for entry in oracle.entries[:first]:
        was_settled = entry.settled and entry.before <= first
        if entry.who == who and _named(oracle, who, entry.period) == period and not was_settled:
            sales += -entry.sales if entry.kind == "clawed" else entry.sales
    return sales


def _named(oracle: PayOracle, who: str, word: Word) -> Word:
    """The period of a day that waited for it; all days that are in none yet are alike."""
    if not isinstance(word, date):
        return word
    calendar = oracle.calendar(oracle.staff[who].stores[-1][1])
    return next((period.word for period in calendar if period.has(word)), "")


def is_closed(oracle: PayOracle, who: str, home: Entry | Hours) -> bool:
    """Whether a period is closed and has not paid yet what it holds."""
    if home.paid_in is not None:
        return home.paid_in not in oracle.staff[who].paid
    if isinstance(home.period, date):
        return oracle.closed_on(who, home.period) is not None
    period = oracle.own_period(who, home.period) if home.period is not None else None
    return home.period is not None and (period is None or period.closed)

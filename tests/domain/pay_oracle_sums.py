"""The sums behind the second pay rules: rounding, sharing out, and what units of a line come to.

In fractions.
"""

from dataclasses import dataclass
from fractions import Fraction
from math import floor


def half_up(exact: Fraction) -> int:
    """To the nearest whole cent, halves up; nothing here is ever negative."""
    return floor(exact + Fraction(1, 2))


def hamilton(total: int, quotas: list[Fraction]) -> list[int]:
    """Everybody's floor, then a cent each to the largest remainders, ties by listed order."""
    if not any(quotas):
        return [total if index == 0 else 0 for index in range(len(quotas))]
    exact = [total * quota / sum(quotas) for quota in quotas]
    shares = [floor(share) for share in exact]
    while sum(shares) < total:
        remainders = [share - given for share, given in zip(exact, shares, strict=True)]
        shares[remainders.index(max(remainders))] += 1
    return shares


def of_first_units(total: int, shares: list[int], quotas: list[Fraction]) -> list[int]:
    """What everybody has of the first `total` cents: the first their quota's part of it, the others share the
    rest.
    """
    if len(shares) == 1:
        return [total]
    others = sum(shares[1:])
    mine = half_up(total * quotas[0] / sum(quotas)) if any(quotas) else 0
    mine = max(mine, total - others)
    mine = min(mine, shares[0])
    return [mine, *of_first_units(total - mine, shares[1:], quotas[1:])]


@dataclass
class Credit:
    """`bands` are (part of the line's money in cents, rate), `plan` is the number of the plan they are of.

    `kept` is (credited sales, commission) of the whole line where an allowance would have added some.
    """

    who: str
    share: Fraction
    bands: list[tuple[Fraction, Fraction]]
    plan: int = 0
    kept: tuple[int, int] | None = None

    @property
    def commission(self) -> Fraction:
        return sum((base * rate for base, rate in self.bands), Fraction(0))


@dataclass
class Line:
    sku: str
    department: str | None
    quantity: int
    net: int
    tax: int
    credits: list[Credit]
    returned: int = 0

    def cumulative_share(self, units: int) -> tuple[int, int]:
        """Money and tax of the first units."""
        return (
            half_up(Fraction(self.net * units, self.quantity)),
            half_up(Fraction(self.tax * units, self.quantity)),
        )

    def quotas(self) -> tuple[list[Fraction], list[Fraction]]:
        """Everybody's exact sales, and exact commission, in cents."""
        return (
            [self.net * credit.share for credit in self.credits],
            [credit.commission for credit in self.credits],
        )

    def earned_up_to(self, units: int) -> dict[str, tuple[int, int]]:
        """(credited sales, commission) of the first units, by associate."""
        if not self.credits:
            return {}
        columns: list[list[int]] = []
        kept = [credit.kept for credit in self.credits if credit.kept is not None]
        for column, quotas in enumerate(self.quotas()):
            whole = hamilton(half_up(sum(quotas, Fraction(0))), quotas)
            if len(kept) == len(self.credits):
                whole = [each[column] for each in kept]
            part = half_up(sum(quotas, Fraction(0)) * units / self.quantity)
            columns.append(of_first_units(min(part, sum(whole)), whole, quotas))
        return {
            credit.who: (sales, commission)
            for credit, sales, commission in zip(self.credits, *columns, strict=True)
        }

    def let_nobody_have_more_than(self, before: dict[str, tuple[int, int]]) -> None:
        """Of the sales and the commission that there are now, nobody has a cent that they had not before."""
        after = self.between(0, self.quantity)
        if all(after[who][column] <= before[who][column] for who in after for column in (0, 1)):
            return
        columns: list[list[int]] = []
        for column, quotas in enumerate(self.quotas()):
            had = [before[credit.who][column] for credit in self.credits]
            has = sum(after[who][column] for who in after)
            columns.append(of_first_units(min(has, sum(had)), had, quotas))
        for credit, sales, commission in zip(self.credits, *columns, strict=True):
            credit.kept = (sales, commission)

    def between(self, first: int, last: int) -> dict[str, tuple[int, int]]:
        before, after = self.earned_up_to(first), self.earned_up_to(last)
        return {who: (after[who][0] - before[who][0], after[who][1] - before[who][1]) for who in after}

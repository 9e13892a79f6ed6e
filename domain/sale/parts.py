"""What some units of a line come to: the money, the tax, and everybody's sales and commission.

Every amount is the difference of two cumulative ones (docs/domain.md, rule 7): what the first n units come to
is rounded once, so that whatever is done with a line piece by piece adds up to the whole.
"""

import msgspec

from domain.money import WHOLE_BP, cumulative_share, half_up, largest_remainder, shares_in_part
from domain.sale.events import Credit, SoldLine

#: `base_e4 x rate_bp` counts in this many parts of a minor unit.
EXACT: int = WHOLE_BP * WHOLE_BP


class Money(msgspec.Struct, frozen=True):
    """What units were sold for, and the tax that lay on them (minor units)."""

    net_minor: int
    tax_minor: int


class Part(msgspec.Struct, frozen=True, gc=False):
    """What units mean to one credited associate (minor units)."""

    associate_id: str
    sales_minor: int
    commission_minor: int


def money_between(line: SoldLine, first: int, last: int) -> Money:
    """What the units after the `first` up to the `last` were sold for."""

    def cumulative(amount: int, units: int) -> int:
        return cumulative_share(amount, 1, units, line.quantity)

    return Money(
        net_minor=cumulative(line.net_minor, last) - cumulative(line.net_minor, first),
        tax_minor=cumulative(line.tax_minor, last) - cumulative(line.tax_minor, first),
    )


def parts_between(line: SoldLine, first: int, last: int) -> tuple[Part, ...]:
    """What the units after the `first` up to the `last` mean to everybody credited with the line, in listed
    order.
    """
    if not line.credits:
        return ()
    if len(line.credits) == 1 and line.credits[0].commission_minor is None:
        return (_undivided(line, line.credits[0], first, last),)
    sales = _between(_sales_up_to(line, first), _sales_up_to(line, last))
    commission = _between(_commission_up_to(line, first), _commission_up_to(line, last))
    return tuple(
        Part(credit.associate_id, sales_minor, commission_minor)
        for credit, sales_minor, commission_minor in zip(line.credits, sales, commission, strict=True)
    )


def _undivided(line: SoldLine, credit: Credit, first: int, last: int) -> Part:
    """The same for the common case: one person's line, where nothing is shared out."""
    exact = exact_commission(credit)
    if last - first == line.quantity:
        return Part(credit.associate_id, line.net_minor, half_up(exact, EXACT))
    return Part(
        credit.associate_id,
        sales_minor=cumulative_share(line.net_minor, 1, last, line.quantity)
        - cumulative_share(line.net_minor, 1, first, line.quantity),
        commission_minor=cumulative_share(exact, EXACT, last, line.quantity)
        - cumulative_share(exact, EXACT, first, line.quantity),
    )


def exact_commission(credit: Credit) -> int:
    """What a credit earns before rounding, in parts of a minor unit (`EXACT` to one)."""
    exact = 0
    for band in credit.bands:
        exact += band.base_e4 * band.rate_bp
    return exact


def _commission_up_to(line: SoldLine, units: int) -> tuple[int, ...]:
    exact = [exact_commission(credit) for credit in line.credits]
    return _shared_up_to(line, units, exact, EXACT, [credit.commission_minor for credit in line.credits])


def _sales_up_to(line: SoldLine, units: int) -> tuple[int, ...]:
    return _shared_up_to(
        line, units, exact_sales(line), WHOLE_BP, [credit.sales_minor for credit in line.credits]
    )


def exact_sales(line: SoldLine) -> list[int]:
    """Everybody's part of a line's money before rounding, in parts of a minor unit (`WHOLE_BP` to one)."""
    return [line.net_minor * credit.share_bp for credit in line.credits]


def _shared_up_to(
    line: SoldLine, units: int, exact: list[int], to_one: int, named: list[int | None]
) -> tuple[int, ...]:
    """Everybody's share of the first units: the total is rounded once, then settled among them (rules 7 and
    8). Where all credits have `named` their share of the whole line, it is these.
    """
    if units == 0:
        return (0,) * len(exact)
    shares = [share for share in named if share is not None]
    if len(shares) < len(named):
        whole = cumulative_share(sum(exact), to_one, line.quantity, line.quantity)
        shares = largest_remainder(whole, exact)
    part = min(cumulative_share(sum(exact), to_one, units, line.quantity), sum(shares))
    return shares_in_part(part, shares, exact)


def _between(lower: tuple[int, ...], upper: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(after - before for before, after in zip(lower, upper, strict=True))

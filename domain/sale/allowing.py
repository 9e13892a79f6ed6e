"""What is left of a line when money is given back on goods that the customer keeps."""

from collections.abc import Sequence

from msgspec.structs import replace

from domain.commission_account.rates import rescaled, without_last
from domain.money import shares_in_part
from domain.sale.events import Credit, SoldLine
from domain.sale.parts import Part, exact_commission, exact_sales, money_between, parts_between
from domain.sale.state import LineState


def line_after_allowance(line: LineState, amount_minor: int, tax_minor: int) -> SoldLine:
    """The units that the customer still has, as a line of their own at the reduced price.

    The money comes off the last band of everybody's credit: its marginal rate is what that money earned.
    """
    sold = line.sold
    money = money_between(sold, line.returned, sold.quantity)
    net_minor = money.net_minor - amount_minor
    left = replace(
        sold,
        quantity=line.left,
        discount_minor=line.left * sold.unit_price_minor - net_minor,
        net_minor=net_minor,
        tax_minor=money.tax_minor - tax_minor,
        credits=tuple(_reduced(credit, money.net_minor, amount_minor) for credit in sold.credits),
    )
    return _without_more_for_anybody(left, parts_between(sold, line.returned, sold.quantity))


def _without_more_for_anybody(left: SoldLine, before: Sequence[Part]) -> SoldLine:
    """The line, on which nobody has more than `before`.

    Rounding begins anew with the units that are left, and a cent may fall to them, or from one of its sellers
    to another, that it had not given before: it is named on the credits then, and stays where it was.
    """
    after = parts_between(left, 0, left.quantity)
    if all(
        has.sales_minor <= had.sales_minor and has.commission_minor <= had.commission_minor
        for had, has in zip(before, after, strict=True)
    ):
        return left
    sales = shares_in_part(
        sum(part.sales_minor for part in after), [part.sales_minor for part in before], exact_sales(left)
    )
    had_minor = [part.commission_minor for part in before]
    commission = shares_in_part(
        min(sum(part.commission_minor for part in after), sum(had_minor)),
        had_minor,
        [exact_commission(credit) for credit in left.credits],
    )
    named = zip(left.credits, sales, commission, strict=True)
    return replace(
        left,
        credits=tuple(
            replace(credit, sales_minor=sales_minor, commission_minor=commission_minor)
            for credit, sales_minor, commission_minor in named
        ),
    )


def _reduced(credit: Credit, net_minor: int, amount_minor: int) -> Credit:
    still_there = rescaled(credit.bands, net_minor * credit.share_bp)
    return Credit(
        credit.associate_id,
        credit.share_bp,
        credit.plan_no,
        without_last(still_there, amount_minor * credit.share_bp),
    )

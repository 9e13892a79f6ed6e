"""What is left of a line when money is given back on goods that the customer keeps."""

from msgspec.structs import replace

from domain.commission_account.rates import rescaled, without_last
from domain.sale.events import Credit, SoldLine
from domain.sale.parts import money_between
from domain.sale.state import LineState


def line_after_allowance(line: LineState, amount_minor: int, tax_minor: int) -> SoldLine:
    """The units that the customer still has, as a line of their own at the reduced price.

    The money comes off the last band of everybody's credit: its marginal rate is what that money earned.
    """
    sold = line.sold
    money = money_between(sold, line.returned, sold.quantity)
    net_minor = money.net_minor - amount_minor
    return replace(
        sold,
        quantity=line.left,
        discount_minor=line.left * sold.unit_price_minor - net_minor,
        net_minor=net_minor,
        tax_minor=money.tax_minor - tax_minor,
        credits=tuple(_reduced(credit, money.net_minor, amount_minor) for credit in sold.credits),
    )


def _reduced(credit: Credit, net_minor: int, amount_minor: int) -> Credit:
    still_there = rescaled(credit.bands, net_minor * credit.share_bp)
    return Credit(
        credit.associate_id,
        credit.share_bp,
        credit.plan_no,
        without_last(still_there, amount_minor * credit.share_bp),
    )

"""Who is credited with a line, and at which rates: frozen on the day it was sold."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from domain.associate.policies import known_associate
from domain.associate.state import AgreedPlan
from domain.commission_account.posting import Posting, account_of, day_at, posting_at
from domain.commission_account.rates import bands_of
from domain.money import largest_remainder
from domain.sale.commands import RecordSale
from domain.sale.events import Credit
from domain.sale.pricing import Price
from domain.world import World


class Seller(msgspec.Struct, frozen=True):
    """An associate at the moment of a sale: the plan in force, where the money goes, the net sales reached there."""

    associate_id: str
    agreed: AgreedPlan
    posting: Posting
    reached_minor: int


def seller_of(world: World, associate_id: str, sold_at: datetime, posted_at: datetime) -> Seller:
    """The plan is the one of the day of the sale; the tier is the one reached in the period the fact goes to."""
    associate = known_associate(world, associate_id)
    posting = posting_at(world, associate, posted_at)
    return Seller(
        associate_id=associate_id,
        agreed=associate.plan_on(day_at(world, associate.store_id, sold_at)),
        posting=posting,
        reached_minor=account_of(world, associate_id).in_period(posting.period_id).sales_minor,
    )


def credit_of(
    seller: Seller, share_bp: int, department: str | None, net_minor: int, reached_minor: int
) -> Credit:
    """A share of a line, cut into bands of one rate each; `reached_minor` decides where the tiers begin."""
    bands = bands_of(seller.agreed.plan, department, net_minor * share_bp, reached_minor)
    return Credit(seller.associate_id, share_bp, seller.agreed.plan_no, bands)


def credits_of(
    command: RecordSale, prices: Sequence[Price], sellers: dict[str, Seller]
) -> list[tuple[Credit, ...]]:
    """Who is credited with each line. Each line counts towards the tiers of those that follow it on the receipt."""
    reached_minor = {associate_id: seller.reached_minor for associate_id, seller in sellers.items()}
    credits: list[tuple[Credit, ...]] = []
    for line, price in zip(command.lines, prices, strict=True):
        split, net_minor = line.attribution, price.net_minor
        of_line = [
            credit_of(
                sellers[share.associate_id],
                share.share_bp,
                line.department,
                net_minor,
                reached_minor[share.associate_id],
            )
            for share in split
        ]
        credits.append(tuple(of_line))
        if len(split) == 1:
            reached_minor[split[0].associate_id] += net_minor
            continue
        sales = largest_remainder(net_minor, [share.share_bp for share in split])
        for share, sales_minor in zip(split, sales, strict=True):
            reached_minor[share.associate_id] += sales_minor
    return credits

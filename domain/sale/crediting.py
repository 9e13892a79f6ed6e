"""Who is credited with a line, and at which rates: frozen on the day it was sold."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from domain.associate.policies import known_associate
from domain.associate.state import AgreedPlan
from domain.commission_account.posting import PostingPeriod, day_at, posting_at, reached_in
from domain.commission_account.rates import bands_of
from domain.money import largest_remainder
from domain.sale.commands import LineToSell
from domain.sale.events import Credit
from domain.state_reader import StateReader


class Seller(msgspec.Struct, frozen=True):
    """An associate at the moment of a sale: the plan in force, where the money goes, the net sales reached
    there.
    """

    associate_id: str
    agreed: AgreedPlan
    posting: PostingPeriod
    reached_minor: int


def seller_of(states: StateReader, associate_id: str, sold_at: datetime, posted_at: datetime) -> Seller:
    """The plan is that of the day of the sale; the tier is the one reached in the posting period."""
    associate = known_associate(states, associate_id)
    posting = posting_at(states, associate, posted_at)
    sold_on = posting.day if posted_at == sold_at else day_at(states, associate.store_id, sold_at)
    return Seller(
        associate_id=associate_id,
        agreed=associate.plan_on(sold_on),
        posting=posting,
        reached_minor=reached_in(states, associate, posting),
    )


def credit_of(
    seller: Seller, share_bp: int, department: str | None, net_minor: int, reached_minor: int
) -> Credit:
    """A share of a line, cut into bands of one rate each; `reached_minor` decides where the tiers begin."""
    bands = bands_of(seller.agreed.plan, department, net_minor * share_bp, reached_minor)
    return Credit(seller.associate_id, share_bp, seller.agreed.plan_no, bands)


def credits_of(
    line: LineToSell, net_minor: int, sellers: Mapping[str, Seller], reached_minor: dict[str, int]
) -> tuple[Credit, ...]:
    """Who is credited with a line that comes to so much.

    `reached_minor` is everybody's net sales before it, and is moved on: a line counts towards the tiers of
    those that follow.
    """
    split = line.attribution
    if not split:
        return ()
    sales = (
        (net_minor,) if len(split) == 1 else largest_remainder(net_minor, [each.share_bp for each in split])
    )
    credits: list[Credit] = []
    for share, sales_minor in zip(split, sales, strict=True):
        associate_id = share.associate_id
        before_minor = reached_minor[associate_id]
        reached_minor[associate_id] = before_minor + sales_minor
        credits.append(
            credit_of(sellers[associate_id], share.share_bp, line.department, net_minor, before_minor)
        )
    return tuple(credits)

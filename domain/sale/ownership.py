"""What a sale means for its customer: their first owner, and the wishes that it fulfils."""

from collections.abc import Sequence
from datetime import datetime

from domain.associate.policies import known_associate
from domain.customer.events import OwnerAssigned, WishFulfilled
from domain.customer.policies import known_customer
from domain.customer.wishes import meets_wish
from domain.sale.events import SoldLine
from domain.sale.parts import parts_between
from domain.state_reader import StateReader


def first_owner(
    states: StateReader, customer_id: str | None, lines: Sequence[SoldLine], at: datetime
) -> list[OwnerAssigned]:
    """A customer without a primary owner belongs to whoever is credited with most of the sale, ties by listed
    order.

    Somebody who is leaving takes on nobody, and a record that was merged away gets no owner of its own.
    """
    if customer_id is None:
        return []
    customer = known_customer(states, customer_id)
    if customer.primary_owner is not None or customer.merged_into is not None:
        return []
    credited = dict.fromkeys(credit.associate_id for line in lines for credit in line.credits)
    staying = [who for who in credited if known_associate(states, who).left_on is None]
    if not staying:
        return []
    most = staying[0] if len(staying) == 1 else _sold_most(staying, lines)
    return [
        OwnerAssigned(
            occurred_at=at, customer_id=customer_id, associate_id=most, role="primary", reason="first_sale"
        )
    ]


def wishes_fulfilled(
    states: StateReader,
    sale_id: str,
    customer_id: str | None,
    lines: Sequence[SoldLine],
    sold_at: datetime,
    at: datetime,
) -> list[WishFulfilled]:
    """They bought what they waited for: wishes of before the sale that its goods meet, in the records of the
    person.
    """
    if customer_id is None:
        return []
    customer = known_customer(states, customer_id)
    records = [customer, *(known_customer(states, record) for record in customer.absorbed)]
    return [
        WishFulfilled(occurred_at=at, customer_id=record.customer_id, wish_id=wish_id, sale_id=sale_id)
        for record in records
        for wish_id, wish in record.open_wishes.items()
        if wish.recorded_at <= sold_at and any(meets_wish(wish, line) for line in lines)
    ]


def _sold_most(among: Sequence[str], lines: Sequence[SoldLine]) -> str:
    sales_minor = dict.fromkeys(among, 0)
    for line in lines:
        for part in parts_between(line, 0, line.quantity):
            if part.associate_id in sales_minor:
                sales_minor[part.associate_id] += part.sales_minor
    return max(among, key=sales_minor.__getitem__)

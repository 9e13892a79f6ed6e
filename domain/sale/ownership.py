"""What a sale means for its customer: their first owner, and the wishes that it fulfils."""

from collections.abc import Sequence
from datetime import datetime

from domain.associate.policies import known_associate
from domain.customer.events import (
    OwnerAssigned,
    OwnerReassigned,
    PrimaryOwnerRemoved,
    WishFulfilled,
    WishReopened,
)
from domain.customer.policies import known_customer, records_of_person
from domain.customer.wishes import meets_wish
from domain.messages import Event
from domain.sale.events import SoldLine
from domain.sale.parts import parts_between
from domain.state_reader import StateReader


def first_owner(
    states: StateReader, sale_id: str, customer_id: str | None, lines: Sequence[SoldLine], at: datetime
) -> list[OwnerAssigned]:
    """A customer without a primary owner belongs to whoever is credited with most of the sale, ties by listed
    order.

    Somebody who is leaving takes on nobody, and a record that was merged away gets no owner of its own.
    """
    if customer_id is None:
        return []
    customer = known_customer(states, customer_id)
    if customer.primary_owner is not None or customer.merged_into is not None or customer.forgotten:
        return []
    most = _credited_most(states, lines)
    if most is None:
        return []
    return [
        OwnerAssigned(
            occurred_at=at,
            customer_id=customer_id,
            associate_id=most,
            role="primary",
            reason="first_sale",
            sale_id=sale_id,
        )
    ]


def owner_after_correction(
    states: StateReader, sale_id: str, customer_id: str | None, lines: Sequence[SoldLine], at: datetime
) -> list[Event]:
    """The owner by the first sale follows what is corrected about it; one who was set by hand stays.

    `lines` are the customer's from now on: none where the sale was another's.
    """
    if customer_id is None:
        return []
    customer = known_customer(states, customer_id)
    owner = customer.primary_owner
    if owner is None:
        return [*first_owner(states, sale_id, customer_id, lines, at)]
    most = _credited_most(states, lines)
    if customer.first_sale != sale_id or customer.forgotten or most == owner:
        return []
    if most is None:
        return [
            PrimaryOwnerRemoved(occurred_at=at, customer_id=customer_id, associate_id=owner, sale_id=sale_id)
        ]
    return [
        OwnerReassigned(
            occurred_at=at,
            customer_id=customer_id,
            associate_id=most,
            previous_associate_id=owner,
            reason="attribution_corrected",
            sale_id=sale_id,
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
    return [
        WishFulfilled(occurred_at=at, customer_id=record.customer_id, wish_id=wish_id, sale_id=sale_id)
        for record in records_of_person(states, customer_id)
        for wish_id, wish in record.open_wishes.items()
        if wish.recorded_at <= sold_at and any(meets_wish(wish, line) for line in lines)
    ]


def wishes_reopened(states: StateReader, sale_id: str, customer_id: str, at: datetime) -> list[WishReopened]:
    """What the sale had fulfilled is waited for again: it was another customer's sale."""
    return [
        WishReopened(
            occurred_at=at,
            customer_id=record.customer_id,
            wish_id=wish_id,
            sale_id=sale_id,
            recorded_at=met.wish.recorded_at,
            label=met.wish.label,
            sku=met.wish.sku,
            size=met.wish.size,
        )
        for record in records_of_person(states, customer_id)
        if not record.forgotten
        for wish_id, met in record.fulfilled.items()
        if met.sale_id == sale_id
    ]


def _credited_most(states: StateReader, lines: Sequence[SoldLine]) -> str | None:
    """Who sold most of these lines and still works here."""
    credited = dict.fromkeys(credit.associate_id for line in lines for credit in line.credits)
    staying = [who for who in credited if known_associate(states, who).left_on is None]
    if not staying:
        return None
    return staying[0] if len(staying) == 1 else _sold_most(staying, lines)


def _sold_most(among: Sequence[str], lines: Sequence[SoldLine]) -> str:
    sales_minor = dict.fromkeys(among, 0)
    for line in lines:
        for part in parts_between(line, 0, line.quantity):
            if part.associate_id in sales_minor:
                sales_minor[part.associate_id] += part.sales_minor
    return max(among, key=sales_minor.__getitem__)

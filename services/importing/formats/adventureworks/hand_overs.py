"""Infer from orders when customers moved from one salesperson to another."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from services.importing.pipeline.source_documents import HandOver

#: When somebody began to work in a territory, earliest first.
Territories = dict[tuple[str, str], list[datetime]]

BY_ORDERS = "handed_over"
AT_THE_END = "assigned"


class Assignment(NamedTuple):
    """A customer's salesperson in a territory, by an order (its place among all) or as the tables say."""

    customer: str
    seller: str
    at: datetime
    territory: str
    order: int | None = None


class Move(NamedTuple):
    """A hand-over. With `order`, it was made with that order and comes just before it."""

    hand_over: HandOver
    order: int | None = None


def hand_overs(
    orders: Sequence[Assignment], territories: Territories, at_the_end: Mapping[str, Assignment]
) -> list[Move]:
    """Every hand-over, in the order of each customer's orders (which come by time).

    A hand-over happened when the new salesperson began in the territory, if that lies between the last order
    with the old one and the first with the new; else with that first order. `at_the_end` maps a customer to
    their salesperson after the last order, or without any.
    """
    moves: list[Move] = []
    last: dict[str, Assignment] = {}
    for order in orders:
        before = last.get(order.customer)
        if before is not None and before.seller != order.seller:
            began = _began(territories, order, before.at, order.at)
            hand_over = HandOver(order.customer, order.seller, began or order.at, BY_ORDERS)
            moves.append(Move(hand_over, None if began else order.order))
        last[order.customer] = order
    for customer, now in at_the_end.items():
        before = last.get(customer)
        if before is None:
            moves.append(Move(HandOver(customer, now.seller, now.at, AT_THE_END)))
        elif before.seller != now.seller:
            territory = now.territory or before.territory
            began = _began(territories, now._replace(territory=territory), before.at, None)
            moves.append(Move(HandOver(customer, now.seller, began or before.at, AT_THE_END)))
    return moves


def _began(
    territories: Territories, who: Assignment, after: datetime, until: datetime | None
) -> datetime | None:
    starts = territories.get((who.seller, who.territory), [])
    between = [start for start in starts if after < start and (until is None or start <= until)]
    return between[-1] if between else None

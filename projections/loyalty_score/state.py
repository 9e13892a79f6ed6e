"""The state of the loyalty score for a customer: sales, returns and touchpoints.

Everything is whole numbers: money in minor units, instants in seconds since 1970 (UTC). Nothing is added up
in the state, so that it serves any past date: a record counts from `known_at` on, the moment of its event.
The order in which events arrive makes no difference to any score.
"""

from collections.abc import Iterable
from typing import Final, Literal

import msgspec

DAY_SECONDS: Final = 86_400

TouchpointKind = Literal["contact", "wish", "heroic_act"]


class Goods(msgspec.Struct, frozen=True, array_like=True):
    """Units of one department and what they cost, net of discounts, without tax."""

    department: str | None
    units: int
    net_minor: int


class RecordedSale(msgspec.Struct, frozen=True, array_like=True):
    """A sale.

    `position` is its event's; `known_at` is later than `sold_at` for a walk-in recognised later.
    """

    sale_id: str
    sold_at: int
    known_at: int
    position: int
    channel: str
    currency: str
    goods: tuple[Goods, ...]
    #: The store's day, counted from 1970, where it is another one than in UTC.
    sold_on: int | None = None

    @property
    def day(self) -> int:
        """The day of the visit, counted from 1970."""
        return self.sold_at // DAY_SECONDS if self.sold_on is None else self.sold_on


class RecordedReturn(msgspec.Struct, frozen=True, array_like=True):
    """Goods of one of the sales that came back, with the spend that went back with them."""

    return_id: str
    sale_id: str
    known_at: int
    position: int
    goods: tuple[Goods, ...]


class Touchpoint(msgspec.Struct, frozen=True, array_like=True):
    """A contact they answered, a wish that came true, a heroic act done for them.

    `subject_id` names the wish or the act.
    """

    kind: TouchpointKind
    at: int
    position: int
    subject_id: str

    @property
    def subject(self) -> str:
        """What a revocation names it by: a wish may come true several times, and is numbered per record; a
        contact has no other name.
        """
        return self.subject_id if self.kind == "heroic_act" else f"{self.position}:{self.subject_id}"


class Revocation(msgspec.Struct, frozen=True, array_like=True):
    """A heroic act, a wish that had come true or a contact, that does not count any more."""

    subject: str
    at: int
    position: int


class LoyaltyState(msgspec.Struct):
    """All the score needs to know of one customer, in the order of the log."""

    sales: list[RecordedSale] = []
    returns: list[RecordedReturn] = []
    touchpoints: list[Touchpoint] = msgspec.field(default_factory=list, name="moments")
    revoked: list[Revocation] = []


def visit(
    state: LoyaltyState,
    *,
    sale_id: str,
    sold_at: int,
    known_at: int,
    position: int,
    channel: str,
    currency: str,
    goods: Iterable[Goods],
    sold_on: int | None = None,
) -> None:
    """They bought something; nothing, where `goods` are none.

    Several sales of one day of the store are one visit; `goods` may name a department several times.
    """
    if not (together := _by_department(goods)):
        return
    known_at = max(known_at, sold_at)
    state.sales.append(
        RecordedSale(sale_id, sold_at, known_at, position, channel, currency, together, sold_on)
    )


def goods_returned(
    state: LoyaltyState, *, return_id: str, sale_id: str, at: int, position: int, goods: Iterable[Goods]
) -> None:
    """Goods of one of their sales came back.

    What cannot be traced to a sale is not recorded and costs them nothing.
    """
    state.returns.append(RecordedReturn(return_id, sale_id, at, position, _by_department(goods)))


def contact_answered(state: LoyaltyState, *, at: int, position: int) -> None:
    """They answered when an associate reached out."""
    state.touchpoints.append(Touchpoint("contact", at, position, ""))


def contact_removed(state: LoyaltyState, *, contacted_at: int, at: int, position: int) -> None:
    """They had not: of several at that instant, one."""
    revoked = {one.subject for one in state.revoked}
    of_then = [one for one in state.touchpoints if one.kind == "contact" and one.at == contacted_at]
    left = [one for one in of_then if one.subject not in revoked]
    if left:
        state.revoked.append(Revocation(left[-1].subject, at, position))


def wish_fulfilled(state: LoyaltyState, *, wish_id: str, at: int, position: int) -> None:
    """What they were waiting for was found."""
    state.touchpoints.append(Touchpoint("wish", at, position, wish_id))


def wish_reopened(state: LoyaltyState, *, wish_id: str, at: int, position: int) -> None:
    """It had not come true after all."""
    met = [one for one in state.touchpoints if one.kind == "wish" and one.subject_id == wish_id]
    if met:
        state.revoked.append(Revocation(met[-1].subject, at, position))


def heroic_act_verified(state: LoyaltyState, *, act_id: str, at: int, position: int) -> None:
    """Somebody went out of their way for them, and it was verified."""
    state.touchpoints.append(Touchpoint("heroic_act", at, position, act_id))


def heroic_act_revoked(state: LoyaltyState, *, act_id: str, at: int, position: int) -> None:
    """The act turned out otherwise; from now on it counts for nothing."""
    state.revoked.append(Revocation(act_id, at, position))


def merged(states: Iterable[LoyaltyState]) -> LoyaltyState:
    """One customer of several records. The records stay as they are, so that a merge can be undone."""
    whole = LoyaltyState()
    for state in states:
        whole.sales += state.sales
        whole.returns += state.returns
        whole.touchpoints += state.touchpoints
        whole.revoked += state.revoked
    return whole


def _by_department(goods: Iterable[Goods]) -> tuple[Goods, ...]:
    sums: dict[str | None, Goods] = {}
    for part in goods:
        before = sums.get(part.department)
        sums[part.department] = (
            part
            if before is None
            else Goods(part.department, before.units + part.units, before.net_minor + part.net_minor)
        )
    return tuple(sums.values())

"""Histories of one customer, drawn by Hypothesis: visits, returns of parts and of all, and what passed
between her and the house.
"""

from typing import NamedTuple

from hypothesis import strategies as st

from projections.loyalty_score.state import (
    Goods,
    LoyaltyState,
    contact_answered,
    goods_returned,
    heroic_act_revoked,
    heroic_act_verified,
    visit,
    wish_fulfilled,
)

DAY = 86_400
START = 19_000 * DAY
LAST = START + 2_000 * DAY

DEPARTMENTS = ("shoes", "gloves", "coats", None)
CHANNELS = ("store", "outlet", "online")


class Purchase(NamedTuple):
    """A sale, and when its goods came back: of each department so many units, at so many seconds after the
    sale.
    """

    sale_id: str
    at: int
    known_later: int
    channel: str
    currency: str
    goods: tuple[Goods, ...]
    returns: tuple[tuple[int, tuple[Goods, ...]], ...]


class Moment(NamedTuple):
    kind: str
    at: int
    revoked_later: int | None


class History(NamedTuple):
    purchases: tuple[Purchase, ...]
    moments: tuple[Moment, ...]


def seconds() -> st.SearchStrategy[int]:
    return st.integers(START, LAST)


@st.composite
def purchases(draw: st.DrawFn, number: int) -> Purchase:
    departments = draw(st.lists(st.sampled_from(DEPARTMENTS), min_size=1, max_size=3, unique=True))
    goods = tuple(Goods(d, draw(st.integers(1, 4)), draw(st.integers(0, 100_000))) for d in departments)
    returns: list[tuple[int, tuple[Goods, ...]]] = []
    left = {part.department: part.units for part in goods}
    for _ in range(draw(st.integers(0, 2))):
        taken = {d: draw(st.integers(0, left[d])) for d in left}
        back = tuple(
            Goods(part.department, units, part.net_minor * units // part.units)
            for part in goods
            if (units := taken[part.department])
        )
        if back:
            returns.append((draw(st.integers(0, 400 * DAY)), back))
            left = {d: left[d] - taken[d] for d in left}
    return Purchase(
        f"sal_{number}",
        draw(seconds()),
        draw(st.sampled_from((0, 0, 3 * DAY))),
        draw(st.sampled_from(CHANNELS)),
        draw(st.sampled_from(("USD", "EUR"))),
        goods,
        tuple(returns),
    )


@st.composite
def histories(draw: st.DrawFn, purchases_max: int = 8) -> History:
    count = draw(st.integers(0, purchases_max))
    moments = st.builds(
        Moment,
        st.sampled_from(("contact", "wish", "heroic_act")),
        seconds(),
        st.none() | st.integers(0, 100 * DAY),
    )
    return History(
        tuple(draw(purchases(number)) for number in range(count)),
        tuple(draw(st.lists(moments, max_size=6))),
    )


def state_of(history: History, known_by: int | None = None) -> LoyaltyState:
    """The state that a history leads to, told in the order of time; with `known_by`, only what was known by
    then.
    """
    told: list[tuple[int, int, str, object]] = []
    for purchase in history.purchases:
        known_at = purchase.at + purchase.known_later
        told.append((known_at, 0, "sale", purchase))
        told.extend((known_at + later, 1, "return", (purchase, goods)) for later, goods in purchase.returns)
    for number, moment in enumerate(history.moments):
        told.append((moment.at, 2, "moment", (number, moment)))
        if moment.kind == "heroic_act" and moment.revoked_later is not None:
            told.append((moment.at + moment.revoked_later, 3, "revoked", number))
    told.sort(key=lambda event: event[:2])
    state = LoyaltyState()
    for position, (at, _, kind, event) in enumerate(told, start=1):
        if known_by is None or at <= known_by:
            _tell(state, kind, event, at, position)
    return state


def _tell(state: LoyaltyState, kind: str, event, at: int, position: int) -> None:
    if kind == "sale":
        visit(
            state,
            sale_id=event.sale_id,
            sold_at=event.at,
            known_at=at,
            position=position,
            channel=event.channel,
            currency=event.currency,
            goods=event.goods,
        )
    elif kind == "return":
        purchase, goods = event
        goods_returned(
            state,
            return_id=f"ret_{position}",
            sale_id=purchase.sale_id,
            at=at,
            position=position,
            goods=goods,
        )
    elif kind == "revoked":
        heroic_act_revoked(state, act_id=f"act_{event}", at=at, position=position)
    else:
        number, moment = event
        if moment.kind == "contact":
            contact_answered(state, at=at, position=position)
        elif moment.kind == "wish":
            wish_fulfilled(state, wish_id=str(number), at=at, position=position)
        else:
            heroic_act_verified(state, act_id=f"act_{number}", at=at, position=position)


def came_on(*days: int, net_minor: int = 5_000, department: str | None = "shoes") -> LoyaltyState:
    """Somebody who bought one thing in the store on each of these days after START."""
    state = LoyaltyState()
    for position, day in enumerate(days, start=1):
        visit(
            state,
            sale_id=f"sal_{position}",
            sold_at=START + day * DAY,
            known_at=START + day * DAY,
            position=position,
            channel="store",
            currency="USD",
            goods=[Goods(department, 1, net_minor)],
        )
    return state


def day(number: int) -> int:
    """The instant so many days after START."""
    return START + number * DAY

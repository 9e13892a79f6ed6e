"""Which events the score folds, and what each adds to a customer's state.

A return without a receipt adds nothing: whose purchase it undoes is not known, and returning never costs them
more than the purchase gave. When it is matched to a sale later, the goods come off that sale from then on.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Final

from domain.customer.events import ContactLogged, ContactRemoved, WishFulfilled, WishReopened
from domain.heroic_act.events import HeroicActRevoked, HeroicActVerified
from domain.messages import Event
from domain.return_.events import ReturnAccepted, ReturnMatched, ReturnUnmatched
from domain.sale.events import CustomerAttached, CustomerDetached, PriceAllowed, SaleRecorded, SoldLine
from projections.loyalty_score import state as known
from projections.loyalty_score.state import DAY_SECONDS, Goods, LoyaltyState

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def seconds_of(instant: datetime) -> int:
    """Whole seconds since 1970 (UTC), rounded down, without floats."""
    since = instant - _EPOCH
    return since.days * DAY_SECONDS + since.seconds


def apply(state: LoyaltyState, event: Event, position: int) -> None:
    """Folds an event into `state`, in place.

    Raises KeyError for a class of event that FOLDS does not name.
    """
    FOLDS[type(event)](state, event, position)


def _sale_recorded(state: LoyaltyState, event: SaleRecorded, position: int) -> None:
    at = seconds_of(event.occurred_at)
    _bought(state, event, at, at, position)


def _customer_attached(state: LoyaltyState, event: CustomerAttached, position: int) -> None:
    # It may have been detached from them before.
    state.sales = [sale for sale in state.sales if sale.sale_id != event.sale_id]
    state.returns = [returned for returned in state.returns if returned.return_id != event.sale_id]
    _bought(state, event, seconds_of(event.sold_at), seconds_of(event.occurred_at), position)


def _bought(
    state: LoyaltyState, event: SaleRecorded | CustomerAttached, sold_at: int, known_at: int, position: int
) -> None:
    known.visit(
        state,
        sale_id=event.sale_id,
        sold_at=sold_at,
        known_at=known_at,
        position=position,
        channel=event.channel,
        currency=event.currency,
        goods=_goods(event.lines),
        sold_on=None if event.sold_on is None else (event.sold_on - _EPOCH.date()).days,
    )


def _customer_detached(state: LoyaltyState, event: CustomerDetached, position: int) -> None:
    """From now on it is as if they had never bought it."""
    _came_back(state, event, event.sale_id, position, event.sale_id, _goods(event.lines))


def _goods(lines: Iterable[SoldLine]) -> list[Goods]:
    """Gift cards and lines that cost nothing are no purchase."""
    return [Goods(line.department, line.quantity, line.net_minor) for line in lines if line.kind == "goods"]


def _price_allowed(state: LoyaltyState, event: PriceAllowed, position: int) -> None:
    """No unit comes back: the money alone comes off what they spent."""
    if event.line.kind != "goods":
        return
    money = (Goods(event.line.department, 0, event.amount_minor),)
    _came_back(state, event, event.sale_id, position, f"{event.sale_id}/{position}", money)


def _return_accepted(state: LoyaltyState, event: ReturnAccepted, position: int) -> None:
    if event.sale_id is None:
        return
    goods = (
        Goods(line.department, line.quantity, line.spend_minor)
        for line in event.lines
        if line.line_no is not None and line.kind == "goods"
    )
    _came_back(state, event, event.sale_id, position, event.return_id, goods)


def _return_matched(state: LoyaltyState, event: ReturnMatched, position: int) -> None:
    goods = (
        Goods(line.department, line.quantity, line.sold_minor) for line in event.lines if line.kind == "goods"
    )
    _came_back(state, event, event.sale_id, position, event.return_id, goods)


def _return_unmatched(state: LoyaltyState, event: ReturnUnmatched, position: int) -> None:
    """The goods were not of this sale: as many units as the match took off count again."""
    goods = (
        Goods(line.department, -line.quantity, -line.sold_minor)
        for line in event.kept
        if line.kind == "goods"
    )
    _came_back(state, event, event.sale_id, position, event.return_id, goods)


def _came_back(
    state: LoyaltyState, event: Event, sale_id: str, position: int, return_id: str, goods: Iterable[Goods]
) -> None:
    """These goods of a sale count as returned from this event on."""
    at = seconds_of(event.occurred_at)
    known.goods_returned(state, return_id=return_id, sale_id=sale_id, at=at, position=position, goods=goods)


def _contact_logged(state: LoyaltyState, event: ContactLogged, position: int) -> None:
    if event.answered:
        known.contact_answered(state, at=seconds_of(event.occurred_at), position=position)


def _contact_removed(state: LoyaltyState, event: ContactRemoved, position: int) -> None:
    if event.answered:
        contacted_at, at = seconds_of(event.contacted_at), seconds_of(event.occurred_at)
        known.contact_removed(state, contacted_at=contacted_at, at=at, position=position)


def _wish_fulfilled(state: LoyaltyState, event: WishFulfilled, position: int) -> None:
    known.wish_fulfilled(
        state, wish_id=str(event.wish_id), at=seconds_of(event.occurred_at), position=position
    )


def _wish_reopened(state: LoyaltyState, event: WishReopened, position: int) -> None:
    known.wish_reopened(
        state, wish_id=str(event.wish_id), at=seconds_of(event.occurred_at), position=position
    )


def _heroic_act_verified(state: LoyaltyState, event: HeroicActVerified, position: int) -> None:
    known.heroic_act_verified(state, act_id=event.act_id, at=seconds_of(event.occurred_at), position=position)


def _heroic_act_revoked(state: LoyaltyState, event: HeroicActRevoked, position: int) -> None:
    known.heroic_act_revoked(state, act_id=event.act_id, at=seconds_of(event.occurred_at), position=position)


FOLDS: Final[dict[type[Event], Callable[[LoyaltyState, Any, int], None]]] = {
    SaleRecorded: _sale_recorded,
    CustomerAttached: _customer_attached,
    CustomerDetached: _customer_detached,
    PriceAllowed: _price_allowed,
    ReturnAccepted: _return_accepted,
    ReturnMatched: _return_matched,
    ReturnUnmatched: _return_unmatched,
    ContactLogged: _contact_logged,
    ContactRemoved: _contact_removed,
    WishFulfilled: _wish_fulfilled,
    WishReopened: _wish_reopened,
    HeroicActVerified: _heroic_act_verified,
    HeroicActRevoked: _heroic_act_revoked,
}

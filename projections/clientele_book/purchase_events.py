"""How sales and returns change a customer's page.

Amounts are copied from the events and added up, never recomputed.
"""

from bisect import bisect_left, insort
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from operator import attrgetter
from typing import Any, Final

from domain.return_ import events
from domain.sale.events import CustomerAttached, CustomerDetached, PriceAllowed, SaleRecorded, SoldLine
from projections.clientele_book.page import (
    EARLIER_PURCHASES_KEPT,
    ITEMS_KEPT,
    PURCHASES_KEPT,
    UNTRACED_RETURNS_KEPT,
    CustomerPage,
    EarlierPurchase,
    Purchase,
    Spend,
    UntracedReturn,
)

NOON: Final = time(12)
_net = attrgetter("net_minor")
_when_sold = attrgetter("sold_at")


def sale_recorded(page: CustomerPage, event: SaleRecorded) -> None:
    _bought(page, event, event.occurred_at)


def customer_attached(page: CustomerPage, event: CustomerAttached) -> None:
    """A walk-in sale turns out to be theirs: it counts on the day it was made."""
    _bought(page, event, event.sold_at)


def _bought(page: CustomerPage, event: SaleRecorded | CustomerAttached, sold_at: datetime) -> None:
    """Gift cards and lines that cost nothing are no purchase."""
    goods = [line for line in event.lines if line.kind == "goods"]
    if not goods:
        return
    net_minor = sum([line.net_minor for line in goods])
    spend = _spend(page, event.currency)
    spend.sales += 1
    spend.sold_minor += net_minor
    labels, departments = spend.labels, spend.departments
    for line in goods:
        if line.label is not None:
            labels[line.label] = labels.get(line.label, 0) + line.net_minor
        if line.department is not None:
            departments[line.department] = departments.get(line.department, 0) + line.net_minor
    page.channels[event.channel] = page.channels.get(event.channel, 0) + 1
    page.stores[event.store_id] = page.stores.get(event.store_id, 0) + 1
    _visited(page, sold_at, event.sold_on or sold_at.date())
    purchase = Purchase(
        sale_id=event.sale_id,
        sold_at=sold_at,
        store_id=event.store_id,
        channel=event.channel,
        currency=event.currency,
        net_minor=net_minor,
        day=0 if event.sold_on is None else event.sold_on.toordinal(),
        lines=len(goods),
        items=_dearest(goods),
    )
    insort(page.purchases, purchase, key=_when_sold)
    if len(page.purchases) > PURCHASES_KEPT:
        oldest = page.purchases.pop(0)
        kept_minor = oldest.net_minor - oldest.returned_minor
        page.earlier.append(EarlierPurchase(oldest.sale_id, _day_of(oldest), kept_minor))
        del page.earlier[:-EARLIER_PURCHASES_KEPT]


def _visited(page: CustomerPage, sold_at: datetime, sold_on: date) -> None:
    days, day = page.visit_days, sold_on.toordinal()
    if not days or day > days[-1]:
        days.append(day)
    else:
        place = bisect_left(days, day)
        if days[place] != day:
            days.insert(place, day)
    if page.last_visit_at is None or sold_at > page.last_visit_at:
        page.last_visit_at = sold_at


def _dearest(lines: Sequence[SoldLine]) -> tuple[str, ...]:
    if len(lines) > ITEMS_KEPT:
        lines = sorted(lines, key=_net, reverse=True)[:ITEMS_KEPT]
    return tuple([line.description or line.sku for line in lines])


def price_allowed(page: CustomerPage, event: PriceAllowed) -> None:
    """They keep the goods, and paid less for them."""
    if event.line.kind != "goods":
        return
    spend = _spend(page, event.currency)
    spend.returned_minor += event.amount_minor
    _take_off(spend, event.line.label, event.line.department, event.amount_minor)
    _came_back(page, event.sale_id, event.amount_minor)


def return_accepted(page: CustomerPage, event: events.ReturnAccepted) -> None:
    """What units of a receipt were sold for comes off, whatever was refunded; of other goods the refund."""
    spend = _spend(page, event.currency)
    spend.returned_minor += sum(line.spend_minor for line in event.lines)
    for line in event.lines:
        _take_off(spend, line.label, line.department, line.spend_minor)
    if event.sale_id is not None:
        came_back_minor = sum(line.spend_minor for line in event.lines if line.line_no is not None)
        _came_back(page, event.sale_id, came_back_minor)
    lines = tuple(
        (line.label, line.department, line.refund_minor) for line in event.lines if line.line_no is None
    )
    if lines:
        page.untraced.append(UntracedReturn(event.return_id, event.currency, lines))
        del page.untraced[:-UNTRACED_RETURNS_KEPT]


def return_matched(page: CustomerPage, event: events.ReturnMatched) -> None:
    """From now on the goods count for what they were sold for, whatever was refunded for them."""
    spend = _spend(page, event.currency)
    if event.already_taken_off and event.refunds:
        _refunds_count(page, spend, event.return_id, event.refunds, -1)
    elif event.already_taken_off and not _put_back(page, spend, event.return_id, event.refund_minor):
        for line in event.lines:
            _take_off(spend, line.label, line.department, -line.refund_minor)
    returned_minor = sum(line.spend_minor for line in event.lines)
    spend.returned_minor += returned_minor
    for line in event.lines:
        _take_off(spend, line.label, line.department, line.spend_minor)
    _came_back(page, event.sale_id, returned_minor)


def spend_restored(page: CustomerPage, event: events.SpendRestored) -> None:
    spend = _spend(page, event.currency)
    if event.refunds:
        _refunds_count(page, spend, event.return_id, event.refunds, -1)
    else:
        _put_back(page, spend, event.return_id, event.refund_minor)


def return_unmatched(page: CustomerPage, event: events.ReturnUnmatched) -> None:
    """They have the goods still."""
    spend = _spend(page, event.currency)
    kept_minor = sum(line.spend_minor for line in event.kept)
    spend.returned_minor -= kept_minor
    for line in event.kept:
        _take_off(spend, line.label, line.department, -line.spend_minor)
    _came_back(page, event.sale_id, -kept_minor)


def spend_taken_off(page: CustomerPage, event: events.SpendTakenOff) -> None:
    _refunds_count(page, _spend(page, event.currency), event.return_id, event.refunds, 1)


def _refunds_count(
    page: CustomerPage, spend: Spend, return_id: str, refunds: Sequence[events.RefundPart], sign: int
) -> None:
    """What was refunded without a receipt comes off their spend (`sign` 1), or no longer does (-1)."""
    for refund in refunds:
        spend.returned_minor += sign * refund.refund_minor
        _take_off(spend, refund.label, refund.department, sign * refund.refund_minor)
    # Every later event about this return says itself what the goods were called.
    page.untraced = [untraced for untraced in page.untraced if untraced.return_id != return_id]


def _put_back(page: CustomerPage, spend: Spend, return_id: str, refund_minor: int) -> bool:
    """Takes a return without a receipt off their spend; False when it is too long ago to know its labels."""
    spend.returned_minor -= refund_minor
    for place, untraced in enumerate(page.untraced):
        if untraced.return_id == return_id:
            for label, department, line_refund_minor in untraced.lines:
                _take_off(spend, label, department, -line_refund_minor)
            del page.untraced[place]
            return True
    return False


def _came_back(page: CustomerPage, sale_id: str, returned_minor: int) -> None:
    for purchase in page.purchases:
        if purchase.sale_id == sale_id:
            purchase.returned_minor += returned_minor
            _visits_follow(page, _day_of(purchase))
    for earlier in page.earlier:
        if earlier.sale_id == sale_id:
            earlier.kept_minor -= returned_minor
            _visits_follow(page, earlier.day)


def _day_of(purchase: Purchase) -> int:
    return purchase.day or purchase.sold_at.toordinal()


def _visits_follow(page: CustomerPage, day: int) -> None:
    """A day of which everything came back is no visit; one of which something is kept is one."""
    kept = [one for one in page.purchases if one.net_minor > one.returned_minor]
    days_kept = {_day_of(one) for one in kept} | {one.day for one in page.earlier if one.kept_minor > 0}
    if day in days_kept:
        if day not in page.visit_days:
            insort(page.visit_days, day)
    elif day in page.visit_days:
        page.visit_days.remove(day)
    last = max((one.sold_at for one in kept), default=None)
    if last is None and page.visit_days:
        # All that is listed came back: of the visits before, the day alone is known.
        last = datetime.combine(date.fromordinal(page.visit_days[-1]), NOON, UTC)
    page.last_visit_at = last


def customer_detached(page: CustomerPage, event: CustomerDetached) -> None:
    """The sale was somebody else's: what they seemed to have of it comes off their page."""
    goods = [line for line in event.lines if line.kind == "goods"]
    spend = _spend(page, event.currency)
    spend.sold_minor -= sum(line.net_minor for line in goods)
    for line in goods:
        _take_off(spend, line.label, line.department, line.net_minor)
    for purchase in page.purchases:
        if purchase.sale_id == event.sale_id:
            purchase.returned_minor = purchase.net_minor
            _visits_follow(page, _day_of(purchase))
    for earlier in page.earlier:
        if earlier.sale_id == event.sale_id:
            earlier.kept_minor = 0
            _visits_follow(page, earlier.day)
    page.purchases = [one for one in page.purchases if one.sale_id != event.sale_id]
    page.earlier = [one for one in page.earlier if one.sale_id != event.sale_id]


def _spend(page: CustomerPage, currency: str) -> Spend:
    spend = page.spend.get(currency)
    if spend is None:
        spend = page.spend[currency] = Spend()
    return spend


def _take_off(spend: Spend, label: str | None, department: str | None, amount_minor: int) -> None:
    if label is not None:
        spend.labels[label] = spend.labels.get(label, 0) - amount_minor
    if department is not None:
        spend.departments[department] = spend.departments.get(department, 0) - amount_minor


FOLDS: dict[type[Any], Any] = {
    SaleRecorded: sale_recorded,
    CustomerAttached: customer_attached,
    CustomerDetached: customer_detached,
    PriceAllowed: price_allowed,
    events.ReturnAccepted: return_accepted,
    events.ReturnMatched: return_matched,
    events.ReturnUnmatched: return_unmatched,
    events.SpendRestored: spend_restored,
    events.SpendTakenOff: spend_taken_off,
}

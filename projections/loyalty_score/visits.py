"""The visits that count as of a date: days of purchases that, as far as was known then, were kept."""

from collections.abc import Mapping

import msgspec

from projections.loyalty_score.state import Goods, LoyaltyState, RecordedReturn, RecordedSale


class KeptSale(msgspec.Struct, frozen=True):
    """A sale of which something was kept: for how much, and from which departments.

    `returns` took the rest off.
    """

    sale: RecordedSale
    net_minor: int
    departments: tuple[str, ...]
    returns: tuple[RecordedReturn, ...]


class Visit(msgspec.Struct, frozen=True):
    """One day's kept sales. `at` is the first of them, in seconds since 1970."""

    at: int
    sales: tuple[KeptSale, ...]


def kept_visits(state: LoyaltyState, as_of: int) -> list[Visit]:
    """The visits known by `as_of` (seconds since 1970, inclusive), oldest first.

    A sale all of whose units came back by then is as if it had never been.
    """
    came_back: dict[str, list[RecordedReturn]] = {}
    for returned in state.returns:
        if returned.known_at <= as_of:
            came_back.setdefault(returned.sale_id, []).append(returned)
    known = [sale for sale in state.sales if sale.known_at <= as_of]
    known.sort(key=_when)
    visits: list[Visit] = []
    day, sales = -1, list[KeptSale]()
    for sale in known:
        kept = _kept(sale, came_back)
        if kept is None:
            continue
        if sales and sale.day != day:
            visits.append(Visit(sales[0].sale.sold_at, tuple(sales)))
            sales = []
        day = sale.day
        sales.append(kept)
    if sales:
        visits.append(Visit(sales[0].sale.sold_at, tuple(sales)))
    return visits


def _when(sale: RecordedSale) -> tuple[int, str]:
    return (sale.sold_at, sale.sale_id)


def _kept(sale: RecordedSale, came_back: Mapping[str, list[RecordedReturn]]) -> KeptSale | None:
    returns = came_back.get(sale.sale_id)
    goods = sale.goods if returns is None else _left(sale.goods, returns)
    if not goods:
        return None
    return KeptSale(
        sale,
        sum(part.net_minor for part in goods),
        tuple(part.department for part in goods if part.department is not None),
        () if returns is None else tuple(returns),
    )


def _left(goods: tuple[Goods, ...], returns: list[RecordedReturn]) -> tuple[Goods, ...]:
    units: dict[str | None, int] = {}
    spend_minor: dict[str | None, int] = {}
    for returned in returns:
        for part in returned.goods:
            units[part.department] = units.get(part.department, 0) + part.units
            spend_minor[part.department] = spend_minor.get(part.department, 0) + part.net_minor
    return tuple(
        Goods(
            part.department,
            part.units - units.get(part.department, 0),
            # A refund above the price was goodwill; it is no debt of the customer.
            max(0, part.net_minor - spend_minor.get(part.department, 0)),
        )
        for part in goods
        if part.units > units.get(part.department, 0)
    )

"""The reason of each component in words, and the events behind it."""

from typing import Literal

import msgspec

from domain.money import in_major_units
from projections.loyalty_score.state import DAY_SECONDS, Touchpoint
from projections.loyalty_score.visits import KeptSale, Visit

_WORDS = {
    "contact": ("contact answered", "contacts answered"),
    "wish": ("wish fulfilled", "wishes fulfilled"),
    "heroic_act": ("heroic act", "heroic acts"),
}


class Evidence(msgspec.Struct, frozen=True):
    """An event that made a component what it is. `position` is its place in the log; `at` is in seconds since
    1970.

    `amount_minor` is the spend of a sale that was kept, or, negative, what went back with a return.
    """

    kind: Literal["sale", "return", "contact", "wish", "heroic_act"]
    position: int
    at: int
    subject_id: str
    amount_minor: int | None = None
    currency: str | None = None


def reason_for(name: str, visits: list[Visit], touchpoints: list[Touchpoint], as_of: int) -> str:
    """One sentence, without anybody's name."""
    if name == "relationship":
        counts = {kind: sum(touchpoint.kind == kind for touchpoint in touchpoints) for kind in _WORDS}
        told = [_counted(count, *_WORDS[kind]) for kind, count in counts.items() if count]
        return ", ".join(told) if told else "nothing yet"
    if not visits:
        return "nothing bought and kept yet"
    return _visit_reason(name, visits, as_of)


def _visit_reason(name: str, visits: list[Visit], as_of: int) -> str:
    came_for, silent_for = visits[-1].at - visits[0].at, as_of - visits[-1].at
    if name == "recency":
        silent = f"silent for {_days(silent_for)}"
        if len(visits) == 1:
            return f"came once; {silent}"
        return f"came every {_days(came_for // (len(visits) - 1))}; {silent}"
    if name == "frequency":
        return f"{_counted(len(visits), 'visit', 'visits')} in {_days(as_of - visits[0].at)}"
    if name == "tenure":
        return f"{_days(came_for)} between first and last visit"
    kept = [sale for visit in visits for sale in visit.sales]
    if name == "net_spend":
        spent: dict[str, int] = {}
        for sale in kept:
            spent[sale.sale.currency] = spent.get(sale.sale.currency, 0) + sale.net_minor
        return (
            ", ".join(
                f"{in_major_units(spent[currency], currency, ',')} {currency}" for currency in sorted(spent)
            )
            + " kept"
        )
    departments = {department for sale in kept for department in sale.departments}
    channels = {sale.sale.channel for sale in kept}
    return ", ".join(
        (
            _counted(len(departments), "department", "departments"),
            _counted(len(channels), "channel", "channels"),
        )
    )


def evidence_of(name: str, visits: list[Visit], touchpoints: list[Touchpoint]) -> tuple[Evidence, ...]:
    """The events of a component, oldest first.

    Returns stand behind net spend alone: they cost nothing else.
    """
    if name == "relationship":
        found = [Evidence(m.kind, m.position, m.at, m.subject_id) for m in touchpoints]
    elif name == "net_spend":
        found = [piece for visit in visits for kept in visit.sales for piece in _money(kept)]
    elif name == "tenure":
        ends = visits[:1] + visits[1:][-1:]
        found = [_sale(visit.sales[0]) for visit in ends]
    elif name == "breadth":
        found = _where_last_bought(visits)
    else:
        found = [_sale(kept) for visit in visits for kept in visit.sales]
    return tuple(sorted(found, key=lambda piece: (piece.at, piece.position)))


def _sale(kept: KeptSale) -> Evidence:
    sale = kept.sale
    return Evidence("sale", sale.position, sale.sold_at, sale.sale_id, kept.net_minor, sale.currency)


def _money(kept: KeptSale) -> list[Evidence]:
    sale = kept.sale
    bought_minor = sum(part.net_minor for part in sale.goods)
    return [
        Evidence("sale", sale.position, sale.sold_at, sale.sale_id, bought_minor, sale.currency),
        *(
            Evidence(
                "return",
                returned.position,
                returned.known_at,
                returned.return_id,
                -sum(part.net_minor for part in returned.goods),
                sale.currency,
            )
            for returned in kept.returns
        ),
    ]


def _where_last_bought(visits: list[Visit]) -> list[Evidence]:
    latest: dict[tuple[str, str], KeptSale] = {}
    for visit in visits:
        for kept in visit.sales:
            latest["channel", kept.sale.channel] = kept
            for department in kept.departments:
                latest["department", department] = kept
    return [_sale(kept) for kept in {kept.sale.sale_id: kept for kept in latest.values()}.values()]


def _days(seconds: int) -> str:
    return _counted(seconds // DAY_SECONDS, "day", "days")


def _counted(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"

"""What one row of a book's list shows: written beside the page by the fold, so that a list is read without
decoding pages.
"""

from datetime import date, datetime
from typing import Any, Final

import msgspec

from domain.customer.commands import Channel
from domain.customer.wishes import Goods, folded
from projections.clientele_book.page import CustomerPage, Occasion, Spend

FAVOURITES_SHOWN: Final = 3


class OccasionSummary(msgspec.Struct, frozen=True, gc=False):
    """The kind of an occasion and the day it was recorded for."""

    kind: str
    on: date


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """One customer in a list. `name` and `address_as` are encrypted; the edge decrypts them.

    `net_spend_minor` is in `currency`, returns taken off, without tax. `favourite_*` are the dearest by net
    spend.
    `visits`: the store's days on which they bought. `waiting`: what open wishes name (`label:`, `sku:`,
    `size:`). `next_follow_up_on`: the earliest open promise.
    """

    customer_id: str
    reference: str | None
    name: str | None
    address_as: str | None
    primary_owner: str | None
    secondary_owners: list[str]
    currency: str | None
    net_spend_minor: int
    visits: int
    last_visit_at: datetime | None
    last_contact_at: datetime | None
    last_contact_purpose: str | None
    allowed_channels: tuple[Channel, ...]
    favourite_departments: list[str]
    favourite_labels: list[str]
    tastes: list[str]
    waiting: list[str]
    occasions: list[OccasionSummary]
    follow_ups: int
    next_follow_up_on: date | None
    heroics: int
    records: int
    forgotten: bool


def summary_of(page: CustomerPage) -> Summary:
    """The list's row of a page; of a combined one as well."""
    last_contact = page.last_contact
    currency = page.currency
    spend = page.spend[currency] if currency is not None else Spend()
    return Summary(
        customer_id=page.customer_id,
        reference=page.reference,
        name=page.name,
        address_as=page.address_as,
        primary_owner=page.primary_owner,
        secondary_owners=page.secondary_owners,
        currency=currency,
        net_spend_minor=spend.sold_minor - spend.returned_minor,
        visits=page.visits,
        last_visit_at=page.last_visit_at,
        last_contact_at=last_contact.contacted_at if last_contact else None,
        last_contact_purpose=last_contact.purpose if last_contact else None,
        allowed_channels=page.allowed_channels,
        favourite_departments=favourites(spend.departments),
        favourite_labels=favourites(spend.labels),
        tastes=sorted({value for values in page.tastes.values() for value in values}),
        waiting=waiting_for(page),
        occasions=[_brief(occasion) for occasion in page.occasions],
        follow_ups=len(page.follow_ups),
        next_follow_up_on=min((promise.due_on for promise in page.follow_ups), default=None),
        heroics=len(page.heroics),
        records=1 + len(page.absorbed),
        forgotten=page.forgotten,
    )


def favourites(net_by_name: dict[str, int]) -> list[str]:
    """The dearest by net spend, of two alike the first by its letters; what came back entirely is no
    favourite.
    """
    ranked = sorted((-net_minor, name) for name, net_minor in net_by_name.items() if net_minor > 0)
    return [name for _, name in ranked[:FAVOURITES_SHOWN]]


def waiting_for(page: CustomerPage) -> list[str]:
    """What their open wishes name, sorted, each once."""
    if not page.wishes:
        return []
    return sorted({key for wish in page.open_wishes() for key in keys_of(wish)})


def keys_of(wish: Goods) -> list[str]:
    """`label:<label>`, `sku:<sku>`, `size:<size>`, as far as a wish or goods name them."""
    named = (("label", wish.label), ("sku", wish.sku), ("size", wish.size))
    return [f"{kind}:{value}" for kind, value in named if value is not None]


def _brief(occasion: Occasion) -> OccasionSummary:
    return OccasionSummary(occasion.kind, occasion.on)


def query_values(page: CustomerPage) -> tuple[Any, ...]:
    """The query columns of a page's row, in the order of table.sql."""
    summary = summary_of(page)
    return (
        page.primary_owner,
        page.secondary_owners or None,
        summary.net_spend_minor,
        summary.visits,
        summary.last_visit_at,
        summary.last_contact_at,
        sorted({folded(key) for key in summary.waiting}) or None,
        sorted({p.associate_id for p in page.follow_ups if p.associate_id is not None}) or None,
        page.merged_into,
        bool(page.absorbed) or page.merged_into is not None,
        page.forgotten,
        _encoder.encode(summary).decode(),
    )


_encoder = msgspec.json.Encoder(order="deterministic")

"""Two records, one person: pages put together when they are read, never in the tables, so that a merge can be
undone.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import attrgetter
from typing import TypeVar

from msgspec.structs import replace

from domain.customer.commands import Channel, TasteKind
from projections.clientele_book.page import (
    CONTACTS_KEPT,
    PURCHASES_KEPT,
    Contact,
    CustomerPage,
    FollowUp,
    Note,
    Occasion,
    Spend,
    Wish,
)
from projections.profile_terms import ContactPoint

Numbered = TypeVar("Numbered", ContactPoint, Wish, Occasion, Note, Contact, FollowUp)


def combine(survivor: CustomerPage, *absorbed: CustomerPage) -> CustomerPage:
    """One page of a person with several records, under the survivor's identifier; the pages given stay as
    they are.

    The survivor's record comes first; what it lacks the others fill in, in the order they were absorbed.
    Their owners become secondary ones, the first primary owner fills in where there is none. A channel
    refused in one record is refused. What carries a number of an absorbed record names that record.
    """
    if not absorbed:
        return survivor
    pages = (survivor, *absorbed)
    contacts = sorted(_of(pages, [page.contacts for page in pages]), key=attrgetter("contacted_at"))
    purchases = sorted((p for page in pages for p in page.purchases), key=attrgetter("sold_at"))
    primary_owner, secondary_owners = _owners(pages)
    return replace(
        survivor,
        registered_at=min((p.registered_at for p in pages if p.registered_at is not None), default=None),
        reference=_first(page.reference for page in pages),
        store_id=_first(page.store_id for page in pages),
        name=_first(page.name for page in pages),
        address_as=_first(page.address_as for page in pages),
        contact_points=_of(pages, [page.contact_points for page in pages]),
        preferences=_preferences(pages),
        sizes=list({(s.kind, s.label): s for page in reversed(pages) for s in page.sizes}.values()),
        tastes=_tastes(pages),
        wishes=_of(pages, [page.wishes for page in pages]),
        occasions=_of(pages, [page.occasions for page in pages]),
        notes=sorted(_of(pages, [page.notes for page in pages]), key=attrgetter("written_at")),
        contacts=contacts[-CONTACTS_KEPT:],
        contacts_made=sum(page.contacts_made for page in pages),
        contacts_answered=sum(page.contacts_answered for page in pages),
        last_contact_for=_latest([page.last_contact_for for page in pages]),
        follow_ups=_of(pages, [page.follow_ups for page in pages]),
        follow_ups_kept=sum(page.follow_ups_kept for page in pages),
        completed=_of(pages, [page.completed for page in pages]),
        primary_owner=primary_owner,
        secondary_owners=secondary_owners,
        owners=sorted((o for page in pages for o in page.owners), key=attrgetter("since")),
        visit_days=sorted({day for page in pages for day in page.visit_days}),
        last_visit_at=max((p.last_visit_at for p in pages if p.last_visit_at is not None), default=None),
        purchases=purchases[-PURCHASES_KEPT:],
        untraced=[untraced for page in pages for untraced in page.untraced],
        spend=_spends(pages),
        channels=_sums([page.channels for page in pages]),
        stores=_sums([page.stores for page in pages]),
        heroics=list({deed.act_id: deed for page in pages for deed in page.heroics}.values()),
        absorbed=[page.customer_id for page in absorbed],
    )


def people(pages: Iterable[CustomerPage]) -> list[CustomerPage]:
    """One page per person: records that were merged are combined, in the order of the survivors.

    An absorbed record whose survivor is not among the pages is left out: it is a part of that one.
    """
    by_record = {page.customer_id: page for page in pages}
    return [
        combine(page, *(by_record[record] for record in page.absorbed if record in by_record))
        for page in by_record.values()
        if page.merged_into is None
    ]


def _owners(pages: Sequence[CustomerPage]) -> tuple[str | None, list[str]]:
    primary = _first(page.primary_owner for page in pages)
    everyone = [[page.primary_owner, *page.secondary_owners] for page in pages]
    others = (owner for owners in everyone for owner in owners if owner is not None and owner != primary)
    return primary, _each_once(others)


def _preferences(pages: Sequence[CustomerPage]) -> dict[Channel, bool]:
    agreed: dict[Channel, bool] = {}
    for page in pages:
        for channel, allowed in page.preferences.items():
            agreed[channel] = allowed and agreed.get(channel, True)
    return agreed


def _tastes(pages: Sequence[CustomerPage]) -> dict[TasteKind, list[str]]:
    tastes: dict[TasteKind, list[str]] = {}
    for page in pages:
        for kind, values in page.tastes.items():
            tastes[kind] = _each_once([*tastes.get(kind, ()), *values])
    return tastes


def _spends(pages: Sequence[CustomerPage]) -> dict[str, Spend]:
    currencies = sorted({currency for page in pages for currency in page.spend})
    return {
        currency: _spend([page.spend[currency] for page in pages if currency in page.spend])
        for currency in currencies
    }


def _spend(spends: list[Spend]) -> Spend:
    return Spend(
        sales=sum(spend.sales for spend in spends),
        sold_minor=sum(spend.sold_minor for spend in spends),
        returned_minor=sum(spend.returned_minor for spend in spends),
        labels=_sums([spend.labels for spend in spends]),
        departments=_sums([spend.departments for spend in spends]),
    )


def _of(pages: Sequence[CustomerPage], lists: Sequence[list[Numbered]]) -> list[Numbered]:
    """What the records list, each entry of an absorbed record naming it: numbers are counted per record."""
    own, *others = lists
    return [
        *own,
        *(
            replace(entry, record=page.customer_id)
            for page, entries in zip(pages[1:], others, strict=True)
            for entry in entries
        ),
    ]


def _latest(moments: Sequence[dict[str, datetime]]) -> dict[str, datetime]:
    names = sorted({name for by_name in moments for name in by_name})
    return {name: max(by_name[name] for by_name in moments if name in by_name) for name in names}


def _sums(counts: Sequence[dict[str, int]]) -> dict[str, int]:
    names = sorted({name for by_name in counts for name in by_name})
    return {name: sum(by_name.get(name, 0) for by_name in counts) for name in names}


def _each_once(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))


def _first(values: Iterable[str | None]) -> str | None:
    return next((value for value in values if value is not None), None)

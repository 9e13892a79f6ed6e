"""A customer's page as it is served."""

from datetime import date, datetime

import msgspec

from domain.customer.commands import Channel, TasteKind
from projections.clientele_book.page import (
    Contact,
    CustomerPage,
    FollowUp,
    HeroicDeed,
    Note,
    Occasion,
    Ownership,
    Purchase,
    Size,
    Spend,
    Wish,
)
from projections.clientele_book.summary import Summary, summary_of
from projections.profile_terms import ContactPoint
from projections.rhythm import usual_gap_days


class CustomerDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A customer's page as it is served. `usual_gap_days` is their own rhythm, None before three visits."""

    summary: Summary
    registered_at: datetime | None
    store_id: str | None
    records: list[str]
    contact_points: list[ContactPoint]
    preferences: dict[Channel, bool]
    sizes: list[Size]
    tastes: dict[TasteKind, list[str]]
    wishes: list[Wish]
    occasions: list[Occasion]
    notes: list[Note]
    contacts: list[Contact]
    contacts_made: int
    contacts_answered: int
    follow_ups: list[FollowUp]
    follow_ups_kept: int
    completed_follow_ups: list[FollowUp]
    owners: list[Ownership]
    first_visit_on: date | None
    usual_gap_days: int | None
    purchases: list[Purchase]
    spend: dict[str, Spend]
    channels: dict[str, int]
    stores: dict[str, int]
    heroics: list[HeroicDeed]


def customer_document(page: CustomerPage) -> CustomerDocument:
    """Everything a page holds, the latest notes, contacts and purchases first."""
    return CustomerDocument(
        summary=summary_of(page),
        registered_at=page.registered_at,
        store_id=page.store_id,
        records=[page.customer_id, *page.absorbed],
        contact_points=page.contact_points,
        preferences=page.preferences,
        sizes=page.sizes,
        tastes=page.tastes,
        wishes=page.wishes,
        occasions=page.occasions,
        notes=page.notes[::-1],
        contacts=page.contacts[::-1],
        contacts_made=page.contacts_made,
        contacts_answered=page.contacts_answered,
        follow_ups=sorted(page.follow_ups, key=lambda promise: promise.due_on),
        follow_ups_kept=page.follow_ups_kept,
        completed_follow_ups=page.completed[::-1],
        owners=page.owners,
        first_visit_on=date.fromordinal(page.visit_days[0]) if page.visit_days else None,
        usual_gap_days=usual_gap_days(page.visit_days),
        purchases=page.purchases[::-1],
        spend=page.spend,
        channels=page.channels,
        stores=page.stores,
        heroics=page.heroics,
    )

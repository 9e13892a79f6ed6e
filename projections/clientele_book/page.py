"""A customer's page in the clientele book, as its row keeps it.

Every list is in the order of the log unless said otherwise. Names, contact points, notes and descriptions are
encrypted. Defaults are None, 0, False or empty: only those are left out of the JSON alike before and after a
round trip.
"""

from datetime import date, datetime
from typing import Final

import msgspec

from domain.customer.commands import Channel, OccasionKind, OwnerRole, TasteKind
from domain.heroic_act.commands import HeroicKind
from domain.sale.commands import SaleChannel
from projections.profile_terms import ContactPoint

#: How much of each history a page shows; the log has the rest.
PURCHASES_KEPT: Final = 5
#: So far back a return still undoes the visit of its sale.
EARLIER_PURCHASES_KEPT: Final = 60
ITEMS_KEPT: Final = 3
NOTES_KEPT: Final = 20
CONTACTS_KEPT: Final = 10
FULFILLED_WISHES_KEPT: Final = 10
COMPLETED_FOLLOW_UPS_KEPT: Final = 10
UNTRACED_RETURNS_KEPT: Final = 20
#: The purposes whose last contact is remembered, because Today asks for it; an occasion remembers its own.
PURPOSES: Final = frozenset({"thank_you", "wish", "follow_up", "lapsing"})


class Size(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A size they wear in an article, of one maker or of any."""

    kind: str
    size: str
    label: str | None = None


class Wish(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What they wait for, or waited for when `fulfilled_at` is set."""

    wish_id: int
    recorded_at: datetime
    label: str | None = None
    sku: str | None = None
    size: str | None = None
    note: str | None = None
    recorded_by: str | None = None
    fulfilled_at: datetime | None = None
    sale_id: str | None = None
    record: str | None = None


class Occasion(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A day that matters to them; birthdays and anniversaries return every year.

    `reached_at` is when they were last contacted about it.
    """

    occasion_id: int
    kind: OccasionKind
    on: date
    description: str | None = None
    record: str | None = None
    reached_at: datetime | None = None


class Note(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What somebody wanted remembered; `text` is encrypted."""

    note_id: int
    written_at: datetime
    text: str
    written_by: str | None = None
    record: str | None = None


class Contact(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A call, text or letter. `contact_id` is empty in rows of before contacts had numbers."""

    contacted_at: datetime
    channel: Channel
    purpose: str
    contacted_by: str
    answered: bool = False
    contact_id: int | None = None
    record: str | None = None


class FollowUp(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A promise; with a wish it says that what they wait for has come in. `reason` is encrypted, and None in
    a promise that was opened again after newer ones had pushed it off the page.
    """

    follow_up_id: int
    due_on: date
    reason: str | None = None
    associate_id: str | None = None
    wish_id: int | None = None
    record: str | None = None


class Ownership(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Whose customer they were from `since` until `until` (None: still)."""

    associate_id: str
    role: OwnerRole
    since: datetime
    reason: str
    until: datetime | None = None


class Purchase(msgspec.Struct, omit_defaults=True, gc=False):
    """A sale: what was paid without tax, what of it came back, and the names of its dearest items.

    `day` is the store's day of it (a proleptic ordinal), where it is another one than in UTC.
    """

    sale_id: str
    sold_at: datetime
    store_id: str
    channel: SaleChannel
    currency: str
    net_minor: int
    lines: int
    items: tuple[str, ...] = ()
    returned_minor: int = 0
    day: int = 0


class EarlierPurchase(msgspec.Struct, array_like=True, gc=False):
    """What is still known of a sale that newer ones have pushed off the page: whether they keep any of it."""

    sale_id: str
    day: int
    kept_minor: int


class UntracedReturn(msgspec.Struct, frozen=True, omit_defaults=True):
    """Goods they brought back without a receipt: (label, department, refund_minor) per line."""

    return_id: str
    currency: str
    lines: tuple[tuple[str | None, str | None, int], ...]


class Spend(msgspec.Struct, omit_defaults=True):
    """Money of one currency, without tax; by label and by department net of returns."""

    sales: int = 0
    sold_minor: int = 0
    returned_minor: int = 0
    labels: dict[str, int] = {}
    departments: dict[str, int] = {}


class HeroicDeed(msgspec.Struct, frozen=True, omit_defaults=True):
    """A verified act of service that was done for them."""

    act_id: str
    kind: HeroicKind
    happened_on: date
    heroes: tuple[str, ...]


class CustomerPage(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Everything the book knows about one customer record.

    `visit_days`: the store's days on which they bought something (proleptic ordinals, ascending, each once).
    `purchases`: the latest, ascending by time; `earlier`: those before them, for visits that come to nothing.
    `follow_ups` are open, `completed` the latest that were kept.
    `spend`: per currency. `tastes`: per kind. `last_contact_for`: per purpose; a call that nobody answered
    does not count. `channels`: sales per channel; `stores`: sales per store.
    `merged_into` names the record this one is read as a part of, `absorbed` those that are read as part of
    this one.
    """

    customer_id: str
    registered_at: datetime | None = None
    reference: str | None = None
    store_id: str | None = None
    name: str | None = None
    address_as: str | None = None
    contact_points: list[ContactPoint] = []
    preferences: dict[Channel, bool] = {}
    sizes: list[Size] = []
    tastes: dict[TasteKind, list[str]] = {}
    wishes: list[Wish] = []
    occasions: list[Occasion] = []
    notes: list[Note] = []
    contacts: list[Contact] = []
    contacts_made: int = 0
    contacts_removed: int = 0
    contacts_answered: int = 0
    last_contact_for: dict[str, datetime] = {}
    follow_ups: list[FollowUp] = []
    follow_ups_kept: int = 0
    completed: list[FollowUp] = []
    primary_owner: str | None = None
    secondary_owners: list[str] = []
    owners: list[Ownership] = []
    visit_days: list[int] = []
    last_visit_at: datetime | None = None
    purchases: list[Purchase] = []
    earlier: list[EarlierPurchase] = []
    untraced: list[UntracedReturn] = []
    spend: dict[str, Spend] = {}
    channels: dict[str, int] = {}
    stores: dict[str, int] = {}
    heroics: list[HeroicDeed] = []
    merged_into: str | None = None
    absorbed: list[str] = []
    forgotten: bool = False

    @property
    def visits(self) -> int:
        """On how many days they bought something, by the stores' clocks."""
        return len(self.visit_days)

    @property
    def currency(self) -> str | None:
        """The currency they bought in most often; of two alike, the first in the alphabet."""
        if len(self.spend) == 1:
            return next(iter(self.spend))
        return min(sorted(self.spend), key=lambda code: -self.spend[code].sales, default=None)

    @property
    def net_spend_minor(self) -> int:
        """Sold less returned in `currency`, without tax."""
        currency = self.currency
        if currency is None:
            return 0
        return self.spend[currency].sold_minor - self.spend[currency].returned_minor

    @property
    def last_contact(self) -> Contact | None:
        """The latest call, text or letter, whoever logged it when."""
        return self.contacts[-1] if self.contacts else None

    @property
    def allowed_channels(self) -> tuple[Channel, ...]:
        """The channels they have agreed to, in alphabetical order."""
        return tuple(sorted(channel for channel, allowed in self.preferences.items() if allowed))

    def open_wishes(self) -> list[Wish]:
        """What they still wait for."""
        return [wish for wish in self.wishes if wish.fulfilled_at is None]

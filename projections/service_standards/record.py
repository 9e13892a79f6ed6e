"""What service is measured by, of one customer record, as its row keeps it.

Facts are only ever added, each with the position of its event and the instant it happened: a row serves any
past. Days are proleptic ordinals, instants seconds since 1970.
"""

from typing import Final, Literal

import msgspec

from projections.service_terms import Fact

#: What contacts are kept for; others fulfil no standard.
PURPOSES: Final = frozenset({"thank_you", "wish", "lapsing"})


class Bought(Fact, frozen=True, array_like=True, gc=False):
    """Goods of a sale: of a walk-in recognised later from that moment on, though they count on `day`."""

    sale_id: str
    sold_at: int
    day: int
    store_id: str
    currency: str
    units: int
    net_minor: int


class CameBack(Fact, frozen=True, array_like=True, gc=False):
    """Units and money of a sale that do not count any more; negative where a match was wrong."""

    sale_id: str
    units: int
    net_minor: int


class Contact(Fact, frozen=True, array_like=True, gc=False):
    """They were reached, for a purpose that a standard asks for."""

    purpose: str


class ContactEnd(Fact, frozen=True, array_like=True, gc=False):
    """A contact was logged by mistake: `contact` is the position of its event."""

    contact: int


class Promise(Fact, frozen=True, array_like=True, gc=False):
    """A follow-up; one with a wish says that what they wait for has arrived."""

    follow_up_id: int
    due_on: int
    associate_id: str | None
    wish_id: int | None


class PromiseEnd(Fact, frozen=True, array_like=True, gc=False):
    """A follow-up was completed or cancelled, or opened again: it had been completed by mistake."""

    follow_up_id: int
    how: Literal["completed", "cancelled", "reopened"]


class WishEnd(Fact, frozen=True, array_like=True, gc=False):
    """They wait for it no longer, or again: what had ended it was a mistake."""

    wish_id: int
    is_ended: bool


class Consent(Fact, frozen=True, array_like=True, gc=False):
    """A channel that they agreed to, or do not any more."""

    channel: str
    is_allowed: bool


class Owner(Fact, frozen=True, array_like=True, gc=False):
    """The primary owner from then on; None for nobody."""

    associate_id: str | None


class Merge(Fact, frozen=True, array_like=True, gc=False):
    """This record became a part of another one, or is no part of it any more."""

    survivor: str
    is_merged: bool


class ServiceRecord(msgspec.Struct, omit_defaults=True):
    """All facts of one customer record, each kind in the order of the log.

    `survives`: another record is or was a part of this one.
    """

    customer_id: str
    bought: list[Bought] = []
    came_back: list[CameBack] = []
    contacts: list[Contact] = []
    contact_ends: list[ContactEnd] = []
    promises: list[Promise] = []
    promise_ends: list[PromiseEnd] = []
    wish_ends: list[WishEnd] = []
    consents: list[Consent] = []
    owners: list[Owner] = []
    merges: list[Merge] = []
    survives: bool = False
    forgotten: list[Fact] = []


class Purchase(msgspec.Struct, frozen=True, gc=False):
    """A sale of which something is kept, and what of its money."""

    bought: Bought
    net_minor: int


def kept_purchases(bought: list[Bought], came_back: list[CameBack]) -> list[Purchase]:
    """The sales of which something is kept, by the day they count on.

    What was taken off the wrong customer and given back to them is bought anew: only what came back since
    comes off.
    """
    latest = {one.sale_id: one for one in bought}
    units = {sale_id: one.units for sale_id, one in latest.items()}
    net_minor = {sale_id: one.net_minor for sale_id, one in latest.items()}
    for one in came_back:
        sale = latest.get(one.sale_id)
        if sale is not None and one.position > sale.position:
            units[one.sale_id] -= one.units
            net_minor[one.sale_id] -= one.net_minor
    kept = [Purchase(one, net_minor[sale_id]) for sale_id, one in latest.items() if units[sale_id] > 0]
    return sorted(kept, key=lambda purchase: (purchase.bought.day, purchase.bought.sold_at))


def visit_days(purchases: list[Purchase]) -> list[int]:
    """The days on which they bought something that they kept, ascending, each once."""
    return sorted({purchase.bought.day for purchase in purchases})

"""Today: whom to reach out to and why.

Each reason is a rule of its own, about one page at one moment. Nobody is listed on a channel they have not
agreed to, so whoever agreed to none is not listed at all.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Final, Literal, NamedTuple

import msgspec
from msgspec.structs import replace

from domain.customer.commands import Channel, ContactKind
from domain.customer.occasions import next_day
from domain.customer.wishes import meets_wish
from domain.stock_arrival.events import ArrivedItem
from projections.clientele_book.page import CustomerPage, FollowUp, Occasion, Purchase, Wish
from projections.profile_terms import ContactPoint
from projections.rhythm import lapsing_after_days

#: An occasion is near, and a purchase recent, within so many days.
NEAR_DAYS: Final = 14

#: What somebody is reached by on a channel.
POINTS_OF: Final[dict[Channel, tuple[ContactKind, ...]]] = {
    "call": ("phone",),
    "text": ("phone",),
    "write": ("email", "address"),
}

ReasonKind = Literal["stock_arrived", "follow_up_due", "occasion", "thank_you", "lapsing"]


class Reason(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why to reach out. `on` is the day it is about: due, celebrated, bought, last seen; `text` and `note`
    are encrypted.

    Arrivals have what the wish names, and its `note`; a thank-you the dearest `items` that were bought.
    Lapsing: `silent_days` since the last visit; up to `usual_days` would be usual. Commands about it go to
    `record`, where it is given, else to the customer.
    """

    kind: ReasonKind
    on: date
    wish_id: int | None = None
    follow_up_id: int | None = None
    occasion_id: int | None = None
    occasion: str | None = None
    sale_id: str | None = None
    associate_id: str | None = None
    text: str | None = None
    label: str | None = None
    sku: str | None = None
    size: str | None = None
    note: str | None = None
    items: tuple[str, ...] = ()
    silent_days: int | None = None
    usual_days: int | None = None
    record: str | None = None


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One customer on the list of the day: who, how, why, and the value that the list is sorted by.

    `contact_points` (encrypted) are those that the agreed channels need. `no_channel_agreed`: something was
    promised to them, and they have agreed to be reached on no channel yet.
    """

    customer_id: str
    name: str | None
    address_as: str | None
    channels: tuple[Channel, ...]
    contact_points: list[ContactPoint]
    no_channel_agreed: bool
    reasons: list[Reason]
    value: int
    currency: str | None
    net_spend_minor: int
    last_contact_at: datetime | None


class Reader(msgspec.Struct, frozen=True):
    """Whose list it is, and which associates keep their promises themselves: those who still work here."""

    associate_id: str
    keepers: frozenset[str] = frozenset()

    def keeps(self, page: CustomerPage, promise: FollowUp) -> bool:
        """Whether a promise is theirs: they made it, or whoever did is gone and the customer is theirs."""
        keeper = promise.associate_id
        if keeper is not None and (keeper == self.associate_id or keeper in self.keepers):
            return keeper == self.associate_id
        return page.primary_owner == self.associate_id


def today(
    page: CustomerPage,
    as_of: datetime,
    arrivals: Iterable[ArrivedItem] = (),
    reader: Reader | None = None,
) -> list[Reason]:
    """The reasons to reach out to one customer at a moment, the most pressing first. Days are those of its
    time zone.

    `arrivals` are goods that have just come in and are not yet follow-ups of theirs. The page must be as of
    that moment. A promise is on the list of whoever made it, also where no channel has been agreed to; all
    else is the primary owner's, and needs a channel. Without a `reader` it is everybody's list.
    """
    if page.forgotten or page.merged_into is not None:
        return []
    if reader is not None:
        page = replace(page, follow_ups=[one for one in page.follow_ups if reader.keeps(page, one)])
    theirs = reader is None or page.primary_owner == reader.associate_id
    may_be_called = theirs and bool(page.allowed_channels)
    reasons = list(stock_has_arrived_for_a_wish(page, as_of, tuple(arrivals) if may_be_called else ()))
    reasons.extend(promise_is_due(page, as_of))
    for rule in RULES if may_be_called else ():
        reasons.extend(rule(page, as_of))
    return reasons


def calls(
    pages: Iterable[CustomerPage],
    as_of: datetime,
    *,
    scores: dict[str, int] | None = None,
    arrivals: Sequence[ArrivedItem] = (),
    reader: Reader | None = None,
) -> list[Call]:
    """The day's list of a book: most valuable first, by score where scores are given, then by net spend.

    Days are those of the time zone of `as_of`. The usual gap alone counts UTC days: a page is folded from the
    customer's own events, which name no store's time zone, and a gap of days is the same in any.
    """
    listed = [
        Call(
            customer_id=page.customer_id,
            name=page.name,
            address_as=page.address_as,
            channels=page.allowed_channels,
            contact_points=reachable_by(page),
            no_channel_agreed=not page.allowed_channels,
            reasons=reasons,
            value=page.net_spend_minor if scores is None else scores.get(page.customer_id, 0),
            currency=page.currency,
            net_spend_minor=page.net_spend_minor,
            last_contact_at=page.last_contact.contacted_at if page.last_contact else None,
        )
        for page in pages
        if (reasons := today(page, as_of, arrivals, reader))
    ]
    return sorted(listed, key=lambda call: (-call.value, -call.net_spend_minor, call.customer_id))


def reachable_by(page: CustomerPage) -> list[ContactPoint]:
    """The contact points of a customer for the channels that they have agreed to."""
    kinds = {kind for channel in page.allowed_channels for kind in POINTS_OF[channel]}
    return [point for point in page.contact_points if point.kind in kinds]


def stock_has_arrived_for_a_wish(
    page: CustomerPage, as_of: datetime, arrivals: tuple[ArrivedItem, ...]
) -> Iterator[Reason]:
    """A follow-up for a wish says that it came in; goods just arrived count where there is none yet."""
    day = as_of.date()
    open_wishes = {(wish.record, wish.wish_id): wish for wish in page.open_wishes()}
    announced: set[tuple[str | None, int]] = set()
    for promise in page.follow_ups:
        wish = None if promise.wish_id is None else open_wishes.get((promise.record, promise.wish_id))
        if wish is None:
            continue
        if promise.due_on <= day:
            announced.add((wish.record, wish.wish_id))
            yield replace(
                _arrival(wish, promise.due_on, promise.reason),
                follow_up_id=promise.follow_up_id,
                associate_id=promise.associate_id,
            )
    for place, wish in open_wishes.items():
        if place not in announced and any(meets_wish(wish, item) for item in arrivals):
            yield _arrival(wish, day, wish.note)


def _arrival(wish: Wish, on: date, text: str | None) -> Reason:
    return Reason(
        kind="stock_arrived",
        on=on,
        wish_id=wish.wish_id,
        text=text,
        label=wish.label,
        sku=wish.sku,
        size=wish.size,
        note=wish.note,
        record=wish.record,
    )


def promise_is_due(page: CustomerPage, as_of: datetime) -> Iterator[Reason]:
    """What was promised for today or earlier; a promise about a wish is listed under its arrival."""
    for promise in page.follow_ups:
        if promise.wish_id is None and promise.due_on <= as_of.date():
            yield Reason(
                kind="follow_up_due",
                on=promise.due_on,
                follow_up_id=promise.follow_up_id,
                associate_id=promise.associate_id,
                text=promise.reason,
                record=promise.record,
            )


def occasion_is_near(page: CustomerPage, as_of: datetime) -> Iterator[Reason]:
    """Within two weeks, today included, unless they were contacted about it since it came near."""
    for occasion, on in occasions_near(page, as_of):
        reached_at = occasion.reached_at
        if reached_at is not None and (on - _day(reached_at, as_of)).days <= NEAR_DAYS:
            continue
        yield Reason(
            kind="occasion",
            on=on,
            occasion_id=occasion.occasion_id,
            occasion=occasion.kind,
            text=occasion.description,
            record=occasion.record,
        )


def occasions_near(page: CustomerPage, as_of: datetime) -> Iterator[tuple[Occasion, date]]:
    """The occasions within two weeks, today included, and when they are next."""
    day = as_of.date()
    for occasion in page.occasions:
        on = next_day(occasion.kind, occasion.on, day)
        if 0 <= (on - day).days <= NEAR_DAYS:
            yield occasion, on


def purchase_is_without_a_thank_you(page: CustomerPage, as_of: datetime) -> Iterator[Reason]:
    """The latest purchase of the last two weeks, when nobody has thanked them since and they have kept some
    of it.
    """
    thanked_at = page.last_contact_for.get("thank_you")
    recent = [purchase for purchase in page.purchases if _is_recent(purchase, as_of)]
    if recent and (thanked_at is None or thanked_at < recent[-1].sold_at):
        last = recent[-1]
        yield Reason(kind="thank_you", on=_day(last.sold_at, as_of), sale_id=last.sale_id, items=last.items)


def _is_recent(purchase: Purchase, as_of: datetime) -> bool:
    kept = purchase.net_minor > purchase.returned_minor
    return kept and timedelta(0) <= as_of - purchase.sold_at <= timedelta(days=NEAR_DAYS)


def customer_is_lapsing(page: CustomerPage, as_of: datetime) -> Iterator[Reason]:
    """Silent for longer than their own rhythm; once contacted about it they are given as long again."""
    silent = silence(page, as_of)
    if silent is None:
        return
    reached_at = page.last_contact_for.get("lapsing")
    if reached_at is not None and (as_of.date() - _day(reached_at, as_of)).days <= silent.usual_days:
        return
    if silent.days > silent.usual_days:
        yield Reason(
            kind="lapsing",
            on=silent.since,
            silent_days=silent.days,
            usual_days=silent.usual_days,
        )


class Silence(NamedTuple):
    """How many days a customer has not been seen, since when, and up to how many would be usual."""

    days: int
    since: date
    usual_days: int


def silence(page: CustomerPage, as_of: datetime) -> Silence | None:
    """A customer's silence at a moment; None where they have no rhythm yet."""
    usual_days = lapsing_after_days(page.visit_days)
    if usual_days is None or page.last_visit_at is None:
        return None
    since = _day(page.last_visit_at, as_of)
    return Silence((as_of.date() - since).days, since, usual_days)


def _day(moment: datetime, as_of: datetime) -> date:
    """The day of a moment where `as_of` is."""
    return moment.astimezone(as_of.tzinfo).date()


RULES: Final[tuple[Callable[[CustomerPage, datetime], Iterator[Reason]], ...]] = (
    occasion_is_near,
    purchase_is_without_a_thank_you,
    customer_is_lapsing,
)

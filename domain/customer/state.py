"""What decisions need to know about a customer, and how each event changes it."""

from datetime import UTC, date, datetime
from typing import Final, Literal, TypeVar

import msgspec
from msgspec.structs import replace

from domain.customer import events
from domain.customer.commands import Channel, OccasionKind, TasteKind
from domain.customer.occasions import next_occasion
from domain.messages import Event, UnknownEvent
from domain.paged_map import PagedMap

Item = TypeVar("Item")
#: What a contact was about: a purpose, or an occasion by its number.
Topic = TypeVar("Topic", str, int)
#: What a record has by number, and may have taken back.
Numbered = Literal["contact_point", "occasion", "note"]


class OpenWish(msgspec.Struct, frozen=True, kw_only=True):
    """What the customer is still waiting for."""

    recorded_at: datetime
    label: str | None = None
    sku: str | None = None
    size: str | None = None


class FulfilledWish(msgspec.Struct, frozen=True, kw_only=True):
    """What came true, and the sale it came true by, where one is known."""

    sale_id: str | None
    wish: OpenWish


class LoggedContact(msgspec.Struct, frozen=True, kw_only=True):
    """A call, text or letter that can be taken back; `occasion_id` is the occasion it counted for."""

    contacted_at: datetime
    channel: Channel
    purpose: str
    answered: bool
    occasion_id: int | None

    @property
    def reached(self) -> bool:
        """A call that nobody answered reached nobody."""
        return self.answered or self.channel != "call"


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """What the customer was promised."""

    made_at: datetime
    due_on: date
    associate_id: str | None = None
    wish_id: int | None = None


class CustomerState(msgspec.Struct, frozen=True, kw_only=True):
    """A customer's record as decisions see it; no personal data.

    The numbers (`contact_points`, `contacts_logged`, …) count what was ever recorded: the next one gets the
    next number.
    `removed` has what was taken back: (what, number). `reached` has the contacts that reached them: (purpose,
    time, number); `reached_for` those about an occasion: (its number, time, number).
    `fulfilled` and `completed`: the wishes and promises that can be opened again.
    `first_sale` made the primary owner theirs; None once that was decided otherwise.
    `merged_into` names the record this one is read as a part of, `absorbed` those that are read as a part of
    this one.
    """

    customer_id: str
    contact_points: int = 0
    contacts_logged: int = 0
    wishes: int = 0
    follow_ups: int = 0
    occasions: int = 0
    notes: int = 0
    primary_owner: str | None = None
    first_sale: str | None = None
    secondary_owners: tuple[str, ...] = ()
    merged_into: str | None = None
    absorbed: tuple[str, ...] = ()
    forgotten: bool = False
    preferences: dict[Channel, bool] = {}
    sizes: dict[tuple[str, str | None], str] = {}
    tastes: frozenset[tuple[TasteKind, str]] = frozenset()
    known_occasions: dict[int, tuple[OccasionKind, date]] = {}
    removed: PagedMap[tuple[Numbered, int], None] = PagedMap()
    contacts: PagedMap[int, LoggedContact] = PagedMap()
    reached: PagedMap[tuple[str, datetime, int], None] = PagedMap()
    reached_for: PagedMap[tuple[int, datetime, int], None] = PagedMap()
    open_wishes: PagedMap[int, OpenWish] = PagedMap()
    fulfilled: PagedMap[int, FulfilledWish] = PagedMap()
    open_follow_ups: PagedMap[int, Promise] = PagedMap()
    completed: PagedMap[int, Promise] = PagedMap()

    def occasion_of(self, purpose: str, occasion_id: int | None, day: date) -> int | None:
        """What a contact counts for: the occasion it names, or the next one if it is about one."""
        if occasion_id is not None or purpose != "occasion":
            return occasion_id
        return next_occasion(((number, *known) for number, known in self.known_occasions.items()), day)

    def has(self, what: Numbered, number: int) -> bool:
        """Whether so many were recorded, and this one has not been taken back."""
        counts = {"contact_point": self.contact_points, "occasion": self.occasions, "note": self.notes}
        return number <= counts[what] and (what, number) not in self.removed

    def last_reached(self, purpose: str, but_for: int) -> datetime | None:
        """When a contact for a purpose last reached them, but for the one of that number."""
        return _last_of(self.reached, purpose, but_for)

    def last_reached_for(self, occasion_id: int, but_for: int) -> datetime | None:
        """When a contact for an occasion last reached them, but for the one of that number."""
        return _last_of(self.reached_for, occasion_id, but_for)

    @property
    def owners(self) -> tuple[str, ...]:
        """Everyone whose book the customer is in, the primary owner first."""
        return (self.primary_owner, *self.secondary_owners) if self.primary_owner else self.secondary_owners


_LATEST: Final = datetime.max.replace(tzinfo=UTC)


def _last_of(
    reached: PagedMap[tuple[Topic, datetime, int], None], topic: Topic, but_for: int
) -> datetime | None:
    for (other, at, number), _ in reached.down_from((topic, _LATEST)):
        if other != topic:
            return None
        if number != but_for:
            return at
    return None


def evolve(state: CustomerState | None, event: Event) -> CustomerState:
    """The state after one more event. Raises UnknownEvent for one that is not a customer's."""
    if state is None:
        if isinstance(event, events.CustomerRegistered):
            return CustomerState(customer_id=event.customer_id)
        raise UnknownEvent(state, event)
    match event:
        case events.OwnerAssigned() | events.OwnerReassigned() | events.PrimaryOwnerRemoved():
            return _owners_after(state, event)
        case events.CustomersMerged() | events.CustomersUnmerged():
            return _records_after(state, event)
        case events.WishRecorded() | events.WishFulfilled() | events.WishReopened() | events.WishWithdrawn():
            return _wishes_after(state, event)
        case (
            events.FollowUpPlanned()
            | events.FollowUpCompleted()
            | events.FollowUpReopened()
            | events.FollowUpCancelled()
        ):
            return _follow_ups_after(state, event)
        case events.ContactLogged() | events.ContactRemoved():
            return _contacts_after(state, event)
        case events.NameLearned():
            return state
        case events.ContactPointAdded():
            return replace(state, contact_points=event.contact_point_id)
        case events.ContactPreferenceSet():
            return replace(state, preferences={**state.preferences, event.channel: event.allowed})
        case events.SizeRecorded():
            return replace(state, sizes={**state.sizes, (event.kind, event.label): event.size})
        case events.TasteRecorded():
            taste = frozenset({(event.kind, event.value)})
            return replace(state, tastes=state.tastes | taste if event.liked else state.tastes - taste)
        case events.OccasionRecorded():
            known = {**state.known_occasions, event.occasion_id: (event.kind, event.on)}
            return replace(state, occasions=event.occasion_id, known_occasions=known)
        case events.NoteAdded():
            return replace(state, notes=event.note_id)
        case (
            events.ContactPointRemoved()
            | events.OccasionRemoved()
            | events.NoteRemoved()
            | events.SizeRemoved()
            | events.SecondaryOwnerRemoved()
        ):
            return _without_mistake(state, event)
        case events.CustomerForgotten():
            return replace(state, forgotten=True)
        case _:
            raise UnknownEvent(state, event)


def _without_mistake(
    state: CustomerState,
    event: events.ContactPointRemoved
    | events.OccasionRemoved
    | events.NoteRemoved
    | events.SizeRemoved
    | events.SecondaryOwnerRemoved,
) -> CustomerState:
    match event:
        case events.ContactPointRemoved():
            return replace(
                state, removed=state.removed.with_item(("contact_point", event.contact_point_id), None)
            )
        case events.OccasionRemoved():
            known = _without(state.known_occasions, event.occasion_id)
            removed = state.removed.with_item(("occasion", event.occasion_id), None)
            return replace(state, known_occasions=known, removed=removed)
        case events.NoteRemoved():
            return replace(state, removed=state.removed.with_item(("note", event.note_id), None))
        case events.SizeRemoved():
            place = (event.kind, event.label)
            return replace(state, sizes={key: size for key, size in state.sizes.items() if key != place})
        case events.SecondaryOwnerRemoved():
            others = tuple(owner for owner in state.secondary_owners if owner != event.associate_id)
            return replace(state, secondary_owners=others)


def _contacts_after(
    state: CustomerState, event: events.ContactLogged | events.ContactRemoved
) -> CustomerState:
    if isinstance(event, events.ContactRemoved):
        return _without_contact(state, event.contact_id)
    number = state.contacts_logged + 1
    contact = LoggedContact(
        contacted_at=event.occurred_at,
        channel=event.channel,
        purpose=event.purpose,
        answered=event.answered,
        occasion_id=state.occasion_of(event.purpose, event.occasion_id, event.occurred_at.date()),
    )
    state = replace(state, contacts_logged=number, contacts=state.contacts.with_item(number, contact))
    if not contact.reached:
        return state
    reached = state.reached.with_item((contact.purpose, contact.contacted_at, number), None)
    reached_for = state.reached_for
    if contact.occasion_id is not None:
        reached_for = reached_for.with_item((contact.occasion_id, contact.contacted_at, number), None)
    return replace(state, reached=reached, reached_for=reached_for)


def _without_contact(state: CustomerState, number: int) -> CustomerState:
    contact = state.contacts.get(number)
    if contact is None:
        return state
    reached_for = state.reached_for
    if contact.occasion_id is not None:
        reached_for = reached_for.without((contact.occasion_id, contact.contacted_at, number))
    return replace(
        state,
        contacts=state.contacts.without(number),
        reached=state.reached.without((contact.purpose, contact.contacted_at, number)),
        reached_for=reached_for,
    )


def _owners_after(
    state: CustomerState, event: events.OwnerAssigned | events.OwnerReassigned | events.PrimaryOwnerRemoved
) -> CustomerState:
    """Nobody is both: who becomes the primary owner is a secondary one no longer, and the former primary is
    none.
    """
    if isinstance(event, events.PrimaryOwnerRemoved):
        return replace(state, primary_owner=None, first_sale=None)
    others = tuple(owner for owner in state.secondary_owners if owner != event.associate_id)
    if isinstance(event, events.OwnerAssigned) and event.role == "secondary":
        return replace(state, secondary_owners=(*others, event.associate_id))
    return replace(state, primary_owner=event.associate_id, secondary_owners=others, first_sale=event.sale_id)


def _records_after(
    state: CustomerState, event: events.CustomersMerged | events.CustomersUnmerged
) -> CustomerState:
    merged = isinstance(event, events.CustomersMerged)
    if not event.survives:
        return replace(state, merged_into=event.other_customer_id if merged else None)
    others = tuple(record for record in state.absorbed if record != event.other_customer_id)
    return replace(state, absorbed=(*others, event.other_customer_id) if merged else others)


def _wishes_after(
    state: CustomerState,
    event: events.WishRecorded | events.WishFulfilled | events.WishReopened | events.WishWithdrawn,
) -> CustomerState:
    if isinstance(event, events.WishReopened):
        wish = state.fulfilled[event.wish_id].wish
        return replace(
            state,
            open_wishes=state.open_wishes.with_item(event.wish_id, wish),
            fulfilled=state.fulfilled.without(event.wish_id),
        )
    if isinstance(event, events.WishRecorded):
        wish = OpenWish(recorded_at=event.occurred_at, label=event.label, sku=event.sku, size=event.size)
        return replace(
            state, wishes=event.wish_id, open_wishes=state.open_wishes.with_item(event.wish_id, wish)
        )
    if isinstance(event, events.WishFulfilled) and event.wish_id in state.open_wishes:
        met = FulfilledWish(sale_id=event.sale_id, wish=state.open_wishes[event.wish_id])
        state = replace(state, fulfilled=state.fulfilled.with_item(event.wish_id, met))
    return replace(state, open_wishes=state.open_wishes.without(event.wish_id))


def _follow_ups_after(
    state: CustomerState,
    event: events.FollowUpPlanned
    | events.FollowUpCompleted
    | events.FollowUpReopened
    | events.FollowUpCancelled,
) -> CustomerState:
    number = event.follow_up_id
    match event:
        case events.FollowUpPlanned():
            promise = Promise(
                made_at=event.occurred_at,
                due_on=event.due_on,
                associate_id=event.associate_id,
                wish_id=event.wish_id,
            )
            promises = state.open_follow_ups.with_item(number, promise)
            return replace(state, follow_ups=number, open_follow_ups=promises)
        case events.FollowUpReopened():
            promises = state.open_follow_ups.with_item(number, state.completed[number])
            return replace(state, open_follow_ups=promises, completed=state.completed.without(number))
        case events.FollowUpCompleted() if number in state.open_follow_ups:
            state = replace(state, completed=state.completed.with_item(number, state.open_follow_ups[number]))
        case _:
            pass
    return replace(state, open_follow_ups=state.open_follow_ups.without(number))


def _without(items: dict[int, Item], number: int) -> dict[int, Item]:
    return {key: item for key, item in items.items() if key != number}

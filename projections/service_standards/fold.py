"""Folds what concerns a customer into the record that service is measured by."""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from domain.customer import events
from domain.messages import Event
from domain.return_.events import ReturnAccepted, ReturnMatched, ReturnUnmatched
from domain.sale.events import CustomerAttached, CustomerDetached, PriceAllowed, SaleRecorded
from projections.kernel import Projection, table_ddl
from projections.rhythm import lapses
from projections.service_standards.record import (
    PURPOSES,
    Bought,
    CameBack,
    Consent,
    Contact,
    ContactEnd,
    Merge,
    Owner,
    Promise,
    PromiseEnd,
    ServiceRecord,
    WishEnd,
    kept_purchases,
    visit_days,
)
from projections.service_terms import Fact, instant_of, monday_of, seconds_of, utc_day_of, week_of


def sale_recorded(record: ServiceRecord, event: SaleRecorded, position: int, at: int) -> None:
    _bought(record, event, position, at, event.occurred_at)


def customer_attached(record: ServiceRecord, event: CustomerAttached, position: int, at: int) -> None:
    _bought(record, event, position, at, event.sold_at)


def _bought(
    record: ServiceRecord,
    event: SaleRecorded | CustomerAttached,
    position: int,
    at: int,
    sold_at: datetime,
) -> None:
    """Gift cards and lines of nothing are no purchase."""
    goods = [line for line in event.lines if line.kind == "goods"]
    if goods:
        record.bought.append(
            Bought(
                position,
                at,
                event.sale_id,
                seconds_of(sold_at),
                (event.sold_on or sold_at).toordinal(),
                event.store_id,
                event.currency,
                sum([line.quantity for line in goods]),
                sum([line.net_minor for line in goods]),
            )
        )


def _came_back(
    record: ServiceRecord, sale_id: str, position: int, at: int, parts: Iterable[tuple[int, int]]
) -> None:
    """Parts are units and what they had cost."""
    units = net_minor = 0
    for part_units, part_minor in parts:
        units += part_units
        net_minor += part_minor
    if units or net_minor:
        record.came_back.append(CameBack(position, at, sale_id, units, net_minor))


def customer_detached(record: ServiceRecord, event: CustomerDetached, position: int, at: int) -> None:
    """It was never theirs: as if all that they seemed to have had come back."""
    goods = [line for line in event.lines if line.kind == "goods"]
    parts = [(line.quantity, line.net_minor) for line in goods]
    _came_back(record, event.sale_id, position, at, parts)


def price_allowed(record: ServiceRecord, event: PriceAllowed, position: int, at: int) -> None:
    if event.line.kind == "goods":
        _came_back(record, event.sale_id, position, at, [(0, event.amount_minor)])


def return_accepted(record: ServiceRecord, event: ReturnAccepted, position: int, at: int) -> None:
    """Goods without a receipt undo no purchase that is known."""
    if event.sale_id is not None:
        lines = [line for line in event.lines if line.line_no is not None and line.kind == "goods"]
        parts = [(line.quantity, line.spend_minor) for line in lines]
        _came_back(record, event.sale_id, position, at, parts)


def return_matched(record: ServiceRecord, event: ReturnMatched, position: int, at: int) -> None:
    parts = [(line.quantity, line.sold_minor) for line in event.lines if line.kind == "goods"]
    _came_back(record, event.sale_id, position, at, parts)


def return_unmatched(record: ServiceRecord, event: ReturnUnmatched, position: int, at: int) -> None:
    parts = [(-line.quantity, -line.sold_minor) for line in event.kept if line.kind == "goods"]
    _came_back(record, event.sale_id, position, at, parts)


def contact_logged(record: ServiceRecord, event: events.ContactLogged, position: int, at: int) -> None:
    """A call that nobody answered reached nobody."""
    if event.purpose in PURPOSES and (event.answered or event.channel != "call"):
        record.contacts.append(Contact(position, at, event.purpose))


def contact_removed(record: ServiceRecord, event: events.ContactRemoved, position: int, at: int) -> None:
    """Of several contacts at that instant, one."""
    of_then = (event.purpose, seconds_of(event.contacted_at))
    ended = {one.contact for one in record.contact_ends}
    left = [one for one in record.contacts if (one.purpose, one.at) == of_then and one.position not in ended]
    if left and (event.answered or event.channel != "call"):
        record.contact_ends.append(ContactEnd(position, at, left[-1].position))


def preference_set(record: ServiceRecord, event: events.ContactPreferenceSet, position: int, at: int) -> None:
    record.consents.append(Consent(position, at, event.channel, event.allowed))


def follow_up_planned(record: ServiceRecord, event: events.FollowUpPlanned, position: int, at: int) -> None:
    due_on = event.due_on.toordinal()
    promise = Promise(position, at, event.follow_up_id, due_on, event.associate_id, event.wish_id)
    record.promises.append(promise)


def follow_up_completed(
    record: ServiceRecord, event: events.FollowUpCompleted, position: int, at: int
) -> None:
    record.promise_ends.append(PromiseEnd(position, at, event.follow_up_id, "completed"))


def follow_up_reopened(record: ServiceRecord, event: events.FollowUpReopened, position: int, at: int) -> None:
    record.promise_ends.append(PromiseEnd(position, at, event.follow_up_id, "reopened"))


def follow_up_cancelled(
    record: ServiceRecord, event: events.FollowUpCancelled, position: int, at: int
) -> None:
    record.promise_ends.append(PromiseEnd(position, at, event.follow_up_id, "cancelled"))


def wish_ended(
    record: ServiceRecord, event: events.WishFulfilled | events.WishWithdrawn, position: int, at: int
) -> None:
    record.wish_ends.append(WishEnd(position, at, event.wish_id, True))


def wish_reopened(record: ServiceRecord, event: events.WishReopened, position: int, at: int) -> None:
    record.wish_ends.append(WishEnd(position, at, event.wish_id, False))


def owner_assigned(record: ServiceRecord, event: events.OwnerAssigned, position: int, at: int) -> None:
    if event.role == "primary":
        record.owners.append(Owner(position, at, event.associate_id))


def owner_reassigned(record: ServiceRecord, event: events.OwnerReassigned, position: int, at: int) -> None:
    record.owners.append(Owner(position, at, event.associate_id))


def owner_removed(record: ServiceRecord, event: events.PrimaryOwnerRemoved, position: int, at: int) -> None:
    record.owners.append(Owner(position, at, None))


def merged(
    record: ServiceRecord, event: events.CustomersMerged | events.CustomersUnmerged, position: int, at: int
) -> None:
    """Nothing moves between the records."""
    if event.survives:
        record.survives = True
    else:
        is_merged = isinstance(event, events.CustomersMerged)
        record.merges.append(Merge(position, at, event.other_customer_id, is_merged))


def forgotten(record: ServiceRecord, event: events.CustomerForgotten, position: int, at: int) -> None:
    record.forgotten.append(Fact(position, at))


_FOLDS: dict[type[Event], Any] = {
    SaleRecorded: sale_recorded,
    CustomerAttached: customer_attached,
    CustomerDetached: customer_detached,
    PriceAllowed: price_allowed,
    ReturnAccepted: return_accepted,
    ReturnMatched: return_matched,
    ReturnUnmatched: return_unmatched,
    events.ContactLogged: contact_logged,
    events.ContactRemoved: contact_removed,
    events.ContactPreferenceSet: preference_set,
    events.FollowUpPlanned: follow_up_planned,
    events.FollowUpCompleted: follow_up_completed,
    events.FollowUpReopened: follow_up_reopened,
    events.FollowUpCancelled: follow_up_cancelled,
    events.WishFulfilled: wish_ended,
    events.WishWithdrawn: wish_ended,
    events.WishReopened: wish_reopened,
    events.OwnerAssigned: owner_assigned,
    events.OwnerReassigned: owner_reassigned,
    events.PrimaryOwnerRemoved: owner_removed,
    events.CustomersMerged: merged,
    events.CustomersUnmerged: merged,
    events.CustomerForgotten: forgotten,
}


def empty(customer_id: str) -> ServiceRecord:
    """A record of somebody to whom nothing is due."""
    return ServiceRecord(customer_id)


def fold(record: ServiceRecord, event: Event, position: int) -> tuple[()]:
    """Folds an event into the record. It keeps no journal."""
    _FOLDS[type(event)](record, event, position, seconds_of(event.occurred_at))
    return ()


def query_values(record: ServiceRecord) -> tuple[Any, ...]:
    """The query columns of a record's row, in the order of table.sql."""
    return (
        _weeks(record) or None,
        _concerns(record) or None,
        sorted({merge.survivor for merge in record.merges}) or None,
        record.survives or bool(record.merges),
        instant_of(record.forgotten[0].at) if record.forgotten else None,
    )


def _concerns(record: ServiceRecord) -> list[str]:
    named = {owner.associate_id for owner in record.owners}
    named.update([promise.associate_id for promise in record.promises])
    named.update([bought.store_id for bought in record.bought])
    return sorted(one for one in named if one is not None)


def _weeks(record: ServiceRecord) -> list[str]:
    """Where something begins to be due, and where it would have, had goods not come back (any past)."""
    days = {one.day for one in record.bought}
    days.update([utc_day_of(one.at) for one in record.bought])
    days.update([promise.due_on for promise in record.promises])
    if len(days) > 2:
        silent = lapses(visit_days(kept_purchases(record.bought, record.came_back)))
        days.update([day for _, day in silent])
    return [_monday(week) for week in sorted({week_of(day) for day in days})]


@lru_cache(maxsize=4_096)
def _monday(week: int) -> str:
    return monday_of(week).isoformat()


PROJECTION: Final = Projection(
    name="service_standards",
    keyed_by="customer",
    consumes=tuple(_FOLDS),
    state_type=ServiceRecord,
    empty=empty,
    fold=fold,
    columns=("weeks", "concerns", "survivors", "related", "forgotten_at"),
    values=query_values,
    ddl=table_ddl(__package__ or ""),
)

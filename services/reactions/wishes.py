"""Goods come in: every customer who waits for one of them becomes a follow-up in their owner's book.

Who waits is asked of the clientele book once it has come as far as the arrival. A wish counts when it was
told before the arrival was known; one that was told later knew what was in the context.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from domain.customer.commands import PlanFollowUp
from domain.customer.events import WishRecorded
from domain.ids import calendar_id_of
from domain.pay_period.business_day import business_day
from domain.pay_period.commands import COMPANY
from domain.pay_period.events import PayPeriodOpened
from domain.stock_arrival.events import StockArrived
from infra.event_store.codec import decode
from infra.event_store.log import EventLog, LoggedEvent
from infra.reaction_store.sources import WISHES
from projections.clientele_book.page import CustomerPage, Wish
from projections.clientele_book.queries import WAITING_PAGES, arrived_wishes, keys_of_arrival
from services.reactions.context import ReactionContext
from services.reactions.keyed_commands import following, key_of
from services.read_models.store_clock import store_time_zone

NAME: Final = WISHES
TOPIC: Final = "stock_arrival.recorded.v1"
READS: Final = ("clientele_book", "associate_directory")
#: She, or somebody else, was faster than we: the wish came true.
DONE_OTHERWISE: Final = frozenset({"wish_already_fulfilled"})

#: Whether a wish, given by its record and number, had been told when the goods came in.
ToldBefore = Callable[[str, int], bool]
#: Whether an associate still works here.
WorksHere = Callable[[str], bool]


def follow(context: ReactionContext, fact: LoggedEvent, arrived: StockArrived) -> None:
    """Plan the follow-ups of one arrival."""
    keys = keys_of_arrival(arrived.items)
    pages = context.pages(WAITING_PAGES, keys=keys)
    records = [page.customer_id for page in pages]
    told_before = _told_before(context.log, records, fact.position)
    time_zone = _time_zone_of(context.log, arrived.store_id, fact.position)
    promises = follow_ups_for(arrived, pages, told_before, context.works_here, time_zone)
    context.do(promises, following(NAME, fact), done_otherwise=DONE_OTHERWISE)


def follow_ups_for(
    arrived: StockArrived,
    records: Iterable[CustomerPage],
    told_before: ToldBefore,
    works_here: WorksHere,
    time_zone: str = "UTC",
) -> Iterator[tuple[str, PlanFollowUp]]:
    """A follow-up for each open wish that the goods fulfil, due on the day they came by the store's clock, by
    customer and wish.

    None where one about this very wish is due already. Whether they may be called is asked when somebody
    calls. It is the primary owner's; who has none, or one who is leaving, is followed up by whoever owns them
    on that day.
    """
    day = business_day(arrived.occurred_at, time_zone)
    for came_in in arrived_wishes(records, arrived.items):
        wish, owner = came_in.wish, came_in.primary_owner
        if came_in.is_announced(day):
            continue
        if not told_before(came_in.record, wish.wish_id):
            continue
        yield (
            key_of(NAME, arrived.arrival_id, came_in.record, str(wish.wish_id)),
            PlanFollowUp(
                customer_id=came_in.record,
                due_on=day,
                reason=f"Arrived at {arrived.store_id}: {_named(wish)}",
                associate_id=owner if owner is not None and works_here(owner) else None,
                wish_id=wish.wish_id,
                occurred_at=arrived.occurred_at,
            ),
        )


def _named(wish: Wish) -> str:
    size = None if wish.size is None else f"size {wish.size}"
    return ", ".join(word for word in (wish.label, wish.sku, size) if word is not None)


def _time_zone_of(log: EventLog, store_id: str, position: int) -> str:
    """The store's own zone, else that of the calendar it keeps, when the goods came in; UTC without any."""
    if (own := store_time_zone(log, store_id, up_to=position)) is not None:
        return own
    for scope in (store_id, COMPANY):
        for event in reversed(log.read_stream(calendar_id_of(scope), up_to=position)):
            opened = decode(event.topic, event.state)
            if isinstance(opened, PayPeriodOpened):
                return opened.time_zone
    return "UTC"


def _told_before(log: EventLog, records: list[str], position: int) -> ToldBefore:
    told: set[tuple[str, int]] = set()
    for event in log.read_customers(records, ["customer.wish_recorded.v1"]) if records else ():
        wish = decode(event.topic, event.state)
        if event.position < position and isinstance(wish, WishRecorded):
            told.add((wish.customer_id, wish.wish_id))
    return lambda record, wish_id: (record, wish_id) in told

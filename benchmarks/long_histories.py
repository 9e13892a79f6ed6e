"""Customers, commission accounts and pay calendars with as many events as are asked for, written by COPY."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time, timedelta

import psycopg

from domain.associate.commands import HireAssociate, PayPlan
from domain.commission_account.events import CommissionEarned, EarnedLine, HoursRecorded, StatementIssued
from domain.customer.events import (
    ContactLogged,
    CustomerRegistered,
    FollowUpCompleted,
    FollowUpPlanned,
    NoteAdded,
    WishFulfilled,
    WishRecorded,
)
from domain.ids import derived_id
from domain.messages import Command, Event
from domain.pay_period.commands import OpenPayPeriod
from domain.pay_period.events import PayPeriodClosed, PayPeriodOpened, StatementsBegun
from domain.sale.events import Band
from domain.store.commands import OpenStore
from infra.clock import SYSTEM_CLOCK
from infra.event_store.codec import CODEC
from infra.event_store.session import open_session
from infra.postgres import sync_pool
from infra.settings import Settings

TODAY = SYSTEM_CLOCK.now().date()
PLAN = PayPlan(currency="USD", base_rate_minor=1_500, rate_bp=500)
_COPY = (
    "COPY stored_events (originator_id, originator_version, topic, state, customer_id) "
    "FROM STDIN WITH (FORMAT BINARY)"
)


def customer_of(size: int) -> str:
    """The customer with so many events."""
    return derived_id("cus", f"long {size}")


def associate_of(size: int | str) -> str:
    """The associate whose account has so many events."""
    return derived_id("ass", f"long {size}")


def store_of(size: int) -> str:
    """The store whose calendar has so many events."""
    return f"store {size}"


def write_histories(settings: Settings, sizes: Iterable[int]) -> None:
    """Write one history of each kind and size, and what the commands on them need."""
    url = str(settings.database_url)
    with sync_pool(settings, url, name="benchmark") as pool, open_session(settings, url, pool) as session:
        for command in _people(tuple(sizes)):
            session.handler.handle(command, repr(command)[:200])
    with psycopg.connect(url) as connection, connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        copy.set_types(("text", "int8", "text", "bytea", "text"))
        for size in sizes:
            for history in (_customer(size), _account(size), _calendar(size)):
                for version, event in zip(range(1, size + 1), history, strict=False):
                    topic, state = CODEC.encode(event)
                    about = getattr(event, "customer_id", None)
                    copy.write_row((event.stream_id, version, topic, state, about))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE stored_events")


def _people(sizes: tuple[int, ...]) -> Iterator[Command]:
    for store_id in ("short", *map(store_of, sizes)):
        yield OpenStore(store_id=store_id, name=store_id, time_zone="UTC", currency="USD")
    yield OpenPayPeriod(scope="short", period_id="now", starts_on=TODAY, ends_on=TODAY + timedelta(days=60))
    for size in sizes:
        yield HireAssociate(associate_id=associate_of(size), store_id="short", plan=PLAN)
        yield HireAssociate(associate_id=associate_of(f"in store {size}"), store_id=store_of(size), plan=PLAN)


def _customer(size: int) -> Iterator[Event]:
    """Contacts, wishes that came true, promises that were kept, and notes."""
    customer_id, seller = customer_of(size), associate_of(size)
    start = datetime.combine(TODAY, time(9), UTC) - timedelta(minutes=size)
    yield CustomerRegistered(occurred_at=start, customer_id=customer_id)
    for number in range(1, size):
        at = start + timedelta(minutes=6 * number)
        yield ContactLogged(
            occurred_at=at,
            customer_id=customer_id,
            channel="call",
            purpose=f"purpose {number % 3}",
            contacted_by=seller,
            answered=True,
            contact_id=number,
        )
        yield FollowUpPlanned(
            occurred_at=at, customer_id=customer_id, follow_up_id=number, due_on=at.date(), reason="made up"
        )
        yield FollowUpCompleted(occurred_at=at, customer_id=customer_id, follow_up_id=number)
        yield WishRecorded(occurred_at=at, customer_id=customer_id, wish_id=number, label="Calzari")
        yield WishFulfilled(occurred_at=at, customer_id=customer_id, wish_id=number)
        sealed = f"sealed:v1:{customer_id}:text:{'A' * 80}"
        yield NoteAdded(occurred_at=at, customer_id=customer_id, note_id=number, text=sealed)


def _account(size: int) -> Iterator[Event]:
    """Periods of two weeks: ninety sales, nine days of work, and the statement."""
    who = associate_of(size)
    first_day = TODAY - timedelta(days=14 * (size // 100 + 1))
    for period in range(size):
        starts_on = first_day + timedelta(days=14 * period)
        at, period_id = datetime.combine(starts_on, time(9), UTC), f"period {period}"
        for number in range(90):
            yield CommissionEarned(
                occurred_at=at,
                associate_id=who,
                currency="USD",
                sale_id=derived_id("sal", str(size), str(period), str(number)),
                period_id=period_id,
                sales_minor=10_000,
                lines=(EarnedLine(1, (Band(10_000 * 10_000, 500),), 500),),
                amount_minor=500,
            )
        for day in range(9):
            yield HoursRecorded(
                occurred_at=at,
                associate_id=who,
                currency="USD",
                worked_on=starts_on + timedelta(days=day),
                period_id=period_id,
                selling_minutes=400,
                base_rate_minor=1_500,
            )
        yield StatementIssued(
            occurred_at=at,
            associate_id=who,
            currency="USD",
            period_id=period_id,
            scope="short",
            starts_on=starts_on,
            ends_on=starts_on + timedelta(days=13),
            plan_no=0,
            policy="carry",
            minutes=3_600,
            guarantee_minor=90_000,
            sales_minor=900_000,
            earned_minor=45_000,
            clawed_back_minor=0,
            moved_minor=0,
            net_minor=45_000,
            pay_minor=45_000,
        )


def _calendar(size: int) -> Iterator[Event]:
    """Periods of one day, each closed and stated, and the last one open."""
    scope, periods = store_of(size), (size - 1) // 3
    for number in range(periods):
        day = TODAY - timedelta(days=periods - number)
        at, period_id = datetime.combine(day, time(9), UTC), f"period {number}"
        yield PayPeriodOpened(occurred_at=at, scope=scope, period_id=period_id, starts_on=day, ends_on=day)
        yield PayPeriodClosed(
            occurred_at=at, scope=scope, period_id=period_id, starts_on=day, ends_on=day, reopenable=True
        )
        yield StatementsBegun(occurred_at=at, scope=scope, period_id=period_id)
    at = datetime.combine(TODAY, time(0), UTC)
    ends_on = TODAY + timedelta(days=60)
    yield PayPeriodOpened(occurred_at=at, scope=scope, period_id="now", starts_on=TODAY, ends_on=ends_on)

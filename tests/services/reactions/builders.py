"""A small house with its reactions in this process, and the tables taken to the end of the log."""

import asyncio
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec
import psycopg

from domain.associate.commands import AssociateLeaves, HireAssociate, PayPlan
from domain.customer.commands import AssignOwner, RecordWish, RegisterCustomer, SetContactPreference
from domain.ids import derived_id
from domain.messages import Command, Event
from domain.stock_arrival.commands import ArrivingItem, RecordStockArrival
from domain.store.commands import OpenStore
from infra.clock import FixedClock
from infra.embedded import Servers
from infra.event_store.codec import decode
from infra.event_store.log import EventLog
from infra.messaging.connection import connect
from infra.messaging.subjects import ANSWERS
from infra.nats import NatsRole
from infra.settings import Settings
from projections.registry import BY_NAME
from services.projector.engine import LiveEngine
from services.reactions.context import ReactionContext, open_reactions
from services.reactions.reactions import Reactions
from tests.infra.messaging.builders import until

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PLAN = PayPlan(currency="USD", base_rate_minor=800, rate_bp=675)


def associate(number: int) -> str:
    return derived_id("ass", str(number))


def customer(number: int) -> str:
    return derived_id("cus", str(number))


def hired(number: int, store_id: str = "downtown", department: str | None = "shoes") -> Command:
    return HireAssociate(
        associate_id=associate(number), store_id=store_id, department=department, plan=PLAN, occurred_at=NOON
    )


def opened(*store_ids: str) -> list[Command]:
    """Stores that are known."""
    return [
        OpenStore(store_id=one, name=one, time_zone="UTC", currency="USD", occurred_at=NOON)
        for one in store_ids
    ]


def met(number: int, owner: int, *channels: str) -> list[Command]:
    """A customer, whose they are, and how they may be reached."""
    customer_id = customer(number)
    return [
        RegisterCustomer(customer_id=customer_id, name=f"Clara {number}", occurred_at=NOON),
        AssignOwner(customer_id=customer_id, associate_id=associate(owner), occurred_at=NOON),
        *(
            SetContactPreference(customer_id=customer_id, channel=channel, allowed=True, occurred_at=NOON)  # type: ignore[arg-type]
            for channel in channels
        ),
    ]


def waits(number: int, sku: str = "SH1", **what: Any) -> Command:
    return RecordWish(customer_id=customer(number), sku=sku, occurred_at=NOON, **what)


def leaves(number: int, *successors: int) -> Command:
    return AssociateLeaves(
        associate_id=associate(number), successors=tuple(map(associate, successors)), occurred_at=NOON
    )


@contextmanager
def house_of(settings: Settings) -> Generator[ReactionContext]:
    """The house, for tests that send commands and call reactions themselves."""
    EventLog(str(settings.database_url), pool_size=1).close()
    with open_reactions(settings, str(settings.database_url), clock=FixedClock(NOON)) as context:
        yield context


def send(context: ReactionContext, *commands: Command) -> int:
    """Hand commands over, none of which is refused; where the log ends then."""
    start = context.log.last_position()
    answers = context.handler.handle_many([(c, f"test {start} {n}") for n, c in enumerate(commands)])
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
    return context.log.last_position()


async def project(settings: Settings) -> int:
    """Take the log into every table, as the projector does."""
    with EventLog(str(settings.database_url), pool_size=1) as log:
        end = log.last_position()
    for projection in BY_NAME.values():
        engine = LiveEngine(projection, settings, str(settings.database_url))
        await engine.catch_up(end)
        await engine.close()
    return end


@asynccontextmanager
async def reacting(settings: Settings, context: ReactionContext) -> AsyncGenerator[Reactions]:
    """The reactions at work, with the inbox open."""
    reactions = Reactions(context, Servers(str(settings.database_url), str(settings.nats_url)))
    stop = asyncio.Event()
    task = asyncio.create_task(reactions.run(stop))
    try:
        await until(lambda: reactions.health()[0].doing != "starting", within_seconds=30)
        yield reactions
    finally:
        stop.set()
        await asyncio.wait_for(task, 30)
        context.stopping.clear()


async def followed(settings: Settings, position: int) -> None:
    """Wait until every reaction has followed the log so far."""

    def everything() -> bool:
        with psycopg.connect(str(settings.database_url)) as connection:
            rows = connection.execute("SELECT position FROM reactions.positions").fetchall()
        return len(rows) == 3 and all(row[0] >= position for row in rows)

    await until(everything, within_seconds=30)


def facts(settings: Settings, *kinds: type[Event]) -> list[Any]:
    """The facts of these kinds in the log, in order."""
    with EventLog(str(settings.database_url), pool_size=1) as log:
        events = [decode(event.topic, event.state) for event in log.read(0, 1_000_000)]
    return [event for event in events if isinstance(event, kinds)]


def kept(settings: Settings) -> list[tuple[str, str, str]]:
    """What was put aside: source, key, reason."""
    with psycopg.connect(str(settings.database_url)) as connection:
        return connection.execute(
            "SELECT source, key, reason FROM reactions.kept_aside ORDER BY at"
        ).fetchall()


async def publish(settings: Settings, messages: Sequence[tuple[bytes, dict[str, str]]]) -> None:
    """As an inventory service does that knows nothing of JetStream."""
    client = await connect(settings, str(settings.nats_url), name="inventory", role=NatsRole.OPS)
    try:
        for body, headers in messages:
            await client.publish("inventory.stock.arrived", body, headers=headers or None)
        await client.flush()
    finally:
        await client.close()


async def answered(settings: Settings, count: int) -> list[tuple[dict[str, str], dict[str, Any]]]:
    """What the inventory service, which was away meanwhile, is answered: headers and content."""
    client = await connect(settings, str(settings.nats_url), name="inventory", role=NatsRole.OPS)
    try:
        subscription = await client.jetstream().pull_subscribe_bind("inventory", ANSWERS)
        told: list[tuple[dict[str, str], dict[str, Any]]] = []
        while len(told) < count:
            for message in await subscription.fetch(count, timeout=30):
                told.append((message.headers or {}, msgspec.json.decode(message.data)))
                await message.ack()
        return told
    finally:
        await client.close()


def arrival(number: int = 1, sku: str = "SH1") -> RecordStockArrival:
    return RecordStockArrival(
        arrival_id=f"arr_{number:032x}",
        store_id="downtown",
        items=(ArrivingItem(sku=sku, size="9"),),
        occurred_at=NOON,
    )

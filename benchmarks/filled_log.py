"""A log of made-up shop history, as large as asked for, written by COPY: what relay and projector are
measured on.
"""

import datetime
from collections.abc import Iterator

import psycopg

from domain.commission_account.events import CommissionEarned, EarnedLine
from domain.customer.events import CustomerRegistered, NoteAdded, OwnerAssigned, TasteRecorded
from domain.heroic_act.events import HeroicActReported, HeroicActVerified
from domain.ids import derived_id
from domain.messages import Event
from domain.sale.events import Band, Credit, SaleRecorded, SoldLine
from infra.event_store.codec import CODEC
from infra.event_store.log import EventLog

START = datetime.datetime(2024, 1, 2, 9, tzinfo=datetime.UTC)
DEPARTMENTS = ("shoes", "men", "women", "home", "beauty")
ASSOCIATES = 200
#: Of ten events about a customer's visit four are sales and four the commission they earned.
EVENTS_PER_CUSTOMER = 12

_COPY = (
    "COPY stored_events (originator_id, originator_version, topic, state, customer_id) "
    "FROM STDIN WITH (FORMAT BINARY)"
)
_TYPES = ("text", "int8", "text", "bytea", "text")


def fill(database_url: str, events: int) -> None:
    """Write `events` events about customers who come back again and again, their visits interleaved."""
    EventLog(database_url, pool_size=1).close()
    versions: dict[str, int] = {}
    with (
        psycopg.connect(database_url) as connection,
        connection.cursor() as cursor,
        cursor.copy(_COPY) as copy,
    ):
        copy.set_types(_TYPES)
        for _, event in zip(range(events), history(events), strict=False):
            stream_id = event.stream_id
            version = versions[stream_id] = versions.get(stream_id, 0) + 1
            topic, state = CODEC.encode(event)
            copy.write_row((stream_id, version, topic, state, getattr(event, "customer_id", None)))


def history(events: int) -> Iterator[Event]:
    """Events in the order of time; the same for the same number."""
    customers = max(50, events // EVENTS_PER_CUSTOMER)
    for number in range(events):
        customer = number * 7_919 % customers
        yield from visit(customer, number)


def visit(customer: int, number: int) -> Iterator[Event]:
    """What one visit leads to: a sale with its commission, and now and then something about the customer."""
    customer_id = derived_id("cus", str(customer))
    associate_id = derived_id("ass", str(customer % ASSOCIATES))
    at = START + datetime.timedelta(minutes=number)
    if number % 5 == 0:
        yield CustomerRegistered(
            occurred_at=at, customer_id=customer_id, reference=str(customer), store_id="main"
        )
        yield OwnerAssigned(
            occurred_at=at, customer_id=customer_id, associate_id=associate_id, reason="first_sale"
        )
    lines = tuple(_line(number, line_no, associate_id) for line_no in range(1, 2 + number % 4))
    sale_id = derived_id("sal", str(number))
    net_minor = sum(line.net_minor for line in lines)
    yield SaleRecorded(
        occurred_at=at,
        sale_id=sale_id,
        customer_id=customer_id,
        store_id="main",
        currency="USD",
        lines=lines,
        net_minor=net_minor,
    )
    yield CommissionEarned(
        occurred_at=at,
        associate_id=associate_id,
        currency="USD",
        sale_id=sale_id,
        period_id="2024-01",
        sales_minor=net_minor,
        lines=tuple(
            EarnedLine(line.line_no, line.credits[0].bands, line.net_minor * 675 // 10_000) for line in lines
        ),
        amount_minor=sum(line.net_minor * 675 // 10_000 for line in lines),
    )
    if number % 4 == 0:
        yield TasteRecorded(
            occurred_at=at, customer_id=customer_id, kind="label", value=f"Label {number % 50}"
        )
    if number % 6 == 0:
        sealed = f"sealed:v1:{customer_id}:text:{'A' * 80}"
        yield NoteAdded(
            occurred_at=at, customer_id=customer_id, note_id=1, text=sealed, written_by=associate_id
        )
    if number % 20 == 0:
        yield from _heroic_act(number, at, customer_id, associate_id)


def _line(number: int, line_no: int, associate_id: str) -> SoldLine:
    net_minor = 1_999 + 1_000 * ((number + line_no) % 17)
    return SoldLine(
        line_no=line_no,
        sku=f"SKU-{(number * 31 + line_no) % 4_000}",
        description="A very fine thing",
        label=f"Label {(number + line_no) % 50}",
        department=DEPARTMENTS[(number + line_no) % len(DEPARTMENTS)],
        quantity=1,
        unit_price_minor=net_minor,
        net_minor=net_minor,
        credits=(Credit(associate_id, 10_000, 0, (Band(net_minor * 10_000, 675),)),),
    )


def _heroic_act(number: int, at: datetime.datetime, customer_id: str, associate_id: str) -> Iterator[Event]:
    act_id = derived_id("act", str(number))
    yield HeroicActReported(
        occurred_at=at,
        act_id=act_id,
        heroes=(associate_id,),
        customer_id=customer_id,
        kind="delivery",
        story=f"sealed:v1:{customer_id}:story:{'A' * 200}",
        happened_on=at.date(),
    )
    yield HeroicActVerified(
        occurred_at=at,
        act_id=act_id,
        heroes=(associate_id,),
        customer_id=customer_id,
        kind="delivery",
        happened_on=at.date(),
    )

"""The log says how many events ranges of its positions have, and which: the same as a consumer finds."""

import psycopg
import pytest
from psycopg.rows import DictRow, dict_row

from clienteling_events import EventMessage, RangeHash
from domain.customer.commands import AddNote, RegisterCustomer
from infra.clock import SYSTEM_CLOCK
from infra.event_store.handler import CommandHandler
from infra.event_store.log import EventLog, LoggedEvent
from infra.event_store.ranges import EventRange, event_ranges, ranges_between
from infra.settings import Settings
from infra.vault import Vault

NOBODY = "00" * 32


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (1, 1, [(1, 1)]),
        (1, 10_000, [(1, 10_000)]),
        (1, 10_001, [(1, 10_000), (10_001, 10_001)]),
        (10_000, 10_001, [(10_000, 10_000), (10_001, 10_001)]),
        (9_999, 30_000, [(9_999, 10_000), (10_001, 20_000), (20_001, 30_000)]),
    ],
)
def test_ranges_end_at_round_positions_and_where_the_question_ends(
    first: int, last: int, expected: list[tuple[int, int]]
) -> None:
    assert ranges_between(first, last) == expected


def test_the_log_has_the_hash_that_a_consumer_finds(settings: Settings, log: EventLog, vault: Vault) -> None:
    handler = CommandHandler(log, vault, SYSTEM_CLOCK)
    customer = str(handler.handle(RegisterCustomer(name="Zoë"), "register").ids["customer_id"])
    for number in range(5):
        handler.handle(AddNote(customer_id=customer, text=f"§ {number}"), f"note-{number}")
    end = log.last_position()
    at = RangeHash()
    for event in log.read(0, 100):
        at, _ = at.with_event(_message(event))
    expected = at.until(end)
    with psycopg.Connection[DictRow].connect(settings.database_url or "", row_factory=dict_row) as connection:
        assert event_ranges(connection, 1, end) == [
            EventRange(from_=1, to=end, count=expected.count, hash=expected.hash)
        ]
        connection.execute("ALTER SEQUENCE stored_events_notification_id_seq RESTART WITH 30006")
        connection.commit()
        handler.handle(RegisterCustomer(), "far behind")
        later = event_ranges(connection, 1, 30_006)
        assert [(one.count, one.hash == NOBODY) for one in later] == [
            (expected.count, False),
            (0, True),
            (0, True),
            (1, False),
        ]
        connection.execute(
            "UPDATE stored_events SET state = convert_to('{}', 'UTF8') WHERE notification_id = %s", (end,)
        )
        assert event_ranges(connection, 1, 30_006)[0].hash != later[0].hash


def _message(event: LoggedEvent) -> EventMessage:
    return EventMessage(
        position=event.position,
        previous_position=event.previous_position,
        epoch="any",
        version=event.version,
        type=event.topic,
        subject=event.stream_id,
        customer=event.customer_id,
        id="any",
        data=event.state,
    )

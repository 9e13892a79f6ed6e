"""A history that cannot be read stops commands on its own aggregate alone, until the event is left out."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from domain.customer.commands import AddNote, RecordSize, RegisterCustomer
from domain.messages import NotFound, Refused
from infra.event_store.handler import CommandHandler
from infra.event_store.log import EventLog
from infra.event_store.quarantine import leave_out, take_in_again
from infra.event_store.states import HistoryUnreadable
from infra.settings import Settings

POISON = b'{"occurred_at":"never"}'


@pytest.fixture
def customer(handler: CommandHandler) -> str:
    customer_id = str(handler.handle(RegisterCustomer(), "r").ids["customer_id"])
    handler.handle(AddNote(customer_id=customer_id, text="unreadable"), "n1")
    handler.handle(AddNote(customer_id=customer_id, text="behind it"), "n2")
    return customer_id


@pytest.fixture
def execute(settings: Settings) -> Callable[..., Any]:
    def run(statement: str, *parameters: Any) -> Any:
        with psycopg.connect(str(settings.database_url)) as connection:
            cursor = connection.execute(statement.encode(), parameters)
            return cursor.fetchall() if cursor.description else None

    return run


def swap(execute: Callable[..., Any], position: int, state: bytes) -> bytes:
    ((before,),) = execute("SELECT state FROM stored_events WHERE notification_id = %s", position)
    execute("UPDATE stored_events SET state = %s WHERE notification_id = %s", state, position)
    return before


def left_out(settings: Settings, customer: str, position: int) -> None:
    with psycopg.connect(str(settings.database_url)) as connection:
        leave_out(connection, "log", customer, position, "customer.note_added.v1", customer, "unreadable")


def size(customer: str) -> RecordSize:
    return RecordSize(customer_id=customer, kind="shoe", size="38")


def test_the_refusal_names_aggregate_position_and_what_to_do(
    customer: str, execute: Callable[..., Any], another_handler: Callable[[], CommandHandler]
) -> None:
    swap(execute, 2, POISON)
    with pytest.raises(HistoryUnreadable) as refusal:
        another_handler().handle(size(customer), "s")
    assert refusal.value.code == "history_unreadable"
    assert customer in refusal.value.message
    assert "position 2 (customer.note_added.v1)" in refusal.value.message
    assert "`clienteling dead-letters discard log 2`" in refusal.value.message


def test_the_commands_beside_it_share_the_commit(
    customer: str, execute: Callable[..., Any], another_handler: Callable[[], CommandHandler], log: EventLog
) -> None:
    swap(execute, 2, POISON)
    handler = another_handler()
    outcomes = handler.handle_many(
        [
            (RegisterCustomer(), "a"),
            (size(customer), "b"),
            (AddNote(customer_id=customer, text="sealed"), "c"),
            (RegisterCustomer(), "d"),
        ]
    )
    assert [isinstance(outcome, Refused) for outcome in outcomes] == [False, True, True, False]
    assert log.last_position() == 5


def test_a_fact_that_becomes_unreadable_behind_a_remembered_state_is_met_too(
    customer: str,
    handler: CommandHandler,
    execute: Callable[..., Any],
    another_handler: Callable[[], CommandHandler],
) -> None:
    another_handler().handle(AddNote(customer_id=customer, text="from elsewhere"), "n3")
    swap(execute, 4, POISON)
    with pytest.raises(HistoryUnreadable):
        handler.handle(size(customer), "s")


def test_once_it_is_left_out_commands_work_without_it_and_the_version_counts(
    customer: str,
    execute: Callable[..., Any],
    another_handler: Callable[[], CommandHandler],
    settings: Settings,
    log: EventLog,
) -> None:
    swap(execute, 2, POISON)
    handler = another_handler()
    with pytest.raises(HistoryUnreadable):
        handler.handle(size(customer), "s")
    left_out(settings, customer, 2)
    # The same process, which has met it: nothing has to be started anew.
    handler.handle(size(customer), "s")
    assert [event.version for event in log.read_stream(customer)] == [1, 2, 3, 4]


def test_taken_in_again_it_is_part_of_the_state_in_every_process(
    handler: CommandHandler, settings: Settings
) -> None:
    customer = str(handler.handle(RegisterCustomer(), "r").ids["customer_id"])
    left_out(settings, customer, 1)
    with pytest.raises(NotFound):
        handler.handle(size(customer), "s1")
    with psycopg.connect(str(settings.database_url)) as connection:
        assert take_in_again(connection, "log", customer) == 1
    handler.handle(size(customer), "s2")
    handler.handle(size(customer), "s3")

"""A first command on a long history reads the snapshot and what came after: never anything but what the log
says.
"""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

import domain.paged_map as paged_map
import infra.event_store.snapshots as snapshots
from domain.customer.commands import (
    AddNote,
    CompleteFollowUp,
    ForgetCustomer,
    PlanFollowUp,
    RegisterCustomer,
    ReopenFollowUp,
)
from domain.customer.events import NoteAdded
from domain.customer.state import CustomerState
from domain.evolve import state_of
from domain.messages import Refused
from infra.clock import SYSTEM_CLOCK
from infra.event_store.codec import UndecodableEvent, decode
from infra.event_store.epoch import begin_epoch
from infra.event_store.handler import CommandHandler
from infra.event_store.log import EventLog
from infra.event_store.mapper import Record
from infra.event_store.quarantine import leave_out, take_in_again
from infra.event_store.states import HistoryUnreadable, States
from infra.settings import Settings

POISON = b'{"occurred_at":"never"}'
Execute = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture(autouse=True)
def _short_histories(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "SNAPSHOT_EVENTS", 5)
    monkeypatch.setattr(paged_map, "PAGE_ITEMS_MAX", 2)


@pytest.fixture
def execute(settings: Settings) -> Execute:
    def run(statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(str(settings.database_url)) as connection:
            cursor = connection.execute(statement.encode(), parameters)
            return cursor.fetchall() if cursor.description else []

    return run


@pytest.fixture
def customer(handler: CommandHandler) -> str:
    """Registered, and promised six things that were done: thirteen events, and a snapshot of ten."""
    customer_id = str(handler.handle(RegisterCustomer(), "r").ids["customer_id"])
    promised(handler, customer_id, range(1, 7))
    return customer_id


def promised(handler: CommandHandler, customer_id: str, numbers: range) -> None:
    day = SYSTEM_CLOCK.now().date()
    for number in numbers:
        handler.handle(PlanFollowUp(customer_id=customer_id, due_on=day, reason="a"), f"p{number}")
        handler.handle(CompleteFollowUp(customer_id=customer_id, follow_up_id=number), f"c{number}")


def reopen(customer_id: str, number: int) -> ReopenFollowUp:
    return ReopenFollowUp(customer_id=customer_id, follow_up_id=number)


def poisoned(execute: Execute, customer_id: str, version: int = 1) -> None:
    """Whoever reads this event fails: so it is seen what was read."""
    execute(
        "UPDATE stored_events SET state = %s WHERE originator_id = %s AND originator_version = %s",
        POISON,
        customer_id,
        version,
    )


def known(log: EventLog, customer_id: str) -> tuple[int, CustomerState]:
    """Version and state as a new process finds them."""
    return States(log, 10).get(customer_id)


def replayed(log: EventLog, customer_id: str, but_for: int = 0) -> CustomerState:
    facts = [fact for fact in log.read_stream(customer_id) if fact.position != but_for]
    events = [decode(fact.topic, fact.state) for fact in facts]
    return state_of(event for event in events if event is not None)


def saved(execute: Execute) -> list[int]:
    return [version for (version,) in execute("SELECT version FROM snapshots ORDER BY version")]


def test_a_first_command_reads_the_snapshot_and_the_events_after_it(
    customer: str, log: EventLog, execute: Execute, another_handler: Callable[[], CommandHandler]
) -> None:
    whole = replayed(log, customer)
    poisoned(execute, customer, 9)
    assert saved(execute) == [10]
    assert known(log, customer) == (13, whole)
    another_handler().handle(reopen(customer, 1), "again")
    assert log.read_stream(customer)[-1].version == 14


def test_a_page_is_read_when_a_decision_needs_it(customer: str, log: EventLog, execute: Execute) -> None:
    _, state = known(log, customer)
    poisoned(execute, customer)
    execute("UPDATE snapshot_pages SET items = 'junk'")
    assert state.follow_ups == 6
    # What is in the table is not what its digest says, and the log cannot be read for it.
    with pytest.raises(UndecodableEvent):
        _ = state.completed[1]


@pytest.mark.parametrize("tables", ["snapshots, snapshot_pages", "snapshots", "snapshot_pages"])
def test_the_tables_rows_can_be_deleted_at_any_time(
    customer: str,
    handler: CommandHandler,
    log: EventLog,
    execute: Execute,
    another_handler: Callable[[], CommandHandler],
    tables: str,
) -> None:
    _, before = known(log, customer)
    execute(f"TRUNCATE {tables}")
    assert before == replayed(log, customer)
    another = another_handler()
    another.handle(reopen(customer, 1), "again")
    promised(another, customer, range(7, 10))
    assert saved(execute)[-1:] == [20]
    poisoned(execute, customer)
    assert known(log, customer)[1].completed.keys() == {2, 3, 4, 5, 6, 7, 8, 9}


def test_a_snapshot_by_other_code_is_passed_over(customer: str, log: EventLog, execute: Execute) -> None:
    execute("UPDATE snapshots SET code_digest = 'another', state = 'of another shape'")
    assert known(log, customer) == (13, replayed(log, customer))
    # The whole history was read, and is saved as this code has it.
    poisoned(execute, customer)
    assert known(log, customer)[0] == 13


@pytest.mark.parametrize("damaged", ["''", "'no state'", "substr(state, 1, length(state) - 1)", "'\\xc0'"])
def test_a_snapshot_that_is_no_state_is_passed_over(
    customer: str, log: EventLog, execute: Execute, damaged: str
) -> None:
    execute(f"UPDATE snapshots SET state = {damaged}")
    assert known(log, customer) == (13, replayed(log, customer))


@pytest.mark.parametrize(("version", "end"), [(4, 5), (9, 10), (4, 12)])
def test_a_snapshot_is_passed_over_where_the_log_was_set_back(
    customer: str, log: EventLog, execute: Execute, version: int, end: int
) -> None:
    execute("DELETE FROM stored_events WHERE originator_version > %s", version)
    execute("TRUNCATE idempotency_keys")
    execute("SELECT setval(pg_get_serial_sequence('stored_events', 'notification_id'), %s)", version)
    # The event at the snapshot's version and position is another one, if any.
    note = NoteAdded(occurred_at=SYSTEM_CLOCK.now(), customer_id=customer, note_id=1, text="sealed")
    log.append([Record(customer, behind, note) for behind in range(version + 1, end + 1)])
    assert known(log, customer) == (end, replayed(log, customer))


def test_a_new_epoch_drops_the_snapshots_of_what_was_lost(
    customer: str, settings: Settings, execute: Execute
) -> None:
    with psycopg.connect(str(settings.database_url)) as connection:
        begin_epoch(connection, 10)
        assert saved(execute) == [10]
        begin_epoch(connection, 9)
    assert saved(execute) == []


def test_events_that_are_left_out_and_taken_in_again_are_so_in_the_state(
    customer: str, log: EventLog, settings: Settings
) -> None:
    position = log.read_stream(customer)[2].position
    with psycopg.connect(str(settings.database_url)) as connection:
        leave_out(connection, "log", customer, position, "t", customer, "unreadable")
    without = replayed(log, customer, position)
    assert known(log, customer) == known(log, customer) == (13, without)
    assert 1 in without.open_follow_ups
    with psycopg.connect(str(settings.database_url)) as connection:
        take_in_again(connection, "log", customer)
    assert known(log, customer) == (13, replayed(log, customer))


def test_a_state_that_was_made_before_an_event_was_left_out_is_not_saved(
    customer: str, log: EventLog, settings: Settings, execute: Execute
) -> None:
    states = States(log, 10)
    with psycopg.connect(str(settings.database_url)) as connection:
        leave_out(connection, "log", customer, 3, "t", customer, "unreadable")
    execute("TRUNCATE snapshots")
    states.load([customer])
    assert saved(execute) == []


def test_who_was_forgotten_stays_so_and_snapshots_say_nothing_of_them(
    handler: CommandHandler, log: EventLog, execute: Execute, another_handler: Callable[[], CommandHandler]
) -> None:
    customer_id = str(handler.handle(RegisterCustomer(name="Ada Lovelace"), "r").ids["customer_id"])
    for number in range(5):
        handler.handle(AddNote(customer_id=customer_id, text="Analytical"), f"n{number}")
    handler.handle(ForgetCustomer(customer_id=customer_id), "f")
    assert saved(execute) == [5]
    stored = execute("SELECT state FROM snapshots UNION ALL SELECT items FROM snapshot_pages")
    assert not any(word in bytes(one) for (one,) in stored for word in (b"Ada", b"Analytical"))
    with pytest.raises(Refused, match="forgotten"):
        another_handler().handle(AddNote(customer_id=customer_id, text="again"), "again")


def test_a_command_succeeds_whose_snapshot_cannot_be_saved(
    customer: str, handler: CommandHandler, log: EventLog, execute: Execute
) -> None:
    execute("ALTER TABLE snapshot_pages ADD CONSTRAINT full_disk CHECK (items = '') NOT VALID")
    promised(handler, customer, range(7, 10))
    assert known(log, customer) == (19, replayed(log, customer))
    # Not half of it either.
    assert saved(execute) == [10]


def test_what_a_release_without_snapshots_has_written_is_read_behind_them(
    customer: str, log: EventLog, execute: Execute
) -> None:
    note = NoteAdded(occurred_at=SYSTEM_CLOCK.now(), customer_id=customer, note_id=1, text="sealed")
    log.append([Record(customer, version, note) for version in range(14, 26)])
    assert known(log, customer) == (25, replayed(log, customer))
    assert saved(execute) == [25]


def test_a_state_keeps_the_pages_that_another_process_has_replaced(
    customer: str, handler: CommandHandler, log: EventLog, execute: Execute
) -> None:
    _, before = known(log, customer)
    whole = replayed(log, customer)
    for number in range(1, 4):
        handler.handle(reopen(customer, number), f"o{number}")
    promised(handler, customer, range(7, 10))
    execute("UPDATE snapshot_pages SET dropped_at = dropped_at - interval '2 days'")
    promised(handler, customer, range(10, 13))
    assert execute("SELECT count(*) FROM snapshot_pages WHERE dropped_at < now() - interval '1 day'") == [
        (0,)
    ]
    assert before == whole


def test_a_history_that_cannot_be_read_is_not_saved(customer: str, log: EventLog, execute: Execute) -> None:
    execute("TRUNCATE snapshots")
    poisoned(execute, customer, 12)
    with pytest.raises(HistoryUnreadable):
        known(log, customer)
    assert saved(execute) == []

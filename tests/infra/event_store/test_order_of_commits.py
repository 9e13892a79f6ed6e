"""Writers of the log take turns with each other, and with nobody else."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from domain.customer.events import CustomerRegistered
from infra.clock import SYSTEM_CLOCK
from infra.event_store.log import EventLog
from infra.event_store.mapper import Record
from infra.ids import new_id

DEADLINE_SECONDS = 30
#: As a writer of an older release appends.
OLDER = (
    "LOCK TABLE stored_events IN EXCLUSIVE MODE",
    "INSERT INTO stored_events (originator_id, originator_version, topic, state) "
    "VALUES ('cus_older', 1, 'customer.registered.v1', '{}')",
)
WAITERS = (
    "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database "
    "WHERE NOT granted AND datname = current_database()"
)


@pytest.fixture
def log(database_url: str) -> Iterator[EventLog]:
    with EventLog(database_url) as opened:
        yield opened


@pytest.fixture
def beside() -> Iterator[Callable[[Callable[[], Any]], "Future[Any]"]]:
    with ThreadPoolExecutor(4) as threads:
        yield threads.submit


def registered() -> list[Record]:
    customer_id = new_id("cus")
    event = CustomerRegistered(occurred_at=SYSTEM_CLOCK.now(), customer_id=customer_id)
    return [Record(customer_id, 1, event)]


def wait_for_a_waiter(database_url: str) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    with psycopg.connect(database_url, autocommit=True) as connection:
        while connection.execute(WAITERS).fetchone() == (0,):
            assert time.monotonic() < deadline, "nobody waits"
            time.sleep(0.005)


@pytest.mark.parametrize("table", ["stored_events", "idempotency_keys", "event_tags"])
def test_a_commit_waits_for_no_vacuum_analyze_or_index_that_is_being_built(
    log: EventLog, database_url: str, table: str, beside: Callable[..., "Future[Any]"]
):
    with psycopg.connect(database_url) as maintenance:
        # All three hold this lock for as long as they take.
        maintenance.execute(f"LOCK TABLE {table} IN SHARE UPDATE EXCLUSIVE MODE".encode())
        appended = beside(lambda: log.append(registered()))
        assert appended.result(DEADLINE_SECONDS) == [1]


def test_writers_take_turns_until_their_commit(
    log: EventLog, database_url: str, beside: Callable[..., "Future[Any]"]
):
    with ThreadPoolExecutor(1) as threads:
        second: list[Future[list[int]]] = []

        def while_the_first_writes(_: Any) -> None:
            second.append(threads.submit(lambda: log.append(registered())))
            wait_for_a_waiter(database_url)

        assert log.append(registered(), in_commit=[while_the_first_writes]) == [1]
        assert second[0].result(DEADLINE_SECONDS) == [2]


def test_a_writer_of_an_older_release_has_its_turn_too(
    log: EventLog, database_url: str, beside: Callable[..., "Future[Any]"]
):
    with psycopg.connect(database_url) as older:
        for statement in OLDER:
            older.execute(statement.encode())
        appended = beside(lambda: log.append(registered()))
        wait_for_a_waiter(database_url)
        older.commit()
        assert appended.result(DEADLINE_SECONDS) == [2]
    waited: list[Future[Any]] = []

    def older_while_we_write(connection: Any) -> None:
        # As each INSERT does.
        connection.execute("LOCK TABLE stored_events IN ROW EXCLUSIVE MODE")
        waited.append(beside(lambda: lock_as_older(database_url)))
        wait_for_a_waiter(database_url)

    assert log.append(registered(), in_commit=[older_while_we_write]) == [3]
    assert waited[0].result(DEADLINE_SECONDS) == 3


def lock_as_older(database_url: str) -> int:
    """The end of the log as a writer of an older release sees it in its turn."""
    with psycopg.connect(database_url) as older:
        older.execute(OLDER[0].encode())
        ((end,),) = older.execute("SELECT max(notification_id) FROM stored_events").fetchall()
    return int(end)

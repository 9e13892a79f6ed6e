"""A log that is set back to an earlier moment under a handler that goes on: what it remembers is not decided
on.
"""

from collections.abc import Callable

import pytest
from eventsourcing.persistence import IntegrityError

from domain.customer.commands import AddNote, RegisterCustomer
from infra.event_store.handler import CommandHandler
from infra.event_store.log import EventLog
from infra.event_store.states import HistoryUnreadable, States


def set_back(log: EventLog, position: int) -> None:
    """As a backup that was taken at this position, put back."""
    with log.connection() as connection:
        connection.execute("DELETE FROM stored_events WHERE notification_id > %s", (position,))
        connection.execute("TRUNCATE idempotency_keys")
        connection.execute(
            "SELECT setval(pg_get_serial_sequence('stored_events', 'notification_id'), %s)", (position,)
        )


def registered(handler: CommandHandler, key: str) -> str:
    return str(handler.handle(RegisterCustomer(), key).ids["customer_id"])


def noted(handler: CommandHandler, customer_id: str, *keys: str) -> None:
    for key in keys:
        handler.handle(AddNote(customer_id=customer_id, text=key), key)


@pytest.mark.parametrize(
    "grown", [False, True], ids=["shorter than it was known", "longer than it was known"]
)
def test_no_version_is_written_behind_one_that_the_log_has_lost(
    handler: CommandHandler, another_handler: Callable[[], CommandHandler], log: EventLog, grown: bool
) -> None:
    customer_id = registered(handler, "register")
    noted(handler, customer_id, "one", "two", "three")
    set_back(log, 2)
    if grown:
        other = another_handler()
        stranger = registered(other, "other")
        noted(other, stranger, "a", "b", "c", "d")
    noted(handler, customer_id, "four")
    assert [fact.version for fact in log.read_stream(customer_id)] == [1, 2, 3]


def test_a_log_that_was_emptied_is_begun_anew(handler: CommandHandler, log: EventLog) -> None:
    customer_id = registered(handler, "register")
    noted(handler, customer_id, "one")
    with log.connection() as connection:
        connection.execute("TRUNCATE stored_events RESTART IDENTITY")
        connection.execute("TRUNCATE idempotency_keys")
    with pytest.raises(Exception, match="customer") as refused:
        noted(handler, customer_id, "two")
    assert not isinstance(refused.value, IntegrityError)
    assert log.last_position() == 0


def test_what_is_remembered_stays_while_the_log_only_grows(
    handler: CommandHandler, another_handler: Callable[[], CommandHandler], log: EventLog
) -> None:
    customer_id = registered(handler, "register")
    noted(handler, customer_id, "one")
    states = States(log, 10)
    states.load([customer_id])
    noted(another_handler(), customer_id, "two")
    with log.connection() as connection:
        # Whoever loads the history again cannot read it.
        connection.execute("UPDATE stored_events SET state = '?' WHERE originator_version = 1")
    states.refresh()
    states.refresh()
    assert (states.get(customer_id)[0], states.position) == (3, 3)
    with pytest.raises(HistoryUnreadable):
        States(log, 10).get(customer_id)

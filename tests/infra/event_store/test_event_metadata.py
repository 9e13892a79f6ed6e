"""Event metadata: the log says of each event when it was recorded, by whom, and what it follows from."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg

from domain.customer.commands import AddNote, RegisterCustomer
from infra.event_store.command_context import CommandContext, context_of
from infra.event_store.handler import CommandHandler
from infra.event_store.log import METADATA, LoggedEvent
from infra.event_store.lookups import event_at
from infra.settings import Settings

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
ANNA = CommandContext(actor="usr:anna", role="manager", correlation_id="till-17", traceparent=TRACE)
OLDER_INSERT = (
    "INSERT INTO stored_events (originator_id, originator_version, topic, state, customer_id) "
    "VALUES ('cus_0', 1, 'customer.registered.v1', '{}', NULL) RETURNING notification_id"
)


def at(settings: Settings, position: int) -> LoggedEvent:
    with psycopg.connect(settings.database_url or "") as connection:
        event = event_at(connection, position)
    assert event is not None
    return event


def execute(settings: Settings, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(settings.database_url or "") as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def test_an_event_keeps_who_gave_the_command_and_why(handler: CommandHandler, settings: Settings) -> None:
    before = execute(settings, "SELECT clock_timestamp()")[0][0]
    event = at(settings, handler.handle(RegisterCustomer(), "key 1", ANNA).position)
    assert (event.actor, event.role, event.correlation_id) == ("usr:anna", "manager", "till-17")
    assert (event.causation_id, event.traceparent) == ("key 1", TRACE)
    after = execute(settings, "SELECT clock_timestamp()")[0][0]
    assert event.recorded_at is not None
    assert before <= event.recorded_at <= after


def test_commands_that_share_a_commit_keep_their_own_metadata(
    handler: CommandHandler, settings: Settings
) -> None:
    ben = CommandContext(actor="usr:ben", causation_id="sal_1/1")
    first, second = handler.handle_each([(RegisterCustomer(), "1", ANNA), (RegisterCustomer(), "2", ben)])
    one, other = (at(settings, outcome.position) for outcome in (first, second))  # type: ignore[union-attr]
    assert (one.actor, one.causation_id) == ("usr:anna", "1")
    assert (other.actor, other.causation_id, other.correlation_id) == ("usr:ben", "sal_1/1", None)
    assert one.recorded_at == other.recorded_at


def test_a_key_that_is_answered_again_changes_no_metadata(
    handler: CommandHandler, settings: Settings
) -> None:
    position = handler.handle(RegisterCustomer(), "key", ANNA).position
    before = execute(settings, f"SELECT {METADATA} FROM stored_events")
    again = handler.handle(RegisterCustomer(), "key", context_of("usr:ben"))
    assert (again.replayed, again.position) == (True, position)
    assert execute(settings, f"SELECT {METADATA} FROM stored_events") == before


def test_recorded_at_never_decreases_when_the_clock_is_set_back(
    handler: CommandHandler, settings: Settings
) -> None:
    position = handler.handle(RegisterCustomer(), "1").position
    # The clock was ahead by an hour, and is set back now.
    execute(settings, "UPDATE stored_events SET recorded_at = clock_timestamp() + interval '1 hour'")
    ahead = at(settings, position).recorded_at
    assert at(settings, handler.handle(RegisterCustomer(), "2").position).recorded_at == ahead
    [(older,)] = execute(settings, OLDER_INSERT)
    assert at(settings, older).recorded_at == ahead


def test_recorded_at_follows_the_position_among_several_writers(
    another_handler: Callable[[], CommandHandler], settings: Settings
) -> None:
    handlers = [another_handler() for _ in range(3)]
    customer_id = str(handlers[0].handle(RegisterCustomer(), "register").ids["customer_id"])

    def write(writer: int) -> None:
        for number in range(10):
            handlers[writer].handle(AddNote(customer_id=customer_id, text="note"), f"{writer}-{number}")

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(write, range(3)))
    times = [
        row[0] for row in execute(settings, "SELECT recorded_at FROM stored_events ORDER BY notification_id")
    ]
    assert len(times) == 31
    assert times == sorted(times)


def test_a_release_without_metadata_may_still_write(handler: CommandHandler, settings: Settings) -> None:
    handler.handle(RegisterCustomer(), "first", ANNA)
    [(older,)] = execute(settings, OLDER_INSERT)
    event = at(settings, older)
    assert event.recorded_at is not None
    assert (event.actor, event.correlation_id, event.causation_id) == (None, None, None)
    assert handler.handle(RegisterCustomer(), "behind", ANNA).position == older + 1


def test_what_cannot_be_kept_of_a_request_is_replaced_or_left_out() -> None:
    assert context_of("usr:anna", correlation_id="till-17").correlation_id == "till-17"
    for unfit in (None, "", "two words", "ä", "x" * 129, "\0"):
        assert (context_of("usr:anna", correlation_id=unfit).correlation_id or "").startswith("cor_")
    assert context_of("usr:anna", traceparent=TRACE).traceparent == TRACE
    for malformed in (
        "",
        TRACE[:-1],
        TRACE.upper(),
        "ff" + TRACE[2:],
        TRACE.replace("4bf92f3577b34da6a3ce929d0e0e4736", "0" * 32),
    ):
        assert context_of("usr:anna", traceparent=malformed).traceparent is None

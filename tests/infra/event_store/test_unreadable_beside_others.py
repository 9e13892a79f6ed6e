"""A fact that cannot be read, put into the log by another hand: it concerns commands on its own history
alone.
"""

from collections.abc import Callable

import pytest

from domain.customer.commands import AddNote, RegisterCustomer
from domain.messages import Refused
from infra.event_store.command_results import CommandResult
from infra.event_store.handler import CommandHandler
from infra.event_store.log import EventLog

UNREADABLE = {
    "no JSON": ("customer.note_added.v1", b"{bad json"),
    "a fact of another kind of history": ("pay_period.closed.v1", b""),
}


def registered(handler: CommandHandler, key: str) -> str:
    return str(handler.handle(RegisterCustomer(), key).ids["customer_id"])


def noted(customer_id: str, key: str) -> tuple[AddNote, str]:
    return AddNote(customer_id=customer_id, text=key), key


def poison(log: EventLog, customer_id: str, topic: str, state: bytes) -> None:
    with log.connection() as connection:
        connection.execute(
            "INSERT INTO stored_events (originator_id, originator_version, topic, state, customer_id)"
            " VALUES (%s, 2, %s, %s, %s)",
            (customer_id, topic, state, customer_id),
        )


@pytest.mark.parametrize("remembered", [True, False], ids=["remembered", "loaded afresh"])
@pytest.mark.parametrize(("topic", "state"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_a_fact_that_cannot_be_read_stops_commands_on_its_history_alone(
    handler: CommandHandler,
    another_handler: Callable[[], CommandHandler],
    log: EventLog,
    topic: str,
    state: bytes,
    remembered: bool,
) -> None:
    poisoned, other = registered(handler, "one"), registered(handler, "two")
    poison(log, poisoned, topic, state)
    deciding = handler if remembered else another_handler()
    for turn in ("first", "second"):
        refused, done = deciding.handle_many(
            [noted(poisoned, f"{turn}, poisoned"), noted(other, f"{turn}, other")]
        )
        assert isinstance(refused, Refused)
        assert refused.code == "history_unreadable"
        assert poisoned in refused.message
        assert isinstance(done, CommandResult)
    assert [fact.version for fact in log.read_stream(other)] == [1, 2, 3]
    assert [fact.version for fact in log.read_stream(poisoned)] == [1, 2]

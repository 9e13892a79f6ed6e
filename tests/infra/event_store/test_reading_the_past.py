"""Reading parts of the log: up to a position, and by a tag."""

from datetime import UTC, datetime

import pytest
from eventsourcing.persistence import IntegrityError

from domain.associate.commands import HireAssociate, PayPlan
from domain.customer.commands import AddNote, AssignOwner, ForgetCustomer, ReassignOwner, RegisterCustomer
from domain.customer.events import OwnerAssigned, owner_tag
from infra.event_store.handler import CommandHandler
from infra.event_store.log import TAGGED, EventLog
from infra.event_store.mapper import Record

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NOTE = "customer.note_added.v1"


def customer(number: int) -> str:
    return f"cus_{number:032x}"


def hire(handler: CommandHandler, key: str) -> str:
    plan = PayPlan(currency="USD", base_rate_minor=800, rate_bp=675)
    return str(handler.handle(HireAssociate(store_id="downtown", plan=plan), key).ids["associate_id"])


def register(handler: CommandHandler, number: int) -> str:
    handler.handle(RegisterCustomer(customer_id=customer(number)), f"register-{number}")
    return customer(number)


def test_streams_are_found_by_a_tag_up_to_a_position(handler: CommandHandler, log: EventLog) -> None:
    anna, ben = hire(handler, "anna"), hire(handler, "ben")
    clara, dora = register(handler, 1), register(handler, 2)
    assert log.streams_tagged(owner_tag(anna)) == []
    first = handler.handle(AssignOwner(customer_id=clara, associate_id=anna), "1").position
    handler.handle(AssignOwner(customer_id=dora, associate_id=anna, role="secondary"), "2")
    moved = handler.handle(ReassignOwner(customer_id=clara, associate_id=ben), "3").position
    assert log.streams_tagged(owner_tag(anna)) == [clara, dora]
    assert log.streams_tagged(owner_tag(anna), up_to=first) == [clara]
    assert log.streams_tagged(owner_tag(anna), up_to=first - 1) == []
    assert log.streams_tagged(owner_tag(ben)) == [clara]
    assert log.streams_tagged(owner_tag(ben), up_to=moved - 1) == []


def test_a_tag_is_found_by_an_index(log: EventLog) -> None:
    with log.connection() as connection:
        connection.execute("SET enable_seqscan = off")
        plan = connection.execute("EXPLAIN " + TAGGED, (owner_tag("ass_1"), 2**62)).fetchall()
        connection.execute("RESET enable_seqscan")
    assert "event_tags_pkey" in str(plan)


def test_an_event_that_is_not_written_leaves_no_tag(handler: CommandHandler, log: EventLog) -> None:
    clara = register(handler, 1)
    taken = Record(clara, 1, OwnerAssigned(occurred_at=NOON, customer_id=clara, associate_id="ass_1"))
    with pytest.raises(IntegrityError):
        log.append([taken])
    assert log.streams_tagged(owner_tag("ass_1")) == []


def test_histories_end_at_a_position_but_for_what_counts_whenever_it_came(
    handler: CommandHandler, log: EventLog
) -> None:
    clara = register(handler, 1)
    first = handler.handle(AddNote(customer_id=clara, text="tea"), "1").position
    handler.handle(AddNote(customer_id=clara, text="coffee"), "2")
    handler.handle(ForgetCustomer(customer_id=clara), "3")
    forgotten = "customer.forgotten.v1"

    def topics(**limits: object) -> list[str]:
        found = log.read_customers([clara], [NOTE, forgotten], **limits)  # type: ignore[arg-type]
        return [event.topic for event in found]

    assert topics() == [NOTE, NOTE, forgotten]
    assert topics(up_to=first) == [NOTE]
    assert topics(up_to=first, whenever=[forgotten]) == [NOTE, forgotten]
    assert [event.version for event in log.read_stream(clara, up_to=first)] == [1, 2]


def test_the_last_fact_until_a_position(handler: CommandHandler, log: EventLog) -> None:
    assert log.last_until(2**62) is None
    clara = register(handler, 1)
    position = handler.handle(AddNote(customer_id=clara, text="tea"), "1").position
    for until in (position, position + 10):
        last = log.last_until(until)
        assert last is not None
        assert (last.position, last.topic) == (position, NOTE)
    before = log.last_until(position - 1)
    assert before is not None
    assert before.topic == "customer.registered.v1"

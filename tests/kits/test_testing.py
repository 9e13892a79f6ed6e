"""What the kit gives to consumers' own tests behaves as the house does."""

import sqlite3
from typing import Any

import pytest

from clienteling_events import TYPES, Consumer, EventMessage, Lineage, SqliteStore, decoded
from clienteling_events.testing import FakeLog, golden, golden_types


def test_every_event_has_a_golden_payload_that_decodes() -> None:
    assert golden_types() == sorted(TYPES)
    for event_type in golden_types():
        event = FakeLog().record(event_type)
        assert type(decoded(event)) is TYPES[event_type]
    with pytest.raises(KeyError):
        golden("sale.recorded.v99")


class Till:
    """A consumer as somebody else writes it: the facts of sales, undone when the log is set back."""

    def __init__(self, log: FakeLog) -> None:
        self.facts: dict[int, bytes] = {}
        store = SqliteStore(sqlite3.connect(":memory:", isolation_level=None), "till")
        self.consumer = Consumer(store, log, self.handle, self.set_back)

    async def handle(self, transaction: Any, event: EventMessage) -> None:
        self.facts[event.position] = event.data

    async def set_back(self, transaction: Any, position: int) -> None:
        self.facts = {at: fact for at, fact in self.facts.items() if at <= position}


async def test_what_is_lost_comes_twice_or_was_set_back_is_put_right() -> None:
    log = FakeLog()
    for number in range(6):
        log.record("sale.recorded.v1", b"%d" % number, subject=f"sal_{number}", step=number % 2 + 1)
    till = Till(log)
    await till.consumer.take([*log.stream[:2], log.stream[1], *log.stream[4:]])
    assert till.facts == {event.position: event.data for event in log.log}
    log.set_back(log.log[2].position)
    log.record("sale.recorded.v1", b"anew")
    await till.consumer.take(log.stream)
    assert till.facts == {event.position: event.data for event in log.log}
    assert len(till.facts) == 4
    assert await till.consumer.reconcile() == []


def test_an_event_keeps_its_name_until_it_is_another_one() -> None:
    log = FakeLog()
    kept, lost = log.record("sale.recorded.v1"), log.record("sale.recorded.v1")
    assert (kept.version, lost.version) == (1, 2)
    log.set_back(1)
    again = log.record("sale.recorded.v1")
    assert log.log[0].id == kept.id
    assert (again.position, again.version) == (lost.position, lost.version)
    assert again.id != lost.id
    assert [event.previous_position for event in log.stream] == [0, 1]


async def test_it_answers_what_the_log_answers() -> None:
    log = FakeLog()
    log.record("sale.recorded.v1", step=10_000)
    log.record("sale.recorded.v1")
    assert [(each.from_, each.to, each.count) for each in await log.ranges(1, 10_001)] == [
        (1, 10_000, 1),
        (10_001, 10_001, 1),
    ]
    with pytest.raises(ValueError, match="ends at 10001"):
        await log.ranges(1, 10_002)
    assert [[event.position for event in page] async for page in log.events(10_000, 10_001)] == [[10_001]]
    assert isinstance(await log.lineage(), Lineage)

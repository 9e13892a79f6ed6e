"""Whatever becomes of log and stream while a consumer is there or away, it ends with what the log has."""

import random
from dataclasses import dataclass, field

import msgspec
import pytest

from clienteling_events import (
    Checkpoint,
    Contradiction,
    Epoch,
    EventMessage,
    EventRange,
    Handle,
    Lineage,
    LineageNeeded,
    RangeHash,
    Refill,
    SetBack,
    chained,
    differing,
    next_step,
)
from tests.kits.houses import House

RANGE = 10_000


@dataclass
class Consumer:
    """Folds events as the recipes say; what it has stands and falls with its checkpoint."""

    house: House
    lineage: Lineage = field(init=False)
    checkpoint: Checkpoint = field(init=False)
    facts: dict[int, str] = field(default_factory=dict[int, str])

    def __post_init__(self) -> None:
        self.lineage = Lineage([self.house.epochs[0]])
        self.checkpoint = Checkpoint(epoch=self.house.epochs[0].epoch, position=0)

    def take(self, message: EventMessage) -> None:
        for _ in range(10):
            match next_step(self.checkpoint, message, self.lineage):
                case Handle(checkpoint):
                    self.facts[message.position] = message.subject
                    self.checkpoint = checkpoint
                    return
                case Refill(after, up_to):
                    for missing in self.house.log:
                        if after < missing.position <= up_to:
                            self.take(missing)
                case SetBack(checkpoint):
                    self.facts = {at: fact for at, fact in self.facts.items() if at <= checkpoint.position}
                    self.checkpoint = checkpoint
                case LineageNeeded(epoch):
                    self.lineage = Lineage(list(self.house.epochs))
                    if not self.lineage.knows(epoch):
                        return
                case Contradiction():
                    return
                case _:
                    return
        pytest.fail("it never comes to an end")


@pytest.mark.parametrize("seed", range(150))
def test_a_consumer_that_comes_and_goes_ends_with_what_the_log_has(seed: int) -> None:
    chance = random.Random(seed)
    house = House(chance)
    consumer = Consumer(house)
    for _ in range(12):
        house.record_some(chance.randint(0, 6))
        if chance.random() < 0.4:
            house.restore()
        if chance.random() < 0.2:
            house.refill()
        if chance.random() < 0.6:
            # Redelivered, beginning anywhere, some of it lost, and with what nobody here has written.
            first = chance.randint(0, len(house.stream))
            for message in house.stream[first:]:
                consumer.take(message)
                if chance.random() < 0.1:
                    consumer.take(chance.choice(house.stream))
                if chance.random() < 0.1:
                    consumer.take(msgspec.structs.replace(message, epoch="nobody's"))
    house.record_some(1)
    for message in house.stream:
        consumer.take(message)
    assert consumer.facts == house.facts()
    assert consumer.checkpoint == Checkpoint(epoch=house.epochs[-1].epoch, position=house.log[-1].position)


def test_who_knows_the_last_step_alone_keeps_a_lost_event_after_two_restores() -> None:
    first, second, third = Epoch("e0", 0), Epoch("e1", 100), Epoch("e2", 110)
    whole, last_step = Lineage([first, second, third]), Lineage([first, third])
    assert whole.common_position("e0", 120) == 100
    assert last_step.common_position("e0", 120) == 110


def test_a_forged_event_that_was_believed_is_found_by_its_range() -> None:
    house = House(random.Random(1))
    house.record_some(40)
    forged = msgspec.structs.replace(house.log[20], data=b"a forged fact")
    ours = [*house.log[:20], forged, *house.log[21:]]
    assert differing([_range_of(ours)], [_range_of(house.log)]) == [_range_of(house.log)]
    assert differing([_range_of(house.log)], [_range_of(house.log)]) == []


def test_a_hash_that_was_put_aside_is_carried_on() -> None:
    house = House(random.Random(2))
    house.record_some(10)
    hash_ = bytes(32)
    for event in house.log:
        hash_ = chained(hash_, event)
    assert _range_of(house.log).hash == hash_.hex()


def _range_of(events: list[EventMessage]) -> EventRange:
    at = RangeHash()
    for event in events:
        at, ended = at.with_event(event)
        assert ended is None
    return at.until(RANGE)

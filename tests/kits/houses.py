"""A house as its consumers see it: a log that is set back now and then, and its stream, which is refilled."""

from random import Random

from clienteling_events import EventMessage
from clienteling_events.testing import FakeLog


class House(FakeLog):
    """A log whose facts are told by their subjects."""

    def __init__(self, chance: Random, steps: tuple[int, ...] = (1, 1, 1, 2, 5)) -> None:
        super().__init__()
        self.chance = chance
        self.steps = steps
        #: What the stream held before the log was last set back: it may be on its way to a consumer.
        self.before: list[EventMessage] = []
        self.recorded = 0

    def record_some(self, events: int, customers: int = 0) -> None:
        """Facts of so many customers; 0: of none."""
        for _ in range(events):
            self.recorded += 1
            fact = f"fact {self.recorded}"
            customer = f"cus_{self.chance.randrange(customers)}" if customers else None
            # Numbers that were never committed are left out.
            step = self.chance.choice(self.steps)
            self.record("a.happened.v1", fact.encode(), subject=fact, customer=customer, step=step)

    def restore(self) -> None:
        """Set the log back to a moment."""
        self.before = list(self.stream)
        kept = self.chance.randint(0, len(self.log))
        self.set_back(self.log[kept - 1].position if kept else 0)

    def facts(self) -> dict[int, str]:
        return {event.position: event.subject for event in self.log}

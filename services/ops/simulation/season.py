"""A season, day by day: who comes, what is sold, what comes back, whom somebody calls, what is told afterwards."""

from collections.abc import Iterator

from services.importing.pipeline.command_batches import KeyedCommand
from services.ops.simulation.pay import Pay
from services.ops.simulation.returns import Returns


class Season(Pay, Returns):
    """The commands of one season that ends on `last_day`, in order; each with an idempotency key of its own."""

    def commands(self) -> Iterator[KeyedCommand]:
        """The whole season."""
        yield from self._hire()
        for day in range(self.days):
            self.day, self._minute = day, 0.0
            yield from self._calendar()
            yield from self._morning()
            yield from self._visits()
            yield from self._counter()
            yield from self._evening()

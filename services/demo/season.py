"""A season, day by day: visits, sales, returns, contacts, heroic acts, pay."""

from collections.abc import Iterator
from datetime import date

from services.demo.payroll import Payroll
from services.demo.returns import Returns
from services.demo.standards import Standards
from services.importing.pipeline.command_batches import KeyedCommand


class Season(Payroll, Returns, Standards):
    """The commands of one season that ends on `last_day`, in order, each with its idempotency key."""

    def commands(self, today: date | None = None) -> Iterator[KeyedCommand]:
        """Yield the commands of the whole season, and of `today` the pay period that holds it."""
        yield from self._hire()
        yield from self._expect()
        for day in range(self.days):
            self.day, self._minute = day, 0.0
            yield from self._calendar()
            yield from self._morning()
            yield from self._visits()
            yield from self._counter()
            yield from self._evening()
            yield from self._thank()
            yield from self._promise()
            yield from self._call_the_silent()
        if today is not None:
            yield from self._open_until(today)

"""The eventsourcing library as it comes: aggregates saved in threads, two events each. A process of its own.

    python -m benchmarks.stock_saves DATABASE_URL THREADS SECONDS

prints how many saves came per second.
"""

import sys
import threading
import time
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from infra.event_store.log import environment


class Basket(Aggregate):
    """An aggregate with two events."""

    @event("Started")
    def __init__(self, customer: str) -> None:
        self.customer = customer

    @event("Sold")
    def sell(self, sku: str, price_minor: int) -> None:
        """The second event."""
        self.sold = (sku, price_minor)


class StockApplication(Application[UUID]):
    """The library's own application on PostgreSQL."""


def saves_per_second(database_url: str, threads: int, seconds: float) -> float:
    """Saves per second of so many threads that share an application."""
    stock = {**environment(database_url, pool_size=threads), "ORIGINATOR_ID_TYPE": "uuid"}
    application = StockApplication(env=stock)
    saved = [0] * threads
    until = time.monotonic() + seconds

    def save(number: int) -> None:
        while time.monotonic() < until:
            basket = Basket(customer=f"customer {number}")
            basket.sell("SH0101", 10_001)
            application.save(basket)
            saved[number] += 1

    began = time.monotonic()
    running = [threading.Thread(target=save, args=(number,)) for number in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return sum(saved) / (time.monotonic() - began)


if __name__ == "__main__":
    url, count, duration = sys.argv[1:]
    sys.stdout.write(f"{saves_per_second(url, int(count), float(duration))}\n")

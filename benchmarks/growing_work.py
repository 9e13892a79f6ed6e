"""What is done once in a turn of `growth`: sales are committed, published and projected."""

import asyncio
import time
from collections.abc import Callable
from contextlib import ExitStack
from statistics import median
from types import TracebackType
from typing import Final

from benchmarks.customer_lookup import wait_for_index
from benchmarks.grown_house import House
from benchmarks.projector import projected
from benchmarks.relay import relayed
from benchmarks.sale_commands import sale_commands
from benchmarks.sales import SERVER
from benchmarks.server import server
from benchmarks.sizes import Sizes
from infra.embedded import Servers
from infra.event_store.session import open_session
from infra.ids import new_id
from infra.messaging.connection import connect
from infra.messaging.subjects import STREAM
from infra.nats import NatsRole
from infra.postgres import sync_pool
from projections.registry import ALL

TOGETHER: Final = 64


class Work:
    """A context manager that keeps a command handler on a house; everything gives seconds."""

    def __init__(self, house: House, sizes: Sizes) -> None:
        self.house = house
        self._sizes = sizes
        self._url = str(house.settings.database_url)
        self._nats_url = str(house.settings.nats_url)
        self._sales = sale_commands(house.people)
        self._stack = ExitStack()

    def __enter__(self) -> "Work":
        settings = self.house.settings
        pool = self._stack.enter_context(sync_pool(settings, self._url, name="benchmark"))
        self._session = self._stack.enter_context(open_session(settings, self._url, pool))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def sell(self, sales: int) -> None:
        """So many sales in one commit."""
        self._session.handler.handle_many([(next(self._sales), new_id("key")) for _ in range(sales)])

    def warm_up(self) -> None:
        """Everything once, and the index of customers, which a house has made long ago."""
        with server(SERVER, self.house.settings) as port:
            wait_for_index(port)
        self.turn()

    def turn(self) -> dict[str, float]:
        """Seconds of each kind of work."""
        alone = [timed(lambda: self.sell(1)) for _ in range(self._sizes.growth_sales)]
        together = [timed(lambda: self.sell(TOGETHER)) for _ in range(self._sizes.growth_sales)]
        taken = {"commit of a sale": median(alone), f"commit of {TOGETHER} sales": median(together)}
        taken["relay publishes them"] = self._relayed()
        taken["all projections take them in"] = self._projected()
        self.sell(1)
        taken["start of the relay until a sale is published"] = self._relayed()
        taken["start of the projector until it is projected"] = self._projected()
        return taken

    def stream_bytes(self) -> int:
        """What the stream takes."""

        async def asked() -> int:
            client = await connect(self.house.settings, self._nats_url, name="bench", role=NatsRole.OPS)
            info = await client.jetstream().stream_info(STREAM)
            await client.close()
            return info.state.bytes

        return asyncio.run(asked())

    def _relayed(self) -> float:
        end = self._session.log.last_position()
        return end / asyncio.run(relayed(self.house.settings, self._url, end))

    def _projected(self) -> float:
        """Start a projector and stop it when all tables have the end of the log."""
        end = self._session.log.last_position()
        servers = Servers(self._url, self._nats_url)
        return asyncio.run(projected(self.house.settings, servers, ALL, end))


def timed(step: Callable[[], object]) -> float:
    """Seconds that a step takes."""
    began = time.perf_counter()
    step()
    return time.perf_counter() - began

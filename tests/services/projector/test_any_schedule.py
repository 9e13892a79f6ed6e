"""Any schedule of deliveries ends in the same tables: duplicates, batch sizes, losses, late ones, restarts, two at once."""

import asyncio
import dataclasses
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from infra.embedded import EmbeddedServers
from infra.event_store.log import LoggedEvent
from infra.settings import Settings
from services.projector.engine import LiveEngine
from tests.services.projector.controls import (
    NOTEBOOK,
    POISON,
    append,
    checkpoint,
    note,
    prepared,
    tables,
    wish,
)

EVENTS = 40

#: What may happen next: a delivery of events from..to (possibly in reverse), a crash of the engine in the middle of one, a
#: restart, or a turn of a second projector.
deliveries = st.tuples(
    st.sampled_from(["deliver", "crash", "other"]),
    st.integers(0, EVENTS - 1),
    st.integers(1, 15),
    st.booleans(),
)
schedules = st.lists(
    st.one_of(deliveries, st.tuples(st.just("restart"), st.just(0), st.just(0), st.booleans())), max_size=14
)


def history(poisoned: bool) -> list[Any]:
    records: list[Any] = []
    versions: dict[int, int] = {}
    for n in range(EVENTS):
        number = n * n % 5
        version = versions[number] = versions.get(number, 0) + 1
        poison = POISON if poisoned and n in {13, 21} else None
        records.append(wish(number, version) if n % 6 == 5 else note(number, version, poison))
    return records


class Crash(Exception):
    """The process dies before its commit."""


class Fixed:
    """One log and, per kind of history, the tables of an undisturbed run; made once, for all examples."""

    def __init__(self, settings: Settings, fresh_database, poisoned: bool) -> None:
        self.url = fresh_database()
        self.settings = dataclasses.replace(settings, database_url=self.url, projector_batch_events_max=9)
        self.events = append(prepared(self.settings), history(poisoned))
        self.expected = asyncio.run(self.undisturbed())

    async def undisturbed(self) -> dict[str, Any]:
        engine = LiveEngine(NOTEBOOK, self.settings, self.url)
        await engine.take(self.events)
        await engine.close()
        return tables(self.url)

    async def after(self, schedule, kept_max: int) -> dict[str, Any]:
        await self.empty()
        some = dataclasses.replace(self.settings, projector_states_kept_max=kept_max)
        engine, other = (LiveEngine(NOTEBOOK, some, self.url) for _ in range(2))
        for what, start, size, backwards in schedule:
            batch = self.events[start : start + size]
            batch = list(reversed(batch)) if backwards else batch
            if what == "deliver":
                await engine.take(batch)
            elif what == "other":
                await other.take(batch)
            elif what == "crash":
                await self.crash(engine, batch)
            else:
                await engine.close()
                engine = LiveEngine(NOTEBOOK, some, self.url)
        await engine.take(self.events[-1:])
        await engine.close()
        await other.close()
        assert checkpoint(self.url) == self.events[-1].position
        return tables(self.url)

    async def crash(self, engine: LiveEngine, batch: list[LoggedEvent]) -> None:
        # Whatever has been written of the run is rolled back with the connection, in the last moment before the commit.
        real = engine.status.parked

        def dies(_: int) -> None:
            raise Crash

        engine.status.parked = dies  # type: ignore[method-assign]
        try:
            await engine.take(batch)
        except Crash:
            pass
        finally:
            engine.status.parked = real  # type: ignore[method-assign]

    async def empty(self) -> None:
        async with await psycopg.AsyncConnection.connect(self.url) as connection:
            await connection.execute(
                "TRUNCATE projections.notebook_g1, projections.notebook_g1_lines, projections.parked"
            )
            await connection.execute(
                "UPDATE projections.generations SET position = 0, revision = revision + 1"
            )


@pytest.mark.parametrize("poisoned", [False, True])
@pytest.mark.timeout(300)
def test_any_schedule_ends_in_the_tables_of_an_undisturbed_run(
    servers: EmbeddedServers, settings: Settings, fresh_database, poisoned: bool
):
    fixed = Fixed(settings, fresh_database, poisoned)

    @examples(
        max_examples=40,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )
    @given(schedule=schedules, kept_max=st.sampled_from([0, 2, 1_000]))
    def holds(schedule, kept_max):
        assert asyncio.run(fixed.after(schedule, kept_max)) == fixed.expected

    holds()

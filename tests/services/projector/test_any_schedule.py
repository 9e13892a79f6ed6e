"""Any schedule ends in the same tables: losses, delays, crashes, switches and forgeries, with two projectors
of one projection.
"""

import asyncio
import dataclasses
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as examples
from hypothesis import strategies as st

import services.projector.consumer as consuming
from infra.settings import Settings
from projections.kernel import Projection
from services.projector.engine import LiveEngine
from services.projector.spot_check.key_comparison import KeyComparison
from services.projector.state_cache import StateCache
from tests.services.projector.histories import PROJECTIONS, History
from tests.services.projector.schedules import Faults, House, Step, schedules

pytestmark = pytest.mark.timeout(3_600)


class Schedules:
    """Runs schedules on one history, each from the beginning, and holds the tables at every step against an
    undisturbed run's.

    `expected`: by projection and position, what the tables hold when they stand there.
    """

    def __init__(self, history: History, faults: Faults) -> None:
        self.history, self._faults = history, faults
        self.expected = {
            name: asyncio.run(self._undisturbed(projection)) for name, projection in PROJECTIONS.items()
        }
        self.run = 0

    async def _undisturbed(self, projection: Projection[Any]) -> dict[int, Any]:
        engine = LiveEngine(projection, self.history.settings, self.history.url)
        found = {0: self.history.tables(projection)}
        for position in range(1, self.history.end + 1):
            await engine.catch_up(position)
            found[position] = self.history.tables(projection)
        await engine.close()
        return found

    def hold(self, name: str, schedule: list[Step], kept_max: int) -> None:
        """Run a schedule on a projection.

        Raises AssertionError when its tables are not the fold of the log then.
        """
        self.run += 1
        projection, history = PROJECTIONS[name], self.history
        history.begin_anew(projection)
        some = dataclasses.replace(history.settings, projector_states_kept_max=kept_max)
        house = House(projection, some, history.epoch, history, self._faults)

        def look() -> None:
            assert history.tables(projection) == self.expected[name][history.checkpoint(projection)]

        asyncio.run(house.run(schedule, look))
        look()
        assert history.checkpoint(projection) == history.end
        if name == "commission_ledger":
            assert history.money_of_readers() == history.money_of_events()


@contextmanager
def begun(settings: Settings, monkeypatch: pytest.MonkeyPatch, *, poisoned: bool) -> Generator[Schedules]:
    """Schedules on a history without or with poison, of which batches of nine events are folded."""
    monkeypatch.setattr(consuming, "PAUSED_SECONDS", 0.01)
    quick = dataclasses.replace(settings, projector_batch_events_max=9, projector_retry_seconds=0.05)
    faults = Faults()
    faults.install(monkeypatch)
    history = History(quick, poisoned=poisoned)
    yield Schedules(history, faults)
    history.connection.close()


@pytest.fixture(params=[False, True], ids=["clean", "poisoned"])
def any_schedule(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Schedules]:
    with begun(settings, monkeypatch, poisoned=request.param) as schedules_of:
        yield schedules_of


@pytest.fixture
def clean(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Schedules]:
    with begun(settings, monkeypatch, poisoned=False) as schedules_of:
        yield schedules_of


def quickly(max_examples: int) -> Any:
    """So many schedules, the same ones each time; with `--hypothesis-profile=thorough` as many others as that
    says.
    """
    thorough = examples.get_current_profile_name() == "thorough"
    return examples(
        max_examples=examples.default.max_examples if thorough else max_examples,  # type: ignore[union-attr]
        deadline=None,
        derandomize=not thorough,
        database=None,
        report_multiple_bugs=False,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )


def test_any_schedule_ends_in_the_tables_of_an_undisturbed_run(any_schedule: Schedules):
    @quickly(100)
    @given(
        name=st.sampled_from(sorted(PROJECTIONS)),
        schedule=schedules(len(any_schedule.history.messages)),
        kept_max=st.sampled_from([0, 2, 1_000]),
    )
    def holds(name: str, schedule: list[Step], kept_max: int) -> None:
        any_schedule.hold(name, schedule, kept_max)

    holds()


def test_undisturbed_tables_are_what_folding_key_by_key_gives(any_schedule: Schedules):
    history, compared = any_schedule.history, 0
    for projection in PROJECTIONS.values():
        comparison = KeyComparison(history.connection, projection, 1)
        for key in sorted(
            {projection.key_of(one.stream_id, one.customer_id) or "" for one in history.events}
        ):
            if any(key == row[0] for row in any_schedule.expected[projection.name][history.end]["parked"]):
                continue
            with history.connection.transaction():
                assert comparison.differences(history.connection, key, up_to=history.end) == []
                compared += 1
    assert compared >= 8


def test_states_kept_at_an_older_revision_would_be_found(clean: Schedules, monkeypatch: pytest.MonkeyPatch):
    """A test of the test: with the fault that was there once, a schedule ends in other tables."""

    def keep(self: StateCache, states: dict[str, Any], *, generation: int, since: int, revision: int) -> None:
        self._at = (generation, since)
        real(self, states, generation=generation, since=since, revision=revision)

    real = StateCache.keep
    monkeypatch.setattr(StateCache, "keep", keep)

    @examples(quickly(500), phases=[Phase.generate])
    @given(schedule=schedules(len(clean.history.messages)))
    def holds(schedule: list[Step]) -> None:
        clean.hold("commission_ledger", schedule, 1_000)

    with pytest.raises(AssertionError, match="rows"):
        holds()

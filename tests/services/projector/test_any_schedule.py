"""Any schedule ends in the same tables: losses, delays, crashes, switches and forgeries, with two projectors
of the same projections.
"""

import asyncio
import dataclasses
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

import services.projector.lane as lane
from infra.settings import Settings
from projections.kernel import Projection
from services.projector.engine import LiveEngine
from services.projector.spot_check.key_comparison import KeyComparison
from services.projector.state_cache import StateCache
from tests.services.projector.histories import LEDGER, PROJECTIONS, History
from tests.services.projector.schedules import Faults, House, Step, schedules

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3_600)]


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

    def hold(
        self,
        schedule: list[Step],
        kept_max: int,
        projections: Sequence[Projection[Any]] = tuple(PROJECTIONS.values()),
    ) -> None:
        """Run a schedule.

        Raises AssertionError when the tables of a projection are not the fold of the log then.
        """
        self.run += 1
        history = self.history
        for projection in projections:
            history.begin_anew(projection)
        some = dataclasses.replace(history.settings, projector_states_kept_max=kept_max)
        house = House(projections, some, history.epoch, history, self._faults)

        def look() -> None:
            for projection in projections:
                expected = self.expected[projection.name]
                assert history.tables(projection) == expected[history.checkpoint(projection)]

        asyncio.run(house.run(schedule, look))
        look()
        assert {history.checkpoint(projection) for projection in projections} == {history.end}
        if LEDGER in projections:
            assert history.money_of_readers() == history.money_of_events()


@contextmanager
def begun(settings: Settings, monkeypatch: pytest.MonkeyPatch, *, poisoned: bool) -> Generator[Schedules]:
    """Schedules on a history without or with poison, of which batches of nine events are folded."""
    monkeypatch.setattr(lane, "PAUSED_SECONDS", 0.01)
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
    @quickly(60)
    @given(
        schedule=schedules(len(any_schedule.history.messages)),
        kept_max=st.sampled_from([0, 2, 1_000]),
    )
    def holds(schedule: list[Step], kept_max: int) -> None:
        any_schedule.hold(schedule, kept_max)

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


def turns(messages: int, at_a_time: int) -> list[Step]:
    """The projectors take some messages in turns, one by one; what one takes never reaches the other."""
    steps: list[Step] = []
    for n in range(messages):
        who = n // at_a_time % 2
        steps += [Step("take", who, 0, 0, 1, False), Step("lose", 1 - who, 0, 0, 1, False)]
    return steps


def test_turns_of_two_projectors_end_in_the_tables_of_an_undisturbed_run(clean: Schedules):
    for at_a_time in (1, 3, 5):
        clean.hold(turns(len(clean.history.messages), at_a_time), 1_000)


def test_states_kept_at_an_older_revision_would_be_found(clean: Schedules, monkeypatch: pytest.MonkeyPatch):
    """A test of the test: with the fault that was there once, a schedule ends in other tables."""

    def keep(self: StateCache, states: dict[str, Any], *, generation: int, since: int, revision: int) -> None:
        self._at = (generation, since)
        real(self, states, generation=generation, since=since, revision=revision)

    real = StateCache.keep
    monkeypatch.setattr(StateCache, "keep", keep)
    with pytest.raises(AssertionError, match="rows"):
        clean.hold(turns(len(clean.history.messages), 3), 1_000, [LEDGER])

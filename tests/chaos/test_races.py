"""A few races, and the check shown what it has to find. `make races` plays as many as you like."""

from collections.abc import Iterator

import pytest

from domain.messages import Refused
from infra.clock import FixedClock
from infra.event_store.command_results import CommandResult
from infra.event_store.log import EventLog
from infra.settings import Settings
from tests.chaos.races.playing import play_races
from tests.chaos.races.replay import NotSerial, Replay
from tests.chaos.races.scenarios import NOW, SCENARIOS
from tests.chaos.races.writers import Outcome, RacingLog
from tests.domain.builders.money_commands import hire_associate

pytestmark = pytest.mark.timeout(300)

BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}


def test_each_rule_that_spans_aggregates_holds_in_a_few_races(settings: Settings):
    tally = play_races(settings, 1, 10 * len(SCENARIOS))
    raced = {ending.partition(":")[0] for ending in tally}
    assert raced == set(BY_NAME)
    assert tally["last unit: more_than_left"] > 0
    assert tally["one key: replayed"] > 0


def test_writers_that_do_not_mind_what_they_have_read_are_found(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    class Careless(RacingLog):
        def append(self, records, results=(), in_commit=(), known=None):  # type: ignore[no-untyped-def]
            self.pass_gate()
            return EventLog.append(self, records, results, in_commit, None)  # type: ignore[arg-type]

    monkeypatch.setattr("tests.chaos.races.writers.RacingLog", Careless)
    with pytest.raises(AssertionError, match="leaver's book"):
        play_races(settings, 1, 300, [BY_NAME["leaver's book"]])


@pytest.fixture
def replay(settings: Settings) -> Iterator[Replay]:
    """Of a log without events."""
    with EventLog(str(settings.database_url)) as log:
        yield Replay(log, FixedClock(NOW))


ANSWERS = {
    "accepted, and nothing is written": CommandResult(ids={}, events=("associate.hired.v1",), position=1),
    "refused without a reason": Refused("already_exists", "There is one."),
    "nothing has changed, although something had to": CommandResult(ids={}, events=(), position=0),
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_that_no_order_of_the_commands_gives_is_found(
    replay: Replay, answer: CommandResult | Refused
):
    with pytest.raises(NotSerial):
        replay.go_on([Outcome(hire_associate(), "k", answer)])

"""Rounds of races."""

import random
from collections import Counter
from collections.abc import Callable, Sequence

from domain.messages import Refused
from infra.clock import FixedClock
from infra.event_store.handler import CommandHandler
from infra.event_store.session import open_session
from infra.postgres import sync_pool
from infra.settings import Settings
from tests.chaos.races.replay import NotSerial, Replay
from tests.chaos.races.scenarios import NOW, SCENARIOS, Names, Scenario
from tests.chaos.races.writers import WRITERS_MAX, Outcome, Writers, racing_writers

#: How many writers a race has: few meet most closely, many of them most often.
SIZES = (2, 2, 2, 3, 3, 4, 4, 6, 8, 12)


class Tally(Counter[str]):
    """How often each scenario had each end."""

    def __str__(self) -> str:
        return "\n".join(f"{count:>9,} {name}" for name, count in sorted(self.items()))


def play_races(
    settings: Settings,
    seed: int,
    rounds: int,
    scenarios: Sequence[Scenario] = SCENARIOS,
    say: Callable[[str], None] = lambda _: None,
) -> Tally:
    """Play so many rounds on a database. Raises NotSerial or AssertionError where one does not hold."""
    url = str(settings.database_url)
    clock = FixedClock(NOW)
    tally = Tally()
    with (
        sync_pool(settings, url, name="races") as pool,
        open_session(settings, url, pool, clock=clock) as session,
        racing_writers(url, session.vault, clock) as writers,
    ):
        replay = Replay(session.log, clock)
        for number in range(seed, seed + rounds):
            rng = random.Random(number)
            scenario = scenarios[number % len(scenarios)]
            try:
                _play(number, rng, scenario, session.handler, writers, replay, tally)
            except AssertionError as error:
                raise type(error)(f"round {number} ({scenario.name}): {error}") from error
            if (number - seed + 1) % 1_000 == 0:
                say(f"{number - seed + 1:,} rounds, {sum(tally.values()):,} commands")
    return tally


def _play(
    number: int,
    rng: random.Random,
    scenario: Scenario,
    handler: CommandHandler,
    writers: Writers,
    replay: Replay,
    tally: Tally,
) -> None:
    names = Names(number)
    before = [(command, f"{number} before {place}") for place, command in enumerate(scenario.before(names))]
    outcomes = [
        Outcome(command, key, answer)
        for (command, key), answer in zip(before, handler.handle_many(before), strict=True)
    ]
    for outcome in outcomes:
        assert not isinstance(outcome.answer, Refused), outcome
    replay.go_on(outcomes)
    size = WRITERS_MAX if rng.random() < 0.01 else rng.choice(SIZES)
    commands = [scenario.draw(names, rng, place) for place in range(size)]
    keys = [f"{number} {0 if scenario.one_key else place}" for place in range(size)]
    raced = writers.race(list(zip(commands, keys, strict=True)), rng)
    events = replay.go_on(raced)
    scenario.check(names, events)
    for outcome in raced:
        tally[f"{scenario.name}: {_end_of(outcome)}"] += 1


def _end_of(outcome: Outcome) -> str:
    answer = outcome.answer
    if isinstance(answer, Refused):
        return answer.code
    if isinstance(answer, Exception):
        raise NotSerial(f"{outcome.key} met other writers every time: {outcome.command}")
    return "replayed" if answer.replayed else "accepted" if answer.events else "no change"

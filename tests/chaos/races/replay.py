"""One decision after the other, in the order of the log: what the writers did must be what this comes to.

The log is one order of all commits. So a command that was accepted must lead to the very events that stand
there when it is decided on all events before them and on no others; one that was refused, or changed nothing,
must have been so at one moment of its race. This holds for every rule, whatever it reads.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from domain.decide import decide
from domain.evolve import evolve
from domain.messages import Command, Event, Refused
from domain.state_reader import StateReader
from infra.clock import Clock
from infra.event_store.codec import decode
from infra.event_store.command_processor import Conflict
from infra.event_store.log import EventLog
from tests.chaos.races.writers import Outcome

READ = 10_000


class NotSerial(AssertionError):
    """The log is none that these commands lead to in any order of theirs."""


class Replay:
    """Everything up to where the log was looked at last."""

    def __init__(self, log: EventLog, clock: Clock) -> None:
        self._log = log
        self._now = clock.now()
        self._position = 0
        self._states: dict[str, Any] = {}
        self._histories: defaultdict[str, list[Event]] = defaultdict(list)

    def go_on(self, outcomes: Sequence[Outcome]) -> list[Event]:
        """Take in what was appended, all of it by these commands; the events. Raises NotSerial."""
        given = {outcome.key: outcome.command for outcome in outcomes}
        expected = [outcome for outcome in outcomes if not _has_written(outcome)]
        events: list[Event] = []
        unexplained = self._explained(expected)
        for key, commit in self._commits():
            if key not in given:
                raise NotSerial(f"nobody sent {key}, which led to {commit}")
            decided = self._decided(given.pop(key))
            if decided != commit:
                raise NotSerial(f"in the order of the log {key} leads to {decided}, and wrote {commit}")
            for event in commit:
                self._states[event.stream_id] = evolve(self._states.get(event.stream_id), event)
                self._histories[event.stream_id].append(event)
            events += commit
            unexplained = self._explained(unexplained)
        for outcome in outcomes:
            if _has_written(outcome) and outcome.key in given:
                raise NotSerial(f"{outcome.key} was accepted and has written nothing: {outcome.command}")
        if unexplained:
            raise NotSerial(f"at no moment was this the answer: {unexplained[0]}")
        return events

    def _commits(self) -> Iterable[tuple[str, list[Event]]]:
        while logged := self._log.read(self._position, READ):
            self._position = logged[-1].position
            for key, group in groupby(logged, key=lambda each: each.causation_id):
                commit = [decode(each.topic, each.state) for each in group]
                yield str(key), [event for event in commit if event is not None]

    def _explained(self, outcomes: Sequence[Outcome]) -> list[Outcome]:
        """Those of them that are still to be explained: now they would be answered otherwise."""
        return [each for each in outcomes if self._decided(each.command) != _answer(each)]

    def _decided(self, command: Command) -> list[Event] | str:
        try:
            return decide(command, StateReader(self._states.get, self._histories.__getitem__), self._now)
        except Refused as refusal:
            return refusal.code


def _has_written(outcome: Outcome) -> bool:
    return not isinstance(outcome.answer, Refused | Conflict) and bool(outcome.answer.events)


def _answer(outcome: Outcome) -> list[Event] | str:
    if isinstance(outcome.answer, Conflict):
        raise NotSerial(f"{outcome.key} met other writers every time: {outcome.command}")
    return outcome.answer.code if isinstance(outcome.answer, Refused) else []

"""A replay of a history in memory, and a whole season as one."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from typing import Any

from domain.associate.events import PayPlanChanged
from domain.commission_account.events import LateHoursRecorded, StatementIssued
from domain.decide import decide
from domain.evolve import evolve
from domain.messages import Command, Event
from domain.state_reader import StateReader
from services.analysis.what_if.alternative_rules import AlternativeRules
from services.analysis.what_if.replay import Replay, revisited_sale_of
from services.demo.season import Season

NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


def replay(events: Iterable[Event], rules: AlternativeRules, *, now: datetime = NOW) -> Replay:
    """The history under other rules, remembering no more than the command line does."""
    history = list(events)
    revisited = frozenset(sale_id for event in history if (sale_id := revisited_sale_of(event)))
    recomputed = frozenset(
        event.associate_id for event in history if isinstance(event, PayPlanChanged) and event.recomputed
    )
    corrected = frozenset(
        event.associate_id
        for event in history
        if isinstance(event, LateHoursRecorded) and event.minutes_before is not None
    )
    done = Replay(rules, now, None if recomputed else revisited, recomputed | corrected)
    for event in history:
        done.apply_event(event)
    return done


def would_be(done: Replay) -> dict[str, StatementIssued]:
    """What would have been paid in each period; for histories of one associate's statements."""
    return {one.would_be.period_id: one.would_be for one in done.statements() if one.would_be is not None}


def played(commands: Iterable[Command], now: datetime) -> Iterator[Event]:
    """The events that follow from commands, one after the other."""
    states: dict[str, Any] = {}
    histories: dict[str, list[Event]] = {}
    reader = StateReader(states.get, lambda stream_id: histories.get(stream_id, []))
    for command in commands:
        for event in decide(command, reader, now):
            states[event.stream_id] = evolve(states.get(event.stream_id), event)
            histories.setdefault(event.stream_id, []).append(event)
            yield event


def a_season(customers: int = 60) -> list[Event]:
    """What a simulated season comes to; names are not sealed, which pay does not care about."""
    season = Season(date(2025, 12, 31), customers=customers)
    return list(played((command for _, command in season.commands()), NOW))

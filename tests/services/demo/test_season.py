"""The simulated shop, decided in memory: nothing is refused, and everything that can follow does."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from domain.commission_account.events import (
    DeficitCarried,
    DeficitRecouped,
    StatementIssued,
    StatementSigned,
)
from domain.customer.events import FollowUpCompleted, FollowUpPlanned, OwnerReassigned, WishFulfilled
from domain.decide import decide
from domain.evolve import evolve
from domain.messages import Event
from domain.pay_period.commands import OpenPayPeriod
from domain.pay_question.events import EntryQuestioned, QuestionAnswered
from domain.state_reader import StateReader
from projections.service_context.fold import PROJECTION as CONTEXT
from projections.service_standards.fold import PROJECTION as STANDARDS
from projections.service_standards.measuring import dues
from projections.service_standards.terms import Terms
from projections.service_terms import Cut, seconds_of
from services.demo.season import Season
from services.demo.standards import EXPECTED
from tests.projections.folding import folded

LAST_DAY = date(2026, 6, 30)
NOW = datetime(2026, 7, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Played:
    """A season, what happened in it, and the states it ended in."""

    season: Season
    facts: list[Event]
    states: dict[str, Any]


@pytest.fixture(scope="module")
def played() -> Played:
    """Everything that happens; a command that were refused would raise."""
    season, facts, states = Season(LAST_DAY), list[Event](), dict[str, Any]()
    world = StateReader(states.get, lambda stream_id: [fact for fact in facts if fact.stream_id == stream_id])
    for _, command in season.commands():
        for event in decide(command, world, NOW):
            states[event.stream_id] = evolve(states.get(event.stream_id), event)
            facts.append(event)
    return Played(season, facts, states)


@pytest.fixture
def facts(played: Played) -> list[Event]:
    return played.facts


def of(facts: list[Event], kind: type[Event]) -> list[Any]:
    return [fact for fact in facts if isinstance(fact, kind)]


def test_it_has_some_twenty_thousand_facts(facts: list[Event]) -> None:
    assert 18_000 < len(facts) < 27_000, Counter(type(fact).__name__ for fact in facts)


def test_the_same_season_is_played_for_everybody() -> None:
    once, again = (list(Season(LAST_DAY, customers=40, days=60).commands()) for _ in range(2))
    assert once == again


def test_questions_about_pay_are_open_and_answered(facts: list[Event]) -> None:
    asked, answered = of(facts, EntryQuestioned), of(facts, QuestionAnswered)
    assert [one.period_id for one in asked] == ["P11", "P12"]
    assert [one.question_id for one in answered] == [asked[0].question_id]
    signed = {one.associate_id for one in of(facts, StatementSigned) if one.period_id == "P11"}
    assert signed
    assert asked[0].associate_id not in signed


@pytest.mark.parametrize("days_later", [1, 14, 40])
def test_a_pay_period_is_open_that_holds_today(days_later: int) -> None:
    today = LAST_DAY + timedelta(days=days_later)
    periods = [
        command
        for _, command in Season(LAST_DAY, customers=10).commands(today)
        if isinstance(command, OpenPayPeriod)
    ]
    assert [one.period_id for one in periods if one.starts_on <= today <= one.ends_on] == [
        periods[-1].period_id
    ]
    assert all((one.occurred_at or NOW).date() <= LAST_DAY for one in periods)


def test_wishes_come_true_after_somebody_called(facts: list[Event]) -> None:
    from_arrivals = [e for e in of(facts, FollowUpPlanned) if e.reason.startswith("Arrived at")]
    told = {(e.customer_id, e.wish_id) for e in from_arrivals}
    fulfilled = {(e.customer_id, e.wish_id) for e in of(facts, WishFulfilled)}
    kept = {(e.customer_id, e.follow_up_id) for e in of(facts, FollowUpCompleted)}
    assert len(told & fulfilled) > 50
    assert len({(e.customer_id, e.follow_up_id) for e in from_arrivals} & kept) > 50


def test_the_shop_keeps_some_of_its_standards_and_misses_others(facts: list[Event]) -> None:
    terms, records = folded(CONTEXT, *facts), folded(STANDARDS, *facts)
    cut = Cut(len(facts), seconds_of(NOW))
    found = dues(records.states.values(), Terms(terms.states.values(), cut))
    statuses = Counter((due.kind, due.status) for due in found)
    for kind in EXPECTED:
        assert statuses[kind, "kept"] > 5, statuses
    for kind in ("thank_you", "promise_kept", "wish_told", "lapsing_reached"):
        assert statuses[kind, "late"] + statuses[kind, "missed"] > 5, statuses


def test_the_leaver_leaves_nobody_behind(played: Played, facts: list[Event]) -> None:
    [leaver] = [associate for associate in played.season.associates if associate.left_on is not None]
    handed = [event for event in of(facts, OwnerReassigned) if event.previous_associate_id == leaver.id]
    assert len(handed) > 20
    assert {event.reason for event in handed} == {"leaver"}
    owners = {state.primary_owner for stream, state in played.states.items() if stream.startswith("cus_")}
    assert leaver.id not in owners


def test_the_season_knows_whose_customers_they_are(played: Played) -> None:
    known = {
        one.id: one.owner.id for one in played.season.customers if one.registered and one.owner is not None
    }
    assert {customer_id: played.states[customer_id].primary_owner for customer_id in known} == known


def test_a_deficit_is_carried_and_recouped(facts: list[Event]) -> None:
    [carried] = of(facts, DeficitCarried)
    [recouped] = [e for e in of(facts, DeficitRecouped) if e.associate_id == carried.associate_id]
    assert recouped.amount_minor == carried.amount_minor > 0
    statements = [s for s in of(facts, StatementIssued) if s.associate_id == carried.associate_id]
    assert [s.owed_after_minor for s in statements if s.owed_after_minor] == [carried.amount_minor]

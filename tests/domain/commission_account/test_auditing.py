"""The audit finds every field of a statement, and every step beside it, that the events do not bear out."""

from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import fields, replace

from domain.associate.commands import DeficitPolicy
from domain.commission_account.auditing import Audit
from domain.commission_account.discrepancies import STEPS, Discrepancy
from domain.commission_account.events import CommissionEarned, DeficitWrittenOff, StatementIssued
from domain.messages import Event
from tests.domain.builders.money_commands import associate_leaves
from tests.domain.builders.money_events import deficit_written_off
from tests.domain.given import Given
from tests.domain.test_worked_numbers import up_to_p4

POLICIES: tuple[DeficitPolicy, ...] = ("forgive", "carry", "recoverable_draw")
#: What a statement only repeats from the command; the others follow from history.
REPEATED = {"occurred_at", "associate_id", "period_id", "scope"}

every_policy = pytest.mark.parametrize("policy", POLICIES)


def audited(events: Sequence[Event]) -> list[Discrepancy]:
    audit = Audit()
    return [one for position, event in enumerate(events, start=1) for one in audit.take(event, position)]


def with_other(events: Sequence[Event], place: int, **changes: Any) -> list[Event]:
    return [*events[:place], replace(events[place], **changes), *events[place + 1 :]]


def places(events: Sequence[Event], *kinds: type[Event]) -> list[int]:
    return [place for place, event in enumerate(events) if isinstance(event, kinds)]


@every_policy
def test_statements_that_history_bears_out_hold(policy: DeficitPolicy) -> None:
    story = up_to_p4(policy)
    assert audited(story.events) == []
    audit = Audit()
    for position, event in enumerate(story.events):
        audit.take(event, position)
    assert audit.statements == len(story.all(StatementIssued)) == 4


@every_policy
def test_any_word_of_a_statement_that_is_off_is_named_with_what_it_should_be(policy: DeficitPolicy) -> None:
    story = up_to_p4(policy)
    (*_, place) = places(story.events, StatementIssued)
    issued: Any = story.events[place]
    for word in {field.name for field in fields(StatementIssued)} - REPEATED:
        said = getattr(issued, word)
        other = {"currency": "EUR", "policy": "?"}.get(word)
        if word in ("starts_on", "ends_on"):
            other = issued.occurred_at.date()
        elif other is None:
            other = (said or 0) + 1
        (found,) = audited(with_other(story.events, place, **{word: other}))
        assert (found.field, found.stored, found.expected) == (word, other, said)
        assert (found.associate_id, found.period_id) == (issued.associate_id, "P4")
        assert (found.account_id, found.fact) == (issued.stream_id, "StatementIssued")
        assert found.position == place + 1


@every_policy
def test_a_wrong_statement_makes_no_later_one_wrong(policy: DeficitPolicy) -> None:
    """What is owed is reckoned from the events, not taken over from the statement before."""
    story = up_to_p4(policy)
    third = places(story.events, StatementIssued)[2]
    issued: Any = story.events[third]
    found = audited(with_other(story.events, third, owed_after_minor=issued.owed_after_minor + 500))
    assert [(one.period_id, one.field) for one in found] == [("P3", "owed_after_minor")]


def test_a_step_with_another_amount_is_found_where_it_stands() -> None:
    for policy in POLICIES:
        story = up_to_p4(policy)
        for place in places(story.events, *STEPS):
            step: Any = story.events[place]
            (found,) = audited(with_other(story.events, place, amount_minor=step.amount_minor + 1))
            assert (found.field, found.stored, found.expected) == (
                "amount_minor",
                step.amount_minor + 1,
                step.amount_minor,
            )
            assert (found.fact, found.position) == (type(step).__name__, place + 1)


def test_a_step_that_is_missing_or_too_many_is_found() -> None:
    story = up_to_p4("carry")
    for place in places(story.events, *STEPS):
        step: Any = story.events[place]
        missing = audited([*story.events[:place], *story.events[place + 1 :]])
        assert [(one.fact, one.stored, one.expected) for one in missing] == [
            (type(step).__name__, None, step.amount_minor)
        ]
        twice = audited([*story.events[: place + 1], *story.events[place:]])
        assert [(one.field, one.stored, one.expected) for one in twice] == [
            ("amount_minor", step.amount_minor, 0)
        ]


def test_a_second_statement_and_one_of_a_period_nobody_opened_are_found() -> None:
    story = up_to_p4("carry")
    (*_, last) = places(story.events, StatementIssued)
    statement: Any = story.events[last]
    for planted in (statement, replace(statement, period_id="P9"), replace(statement, scope="elsewhere")):
        found = audited([*story.events, planted])
        assert [(one.field, one.stored, one.expected) for one in found] == [
            ("period_id", planted.period_id, None)
        ]
    stranger = replace(statement, associate_id="ass_" + "f" * 32)
    assert [one.field for one in audited([*story.events, stranger])] == ["associate_id"]


def test_what_was_earned_is_taken_from_the_lines_and_not_from_their_sum() -> None:
    story = up_to_p4("carry")
    (place, *_) = places(story.events, CommissionEarned)
    earned: Any = story.events[place]
    assert audited(with_other(story.events, place, amount_minor=earned.amount_minor + 1)) == []
    line = replace(earned.lines[0], commission_minor=earned.lines[0].commission_minor + 1)
    found = audited(with_other(story.events, place, lines=(line, *earned.lines[1:])))
    assert {(one.period_id, one.field) for one in found} >= {("P1", "earned_minor"), ("P1", "net_minor")}


def test_what_is_written_off_on_leaving_is_what_was_owed() -> None:
    story = up_to_p4("recoverable_draw")
    (*_, last) = story.all(StatementIssued)
    assert last.owed_after_minor > 0
    told: Given = story.after(
        associate_leaves(left_on=last.ends_on, successors=(), occurred_at=last.occurred_at)
    )
    left = told.events
    (place,) = places(left, DeficitWrittenOff)
    assert audited(left) == []
    (found,) = audited(with_other(left, place, amount_minor=1))
    assert (found.field, found.stored, found.expected) == ("amount_minor", 1, last.owed_after_minor)
    planted = deficit_written_off(period_id=None, amount_minor=5, associate_id=last.associate_id)
    (again,) = audited([*left, planted])
    assert (again.stored, again.expected) == (5, 0)

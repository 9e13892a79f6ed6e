"""Somebody else answers, once: corrected, with the command that did it, or declined with a reason."""

from typing import Any

import pytest
from msgspec.structs import replace

from domain.messages import Event
from tests.domain.builders import money_commands as money
from tests.domain.builders import money_events, questions
from tests.domain.builders.money_commands import ANNA, BEN, CARL, OTHER_SALE
from tests.domain.builders.people_commands import sealed
from tests.domain.builders.questions import AT, OTHER_QUESTION, QUESTION
from tests.domain.given import Given
from tests.domain.pay_question.march import SOLD, STATED, position_of_last

ASKED = SOLD.after(questions.question_entry())
#: The sale turns out to be Ben's: the commission moves from Anna to him.
CORRECTED = ASKED.with_events(
    money_events.commission_moved(),
    money_events.commission_moved(
        associate_id=BEN, sales_minor=10_000, amount_minor=675, counterparties=(ANNA,)
    ),
)


def corrected(story: Given, **changes: Any) -> Any:
    answer = questions.answer_question(
        outcome="corrected", reason=None, correction_position=position_of_last(story)
    )
    return replace(answer, **changes)


def test_declining_says_why_and_closes_the_question() -> None:
    answered = ASKED.when(questions.answer_question())
    assert answered == [questions.question_answered(), questions.question_closed()]


def test_a_correction_is_named_by_the_entry_in_the_account_of_who_asked() -> None:
    answered, closed = CORRECTED.when(corrected(CORRECTED))
    # The command was answered with the position of its last event, Ben's; Anna's entry is the one before.
    assert answered == questions.question_answered(
        outcome="corrected", reason=None, correction_position=position_of_last(CORRECTED) - 1
    )
    assert closed == questions.question_closed()


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"reason": None}, "reason_missing", "reason"),
        ({"correction_position": AT}, "declined_and_corrected", "correction_position"),
        ({"outcome": "corrected"}, "correction_missing", "correction_position"),
        ({"outcome": "corrected", "correction_position": AT}, "not_a_correction", "correction_position"),
        ({"outcome": "corrected", "correction_position": 1}, "not_a_correction", "correction_position"),
        ({"answered_by": ANNA}, "own_question", "answered_by"),
        ({"answered_by": CARL}, "associate_unknown", "answered_by"),
        ({"associate_id": BEN}, "question_unknown", "question_id"),
        ({"question_id": OTHER_QUESTION}, "question_unknown", "question_id"),
    ],
)
def test_what_is_no_answer_is_refused(changes: dict[str, Any], code: str, field: str) -> None:
    refusal = ASKED.refuses(questions.answer_question(**changes))
    assert (refusal.code, refusal.field) == (code, field)


@pytest.mark.parametrize(
    "event",
    [
        money_events.commission_moved(sale_id=OTHER_SALE),
        questions.question_opened(question_id=OTHER_QUESTION, line_no=None),
    ],
)
def test_what_concerns_another_sale_or_no_pay_corrects_nothing(event: Event) -> None:
    story = ASKED.with_events(event)
    assert story.refuses(corrected(story)).code == "not_a_correction"


def test_a_question_is_answered_once() -> None:
    answered = ASKED.after(questions.answer_question())
    refusal = answered.refuses(questions.answer_question(reason=sealed("reason", text="Still Ben.")))
    assert (refusal.code, refusal.field) == ("already_answered", "question_id")
    assert "declined" in refusal.message


def test_hours_put_right_answer_a_question_about_a_statement() -> None:
    asked = STATED.after(
        questions.question_entry(entry_position=None, line_no=None, period_id="2024-03"),
        money.record_hours(recorded_by=BEN),
    )
    answered, _ = asked.when(corrected(asked))
    assert answered.outcome == "corrected"
    assert answered.question_id == QUESTION


def test_questions_and_answers_leave_the_account_as_it_was() -> None:
    def pay(story: Given) -> Any:
        account = story.states.account(ANNA)
        assert account is not None
        return account.in_periods, account.owed_minor, dict(account.stated), account.by_day

    answered = CORRECTED.after(corrected(CORRECTED))
    assert pay(answered) == pay(CORRECTED)
    assert pay(ASKED) == pay(SOLD)

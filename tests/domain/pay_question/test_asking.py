"""An associate questions an entry of their own ledger, or a statement; while it is open, nobody signs."""

from datetime import date
from typing import Any

import pytest

from domain.data_subjects import subjects_of
from domain.messages import NotFound
from tests.domain.builders import money_commands as money
from tests.domain.builders import money_events, questions
from tests.domain.builders.money_commands import ANNA, BEN, CARL, CLARA, OTHER_SALE, SALE
from tests.domain.builders.questions import AT, OTHER_QUESTION, QUESTION
from tests.domain.pay_question.march import SOLD, STATED, position_of_last


def test_a_question_about_an_entry_says_what_the_entry_is_of_and_moves_no_money() -> None:
    asked = SOLD.when(questions.question_entry())
    assert asked == [questions.entry_questioned(), questions.question_opened()]


def test_a_question_about_a_statement_names_its_period() -> None:
    asked = STATED.when(questions.question_entry(entry_position=None, line_no=None, period_id="2024-03"))
    assert asked == [
        questions.entry_questioned(customer_id=None, entry_position=None, line_no=None, sale_id=None),
        questions.question_opened(entry_position=None, line_no=None),
    ]


def test_an_entry_of_a_return_names_return_sale_and_customer() -> None:
    returned = SOLD.with_events(money_events.return_accepted(), money_events.commission_clawed_back())
    asked, _ = returned.when(questions.question_entry(entry_position=position_of_last(returned)))
    assert (asked.sale_id, asked.return_id, asked.customer_id) == (SALE, money.RETURN, CLARA)


def test_hours_are_questioned_like_any_entry() -> None:
    worked = SOLD.after(money.record_hours())
    asked, _ = worked.when(questions.question_entry(entry_position=position_of_last(worked), line_no=None))
    assert (asked.period_id, asked.sale_id) == ("2024-03", None)


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"entry_position": None, "line_no": None}, "names_no_one_thing", "entry_position"),
        ({"period_id": "2024-03"}, "names_no_one_thing", "entry_position"),
        (
            {"entry_position": None, "period_id": "2024-03"},
            "names_no_one_thing",
            "line_no",
        ),
        ({"entry_position": AT + 1}, "entry_unknown", "entry_position"),
        ({"entry_position": 1, "line_no": None}, "entry_unknown", "entry_position"),
        ({"entry_position": 10**9, "line_no": None}, "entry_unknown", "entry_position"),
        ({"line_no": 2}, "line_unknown", "line_no"),
        ({"associate_id": CARL}, "associate_unknown", "associate_id"),
        ({"associate_id": BEN}, "entry_unknown", "entry_position"),
        (
            {"entry_position": None, "line_no": None, "period_id": "2024-04"},
            "statement_unknown",
            "period_id",
        ),
        ({"follows": OTHER_QUESTION}, "question_unknown", "follows"),
    ],
)
def test_a_question_about_nothing_of_theirs_is_refused(
    changes: dict[str, Any], code: str, field: str
) -> None:
    refusal = STATED.refuses(questions.question_entry(**changes))
    assert (refusal.code, refusal.field) == (code, field)


def test_a_statement_that_is_not_issued_cannot_be_questioned_yet() -> None:
    asked = questions.question_entry(entry_position=None, line_no=None, period_id="2024-03")
    refusal = SOLD.refuses(asked)
    assert isinstance(refusal, NotFound)
    assert refusal.code == "statement_unknown"


def test_what_is_open_is_not_asked_a_second_time_and_another_line_is() -> None:
    asked = SOLD.after(questions.question_entry())
    again = questions.question_entry(question_id=OTHER_QUESTION)
    refusal = asked.refuses(again)
    assert (refusal.code, refusal.field) == ("already_asked", "entry_position")
    assert QUESTION in refusal.message
    whole = questions.question_entry(question_id=OTHER_QUESTION, line_no=None)
    assert len(asked.when(whole)) == 2


def test_a_number_that_is_taken_is_refused() -> None:
    asked = SOLD.after(questions.question_entry())
    refusal = asked.refuses(questions.question_entry(line_no=None))
    assert (refusal.code, refusal.field) == ("already_exists", "question_id")


def test_what_was_answered_is_asked_again_and_linked() -> None:
    answered = SOLD.after(questions.question_entry(), questions.answer_question())
    again = questions.question_entry(question_id=OTHER_QUESTION, follows=QUESTION)
    asked, _ = answered.when(again)
    assert asked == questions.entry_questioned(question_id=OTHER_QUESTION, follows=QUESTION)
    elsewhere = answered.refuses(
        questions.question_entry(question_id=OTHER_QUESTION, line_no=None, follows=QUESTION)
    )
    assert (elsewhere.code, elsewhere.field) == ("asks_something_else", "follows")


def test_what_is_open_is_not_followed() -> None:
    asked = SOLD.after(questions.question_entry())
    other = questions.question_entry(question_id=OTHER_QUESTION, line_no=None, follows=QUESTION)
    refusal = asked.refuses(other)
    assert (refusal.code, refusal.field) == ("question_open", "follows")


def test_what_waits_for_its_period_says_for_which_day() -> None:
    waiting = SOLD.with_events(
        money_events.commission_earned(sale_id=OTHER_SALE, period_id=None, waits_for=date(2024, 4, 2))
    )
    asked, opened = waiting.when(
        questions.question_entry(entry_position=position_of_last(waiting), line_no=None)
    )
    assert asked.waits_for == opened.waits_for == date(2024, 4, 2)
    assert asked.period_id is None


def test_a_question_is_encrypted_for_the_customer_of_the_entry_else_for_itself() -> None:
    about_entry = questions.question_entry()
    assert subjects_of(about_entry, SOLD.states) == (CLARA, SALE, QUESTION)
    about_statement = questions.question_entry(entry_position=None, line_no=None, period_id="2024-03")
    assert subjects_of(about_statement, STATED.states) == (QUESTION,)
    asked = SOLD.after(about_entry)
    assert subjects_of(questions.answer_question(), asked.states) == (CLARA, SALE, QUESTION)
    assert ANNA not in subjects_of(about_entry, SOLD.states)

"""A statement is signed off once: by its associate, or by time; never while a question about it is open."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.domain.builders import money_commands as money
from tests.domain.builders import money_events, questions
from tests.domain.builders.money_commands import ANNA, CARL, OTHER_SALE
from tests.domain.given import Given
from tests.domain.pay_question.march import SOLD, STATED, position_of_last

SIGN = questions.sign_statement()
BY_TIME = questions.sign_statement_by_time()
ABOUT_STATEMENT = questions.question_entry(entry_position=None, line_no=None, period_id="2024-03")


def test_an_associate_signs_a_statement() -> None:
    assert STATED.when(SIGN) == [questions.statement_signed()]


@pytest.mark.parametrize("command", [SIGN, BY_TIME])
@pytest.mark.parametrize("first", [SIGN, BY_TIME])
def test_signing_what_is_signed_changes_nothing(first: Any, command: Any) -> None:
    assert STATED.after(first).when(command) == []


@pytest.mark.parametrize("command", [SIGN, BY_TIME])
@pytest.mark.parametrize(
    ("story", "associate_id", "code", "field"),
    [
        (SOLD, ANNA, "statement_unknown", "period_id"),
        (STATED, CARL, "associate_unknown", "associate_id"),
    ],
)
def test_only_a_statement_that_is_issued_is_signed(
    command: Any, story: Given, associate_id: str, code: str, field: str
) -> None:
    refusal = story.refuses(questions.replace(command, associate_id=associate_id))
    assert (refusal.code, refusal.field) == (code, field)


@pytest.mark.parametrize("command", [SIGN, BY_TIME])
@pytest.mark.parametrize(
    "asked",
    [
        STATED.after(ABOUT_STATEMENT),
        STATED.after(questions.question_entry()),
        SOLD.after(questions.question_entry(), money.close_pay_period(), money.issue_statement()),
    ],
)
def test_a_statement_in_question_is_not_signed_until_the_answer(asked: Given, command: Any) -> None:
    refusal = asked.refuses(command)
    assert (refusal.code, refusal.field) == ("question_open", "period_id")
    assert asked.after(questions.answer_question()).when(SIGN) == [questions.statement_signed()]


def test_a_question_about_what_no_statement_includes_yet_holds_up_no_signature() -> None:
    waiting = SOLD.with_events(
        money_events.commission_earned(sale_id=OTHER_SALE, period_id=None, waits_for=date(2024, 4, 2))
    )
    position = position_of_last(waiting)
    asked = waiting.after(
        questions.question_entry(entry_position=position, line_no=None),
        money.close_pay_period(),
        money.issue_statement(),
    )
    assert asked.when(SIGN) == [questions.statement_signed()]
    april = asked.after(
        money.open_pay_period(period_id="2024-04", starts_on=date(2024, 4, 1), ends_on=date(2024, 4, 30)),
        money.close_pay_period(period_id="2024-04", occurred_at=datetime(2024, 5, 1, 7, tzinfo=UTC)),
        money.issue_statement(period_id="2024-04", occurred_at=datetime(2024, 5, 1, 7, tzinfo=UTC)),
    )
    assert april.refuses(questions.sign_statement(period_id="2024-04")).code == "question_open"


def test_what_found_no_period_is_in_the_statement_that_included_it() -> None:
    none_open = SOLD.with_events(money_events.commission_earned(sale_id=OTHER_SALE, period_id=None))
    position = position_of_last(none_open)
    about = questions.question_entry(entry_position=position, line_no=None)
    asked = none_open.after(about, money.close_pay_period(), money.issue_statement())
    assert asked.refuses(SIGN).code == "question_open"
    asked_later = none_open.after(money.close_pay_period(), money.issue_statement(), about)
    assert asked_later.refuses(SIGN).code == "question_open"


def test_a_signed_statement_can_still_be_questioned_and_stays_signed() -> None:
    signed = STATED.after(SIGN)
    asked = signed.after(ABOUT_STATEMENT)
    assert len(asked.all(type(questions.question_opened()))) == 1
    assert asked.when(SIGN) == []


def test_by_time_it_is_signed_when_the_days_are_over_by_the_clock_of_its_period() -> None:
    # The statement is issued on 1 April, 07:00 UTC: the last of 14 days is the 15th.
    early = questions.sign_statement_by_time(occurred_at=datetime(2024, 4, 15, 23, 59, tzinfo=UTC))
    refusal = STATED.refuses(early)
    assert (refusal.code, refusal.field) == ("signing_not_yet", "after_days")
    assert "2024-04-15" in refusal.message
    signed = questions.statement_signed(occurred_at=BY_TIME.occurred_at, after_days=14)
    assert STATED.when(BY_TIME) == [signed]


def test_the_days_are_those_of_the_calendar() -> None:
    # 07:00 UTC on 1 April is still 31 March in Honolulu, whose 15 April begins at 10:00 UTC.
    zone = "Pacific/Honolulu"
    story = Given((), {}).with_events(
        *SOLD.events[:3], money_events.pay_period_opened(time_zone=zone), *SOLD.events[4:]
    )
    closed_at = datetime(2024, 4, 1, 7, 0, tzinfo=UTC)
    story = story.after(
        money.close_pay_period(occurred_at=closed_at), money.issue_statement(occurred_at=closed_at)
    )
    early = datetime(2024, 4, 15, 9, 59, tzinfo=UTC)
    due = datetime(2024, 4, 15, 10, 0, tzinfo=UTC)
    assert story.refuses(questions.sign_statement_by_time(occurred_at=early)).code == "signing_not_yet"
    assert len(story.when(questions.sign_statement_by_time(occurred_at=due))) == 1


def test_after_an_answer_the_days_begin_anew() -> None:
    # Answered on 5 April: the last of 14 days is the 19th.
    answered = STATED.after(ABOUT_STATEMENT, questions.answer_question())
    assert answered.refuses(BY_TIME).code == "signing_not_yet"
    due = questions.sign_statement_by_time(occurred_at=datetime(2024, 4, 20, 0, 0, tzinfo=UTC))
    assert len(answered.when(due)) == 1

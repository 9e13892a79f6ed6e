"""One example of every command and event about questions and signatures: Anna asks why a sale of hers earned
nothing more, Ben answers, and she signs.
"""

from datetime import UTC, datetime
from typing import Any, Final

from msgspec.structs import replace

from domain.commission_account.commands import SignStatement, SignStatementByTime
from domain.commission_account.events import QuestionClosed, QuestionOpened, StatementSigned
from domain.pay_question.commands import AnswerQuestion, QuestionEntry
from domain.pay_question.events import EntryQuestioned, QuestionAnswered
from tests.domain.builders.money_commands import ANNA, BEN, CLARA, SALE
from tests.domain.builders.people_commands import sealed

QUESTION: Final = "que_" + "1" * 32
OTHER_QUESTION: Final = "que_" + "2" * 32
ASKED_AT: Final = datetime(2024, 4, 3, 9, 0, tzinfo=UTC)
ANSWERED_AT: Final = datetime(2024, 4, 5, 16, 0, tzinfo=UTC)
SIGNED_AT: Final = datetime(2024, 4, 8, 18, 0, tzinfo=UTC)
#: Where the entry stands in the history that the examples belong to.
AT: Final = 5


def question_entry(**changes: Any) -> QuestionEntry:
    command = QuestionEntry(
        occurred_at=ASKED_AT,
        question_id=QUESTION,
        associate_id=ANNA,
        entry_position=AT,
        line_no=1,
        question=sealed("question", text="Was Clara's second pair not mine as well?"),
    )
    return replace(command, **changes)


def answer_question(**changes: Any) -> AnswerQuestion:
    command = AnswerQuestion(
        occurred_at=ANSWERED_AT,
        question_id=QUESTION,
        associate_id=ANNA,
        outcome="declined",
        reason=sealed("reason", text="Ben sold Clara the second pair."),
        answered_by=BEN,
    )
    return replace(command, **changes)


def sign_statement(**changes: Any) -> SignStatement:
    return replace(SignStatement(occurred_at=SIGNED_AT, associate_id=ANNA, period_id="2024-03"), **changes)


def sign_statement_by_time(**changes: Any) -> SignStatementByTime:
    command = SignStatementByTime(
        occurred_at=datetime(2024, 4, 16, 0, 0, tzinfo=UTC),
        associate_id=ANNA,
        period_id="2024-03",
        after_days=14,
    )
    return replace(command, **changes)


def entry_questioned(**changes: Any) -> EntryQuestioned:
    event = EntryQuestioned(
        occurred_at=ASKED_AT,
        question_id=QUESTION,
        associate_id=ANNA,
        customer_id=CLARA,
        entry_position=AT,
        line_no=1,
        period_id="2024-03",
        sale_id=SALE,
        question=sealed("question", text="Was Clara's second pair not mine as well?"),
    )
    return replace(event, **changes)


def question_opened(**changes: Any) -> QuestionOpened:
    event = QuestionOpened(
        occurred_at=ASKED_AT,
        question_id=QUESTION,
        associate_id=ANNA,
        entry_position=AT,
        line_no=1,
        period_id="2024-03",
    )
    return replace(event, **changes)


def question_answered(**changes: Any) -> QuestionAnswered:
    event = QuestionAnswered(
        occurred_at=ANSWERED_AT,
        question_id=QUESTION,
        associate_id=ANNA,
        customer_id=CLARA,
        outcome="declined",
        reason=sealed("reason", text="Ben sold Clara the second pair."),
        answered_by=BEN,
    )
    return replace(event, **changes)


def question_closed(**changes: Any) -> QuestionClosed:
    return replace(
        QuestionClosed(occurred_at=ANSWERED_AT, question_id=QUESTION, associate_id=ANNA), **changes
    )


def statement_signed(**changes: Any) -> StatementSigned:
    return replace(StatementSigned(occurred_at=SIGNED_AT, associate_id=ANNA, period_id="2024-03"), **changes)

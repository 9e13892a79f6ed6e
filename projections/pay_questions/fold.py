"""Questions about pay: a row for each with its answer; and for each account what is open in it and which
statements nobody has signed. Signatures are in the journal.
"""

from datetime import date, datetime
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from domain.commission_account.events import (
    QuestionClosed,
    QuestionOpened,
    StatementIssued,
    StatementSigned,
)
from domain.commission_account.open_questions import OpenQuestion
from domain.ids import associate_id_of
from domain.messages import Event, made_of
from domain.pay_question.commands import QuestionOutcome
from domain.pay_question.events import EntryQuestioned, QuestionAnswered
from projections.kernel import Journal, Projection, table_ddl

#: The columns of a signature after key, position and number.
SIGNATURE: Final = ("period_id", "signed_at", "after_days")
Signature = tuple[str, datetime, int | None]


class Question(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A question and, once there is one, its answer. `question` and `reason` are encrypted."""

    question_id: str
    associate_id: str
    customer_id: str | None = None
    entry_position: int | None = None
    line_no: int | None = None
    period_id: str | None = None
    waits_for: date | None = None
    sale_id: str | None = None
    return_id: str | None = None
    question: str
    follows: str | None = None
    asked_at: datetime
    asked_position: int
    outcome: QuestionOutcome | None = None
    reason: str | None = None
    correction_position: int | None = None
    answered_by: str | None = None
    answered_at: datetime | None = None


class Unsigned(msgspec.Struct, frozen=True):
    """A statement that nobody has signed: the calendar of its period, and since when it has waited."""

    scope: str
    since: datetime


class PayQuestions(msgspec.Struct, omit_defaults=True):
    """A row: of a question, or of an account with its open questions by id and its unsigned statements by
    period.
    """

    asked: Question | None = None
    associate_id: str | None = None
    questions: dict[str, OpenQuestion] = {}
    unsigned: dict[str, Unsigned] = {}


def asked(row: PayQuestions, event: EntryQuestioned, position: int) -> tuple[()]:
    row.asked = made_of(Question, event, asked_at=event.occurred_at, asked_position=position)
    return ()


def answered(row: PayQuestions, event: QuestionAnswered, position: int) -> tuple[()]:
    if row.asked is not None:
        row.asked = replace(
            row.asked,
            outcome=event.outcome,
            reason=event.reason,
            correction_position=event.correction_position,
            answered_by=event.answered_by,
            answered_at=event.occurred_at,
        )
    return ()


def opened(row: PayQuestions, event: QuestionOpened, position: int) -> tuple[()]:
    row.questions = {**row.questions, event.question_id: made_of(OpenQuestion, event)}
    return ()


def closed(row: PayQuestions, event: QuestionClosed, position: int) -> tuple[()]:
    """The days until a statement is signed by time begin anew, as the account has it."""
    question = row.questions.get(event.question_id)
    row.questions = {key: other for key, other in row.questions.items() if key != event.question_id}
    if question is not None and (waiting := row.unsigned.get(question.period_id or "")) is not None:
        waiting = replace(waiting, since=event.occurred_at)
        row.unsigned = {**row.unsigned, question.period_id or "": waiting}
    return ()


def issued(row: PayQuestions, event: StatementIssued, position: int) -> tuple[()]:
    row.questions = {key: question.after(event) for key, question in row.questions.items()}
    row.unsigned = {**row.unsigned, event.period_id: Unsigned(event.scope, event.occurred_at)}
    return ()


def signed(row: PayQuestions, event: StatementSigned, position: int) -> tuple[Signature]:
    row.unsigned = {period: other for period, other in row.unsigned.items() if period != event.period_id}
    return ((event.period_id, event.occurred_at, event.after_days),)


_FOLDS: dict[type[Event], Any] = {
    EntryQuestioned: asked,
    QuestionAnswered: answered,
    QuestionOpened: opened,
    QuestionClosed: closed,
    StatementIssued: issued,
    StatementSigned: signed,
}


def empty(stream_id: str) -> PayQuestions:
    """Nothing was asked, issued or signed."""
    return PayQuestions(associate_id=associate_id_of(stream_id) if stream_id.startswith("acc_") else None)


def fold(row: PayQuestions, event: Event, position: int) -> Any:
    """Folds an event into the row; the signature that it is, if it is one."""
    return _FOLDS[type(event)](row, event, position)


def query_values(row: PayQuestions) -> tuple[Any, ...]:
    """The query columns of a row, in the order of table.sql."""
    if row.asked is not None:
        status = "open" if row.asked.outcome is None else "answered"
        return (status, row.asked.associate_id, row.asked.asked_position, None)
    since = min((statement.since for statement in row.unsigned.values()), default=None)
    return ("account", row.associate_id, None, since)


PROJECTION: Final = Projection(
    name="pay_questions",
    keyed_by="stream",
    consumes=tuple(_FOLDS),
    state_type=PayQuestions,
    empty=empty,
    fold=fold,
    columns=("status", "associate_id", "asked_position", "unsigned_since"),
    values=query_values,
    ddl=table_ddl(__package__ or ""),
    journal=Journal("signatures", SIGNATURE),
)

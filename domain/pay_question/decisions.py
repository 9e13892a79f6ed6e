"""Decides asking and answering a question about pay: what is said, and what the account notes of it.

Nothing here moves money. What an answer corrects was corrected by a command of its own.
"""

from datetime import datetime
from typing import Any

from domain.associate.policies import known_associate
from domain.commission_account.events import AccountEvent, QuestionClosed, QuestionOpened
from domain.commission_account.posting import account_of
from domain.messages import Event, Refused, made_of
from domain.pay_question.commands import AnswerQuestion, QuestionEntry
from domain.pay_question.events import EntryQuestioned, QuestionAnswered
from domain.pay_question.policies import (
    ANSWERING_POLICIES,
    ASKING_POLICIES,
    correction_of,
    entry_of,
    known_question,
)
from domain.policies import Decisions, event_of, given_id, keeping
from domain.state_reader import StateReader


def question_entry(command: QuestionEntry, states: StateReader, now: datetime) -> list[Event]:
    """The question, and the note in the account that it is open."""
    question_id = given_id(command.question_id, "question_id")
    known_associate(states, command.associate_id)
    if states.pay_question(question_id) is not None:
        raise Refused("already_exists", f"There is a question {question_id} already.", "question_id")
    for rule in ASKING_POLICIES:
        rule(command, states)
    about: dict[str, Any] = {"period_id": command.period_id}
    if command.entry_position is not None:
        entry = entry_of(states, command.associate_id, command.entry_position)
        about = _about(entry, states)
    asked = event_of(EntryQuestioned, command, now, **about)
    opened = made_of(QuestionOpened, asked, waits_for=_day_to_come(asked, states))
    return [asked, opened]


def _about(entry: AccountEvent, states: StateReader) -> dict[str, Any]:
    sale_id, return_id = getattr(entry, "sale_id", None), getattr(entry, "return_id", None)
    return_ = states.return_(return_id) if return_id is not None else None
    sale = states.sale(sale_id) if sale_id is not None else None
    known = [
        each.customer_id for each in (return_, sale) if each is not None and each.customer_id is not None
    ]
    return {
        "customer_id": known[0] if known else None,
        "period_id": getattr(entry, "period_id", None),
        "waits_for": getattr(entry, "waits_for", None),
        "sale_id": sale_id,
        "return_id": return_id,
    }


def _day_to_come(asked: EntryQuestioned, states: StateReader) -> Any:
    """The day that an entry waits for, unless a statement has reached it by now."""
    through = account_of(states, asked.associate_id).stated_through
    reached = asked.waits_for is not None and through is not None and asked.waits_for <= through
    return None if reached else asked.waits_for


def answer_question(command: AnswerQuestion, states: StateReader, now: datetime) -> list[Event]:
    """The answer, and the note in the account that nothing is open any more."""
    question = keeping(ANSWERING_POLICIES, known_question(states, command), command, states)
    account_of(states, question.associate_id)  # It belongs to the read set.
    position = command.correction_position
    if position is not None:
        position, _ = correction_of(states, question.associate_id, position)
    answered = event_of(
        QuestionAnswered, command, now, customer_id=question.customer_id, correction_position=position
    )
    return [answered, made_of(QuestionClosed, answered)]


DECISIONS: Decisions = {
    QuestionEntry: question_entry,
    AnswerQuestion: answer_question,
}

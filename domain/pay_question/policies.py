"""Policies of questions about pay; each name is the rule."""

from collections.abc import Callable
from typing import Any

from domain.commission_account.events import AccountEvent
from domain.commission_account.policies import known_statement
from domain.commission_account.posting import account_of
from domain.messages import NotFound, Refused
from domain.pay_question.commands import AnswerQuestion, QuestionEntry
from domain.pay_question.state import PayQuestionState
from domain.policies import named_associate_must_be_known
from domain.state_reader import StateReader

#: A policy about a question to be asked; one about a question to be answered.
AskingPolicy = Callable[[QuestionEntry, StateReader], None]
AnsweringPolicy = Callable[[PayQuestionState, AnswerQuestion, StateReader], None]


def entry_of(states: StateReader, associate_id: str, position: int) -> AccountEvent:
    """The event of an account that the entries at a position of its ledger came from. Raises NotFound."""
    found = states.last_of_account(associate_id, position)
    if found is None or found[0] != position or not isinstance(found[1], AccountEvent):
        raise NotFound(
            "entry_unknown", f"The ledger of {associate_id} has no entry at {position}.", "entry_position"
        )
    return found[1]


def correction_of(states: StateReader, associate_id: str, position: int) -> tuple[int, AccountEvent]:
    """The last event of an account up to the position that a command was answered with: its own, if it wrote
    to the account. Raises Refused where that puts nothing right.
    """
    found = states.last_of_account(associate_id, position)
    if found is None or not isinstance(found[1], AccountEvent):
        raise _no_correction(associate_id, position)
    return found[0], found[1]


def _no_correction(associate_id: str, position: int) -> Refused:
    return Refused(
        "not_a_correction",
        f"What led to {position} corrected nothing of it in the account of {associate_id}: send the command "
        "that does first, and name the position it was answered with.",
        "correction_position",
    )


# --- asking -------------------------------------------------------------------------------------------------


def it_is_about_an_entry_or_a_statement(command: QuestionEntry, states: StateReader) -> None:
    if (command.entry_position is None) == (command.period_id is None):
        raise Refused(
            "names_no_one_thing",
            "Name an entry by its position, or a statement by its period: one of the two.",
            "entry_position",
        )
    if command.line_no is not None and command.entry_position is None:
        raise Refused("names_no_one_thing", "A line is one of an entry: name its position.", "line_no")


def the_statement_must_be_issued(command: QuestionEntry, states: StateReader) -> None:
    if command.period_id is not None:
        known_statement(account_of(states, command.associate_id), command.period_id)


def the_entry_must_have_the_line(command: QuestionEntry, states: StateReader) -> None:
    if command.entry_position is None or command.line_no is None:
        return
    entry = entry_of(states, command.associate_id, command.entry_position)
    if command.line_no not in _lines_of(entry):
        raise NotFound(
            "line_unknown", f"The entry at {command.entry_position} has no line {command.line_no}.", "line_no"
        )


def _lines_of(entry: Any) -> list[int]:
    if (line_no := getattr(entry, "line_no", None)) is not None:
        return [line_no]
    return [line.line_no for line in getattr(entry, "lines", ())]


def what_is_asked_is_not_open_already(command: QuestionEntry, states: StateReader) -> None:
    for question_id, question in account_of(states, command.associate_id).questions.items():
        if question.is_about(command.entry_position, command.line_no, command.period_id):
            raise Refused(
                "already_asked",
                f"Question {question_id} about it is open: it is answered first.",
                "period_id" if command.entry_position is None else "entry_position",
            )


def only_an_answered_question_is_asked_again(command: QuestionEntry, states: StateReader) -> None:
    """And only about the same thing, by whoever asked."""
    if command.follows is None:
        return
    earlier = states.pay_question(command.follows)
    if earlier is None or earlier.associate_id != command.associate_id:
        raise _unknown(command.follows, "follows")
    if earlier.outcome is None:
        raise Refused("question_open", f"Question {command.follows} is not answered yet.", "follows")
    about = (earlier.entry_position, earlier.line_no)
    if about != (command.entry_position, command.line_no) or (
        command.period_id is not None and command.period_id != earlier.period_id
    ):
        raise Refused("asks_something_else", f"Question {command.follows} is about another.", "follows")


ASKING_POLICIES: tuple[AskingPolicy, ...] = (
    it_is_about_an_entry_or_a_statement,
    the_statement_must_be_issued,
    the_entry_must_have_the_line,
    what_is_asked_is_not_open_already,
    only_an_answered_question_is_asked_again,
)


# --- answering ----------------------------------------------------------------------------------------------


def known_question(states: StateReader, command: AnswerQuestion) -> PayQuestionState:
    """The question that a command answers, if it is that associate's. Raises NotFound."""
    question = states.pay_question(command.question_id)
    if question is None or question.associate_id != command.associate_id:
        raise _unknown(command.question_id, "question_id")
    return question


def _unknown(question_id: str, field: str) -> NotFound:
    return NotFound("question_unknown", f"This associate has asked no question {question_id}.", field)


def a_question_is_answered_once(
    question: PayQuestionState, command: AnswerQuestion, states: StateReader
) -> None:
    if question.outcome is not None:
        raise Refused(
            "already_answered",
            f"Question {question.question_id} was answered: {question.outcome}. It can be asked again.",
            "question_id",
        )


def nobody_answers_their_own_question(
    question: PayQuestionState, command: AnswerQuestion, states: StateReader
) -> None:
    if command.answered_by == question.associate_id:
        raise Refused("own_question", "Somebody else answers one's own question.", "answered_by")


def who_declines_says_why(question: PayQuestionState, command: AnswerQuestion, states: StateReader) -> None:
    if command.outcome == "declined" and command.reason is None:
        raise Refused("reason_missing", "Say why it stays as it is.", "reason")


def only_what_was_corrected_names_a_correction(
    question: PayQuestionState, command: AnswerQuestion, states: StateReader
) -> None:
    if command.outcome == "corrected" and command.correction_position is None:
        raise Refused(
            "correction_missing",
            "Name the position that the correcting command was answered with.",
            "correction_position",
        )
    if command.outcome == "declined" and command.correction_position is not None:
        raise Refused("declined_and_corrected", "What is declined is not corrected.", "correction_position")


def the_correction_must_come_after_what_it_corrects(
    question: PayQuestionState, command: AnswerQuestion, states: StateReader
) -> None:
    if command.correction_position is None:
        return
    position, correction = correction_of(states, question.associate_id, command.correction_position)
    sale_id = getattr(correction, "sale_id", None)
    is_of_another_sale = sale_id is not None and question.sale_id is not None and sale_id != question.sale_id
    if is_of_another_sale or (question.entry_position is not None and position <= question.entry_position):
        raise _no_correction(question.associate_id, command.correction_position)


answerer_must_be_known = named_associate_must_be_known("answered_by")

ANSWERING_POLICIES: tuple[AnsweringPolicy, ...] = (
    a_question_is_answered_once,
    nobody_answers_their_own_question,
    who_declines_says_why,
    only_what_was_corrected_names_a_correction,
    the_correction_must_come_after_what_it_corrects,
    answerer_must_be_known,
)

"""Events of a question about pay. Each repeats whose it is and whom it concerns."""

from datetime import date
from typing import ClassVar

from domain.messages import Event
from domain.pay_question.commands import QuestionOutcome
from domain.personal import Encrypted


class PayQuestionEvent(Event, frozen=True, kw_only=True):
    """An event in one question's history."""

    question_id: str
    """The question whose history it is."""
    associate_id: str
    """Associate who asked, about their own account."""
    customer_id: str | None = None
    """Customer of the sale or return that it is about. Absent: nobody knows them, or it is about neither."""

    @property
    def stream_id(self) -> str:
        return self.question_id


class EntryQuestioned(PayQuestionEvent, frozen=True, kw_only=True):
    """An associate questioned an entry of their ledger, or a statement. It moves no money."""

    names: ClassVar = ("question_id",)

    entry_position: int | None = None
    """Position of the entry, the event of the account that it came from. Absent: it is about the
    statement."""
    line_no: int | None = None
    """Line of the sale or return that is meant. Absent: all of the entry is, or the statement."""
    period_id: str | None = None
    """Pay period of the statement, or that the entry is posted to. Absent: it is posted to none."""
    waits_for: date | None = None
    """Business day of an entry that lies in no period yet. Absent: `period_id` says where it is."""
    sale_id: str | None = None
    """Sale of the entry. Absent: it has none."""
    return_id: str | None = None
    """Return of the entry. Absent: it has none."""
    question: Encrypted
    """What they ask, in their words."""
    follows: str | None = None
    """Answered question about the same thing that is asked again. Absent: none is named."""


class QuestionAnswered(PayQuestionEvent, frozen=True, kw_only=True):
    """Somebody else answered a question. What was corrected has events of its own."""

    outcome: QuestionOutcome
    """corrected: another command has put it right; declined: it stays as it is."""
    reason: Encrypted | None = None
    """Why, in their words; always there where it was declined. Absent: nothing was said."""
    correction_position: int | None = None
    """Position of the entry in the same account that corrects it. Absent: it was declined."""
    answered_by: str | None = None
    """Associate who answered; never the one who asked. Absent: not an associate, or not named."""


TOPICS: dict[str, type[Event]] = {
    "pay_question.asked.v1": EntryQuestioned,
    "pay_question.answered.v1": QuestionAnswered,
}

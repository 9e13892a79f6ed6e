"""Commands about a question that an associate has about their pay. None of them moves money."""

from typing import Annotated, ClassVar, Literal

import msgspec

from domain.ids import PAY_QUESTION, AssociateId, Code, PayQuestionId
from domain.messages import Command
from domain.personal import Personal, PersonalRemark

#: corrected: another command has put it right. declined: it stays as it is, and the reason says why.
QuestionOutcome = Literal["corrected", "declined"]
EntryPosition = Annotated[int, msgspec.Meta(ge=1)]
LineNo = Annotated[int, msgspec.Meta(ge=1)]


class QuestionEntry(Command, frozen=True, kw_only=True):
    """An associate questions an entry of their own ledger, or one of their statements: one of the two.

    An entry is named by its `position` in the ledger, and by its line where it has one. `follows` is the
    answered question about the same thing that is asked again.
    """

    new_id: ClassVar = ("question_id", PAY_QUESTION)

    question_id: PayQuestionId | None = None
    associate_id: AssociateId
    entry_position: EntryPosition | None = None
    line_no: LineNo | None = None
    period_id: Code | None = None
    question: Personal
    follows: PayQuestionId | None = None


class AnswerQuestion(Command, frozen=True, kw_only=True):
    """Somebody else answers a question, once: it was corrected, by a command that has been sent, or it is
    declined with a reason.

    `correction_position` is the position that the correcting command was answered with, or that of the entry
    it led to.
    """

    subject: ClassVar = "question_id"

    question_id: PayQuestionId
    associate_id: AssociateId
    outcome: QuestionOutcome
    reason: PersonalRemark | None = None
    correction_position: EntryPosition | None = None
    answered_by: AssociateId | None = None

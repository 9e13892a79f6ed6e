"""What decisions need to know about a question: what it is about, and whether it is answered."""

import msgspec
from msgspec.structs import replace

from domain.messages import Event, UnknownEvent, made_of
from domain.pay_question.commands import QuestionOutcome
from domain.pay_question.events import EntryQuestioned, QuestionAnswered


class PayQuestionState(msgspec.Struct, frozen=True, kw_only=True):
    """One question; `outcome` is None while it is open."""

    question_id: str
    associate_id: str
    customer_id: str | None = None
    entry_position: int | None = None
    line_no: int | None = None
    period_id: str | None = None
    sale_id: str | None = None
    return_id: str | None = None
    outcome: QuestionOutcome | None = None


def evolve(state: PayQuestionState | None, event: Event) -> PayQuestionState:
    """The state after one more event. Raises UnknownEvent for one that is not a question's."""
    match event:
        case EntryQuestioned() if state is None:
            return made_of(PayQuestionState, event)
        case QuestionAnswered() if state is not None:
            return replace(state, outcome=event.outcome)
        case _:
            raise UnknownEvent(state, event)

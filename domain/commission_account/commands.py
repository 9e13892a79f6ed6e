"""Commands about a commission account. Sales and returns write to it themselves."""

from datetime import date
from typing import Annotated, ClassVar

import msgspec

from domain.ids import AssociateId, Code
from domain.messages import Command

Minutes = Annotated[int, msgspec.Meta(ge=0, le=24 * 60)]
AfterDays = Annotated[int, msgspec.Meta(ge=1, le=3660)]


class RecordHours(Command, frozen=True, kw_only=True):
    """The minutes of one workday. Recording a day again replaces it; where its statement is issued, what the
    day is worth more or less is posted to the open period. More of them is for somebody else to record.
    """

    subject: ClassVar = "associate_id"

    associate_id: AssociateId
    worked_on: date
    selling_minutes: Minutes = 0
    non_selling_minutes: Minutes = 0
    recorded_by: AssociateId | None = None


class IssueStatement(Command, frozen=True, kw_only=True):
    """What was paid for a closed period.

    It closes the period for this account; a second one changes nothing.
    """

    subject: ClassVar = "associate_id"

    associate_id: AssociateId
    period_id: Code
    scope: Code = "company"


class SignStatement(Command, frozen=True, kw_only=True):
    """An associate signs a statement of their own off, once. It can be questioned all the same."""

    subject: ClassVar = "associate_id"

    associate_id: AssociateId
    period_id: Code


class SignStatementByTime(Command, frozen=True, kw_only=True):
    """Nobody signed a statement, or asked about it, for so many whole days by the clock of its period. The
    reactions send it; refused before.
    """

    subject: ClassVar = "associate_id"

    associate_id: AssociateId
    period_id: Code
    after_days: AfterDays

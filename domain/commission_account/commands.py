"""Commands about a commission account. Sales and returns write to it themselves."""

from datetime import date
from typing import Annotated, ClassVar

import msgspec

from domain.ids import AssociateId, Code
from domain.messages import Command

Minutes = Annotated[int, msgspec.Meta(ge=0, le=24 * 60)]


class RecordHours(Command, frozen=True, kw_only=True):
    """The minutes of one workday. Recording a day again replaces it while its period is open."""

    subject: ClassVar = "associate_id"

    associate_id: AssociateId
    worked_on: date
    selling_minutes: Minutes = 0
    non_selling_minutes: Minutes = 0


class IssueStatement(Command, frozen=True, kw_only=True):
    """What was paid for a closed period.

    It closes the period for this account; a second one changes nothing.
    """

    subject: ClassVar = "associate_id"

    associate_id: AssociateId
    period_id: Code
    scope: Code = "company"

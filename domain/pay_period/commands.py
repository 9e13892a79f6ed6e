"""Commands about a pay calendar: of the whole company, or of one store that keeps its own."""

from datetime import date
from typing import Annotated, ClassVar

import msgspec

from domain.ids import Code
from domain.messages import Command

COMPANY = "company"
TimeZone = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class OpenPayPeriod(Command, frozen=True, kw_only=True):
    """Days from `starts_on` to `ends_on` inclusive, in the shop's time zone.

    `period_id` is the shop's own name for it.
    """

    subject: ClassVar = "scope"

    scope: Code = COMPANY
    period_id: Code
    starts_on: date
    ends_on: date
    time_zone: TimeZone = "UTC"


class ClosePayPeriod(Command, frozen=True, kw_only=True):
    """Nothing more is posted to the period, and every account of the scope gets a statement.

    It is refused before its last day, unless `early`.
    """

    subject: ClassVar = "scope"

    scope: Code = COMPANY
    period_id: Code
    early: bool = False


class ReopenPayPeriod(Command, frozen=True, kw_only=True):
    """The period was closed by mistake; it can be opened again while no statement of it is issued."""

    subject: ClassVar = "scope"

    scope: Code = COMPANY
    period_id: Code

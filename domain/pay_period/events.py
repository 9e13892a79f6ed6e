"""Events of a pay calendar."""

from datetime import date
from typing import ClassVar

from domain.ids import calendar_id_of
from domain.messages import Event


class PayPeriodEvent(Event, frozen=True, kw_only=True):
    """An event in the calendar of one scope (`company` or a store)."""

    names: ClassVar = ("period_id",)

    scope: str
    """Whose calendar: `company`, or a store that keeps its own."""
    period_id: str
    """Name of the pay period, as the shop calls it; unique within its calendar."""

    @property
    def stream_id(self) -> str:
        return calendar_id_of(self.scope)


class PayPeriodOpened(PayPeriodEvent, frozen=True, kw_only=True):
    """A pay period was added to the calendar: events of its days are posted to it."""

    starts_on: date
    """First day."""
    ends_on: date
    """Last day, included."""
    time_zone: str = "UTC"
    """IANA time zone by whose clock the calendar's days begin."""


class PayPeriodClosed(PayPeriodEvent, frozen=True, kw_only=True):
    """Nothing more is posted to the period; one StatementIssued for each account of the scope follows. Late
    events go to an open period.
    """

    starts_on: date
    """First day of the period."""
    ends_on: date
    """Last day of the period, included."""
    early: bool = False
    """True where it was closed before its last day, on request."""
    reopenable: bool = False
    """True where its first statement will be noted in the calendar (StatementsBegun), so that it can be
    opened again until then; false for periods that older versions closed."""


class PayPeriodReopened(PayPeriodEvent, frozen=True, kw_only=True):
    """A closed period takes money events again; what was posted elsewhere meanwhile stays there."""


class StatementsBegun(PayPeriodEvent, frozen=True, kw_only=True):
    """The first statement of the period is issued: from now on it stays closed."""


TOPICS: dict[str, type[Event]] = {
    "pay_period.opened.v1": PayPeriodOpened,
    "pay_period.closed.v1": PayPeriodClosed,
    "pay_period.reopened.v1": PayPeriodReopened,
    "pay_period.statements_begun.v1": StatementsBegun,
}

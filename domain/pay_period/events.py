"""Events of a pay calendar."""

from datetime import date
from typing import ClassVar

from domain.ids import calendar_id_of
from domain.messages import Event


class PayPeriodEvent(Event, frozen=True, kw_only=True):
    """An event in the calendar of one scope (`company` or a store)."""

    names: ClassVar = ("period_id",)

    scope: str
    period_id: str

    @property
    def stream_id(self) -> str:
        return calendar_id_of(self.scope)


class PayPeriodOpened(PayPeriodEvent, frozen=True, kw_only=True):
    starts_on: date
    ends_on: date
    time_zone: str = "UTC"


class PayPeriodClosed(PayPeriodEvent, frozen=True, kw_only=True):
    """`early`: before its last day. `reopenable`: its first statement will be noted in the calendar,
    and until then it can be opened again; false for periods that older versions closed.
    """

    starts_on: date
    ends_on: date
    early: bool = False
    reopenable: bool = False


class PayPeriodReopened(PayPeriodEvent, frozen=True, kw_only=True):
    """A closed period takes money events again."""


class StatementsBegun(PayPeriodEvent, frozen=True, kw_only=True):
    """The first statement of the period is issued: from now on it stays closed."""


TOPICS: dict[str, type[Event]] = {
    "pay_period.opened.v1": PayPeriodOpened,
    "pay_period.closed.v1": PayPeriodClosed,
    "pay_period.reopened.v1": PayPeriodReopened,
    "pay_period.statements_begun.v1": StatementsBegun,
}

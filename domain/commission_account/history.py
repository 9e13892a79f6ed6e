"""An account's history, line by line and day by day: what its state, which only has sums, cannot tell.

It is read for the rare command that comes back to what was earned.
"""

from datetime import date, datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from domain.associate.state import AssociateState
from domain.commission_account.events import (
    AllowanceClawedBack,
    CommissionClawedBack,
    CommissionEarned,
    CommissionMoved,
    CommissionRestored,
    HoursRecorded,
    LateHoursRecorded,
    LateToppedUp,
    PeriodRecomputed,
    StatementIssued,
)
from domain.commission_account.posting import account_of, calendar_of, period_of
from domain.commission_account.state import Bucket
from domain.messages import Event
from domain.money import WHOLE_BP, half_up
from domain.pay_period.state import CalendarState
from domain.state_reader import StateReader


class CreditedLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a sale when the associate was first credited with it: the net sales reached before it, and
    where it was posted to; `statement` is the one that includes it.
    """

    occurred_at: datetime
    reached_minor: int
    bucket: Bucket
    statement: StatementIssued | None = None


class CountedDay(msgspec.Struct, frozen=True, kw_only=True):
    """A workday, the rate per hour that holds on it, and where it counts.

    `came_late`: its period was closed by then.
    """

    worked_on: date
    selling_minutes: int
    non_selling_minutes: int
    base_rate_minor: int
    bucket: Bucket
    statement: StatementIssued | None = None
    came_late: bool = False

    @property
    def minutes(self) -> int:
        """Selling or not."""
        return self.selling_minutes + self.non_selling_minutes


class AccountHistory:
    """Lines (by sale and number) and workdays of an account, in the order of its events."""

    def __init__(self, calendar: CalendarState | None) -> None:
        self.lines: dict[tuple[str, int], CreditedLine] = {}
        self.days: dict[date, CountedDay] = {}
        #: Top-ups that no statement includes yet, by the period they are for and where they were posted to.
        self.late_unpaid: dict[tuple[str, Bucket], int] = {}
        self._calendar = calendar
        self._sales_minor: dict[Bucket, int] = {}
        self._statements: dict[str, StatementIssued] = {}

    def take(self, event: Event) -> None:
        """Fold the next event of the account."""
        match event:
            case CommissionEarned():
                reached_e4 = self._reached_minor(event) * WHOLE_BP
                for line in event.lines:
                    self._credit(event, line.line_no, half_up(reached_e4, WHOLE_BP))
                    reached_e4 += sum(band.base_e4 for band in line.bands)
                self._sold(event, event.sales_minor)
            case CommissionMoved():
                self._credit(event, event.line_no, self._reached_minor(event))
                self._sold(event, event.sales_minor)
            case CommissionRestored():
                self._sold(event, event.sales_minor)
            case CommissionClawedBack() | AllowanceClawedBack():
                self._sold(event, -event.sales_minor)
            case HoursRecorded() | LateHoursRecorded():
                is_late = isinstance(event, LateHoursRecorded)
                self.days[event.worked_on] = CountedDay(
                    worked_on=event.worked_on,
                    selling_minutes=event.selling_minutes,
                    non_selling_minutes=event.non_selling_minutes,
                    base_rate_minor=event.base_rate_minor,
                    bucket=event.period_id if is_late else _bucket(event),
                    statement=self._statements.get(event.period_id) if is_late else None,
                    came_late=is_late,
                )
            case LateToppedUp():
                top_up = event.for_period_id, _bucket(event)
                self.late_unpaid[top_up] = self.late_unpaid.get(top_up, 0) + event.amount_minor
            case PeriodRecomputed():
                for day in event.days:
                    self.days[day] = replace(self.days[day], base_rate_minor=event.base_rate_minor)
            case StatementIssued():
                self._state(event)
            case _:
                pass

    def _credit(self, event: CommissionEarned | CommissionMoved, line_no: int, reached_minor: int) -> None:
        credited = CreditedLine(
            occurred_at=event.occurred_at, reached_minor=reached_minor, bucket=_bucket(event)
        )
        self.lines.setdefault((event.sale_id, line_no), credited)

    def _sold(self, event: Any, sales_minor: int) -> None:
        bucket = _bucket(event)
        self._sales_minor[bucket] = self._sales_minor.get(bucket, 0) + sales_minor

    def _reached_minor(self, event: Any) -> int:
        """The net sales before an event in the period that its bucket belongs to by now."""
        bucket = _bucket(event)
        named = self._name(bucket)
        return sum(minor for other, minor in self._sales_minor.items() if self._name(other) == named)

    def _name(self, bucket: Bucket) -> str | None:
        """The period of a bucket; the empty name for days that are in none."""
        if not isinstance(bucket, date):
            return bucket
        period = period_of(self._calendar, bucket) if self._calendar is not None else None
        return period.period_id if period is not None else ""

    def _state(self, statement: StatementIssued) -> None:
        """The statement includes its period, what had found none, and what waited for its days."""
        self._statements[statement.period_id] = statement

        def includes(bucket: Bucket) -> bool:
            if isinstance(bucket, date):
                return bucket <= statement.ends_on
            return bucket in (statement.period_id, None)

        self._sales_minor = {
            bucket: minor for bucket, minor in self._sales_minor.items() if not includes(bucket)
        }
        self.late_unpaid = {
            top_up: minor for top_up, minor in self.late_unpaid.items() if not includes(top_up[1])
        }
        for kept in (self.lines, self.days):
            for key, each in kept.items():
                if each.statement is None and includes(each.bucket):
                    kept[key] = replace(each, statement=statement)  # type: ignore[index, assignment]


def history_of(states: StateReader, associate: AssociateState) -> AccountHistory:
    """The history of an associate's account so far."""
    account_of(states, associate.associate_id)  # It belongs to the read set.
    history = AccountHistory(calendar_of(states, associate.store_id))
    for event in states.account_history(associate.associate_id):
        history.take(event)
    return history


def _bucket(event: Any) -> Bucket:
    return event.period_id or event.waits_for

"""What issued statements should say, computed a second time from the events before each of them.

A statement is an event and stays as it was issued. Whether it is right is checked here: sums, hours,
guarantee and deficit come from the money events, the plans and the calendars alone. No amount of any
statement, nor of a step that settled it, is used for the next one.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import partial, reduce
from typing import Any

from domain.associate.commands import DeficitPolicy
from domain.associate.state import AssociateState
from domain.commission_account.discrepancies import Discrepancy, compared, steps_compared
from domain.commission_account.events import (
    AccountEvent,
    AllowanceClawedBack,
    CommissionClawedBack,
    CommissionEarned,
    CommissionMoved,
    CommissionRestored,
    DeficitThreatening,
    DeficitWrittenOff,
    HoursRecorded,
    LateHoursRecorded,
    LateToppedUp,
    PeriodRecomputed,
    StatementIssued,
)
from domain.commission_account.late_hours import (
    LateTopUp,
    corrected_top_up,
    recomputed_top_up,
    top_up_between,
)
from domain.commission_account.policies import statement_is_final
from domain.commission_account.posting import calendar_of, day_at
from domain.commission_account.settlement import settle_after_late_hours, work_information
from domain.commission_account.settling import MINUTES_PER_HOUR
from domain.commission_account.state import (
    NONE_PAID,
    AccountState,
    Bucket,
    LatePaid,
    Unsettled,
)
from domain.commission_account.stated_period import StatedPeriod
from domain.evolve import evolve
from domain.ids import ASSOCIATE, PAY_CALENDAR, STORE
from domain.messages import Event
from domain.money import half_up
from domain.paged_map import PagedMap
from domain.pay_period.state import PayPeriod
from domain.state_reader import StateReader


@dataclass(slots=True)
class _Sums:
    sales_minor: int = 0
    earned_minor: int = 0
    clawed_back_minor: int = 0
    moved_minor: int = 0
    late_minor: int = 0

    @property
    def net_minor(self) -> int:
        return self.earned_minor - self.clawed_back_minor + self.moved_minor

    def plus(self, other: "_Sums") -> "_Sums":
        return _Sums(
            self.sales_minor + other.sales_minor,
            self.earned_minor + other.earned_minor,
            self.clawed_back_minor + other.clawed_back_minor,
            self.moved_minor + other.moved_minor,
            self.late_minor + other.late_minor,
        )


@dataclass(slots=True)
class _Day:
    minutes: int
    rate_minor: int
    bucket: Bucket


@dataclass(slots=True)
class _Account:
    """One account between statements; `owed_minor` is what history says is owed, whatever the statements
    said. `late_due` is what the latest hours of a closed period are worth; `corrected` says it of what was
    put right or computed anew, by what of the period is not paid yet, and what is owed. `late_unpaid` has the
    top-ups that no statement includes yet.
    """

    sums: dict[Bucket, _Sums] = field(default_factory=dict[Bucket, _Sums])
    days: dict[date, _Day] = field(default_factory=dict[date, _Day])
    owed_minor: int = 0
    stated: PagedMap[str, StatedPeriod] = field(default_factory=PagedMap[str, StatedPeriod])
    late: dict[str, int] = field(default_factory=dict[str, int])
    late_paid: dict[str, LatePaid] = field(default_factory=dict[str, LatePaid])
    late_due: LateTopUp | None = None
    corrected: Callable[..., LateTopUp] | None = None
    late_unpaid: dict[tuple[str, Bucket], int] = field(default_factory=dict[tuple[str, Bucket], int])
    steps: list[tuple[Any, int]] = field(default_factory=list[tuple[Any, int]])

    def in_bucket(self, event: Any) -> _Sums:
        return self.sums.setdefault(event.period_id or event.waits_for, _Sums())

    def state(self) -> AccountState:
        """What no statement includes, and the statements so far; without amounts."""
        in_money = {bucket for bucket, sums in self.sums.items() if sums != _Sums()}
        held = in_money | {day.bucket for day in self.days.values()}
        return AccountState(
            in_periods={bucket: Unsettled() for bucket in held if not isinstance(bucket, date)},
            by_day={bucket: Unsettled() for bucket in held if isinstance(bucket, date)},
            owed_minor=self.owed_minor,
            stated=self.stated,
            late_paid=self.late_paid,
        )

    def sums_settled_by(self, period: PayPeriod) -> _Sums:
        """What the statement of a period includes."""
        return reduce(_Sums.plus, (self.sums.get(each, _Sums()) for each in self.state().settled_by(period)))

    def settled(self, policy: DeficitPolicy, net_minor: int, period: PayPeriod) -> StatedPeriod:
        """The settling of a period, as far as hours that come late depend on it."""
        taken_in = self.state().settled_by(period)
        days = [day for day in self.days.values() if day.bucket in taken_in]
        rate_minutes = sum(day.minutes * day.rate_minor for day in days)
        return StatedPeriod(
            policy=policy,
            net_minor=net_minor,
            rate_minutes=rate_minutes,
            owed_before_minor=self.owed_minor - self.state().late_owed_minor,
        )


class Audit:
    """Folds the events of accounts, associates, pay calendars and stores, in the order of the log, and
    reports what is wrong with the statements among them. Events of other aggregates are ignored.
    """

    def __init__(self) -> None:
        self.statements = 0
        self._states: dict[str, Any] = {}
        self._accounts: dict[str, _Account] = {}
        self._world = StateReader(self._states.get)

    def take(self, event: Event, position: int) -> list[Discrepancy]:
        """Fold the next event; the discrepancies it has."""
        if not isinstance(event, AccountEvent):
            stream_id = event.stream_id
            if stream_id.startswith((ASSOCIATE, PAY_CALENDAR, STORE)):
                self._states[stream_id] = evolve(self._states.get(stream_id), event)
            return []
        account = self._accounts.setdefault(event.stream_id, _Account())
        match event:
            case CommissionEarned():
                sums = account.in_bucket(event)
                sums.sales_minor += event.sales_minor
                sums.earned_minor += sum(line.commission_minor for line in event.lines)
            case CommissionClawedBack():
                sums = account.in_bucket(event)
                sums.sales_minor -= sum(line.sales_minor for line in event.lines)
                sums.clawed_back_minor += sum(line.commission_minor for line in event.lines)
            case CommissionRestored():
                sums = account.in_bucket(event)
                sums.sales_minor += sum(line.sales_minor for line in event.lines)
                sums.clawed_back_minor -= sum(line.commission_minor for line in event.lines)
            case CommissionMoved():
                sums = account.in_bucket(event)
                sums.sales_minor += event.sales_minor
                sums.moved_minor += event.amount_minor
            case AllowanceClawedBack():
                sums = account.in_bucket(event)
                sums.sales_minor -= event.sales_minor
                sums.clawed_back_minor += event.amount_minor
            case HoursRecorded():
                account.days[event.worked_on] = _day(event)
            case LateHoursRecorded():
                self._late_hours(account, event)
            case PeriodRecomputed():
                _recomputed(account, event)
            case LateToppedUp() if event.for_period_id != event.period_id:
                return self._late_topped_up(account, event, position)
            case DeficitThreatening():
                pass
            case DeficitWrittenOff(period_id=None):
                return self._written_off_on_leaving(account, event, position)
            case StatementIssued():
                return self._stated(account, event, position)
            case _:
                account.steps.append((event, position))
        return []

    def _written_off_on_leaving(
        self, account: _Account, event: DeficitWrittenOff, position: int
    ) -> list[Discrepancy]:
        owed_minor, account.owed_minor = account.owed_minor, 0
        return compared(event, position, {"amount_minor": owed_minor})

    def _late_hours(self, account: _Account, event: LateHoursRecorded) -> None:
        """What the hours are worth, by what history says of the closed period, where alone the day counts."""
        account.days.pop(event.worked_on, None)
        associate = self._world.associate(event.associate_id)
        stated = account.stated.get(event.period_id)
        calendar = calendar_of(self._world, associate.store_id) if associate is not None else None
        period = calendar.periods.get(event.period_id) if calendar is not None else None
        late = account.late.get(event.period_id, 0)
        account.late[event.period_id] = late + event.more_minutes * event.base_rate_minor
        # What came before and was worth nothing has told of no top-up.
        account.late_due = account.corrected = None
        if stated is not None and event.minutes_before is not None:
            account.corrected = partial(corrected_top_up, stated, late, account.late[event.period_id])
            return
        if stated is None and associate is not None and period is not None:
            policy = associate.plan_on(associate.last_day_in(period)).plan.deficit_policy
            stated = account.settled(policy, account.sums_settled_by(period).net_minor, period)
        if stated is not None:
            account.late_due = top_up_between(stated, late, account.late[event.period_id])

    def _late_topped_up(self, account: _Account, event: LateToppedUp, position: int) -> list[Discrepancy]:
        due, account.late_due = account.late_due, None
        for_what = event.for_period_id, event.period_id or event.waits_for
        unpaid_minor = account.late_unpaid.get(for_what, 0)
        if account.corrected is not None:
            due = account.corrected(unpaid_minor=unpaid_minor, owed_minor=account.owed_minor)
            account.corrected = None
        if due is None:
            due = LateTopUp(event.amount_minor, event.owed_minor, event.recoverable)
        account.late_unpaid[for_what] = unpaid_minor + due.amount_minor
        account.in_bucket(event).late_minor += due.amount_minor
        account.owed_minor += due.owed_minor
        if event.for_period_id not in account.stated:
            paid = account.late_paid.get(event.for_period_id, NONE_PAID)
            account.late_paid[event.for_period_id] = paid.with_more(due.amount_minor, due.owed_minor)
        return compared(event, position, {"amount_minor": due.amount_minor, "owed_minor": due.owed_minor})

    def _stated(self, account: _Account, event: StatementIssued, position: int) -> list[Discrepancy]:
        self.statements += 1
        steps, account.steps = account.steps, []
        associate = self._world.associate(event.associate_id)
        calendar = self._world.calendar(event.scope)
        period = calendar.periods.get(event.period_id) if calendar else None
        if associate is None:
            return compared(event, position, {"associate_id": None})
        if period is None or event.period_id in account.stated:
            # No such period was opened, or it has its statement already.
            return compared(event, position, {"period_id": None})
        expected = self._expected(account, event, associate, period)
        taken_in = account.state().settled_by(period)
        stated = account.settled(expected["policy"], expected["net_minor"], period)
        account.stated = account.stated.with_item(event.period_id, stated)
        account.late_paid.pop(event.period_id, None)
        account.owed_minor = expected["owed_after_minor"]
        for bucket in taken_in:
            account.sums.pop(bucket, None)
        account.days = {on: day for on, day in account.days.items() if day.bucket not in taken_in}
        account.late_unpaid = {
            top_up: minor for top_up, minor in account.late_unpaid.items() if top_up[1] not in taken_in
        }
        wrong_steps = steps_compared(steps, event, position, expected)
        del expected["late_taken_back_minor"]
        return [*compared(event, position, expected), *wrong_steps]

    def _expected(
        self, account: _Account, event: StatementIssued, associate: AssociateState, period: PayPeriod
    ) -> dict[str, Any]:
        held = account.state()
        taken_in = held.settled_by(period)
        sums = account.sums_settled_by(period)
        days = [day for day in account.days.values() if day.bucket in taken_in]
        minutes = sum(day.minutes for day in days)
        agreed = associate.plan_on(associate.last_day_in(period))
        late_minutes = account.late.get(event.period_id, 0)
        rate_minutes = sum(day.minutes * day.rate_minor for day in days)
        guarantee_minor = half_up(rate_minutes, MINUTES_PER_HOUR)
        settled = settle_after_late_hours(
            agreed.plan.deficit_policy,
            sums.net_minor,
            half_up(rate_minutes + late_minutes, MINUTES_PER_HOUR),
            held,
            account.late_paid.get(event.period_id, NONE_PAID),
            timely_guarantee_minor=guarantee_minor,
            is_final=statement_is_final(
                self._world,
                associate,
                held,
                period,
                day_at(self._world, associate.store_id, event.occurred_at),
            ),
        )
        information = work_information(settled, sums.net_minor, minutes)
        return {
            "currency": associate.currency,
            "starts_on": period.starts_on,
            "ends_on": period.ends_on,
            "plan_no": agreed.plan_no,
            "policy": agreed.plan.deficit_policy,
            "minutes": minutes,
            "guarantee_minor": guarantee_minor,
            "sales_minor": sums.sales_minor,
            "earned_minor": sums.earned_minor,
            "clawed_back_minor": sums.clawed_back_minor,
            "moved_minor": sums.moved_minor,
            "net_minor": sums.net_minor,
            "owed_before_minor": settled.owed_before_minor,
            "recouped_minor": settled.recouped_minor,
            "topped_up_minor": settled.topped_up_minor,
            "late_topped_up_minor": sums.late_minor - settled.late_taken_back_minor,
            "carried_minor": settled.carried_minor,
            "forgiven_minor": settled.forgiven_minor,
            "written_off_minor": settled.written_off_minor,
            "owed_after_minor": settled.owed_after_minor,
            "late_taken_back_minor": -settled.late_taken_back_minor,
            "pay_minor": settled.pay_minor + sums.late_minor - settled.late_taken_back_minor,
            "regular_rate_minor": information.regular_rate_minor,
            "commission_share_bp": information.commission_share_bp,
        }


def _day(event: HoursRecorded) -> _Day:
    minutes = event.selling_minutes + event.non_selling_minutes
    return _Day(minutes, event.base_rate_minor, event.period_id or event.waits_for)


def _recomputed(account: _Account, event: PeriodRecomputed) -> None:
    """What another plan makes of a period that has its statement, by what history says of it."""
    stated, late = account.stated[event.period_id], account.late.get(event.period_id, 0)
    account.late[event.period_id] = late + event.rate_minutes
    account.late_due = None
    anew = (late, account.late[event.period_id], event.net_minor)
    account.corrected = partial(recomputed_top_up, stated, *anew)
    account.stated = account.stated.with_item(event.period_id, stated.computed_anew(*anew))

"""What decisions need to know about an associate: which pay plan holds on a day, where they work, whether
they left.
"""

from datetime import date

import msgspec
from msgspec.structs import replace

from domain.associate import events
from domain.messages import Event, UnknownEvent
from domain.pay_period.state import PayPeriod


class AgreedPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A pay plan, its number in the order of agreement (0 is the one hired with), and the day it takes
    effect.
    """

    plan_no: int
    plan: events.FrozenPayPlan
    effective_on: date


class StoreFrom(msgspec.Struct, frozen=True, kw_only=True):
    """Where somebody works from a day on."""

    store_id: str
    from_day: date


class Announced(msgspec.Struct, frozen=True, kw_only=True):
    """A last day to come, and who takes over the book."""

    left_on: date
    successors: tuple[str, ...]


class Absence(msgspec.Struct, frozen=True, kw_only=True):
    """They had left after a day, and came back on another."""

    last_day: date
    back_on: date


class AssociateState(msgspec.Struct, frozen=True, kw_only=True):
    """An employment.

    `stores` holds the present store last; `left_on` is the last day of somebody who has left, `announced` a
    last day to come. `absences` are between leaving and coming back.
    """

    associate_id: str
    hired_on: date
    stores: tuple[StoreFrom, ...]
    department: str | None
    plans: tuple[AgreedPlan, ...]
    left_on: date | None = None
    announced: Announced | None = None
    absences: tuple[Absence, ...] = ()

    @property
    def store_id(self) -> str:
        """The present store."""
        return self.stores[-1].store_id

    @property
    def currency(self) -> str:
        """The one currency this associate is paid in; no change of plan changes it."""
        return self.plans[0].plan.currency

    def last_day_in(self, period: PayPeriod) -> date:
        """The last day of a period, or of the associate if that came first: its plan settles the period."""
        return self.last_day_before(period.ends_on) or period.ends_on

    def last_day_before(self, day: date) -> date | None:
        """The last day before a day on which they had left; None where they had not, or were back."""
        for absence in self.absences:
            if absence.last_day < day < absence.back_on:
                return absence.last_day
        return self.left_on if self.left_on is not None and self.left_on < day else None

    def plan_on(self, day: date) -> AgreedPlan:
        """The plan in force on a day: the latest to take effect by then, of two on the same day the one
        agreed later.

        Days before the first plan have the first one.
        """
        in_effect = [agreed for agreed in self.plans if agreed.effective_on <= day]
        return max(in_effect, key=lambda agreed: (agreed.effective_on, agreed.plan_no), default=self.plans[0])

    def stores_between(self, first: date, last: date) -> tuple[str, ...]:
        """Where they worked on any day from `first` to `last` inclusive; nowhere before hiring and after
        leaving.
        """
        begins = (self.hired_on, *(absence.back_on for absence in self.absences))
        ends = (*(absence.last_day for absence in self.absences), self.left_on or last)
        stores = [
            store_id
            for begin, end in zip(begins, ends, strict=True)
            for store_id in self._worked_in(max(first, begin), min(last, end))
        ]
        return tuple(dict.fromkeys(stores))

    def _worked_in(self, first: date, last: date) -> list[str]:
        until = [*(later.from_day for later in self.stores[1:]), date.max]
        return [
            store.store_id
            for store, next_from in zip(self.stores, until, strict=True)
            if first <= last and store.from_day <= last and max(first, store.from_day) < next_from
        ]


def evolve(state: AssociateState | None, event: Event) -> AssociateState:
    """The state after one more event. Raises UnknownEvent for one that is not an associate's."""
    if state is None:
        if isinstance(event, events.AssociateHired):
            return AssociateState(
                associate_id=event.associate_id,
                hired_on=event.hired_on,
                stores=(StoreFrom(store_id=event.store_id, from_day=date.min),),
                department=event.department,
                plans=(AgreedPlan(plan_no=0, plan=event.plan, effective_on=event.hired_on),),
            )
        raise UnknownEvent(state, event)
    match event:
        case events.PayPlanChanged():
            agreed = AgreedPlan(plan_no=event.plan_no, plan=event.plan, effective_on=event.effective_on)
            return replace(state, plans=(*state.plans, agreed))
        case events.AssociateTransferred():
            store = StoreFrom(store_id=event.store_id, from_day=event.occurred_at.date())
            return replace(state, stores=(*state.stores, store), department=event.department)
        case events.LeavingAnnounced():
            return replace(state, announced=Announced(left_on=event.left_on, successors=event.successors))
        case events.LeavingCancelled():
            return replace(state, announced=None)
        case events.AssociateLeft():
            return replace(state, left_on=event.left_on, announced=None)
        case events.AssociateRehired():
            return _rehired(state, event)
        case _:
            raise UnknownEvent(state, event)


def _rehired(state: AssociateState, event: events.AssociateRehired) -> AssociateState:
    last_day = state.left_on or event.rehired_on
    absence = Absence(last_day=last_day, back_on=event.rehired_on)
    store = StoreFrom(store_id=event.store_id, from_day=event.rehired_on)
    is_new = event.store_id != state.store_id
    return replace(
        state,
        left_on=None,
        absences=(*state.absences, absence) if last_day < event.rehired_on else state.absences,
        stores=(*state.stores, store) if is_new else state.stores,
        department=event.department,
    )

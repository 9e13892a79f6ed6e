"""What decisions need to know about an associate: which pay plan holds on a day, where they work, whether
they left.
"""

from datetime import date

import msgspec
from msgspec.structs import replace

from domain.associate.commands import PayPlan
from domain.associate.events import AssociateHired, AssociateLeft, AssociateTransferred, PayPlanChanged
from domain.messages import Event, UnknownEvent
from domain.pay_period.state import PayPeriod


class AgreedPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A pay plan, its number in the order of agreement (0 is the one hired with), and the day it takes
    effect.
    """

    plan_no: int
    plan: PayPlan
    effective_on: date


class StoreFrom(msgspec.Struct, frozen=True, kw_only=True):
    """Where somebody works from a day on."""

    store_id: str
    from_day: date


class AssociateState(msgspec.Struct, frozen=True, kw_only=True):
    """An employment.

    `stores` holds the present store last; `left_on` is the last day, None while nobody has said so.
    """

    associate_id: str
    hired_on: date
    stores: tuple[StoreFrom, ...]
    department: str | None
    plans: tuple[AgreedPlan, ...]
    left_on: date | None = None

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
        return min(period.ends_on, self.left_on) if self.left_on is not None else period.ends_on

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
        first = max(first, self.hired_on)
        last = min(last, self.left_on) if self.left_on is not None else last
        if first > last:
            return ()
        until = [*(later.from_day for later in self.stores[1:]), date.max]
        return tuple(
            store.store_id
            for store, next_from in zip(self.stores, until, strict=True)
            if store.from_day <= last and max(first, store.from_day) < next_from
        )


def evolve(state: AssociateState | None, event: Event) -> AssociateState:
    """The state after one more event. Raises UnknownEvent for one that is not an associate's."""
    if state is None:
        if isinstance(event, AssociateHired):
            return AssociateState(
                associate_id=event.associate_id,
                hired_on=event.hired_on,
                stores=(StoreFrom(store_id=event.store_id, from_day=date.min),),
                department=event.department,
                plans=(AgreedPlan(plan_no=0, plan=event.plan, effective_on=event.hired_on),),
            )
        raise UnknownEvent(state, event)
    match event:
        case PayPlanChanged():
            agreed = AgreedPlan(plan_no=event.plan_no, plan=event.plan, effective_on=event.effective_on)
            return replace(state, plans=(*state.plans, agreed))
        case AssociateTransferred():
            store = StoreFrom(store_id=event.store_id, from_day=event.occurred_at.date())
            return replace(state, stores=(*state.stores, store), department=event.department)
        case AssociateLeft():
            return replace(state, left_on=event.left_on)
        case _:
            raise UnknownEvent(state, event)

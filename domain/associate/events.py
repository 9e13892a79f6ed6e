"""Events of an associate's employment."""

from datetime import date, datetime
from typing import ClassVar

from domain.associate.commands import PayPlan, Tier
from domain.messages import Event, made_of
from domain.personal import Encrypted


class FrozenTier(Tier, frozen=True, forbid_unknown_fields=False):
    """A tier as agreed."""


class FrozenPayPlan(PayPlan, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """A pay plan as agreed. Unlike the command's plan it ignores the fields that a newer writer adds."""

    tiers: tuple[FrozenTier, ...] = ()


def frozen(plan: PayPlan) -> FrozenPayPlan:
    """A command's plan, as it is stored in the event."""
    return made_of(FrozenPayPlan, plan, tiers=tuple(made_of(FrozenTier, tier) for tier in plan.tiers))


class AssociateEvent(Event, frozen=True, kw_only=True):
    """An event in one associate's history."""

    associate_id: str
    """The associate whose history it is."""

    @property
    def stream_id(self) -> str:
        return self.associate_id


class AssociateHired(AssociateEvent, frozen=True, kw_only=True):
    """An associate joins: the first event of their history."""

    names: ClassVar = ("associate_id",)

    name: Encrypted | None = None
    """Name of the associate. Absent: not given."""
    reference: str | None = None
    """Their number in another system. Absent: none was given."""
    store_id: str
    """Store where they work."""
    department: str | None = None
    """Department where they work. Absent: none, or all."""
    plan: FrozenPayPlan
    """Pay plan number 0, as agreed."""
    hired_on: date
    """First working day, by the store's clock."""
    made_up: bool = False
    """True where an import invented the associate, because its source names no sellers."""


class PayPlanChanged(AssociateEvent, frozen=True, kw_only=True):
    """Another pay plan was agreed. Sales before `effective_on` keep the plan of their day for ever."""

    names: ClassVar = ("plan_no",)

    plan_no: int
    """Number of the plan among the associate's, in the order they were agreed; 0 is the one they were hired
    with."""
    plan: FrozenPayPlan
    """The plan, as agreed."""
    effective_on: date
    """First business day on which it holds."""
    recomputed: bool = False
    """True where sales or hours of the days from `effective_on` on were there already and were computed anew;
    the events of the accounts that make up for it follow in the same commit."""


class AssociateTransferred(AssociateEvent, frozen=True, kw_only=True):
    """An associate works elsewhere from now on. Money events go to the pay calendar of the new store."""

    store_id: str
    """Store where they work from now on."""
    department: str | None = None
    """Department where they work from now on. Absent: none, or all."""


class AssociateLeft(AssociateEvent, frozen=True, kw_only=True):
    """An associate left. Their customers are handed over afterwards, by one OwnerReassigned each."""

    left_on: date
    """Last working day, by the store's clock."""
    successors: tuple[str, ...] = ()
    """Who takes over their customers, in turn; empty: whoever works in the same place and has the smallest
    book."""


class LeavingAnnounced(AssociateEvent, frozen=True, kw_only=True):
    """They leave on a day to come, which begins in their store at `begins_at`. Until then nothing changes."""

    left_on: date
    """Last working day that was announced."""
    successors: tuple[str, ...] = ()
    """Who is to take over their customers, in turn; empty: nobody is named."""
    begins_at: datetime
    """Instant at which that day begins in their store: AssociateLeft may follow from then on."""


class LeavingCancelled(AssociateEvent, frozen=True, kw_only=True):
    """A leaving that had been announced does not happen."""

    left_on: date
    """The day that had been announced."""


class AssociateRehired(AssociateEvent, frozen=True, kw_only=True):
    """An associate who had left is back from `rehired_on` on. Account and pay plan go on; customers stay with
    whoever has them by now.
    """

    rehired_on: date
    """First working day of the new employment, by the store's clock."""
    store_id: str
    """Store where they work from now on."""
    department: str | None = None
    """Department where they work from now on. Absent: none, or all."""


TOPICS: dict[str, type[Event]] = {
    "associate.hired.v1": AssociateHired,
    "associate.pay_plan_changed.v1": PayPlanChanged,
    "associate.transferred.v1": AssociateTransferred,
    "associate.leaving_announced.v1": LeavingAnnounced,
    "associate.leaving_cancelled.v1": LeavingCancelled,
    "associate.left.v1": AssociateLeft,
    "associate.rehired.v1": AssociateRehired,
}

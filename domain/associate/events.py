"""Events of an associate's employment."""

from datetime import date, datetime
from typing import ClassVar

from domain.associate.commands import PayPlan, Tier
from domain.messages import Event, made_of


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

    @property
    def stream_id(self) -> str:
        return self.associate_id


class AssociateHired(AssociateEvent, frozen=True, kw_only=True):
    names: ClassVar = ("associate_id",)

    name: str | None = None
    reference: str | None = None
    store_id: str
    department: str | None = None
    plan: FrozenPayPlan
    hired_on: date
    made_up: bool = False


class PayPlanChanged(AssociateEvent, frozen=True, kw_only=True):
    """Plans are numbered from 0 (the one hired with) in the order they were agreed. `recomputed`: sales and
    hours that had been there already were computed anew.
    """

    names: ClassVar = ("plan_no",)

    plan_no: int
    plan: FrozenPayPlan
    effective_on: date
    recomputed: bool = False


class AssociateTransferred(AssociateEvent, frozen=True, kw_only=True):
    store_id: str
    department: str | None = None


class AssociateLeft(AssociateEvent, frozen=True, kw_only=True):
    left_on: date
    successors: tuple[str, ...] = ()


class LeavingAnnounced(AssociateEvent, frozen=True, kw_only=True):
    """They leave on a day to come, which begins in their store at `begins_at`. Until then nothing changes."""

    left_on: date
    successors: tuple[str, ...] = ()
    begins_at: datetime


class LeavingCancelled(AssociateEvent, frozen=True, kw_only=True):
    """What had been announced does not happen."""

    left_on: date


class AssociateRehired(AssociateEvent, frozen=True, kw_only=True):
    """They are back from `rehired_on` on."""

    rehired_on: date
    store_id: str
    department: str | None = None


TOPICS: dict[str, type[Event]] = {
    "associate.hired.v1": AssociateHired,
    "associate.pay_plan_changed.v1": PayPlanChanged,
    "associate.transferred.v1": AssociateTransferred,
    "associate.leaving_announced.v1": LeavingAnnounced,
    "associate.leaving_cancelled.v1": LeavingCancelled,
    "associate.left.v1": AssociateLeft,
    "associate.rehired.v1": AssociateRehired,
}

"""The associate directory: one row per associate, with all pay plans and stores there have been."""

from datetime import date, datetime
from typing import Any, Final, Literal

import msgspec

from domain.associate import events
from domain.messages import Event
from projections.kernel import Journal, Projection, table_ddl

Status = Literal["unknown", "working", "left"]


class AgreedPlan(msgspec.Struct, frozen=True, omit_defaults=True):
    """A pay plan, its number in the order of agreement (0 is the one hired with), and the day it takes
    effect.
    """

    plan_no: int
    effective_on: date
    plan: events.FrozenPayPlan


class Workplace(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A store and department, and since when."""

    store_id: str
    since: datetime
    department: str | None = None


class Leaving(msgspec.Struct, frozen=True, omit_defaults=True):
    """A last day to come, the instant at which it begins, and the position of its announcement."""

    left_on: date
    begins_at: datetime
    position: int


class Associate(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Somebody who works here, or did. `name` is encrypted; `made_up` labels people an import had to invent.

    `plans` and `postings` are in the order they were agreed; `left_on` is the last day, `leaving` one
    to come.
    """

    associate_id: str
    name: str | None = None
    reference: str | None = None
    hired_on: date | None = None
    made_up: bool = False
    plans: list[AgreedPlan] = []
    postings: list[Workplace] = []
    left_on: date | None = None
    successors: tuple[str, ...] = ()
    leaving: Leaving | None = None

    @property
    def status(self) -> Status:
        """Whether anything is known, and whether the associate has left."""
        if self.left_on is not None:
            return "left"
        return "unknown" if self.hired_on is None else "working"

    @property
    def posting(self) -> Workplace | None:
        """Where the associate works, or last worked."""
        return self.postings[-1] if self.postings else None

    def plan_on(self, day: date) -> AgreedPlan | None:
        """The plan in force on a day: the latest to take effect by then, of two the one agreed later; else
        the first.
        """
        in_effect = [agreed for agreed in self.plans if agreed.effective_on <= day]
        if not in_effect:
            return self.plans[0] if self.plans else None
        return max(in_effect, key=lambda agreed: (agreed.effective_on, agreed.plan_no))


def hired(associate: Associate, event: events.AssociateHired) -> None:
    associate.name = event.name
    associate.reference = event.reference
    associate.hired_on = event.hired_on
    associate.made_up = event.made_up
    associate.plans.append(AgreedPlan(0, event.hired_on, event.plan))
    associate.postings.append(Workplace(event.store_id, event.occurred_at, event.department))


def plan_changed(associate: Associate, event: events.PayPlanChanged) -> None:
    associate.plans.append(AgreedPlan(event.plan_no, event.effective_on, event.plan))


def transferred(associate: Associate, event: events.AssociateTransferred) -> None:
    associate.postings.append(Workplace(event.store_id, event.occurred_at, event.department))


def left(associate: Associate, event: events.AssociateLeft) -> None:
    associate.left_on = event.left_on
    associate.successors = event.successors
    associate.leaving = None


def leaving_cancelled(associate: Associate, event: events.LeavingCancelled) -> None:
    associate.leaving = None


def rehired(associate: Associate, event: events.AssociateRehired) -> None:
    associate.left_on, associate.successors = None, ()
    place = associate.posting
    if place is None or (place.store_id, place.department) != (event.store_id, event.department):
        associate.postings.append(Workplace(event.store_id, event.occurred_at, event.department))


_FOLDS: dict[type[Event], Any] = {
    events.AssociateHired: hired,
    events.PayPlanChanged: plan_changed,
    events.AssociateTransferred: transferred,
    events.LeavingCancelled: leaving_cancelled,
    events.AssociateLeft: left,
    events.AssociateRehired: rehired,
}


def empty(associate_id: str) -> Associate:
    """Somebody who has not been hired."""
    return Associate(associate_id=associate_id)


def fold(associate: Associate, event: Event, position: int) -> Any:
    """Folds an event into the entry of the directory; the store that the associate came to, if they did."""
    known = len(associate.postings)
    if isinstance(event, events.LeavingAnnounced):
        associate.leaving = Leaving(event.left_on, event.begins_at, position)
    else:
        _FOLDS[type(event)](associate, event)
    return tuple((posting.store_id,) for posting in associate.postings[known:])


def query_values(associate: Associate) -> tuple[Any, ...]:
    """The query columns of an associate's row, in the order of table.sql."""
    posting = associate.posting
    return (
        associate.status,
        posting.store_id if posting else None,
        posting.department if posting else None,
        associate.reference,
        associate.made_up,
        sorted({posting.store_id for posting in associate.postings}),
        associate.left_on,
        associate.leaving.begins_at if associate.leaving else None,
    )


PROJECTION: Final = Projection(
    name="associate_directory",
    keyed_by="stream",
    consumes=(*_FOLDS, events.LeavingAnnounced),
    state_type=Associate,
    empty=empty,
    fold=fold,
    columns=("status", "store_id", "department", "reference", "made_up", "stores", "left_on", "leaves_at"),
    values=query_values,
    ddl=table_ddl(__package__ or ""),
    journal=Journal("workplaces", ("store_id",)),
)

"""Commands about an associate's employment."""

from datetime import date
from typing import Annotated, ClassVar, Literal

import msgspec

from domain.ids import ASSOCIATE, AssociateId, Code
from domain.messages import Command
from domain.money import Currency, NonNegativeMinor, RateBp
from domain.personal import Personal

#: A: forgive. B: carry. C: recoverable_draw (docs/domain.md, rule 6).
DeficitPolicy = Literal["forgive", "carry", "recoverable_draw"]


class Tier(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From this much net sales in the period on (minor units), the rate is this."""

    from_minor: NonNegativeMinor
    """Net sales in the pay period from which the rate holds."""
    rate_bp: RateBp
    """Rate that the sales beyond earn, up to the next tier."""


class PayPlan(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """How an associate is paid.

    The rate of a line is the department's where one is given; else the tier's that the running net sales of
    the period have reached (marginal: a line that crosses a threshold is cut there); else `rate_bp`.
    `base_rate_minor` is the guarantee per hour. `deficit_warning_bp` is the share of the guarantee below
    which a deficit threatens: a return that brings a period's net commission below it leads to a warning.
    None: to none.
    """

    currency: Currency
    """ISO 4217 code of the currency that the associate is paid in."""
    base_rate_minor: NonNegativeMinor
    """Guarantee per hour worked."""
    rate_bp: RateBp
    """Rate of a line that neither a department's rate nor a tier decides."""
    department_rates_bp: dict[str, RateBp] = {}
    """Rates by department; they go before tiers and `rate_bp`."""
    tiers: tuple[Tier, ...] = ()
    """Rates by net sales of the period, rising; empty: `rate_bp` whatever is sold."""
    deficit_policy: DeficitPolicy = "carry"
    """What becomes of negative net commission: forgive, carry into the next period, or recoverable_draw
    (top-ups are recouped out of later commission)."""
    deficit_warning_bp: RateBp | None = None
    """Share of the guarantee; net commission that falls below it leads to DeficitThreatening. Absent: no
    warning."""


class HireAssociate(Command, frozen=True, kw_only=True):
    """Somebody joins. `made_up` labels people an import had to invent."""

    new_id: ClassVar = ("associate_id", ASSOCIATE)
    subject: ClassVar = "associate_id"

    associate_id: AssociateId | None = None
    name: Personal | None = None
    reference: Code | None = None
    store_id: Code
    department: Code | None = None
    plan: PayPlan
    hired_on: date | None = None
    made_up: bool = False


class ChangePayPlan(Command, frozen=True, kw_only=True):
    """Another plan from a date on; sales before it keep theirs for ever.

    A date before sales or hours already made is refused, unless `recompute`: then the difference is posted to
    the open period, and statements stay as issued.
    """

    subject: ClassVar = "associate_id"

    associate_id: AssociateId
    plan: PayPlan
    effective_on: date
    recompute: bool = False


class TransferAssociate(Command, frozen=True, kw_only=True):
    """Another store or department."""

    subject: ClassVar = "associate_id"

    associate_id: AssociateId
    store_id: Code
    department: Code | None = None


class AssociateLeaves(Command, frozen=True, kw_only=True):
    """The book goes to the successors, customer by customer in turn; what is still owed is written off.

    A day to come is announced, and it happens on that day.
    """

    subject: ClassVar = "associate_id"

    associate_id: AssociateId
    left_on: date | None = None
    successors: Annotated[tuple[AssociateId, ...], msgspec.Meta(max_length=50)] = ()


class LeaveAsAnnounced(Command, frozen=True, kw_only=True):
    """The last day that was announced has come. The reactions send it on that day; refused before."""

    subject: ClassVar = "associate_id"

    associate_id: AssociateId
    left_on: date


class CancelLeaving(Command, frozen=True, kw_only=True):
    """An announced leaving does not happen."""

    subject: ClassVar = "associate_id"

    associate_id: AssociateId


class RehireAssociate(Command, frozen=True, kw_only=True):
    """Somebody who left comes back, to the former store and department where none is named.

    Account, pay plan and history go on. Customers who were handed over stay where they are, and what was
    written off is not owed again.
    """

    subject: ClassVar = "associate_id"

    associate_id: AssociateId
    rehired_on: date | None = None
    store_id: Code | None = None
    department: Code | None = None

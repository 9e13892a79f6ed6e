"""Every event as a struct. Made from contracts/events by `python -m toolchain.kits write`.

Fields that are not known here are passed over, and words of an enumeration may be others than those that are
listed: what is added later is survivable.
"""

from datetime import date, datetime
from typing import Final

import msgspec

from clienteling_events.message import EventMessage


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """What happened in the shop."""


class FrozenTier(msgspec.Struct, frozen=True, kw_only=True):
    """A tier as agreed."""

    from_minor: int
    """Net sales in the pay period from which the rate holds."""
    rate_bp: int
    """Rate that the sales beyond earn, up to the next tier."""


class FrozenPayPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A pay plan as agreed. Unlike the command's plan it ignores the fields that a newer writer adds."""

    currency: str
    """ISO 4217 code of the currency that the associate is paid in."""
    base_rate_minor: int
    """Guarantee per hour worked."""
    rate_bp: int
    """Rate of a line that neither a department's rate nor a tier decides."""
    department_rates_bp: dict[str, int] = {}
    """Rates by department; they go before tiers and `rate_bp`."""
    tiers: tuple[FrozenTier, ...] = ()
    """Rates by net sales of the period, rising; empty: `rate_bp` whatever is sold."""
    deficit_policy: str = "carry"
    """What becomes of negative net commission: forgive, carry into the next period, or recoverable_draw (top-
    ups are recouped out of later commission). One of carry, forgive, recoverable_draw.
    """
    deficit_warning_bp: int | None = None
    """Share of the guarantee; net commission that falls below it leads to DeficitThreatening."""


class AssociateHired(Event, frozen=True, kw_only=True):
    """An associate joins: the first event of their history."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    associate_id: str
    """The associate whose history it is."""
    name: str | None = None
    """Name of the associate."""
    reference: str | None = None
    """Their number in another system."""
    store_id: str
    """Store where they work."""
    department: str | None = None
    """Department where they work."""
    plan: FrozenPayPlan
    """Pay plan number 0, as agreed."""
    hired_on: date
    """First working day, by the store's clock."""
    made_up: bool = False
    """True where an import invented the associate, because its source names no sellers."""


class LeavingAnnounced(Event, frozen=True, kw_only=True):
    """They leave on a day to come, which begins in their store at `begins_at`. Until then nothing changes."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    associate_id: str
    """The associate whose history it is."""
    left_on: date
    """Last working day that was announced."""
    successors: tuple[str, ...] = ()
    """Who is to take over their customers, in turn; empty: nobody is named."""
    begins_at: datetime
    """Instant at which that day begins in their store: AssociateLeft may follow from then on."""


class LeavingCancelled(Event, frozen=True, kw_only=True):
    """A leaving that had been announced does not happen."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    associate_id: str
    """The associate whose history it is."""
    left_on: date
    """The day that had been announced."""


class AssociateLeft(Event, frozen=True, kw_only=True):
    """An associate left. Their customers are handed over afterwards, by one OwnerReassigned each."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    associate_id: str
    """The associate whose history it is."""
    left_on: date
    """Last working day, by the store's clock."""
    successors: tuple[str, ...] = ()
    """Who takes over their customers, in turn; empty: whoever works in the same place and has the smallest
    book.
    """


class PayPlanChanged(Event, frozen=True, kw_only=True):
    """Another pay plan was agreed. Sales before `effective_on` keep the plan of their day for ever."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    associate_id: str
    """The associate whose history it is."""
    plan_no: int
    """Number of the plan among the associate's, in the order they were agreed; 0 is the one they were hired
    with.
    """
    plan: FrozenPayPlan
    """The plan, as agreed."""
    effective_on: date
    """First business day on which it holds."""
    recomputed: bool = False
    """True where sales or hours of the days from `effective_on` on were there already and were computed anew;
    the events of the accounts that make up for it follow in the same commit.
    """


class AssociateRehired(Event, frozen=True, kw_only=True):
    """An associate who had left is back from `rehired_on` on. Account and pay plan go on; customers stay with
    whoever has them by now.
    """

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    associate_id: str
    """The associate whose history it is."""
    rehired_on: date
    """First working day of the new employment, by the store's clock."""
    store_id: str
    """Store where they work from now on."""
    department: str | None = None
    """Department where they work from now on."""


class AssociateTransferred(Event, frozen=True, kw_only=True):
    """An associate works elsewhere from now on. Money events go to the pay calendar of the new store."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    associate_id: str
    """The associate whose history it is."""
    store_id: str
    """Store where they work from now on."""
    department: str | None = None
    """Department where they work from now on."""


class AllowanceClawedBack(Event, frozen=True, kw_only=True):
    """Commission taken back for money that the customer got back on goods they keep."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    associate_id: str
    """Associate whose account it is."""
    currency: str
    """ISO 4217 code of the currency of all amounts."""
    sale_id: str
    """The sale."""
    line_no: int
    """Line of the sale."""
    period_id: str | None = None
    """Pay period that it is posted to."""
    waits_for: date | None = None
    """Business day that lies in no opened period yet: the first statement of a period that reaches this day
    includes it.
    """
    sales_minor: int
    """What comes off the sales they are credited with."""
    amount_minor: int
    """What is taken back."""


class ClawedBackLine(msgspec.Struct, frozen=True, kw_only=True):
    """Commission that moves with units of one sale line."""

    line_no: int
    """Line of the sale."""
    quantity: int
    """Units of the line, whoever is credited with them."""
    sales_minor: int
    """What the associate's part of them had been sold for."""
    commission_minor: int
    """What they had earned the associate."""


class CommissionClawedBack(Event, frozen=True, kw_only=True):
    """Goods came back that the associate is credited with selling, or were traced to their sale: the cents
    that these units had earned are taken back, whoever took them in.
    """

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    associate_id: str
    """Associate whose account it is."""
    currency: str
    """ISO 4217 code of the currency of all amounts."""
    return_id: str
    """The return."""
    sale_id: str
    """The sale that the goods are from."""
    period_id: str | None = None
    """Pay period that it is posted to."""
    waits_for: date | None = None
    """Business day that lies in no opened period yet: the first statement of a period that reaches this day
    includes it.
    """
    sales_minor: int
    """What comes off the sales they are credited with."""
    lines: tuple[ClawedBackLine, ...]
    """Units by line of the sale."""
    amount_minor: int
    """What is taken back: the sum of the lines' commission."""


class DeficitCarried(Event, frozen=True, kw_only=True):
    """Negative net commission is carried into the next period (policy carry). Issued with the statement."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    associate_id: str
    """Associate whose account it is."""
    currency: str
    """ISO 4217 code of the currency of all amounts."""
    period_id: str
    """The period that is settled."""
    amount_minor: int
    """The amount, above zero."""


class DeficitForgiven(Event, frozen=True, kw_only=True):
    """Negative net commission is forgiven (policy forgive). Issued with the statement."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    associate_id: str
    """Associate whose account it is."""
    currency: str
    """ISO 4217 code of the currency of all amounts."""
    period_id: str
    """The period that is settled."""
    amount_minor: int
    """The amount, above zero."""


class DeficitRecouped(Event, frozen=True, kw_only=True):
    """Carried deficit, or open draw, is taken out of what exceeds the guarantee, with the statement."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    associate_id: str
    """Associate whose account it is."""
    currency: str
    """ISO 4217 code of the currency of all amounts."""
    period_id: str
    """The period that is settled."""
    amount_minor: int
    """The amount, above zero."""


class DeficitThreatening(Event, frozen=True, kw_only=True):
    """Goods that came back, or an allowance, brought the net commission of a period below the share of the
    guarantee that the plan names; once per account and period. It moves no money.
    """

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    associate_id: str
    """Associate whose account it is."""
    currency: str
    """ISO 4217 code of the currency of all amounts."""
    store_id: str
    """Store where the associate works."""
    period_id: str | None = None
    """The period."""
    net_minor: int
    """Net commission of the period so far; it may be below zero."""
    guarantee_minor: int
    """Guarantee of the period so far."""
    threshold_minor: int
    """What net commission fell below: `guarantee_minor` times the plan's `deficit_warning_bp`."""
    sale_id: str
    """Sale that the lost commission is of."""
    return_id: str | None = None
    """Return that brought it about."""


class DeficitWrittenOff(Event, frozen=True, kw_only=True):
    """What was still owed when the associate left: with the final statement, or (`period_id` None) on
    leaving, when none is to come.
    """

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    associate_id: str
    """Associate whose account it is."""
    currency: str
    """ISO 4217 code of the currency of all amounts."""
    period_id: str | None = None
    """Period of the final statement, in whose commit it is."""
    amount_minor: int
    """What is owed no longer."""


class Band(msgspec.Struct, frozen=True, array_like=True):
    """A part of a line at one marginal rate. `base_e4` is the part in ten-thousandths of a minor unit (net
    amount times share in basis points), so that splits stay exact; `rate_bp` is the rate it earns.
    """

    base_e4: int
    """Part of the line that is credited at this rate: net amount times share in basis points."""
    rate_bp: int
    """Rate that this part earns."""


class EarnedLine(msgspec.Struct, frozen=True, kw_only=True):
    """Commission of one sale line: what was credited at which rates, and what it earned."""

    line_no: int
    """Line of the sale."""
    bands: tuple[Band, ...]
    """What is credited of it, by rate."""
    commission_minor: int
    """What it earned, rounded."""


class CommissionEarned(Event, frozen=True, kw_only=True):
    """A sale was recorded in which the associate is credited with a line; one event for each associate and
    sale, in the commit of the sale.
    """

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    associate_id: str
    """Associate whose account it is."""
    currency: str
    """ISO 4217 code of the currency of all amounts."""
    sale_id: str
    """The sale."""
    period_id: str | None = None
    """Pay period that it is posted to."""
    waits_for: date | None = None
    """Business day that lies in no opened period yet: the first statement of a period that reaches this day
    includes it.
    """
    plan_no: int = 0
    """Number of the pay plan in force on the day of the sale; its rates are frozen."""
    sales_minor: int
    """What the associate is credited with selling."""
    lines: tuple[EarnedLine, ...]
    """Lines of the sale that they are credited with."""
    amount_minor: int
    """What they earned: the sum of the lines' commission."""


class HoursRecorded(Event, frozen=True, kw_only=True):
    """Minutes of one workday, in the place of what was recorded for the same day before, and the guaranteed
    rate that holds on it.
    """

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    associate_id: str
    """Associate whose account it is."""
    currency: str
    """ISO 4217 code of the currency of all amounts."""
    worked_on: date
    """The workday."""
    selling_minutes: int = 0
    """Minutes spent selling."""
    non_selling_minutes: int = 0
    """Minutes spent otherwise."""
    base_rate_minor: int
    """Guarantee per hour on that day."""
    period_id: str | None = None
    """Pay period that it is posted to."""
    waits_for: date | None = None
    """Business day that lies in no opened period yet: the first statement of a period that reaches this day
    includes it.
    """
    reason: str | None = None
    """pay_plan: the day was computed anew by another plan."""


class LateHoursRecorded(Event, frozen=True, kw_only=True):
    """Minutes of a workday whose period was closed by then: they count for its guarantee alone. What it would
    have paid more or less with them is in LateToppedUp.
    """

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    associate_id: str
    """Associate whose account it is."""
    currency: str
    """ISO 4217 code of the currency of all amounts."""
    worked_on: date
    """The workday."""
    selling_minutes: int = 0
    """Minutes spent selling."""
    non_selling_minutes: int = 0
    """Minutes spent otherwise."""
    base_rate_minor: int
    """Guarantee per hour on that day."""
    period_id: str
    """Pay period of the day; it stays as it was stated."""
    minutes_before: int | None = None
    """All minutes that the day had counted with and that are put right."""


class LateToppedUp(Event, frozen=True, kw_only=True):
    """What the closed period `for_period_id` would have paid more, had it been known then; paid with
    `period_id`. Below zero it takes back: in the commit of that period's own statement what is not due any
    more, or, where hours were corrected downwards or a plan was taken back, what is not paid yet.
    """

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    associate_id: str
    """Associate whose account it is."""
    currency: str
    """ISO 4217 code of the currency of all amounts."""
    for_period_id: str
    """The closed period that it makes up for."""
    period_id: str | None = None
    """Pay period that it is posted to."""
    waits_for: date | None = None
    """Business day that lies in no opened period yet: the first statement of a period that reaches this day
    includes it.
    """
    amount_minor: int
    """What is paid more; below zero: less."""
    owed_minor: int = 0
    """Part of it that is owed back: a draw, or a deficit that would not have been recouped; where hours were
    corrected downwards or a plan was taken back, what had been topped up and paid too much.
    """
    recoverable: bool = False
    """True under a recoverable draw: top-ups are recouped out of later commission."""
    reason: str = "late_hours"
    """Why a closed period is topped up. One of corrected_hours, late_hours, pay_plan."""


class CommissionMoved(Event, frozen=True, kw_only=True):
    """The attribution of a sale line was corrected, or the line was computed anew by another pay plan. Both
    sides have such an event where both are associates.
    """

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    associate_id: str
    """Associate whose account it is."""
    currency: str
    """ISO 4217 code of the currency of all amounts."""
    sale_id: str
    """The sale."""
    line_no: int
    """Line of the sale."""
    period_id: str | None = None
    """Pay period that it is posted to."""
    waits_for: date | None = None
    """Business day that lies in no opened period yet: the first statement of a period that reaches this day
    includes it.
    """
    sales_minor: int
    """What the account gains in credited sales, below zero what it gives."""
    amount_minor: int
    """What the account gains in commission, below zero what it gives."""
    counterparties: tuple[str, ...] = ()
    """Associates on the other side; empty: it is the house."""
    reason: str | None = None
    """pay_plan: the line was computed anew by another plan."""
    plan_no: int | None = None
    """Number of the plan that the line was computed anew by."""
    rates_bp: tuple[int, ...] = ()
    """Rates that the line earns by that plan, each once; empty: the attribution was corrected."""


class PeriodRecomputed(Event, frozen=True, kw_only=True):
    """Another pay plan was agreed for days of a period whose statement stays as issued."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    associate_id: str
    """Associate whose account it is."""
    currency: str
    """ISO 4217 code of the currency of all amounts."""
    period_id: str
    """The period."""
    plan_no: int
    """Number of the plan."""
    net_minor: int = 0
    """What its sales earn more by the plan, below zero less; CommissionMoved posts it."""
    rate_minutes: int = 0
    """Difference of its guarantee before rounding: minutes worked times the difference of the rates per hour.
    """
    base_rate_minor: int
    """Guarantee per hour that `days` have from now on."""
    days: tuple[date, ...] = ()
    """Workdays that have another rate; empty: none."""


class QuestionClosed(Event, frozen=True, kw_only=True):
    """A question about the account is answered. The answer is in QuestionAnswered, in the same commit."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    associate_id: str
    """Associate whose account it is."""
    question_id: str
    """The question."""


class QuestionOpened(Event, frozen=True, kw_only=True):
    """The associate has a question about an entry or a statement; until it is answered, the statement that
    includes it is not signed. What they ask is in EntryQuestioned, in the same commit.
    """

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    associate_id: str
    """Associate whose account it is."""
    question_id: str
    """The question."""
    entry_position: int | None = None
    """Position of the entry, the event of the account that it came from."""
    line_no: int | None = None
    """Line of the sale or return that is meant."""
    period_id: str | None = None
    """Pay period of the statement, or that the entry is posted to."""
    waits_for: date | None = None
    """Business day of an entry that no statement includes yet."""


class CommissionRestored(Event, frozen=True, kw_only=True):
    """A return was not of this sale: what had been taken back for it is credited again."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    associate_id: str
    """Associate whose account it is."""
    currency: str
    """ISO 4217 code of the currency of all amounts."""
    return_id: str
    """The return that had been matched."""
    sale_id: str
    """The sale that it was not from."""
    period_id: str | None = None
    """Pay period that it is posted to."""
    waits_for: date | None = None
    """Business day that lies in no opened period yet: the first statement of a period that reaches this day
    includes it.
    """
    sales_minor: int
    """What they are credited with selling again."""
    lines: tuple[ClawedBackLine, ...]
    """Units by line of the sale."""
    amount_minor: int
    """What is given again: the sum of the lines' commission."""


class StatementIssued(Event, frozen=True, kw_only=True):
    """A closed period is settled for this associate: what was paid stays what was paid. net = earned -
    clawed_back + moved; pay = net - recouped + topped_up + carried + forgiven + late_topped_up.
    """

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    associate_id: str
    """Associate whose account it is."""
    currency: str
    """ISO 4217 code of the currency of all amounts."""
    period_id: str
    """The period."""
    scope: str
    """Whose pay calendar it is of: `company`, or a store."""
    starts_on: date
    """First day of the period."""
    ends_on: date
    """Last day of the period, included."""
    plan_no: int
    """Number of the plan in force on the last day of the period, or of the associate."""
    policy: str
    """Deficit policy of that plan. One of carry, forgive, recoverable_draw."""
    minutes: int
    """Minutes worked that the statement includes."""
    guarantee_minor: int
    """Guarantee: hours worked times the rate of their day, rounded once."""
    sales_minor: int
    """Net sales that they are credited with."""
    earned_minor: int
    """Commission earned."""
    clawed_back_minor: int
    """Commission taken back, by returns and allowances; what was restored is taken off."""
    moved_minor: int
    """Commission moved by corrections, below zero: away."""
    net_minor: int
    """Net commission; it may be below zero."""
    owed_before_minor: int = 0
    """Carried deficit or open draw before this period."""
    recouped_minor: int = 0
    """What is taken of it."""
    topped_up_minor: int = 0
    """What is paid up to the guarantee."""
    late_topped_up_minor: int = 0
    """What is paid for earlier periods; what this period was topped up too much for late hours is taken off.
    """
    carried_minor: int = 0
    """Negative net commission that is carried."""
    forgiven_minor: int = 0
    """Negative net commission that is forgiven."""
    written_off_minor: int = 0
    """What is owed no longer, as this is the final statement."""
    owed_after_minor: int = 0
    """Carried deficit or open draw after this period."""
    pay_minor: int
    """What is paid."""
    regular_rate_minor: int | None = None
    """Pay per hour, as information for overtime law."""
    commission_share_bp: int | None = None
    """Share of the pay that is commission, as information for overtime law."""


class StatementSigned(Event, frozen=True, kw_only=True):
    """A statement is signed off, by the associate or by time. It moves no money, and the statement can be
    questioned all the same.
    """

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    associate_id: str
    """Associate whose account it is."""
    period_id: str
    """The period."""
    after_days: int | None = None
    """Whole days that nobody had signed or asked for, when it was signed by time."""


class CommissionToppedUp(Event, frozen=True, kw_only=True):
    """Net commission of a period was below the guarantee: the rest is paid. Issued with the statement."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    associate_id: str
    """Associate whose account it is."""
    currency: str
    """ISO 4217 code of the currency of all amounts."""
    period_id: str
    """The period that is settled."""
    amount_minor: int
    """The amount, above zero."""
    recoverable: bool = False
    """True under a recoverable draw: the amount is owed, and recouped out of later commission."""


class ContactLogged(Event, frozen=True, kw_only=True):
    """The customer was called, texted or written to."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    customer_id: str
    """Customer whose record it is."""
    channel: str
    """Way of reaching them: call, text or write. One of call, text, write."""
    purpose: str
    """Short code: thank_you, wish, occasion, follow_up, lapsing, or the shop's own."""
    contacted_by: str
    """Associate who did it."""
    answered: bool = False
    """True where they answered. A call that nobody answered reached nobody."""
    occasion_id: int | None = None
    """Occasion that it counts for: the one named, else the next one where the purpose is occasion."""
    contact_id: int | None = None
    """Number of the contact in the customer's record, from 1."""


class ContactPointAdded(Event, frozen=True, kw_only=True):
    """A telephone number, a mail address or a postal address became known. It is no consent to use it:
    ContactPreferenceSet is.
    """

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    customer_id: str
    """Customer whose record it is."""
    contact_point_id: int
    """Number of the contact point in the customer's record, from 1."""
    kind: str
    """What it is: phone, email or address. One of address, email, phone."""
    value: str
    """The number or address."""


class ContactPointRemoved(Event, frozen=True, kw_only=True):
    """A contact point is not theirs, or no longer."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    customer_id: str
    """Customer whose record it is."""
    contact_point_id: int
    """The contact point."""


class ContactPreferenceSet(Event, frozen=True, kw_only=True):
    """A customer said whether a channel may be used. Nothing said means no."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    customer_id: str
    """Customer whose record it is."""
    channel: str
    """Way of reaching them: call, text or write. One of call, text, write."""
    allowed: bool
    """True: they agree; false: they do not."""


class ContactRemoved(Event, frozen=True, kw_only=True):
    """A contact was logged by mistake: it counts for nothing."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    customer_id: str
    """Customer whose record it is."""
    contact_id: int
    """The contact."""
    contacted_at: datetime
    """When it was said to have taken place."""
    channel: str
    """Channel, as logged. One of call, text, write."""
    purpose: str
    """Purpose, as logged."""
    answered: bool = False
    """Whether they answered, as logged."""
    occasion_id: int | None = None
    """Occasion that it had counted for."""
    reached_at: datetime | None = None
    """When they were last reached for the same purpose by what is left."""
    occasion_reached_at: datetime | None = None
    """When they were last reached for the same occasion by what is left."""


class FollowUpCancelled(Event, frozen=True, kw_only=True):
    """A promise was planned by mistake: it was neither kept nor broken."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    customer_id: str
    """Customer whose record it is."""
    follow_up_id: int
    """The follow-up."""


class FollowUpCompleted(Event, frozen=True, kw_only=True):
    """The promise was kept."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    customer_id: str
    """Customer whose record it is."""
    follow_up_id: int
    """The follow-up."""
    completed_by: str | None = None
    """Associate who kept it."""


class FollowUpPlanned(Event, frozen=True, kw_only=True):
    """A promise to get back to the customer on a day; reactions make one where goods arrive that somebody
    waits for.
    """

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    customer_id: str
    """Customer whose record it is."""
    follow_up_id: int
    """Number of the follow-up in the customer's record, from 1."""
    due_on: date
    """Day on which it is due."""
    reason: str
    """What was promised."""
    associate_id: str | None = None
    """Associate who keeps it."""
    wish_id: int | None = None
    """Wish that it is about."""


class FollowUpReopened(Event, frozen=True, kw_only=True):
    """A promise was completed by mistake: it is due as it was."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    customer_id: str
    """Customer whose record it is."""
    follow_up_id: int
    """The follow-up."""
    due_on: date
    """Day on which it is due, as planned."""
    associate_id: str | None = None
    """Associate who keeps it, as planned."""
    wish_id: int | None = None
    """Wish that it is about, as planned."""


class CustomerForgotten(Event, frozen=True, kw_only=True):
    """The person is forgotten (erasure): their data key is destroyed in this commit, so that no encrypted
    text about them can be read again, anywhere. Money and statistics stay.
    """

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    customer_id: str
    """Customer whose record it is."""
    requested_by: str | None = None
    """Who asked for it, as a short code."""


class CustomersMerged(Event, frozen=True, kw_only=True):
    """Two records turn out to be one person. Written to both histories in one commit; nothing is moved
    between them.
    """

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    customer_id: str
    """Customer whose record it is."""
    other_customer_id: str
    """The other record."""
    survives: bool
    """True in the history of the record that the other one is a part of from now on."""


class NameLearned(Event, frozen=True, kw_only=True):
    """The name of a customer became known, or changed. It replaces name and address of before."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    customer_id: str
    """Customer whose record it is."""
    name: str
    """Name."""
    address_as: str | None = None
    """How they like to be addressed."""
    learned_by: str | None = None
    """Associate who learned it."""


class NoteAdded(Event, frozen=True, kw_only=True):
    """Something that an associate wants to remember about the customer."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    customer_id: str
    """Customer whose record it is."""
    note_id: int
    """Number of the note in the customer's record, from 1."""
    text: str
    """The note."""
    written_by: str | None = None
    """Associate who wrote it."""


class NoteRemoved(Event, frozen=True, kw_only=True):
    """A note was wrong, or about somebody else."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    customer_id: str
    """Customer whose record it is."""
    note_id: int
    """The note."""


class OccasionRecorded(Event, frozen=True, kw_only=True):
    """A day that matters to the customer; birthdays and anniversaries return every year."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    customer_id: str
    """Customer whose record it is."""
    occasion_id: int
    """Number of the occasion in the customer's record, from 1."""
    kind: str
    """What day it is. One of anniversary, birthday, other, trip."""
    on: date
    """The day; of one that returns, the first."""
    description: str | None = None
    """What it is about."""


class OccasionRemoved(Event, frozen=True, kw_only=True):
    """A day was noted by mistake."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    customer_id: str
    """Customer whose record it is."""
    occasion_id: int
    """The occasion."""


class OwnerAssigned(Event, frozen=True, kw_only=True):
    """The customer is in an associate's book from now on. Nobody has both roles: who becomes the primary
    owner is a secondary one no longer.
    """

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    customer_id: str
    """Customer whose record it is."""
    associate_id: str
    """The associate."""
    role: str = "primary"
    """Primary owner (one, who had none before), or one of any number of secondary ones. One of primary,
    secondary.
    """
    reason: str = "by_hand"
    """first_sale (credited with most of it), or by_hand."""
    sale_id: str | None = None
    """First sale, whose corrections the owner follows."""


class OwnerReassigned(Event, frozen=True, kw_only=True):
    """The primary owner changed; the former one is no owner any more unless assigned anew."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    customer_id: str
    """Customer whose record it is."""
    associate_id: str
    """Primary owner from now on; a secondary one no longer."""
    previous_associate_id: str | None = None
    """Primary owner until now."""
    reason: str = "by_hand"
    """by_hand, attribution_corrected (somebody else sold the first sale), most_sold (imported history),
    leaver (a named successor takes over), leaver_smallest_book (nobody is named: whoever works in the same
    place and has the smallest book), or the shop's own.
    """
    sale_id: str | None = None
    """First sale whose attribution was corrected."""


class PrimaryOwnerRemoved(Event, frozen=True, kw_only=True):
    """The sale that had made them the primary owner was another customer's, or nobody sold it: there is none,
    until the next sale.
    """

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    customer_id: str
    """Customer whose record it is."""
    associate_id: str
    """Primary owner until now."""
    sale_id: str
    """The sale that had made them so."""


class CustomerRegistered(Event, frozen=True, kw_only=True):
    """A customer becomes known: the first event of their record."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    customer_id: str
    """Customer whose record it is."""
    reference: str | None = None
    """Their number in another system."""
    store_id: str | None = None
    """Store where they became known."""
    name: str | None = None
    """Name."""
    address_as: str | None = None
    """How they like to be addressed."""


class SecondaryOwnerRemoved(Event, frozen=True, kw_only=True):
    """The customer is in this secondary owner's book no longer."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    customer_id: str
    """Customer whose record it is."""
    associate_id: str
    """The associate."""


class SizeRecorded(Event, frozen=True, kw_only=True):
    """A size that the customer wears, in the place of the one of before for the same article and maker."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    customer_id: str
    """Customer whose record it is."""
    kind: str
    """Article, as the shop calls it (shoe, dress, glove)."""
    size: str
    """The size."""
    label: str | None = None
    """Maker it holds for."""


class SizeRemoved(Event, frozen=True, kw_only=True):
    """A recorded size was wrong, and the right one is not known."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    customer_id: str
    """Customer whose record it is."""
    kind: str
    """Article, as it was recorded."""
    label: str | None = None
    """Maker, as it was recorded."""


class TasteRecorded(Event, frozen=True, kw_only=True):
    """A favourite designer, label, colour or department, or that it is none any longer."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    customer_id: str
    """Customer whose record it is."""
    kind: str
    """What it is a taste in. One of colour, department, designer, label."""
    value: str
    """The favourite."""
    liked: bool = True
    """True: a favourite; false: taken back."""


class CustomersUnmerged(Event, frozen=True, kw_only=True):
    """A merge was a mistake: both are records of their own again. Written to both histories in one commit."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    customer_id: str
    """Customer whose record it is."""
    other_customer_id: str
    """The other record."""
    survives: bool
    """True in the history of the record that the other had been a part of."""


class WishFulfilled(Event, frozen=True, kw_only=True):
    """The customer got what they waited for: by hand, or with a sale of goods that meet the wish."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    customer_id: str
    """Customer whose record it is."""
    wish_id: int
    """The wish."""
    sale_id: str | None = None
    """Sale that fulfilled it."""
    fulfilled_by: str | None = None
    """Associate who fulfilled it."""


class WishRecorded(Event, frozen=True, kw_only=True):
    """The customer waits for something: a label, an item, a size, in any combination. It is open until it is
    fulfilled or withdrawn.
    """

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    customer_id: str
    """Customer whose record it is."""
    wish_id: int
    """Number of the wish in the customer's record, from 1."""
    label: str | None = None
    """Maker they wait for."""
    sku: str | None = None
    """Article number they wait for."""
    size: str | None = None
    """Size they wait for."""
    note: str | None = None
    """What else was said about it."""
    recorded_by: str | None = None
    """Associate who recorded it."""


class WishReopened(Event, frozen=True, kw_only=True):
    """A wish was fulfilled by mistake, or by a sale that was not theirs: they wait for it again."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    customer_id: str
    """Customer whose record it is."""
    wish_id: int
    """The wish."""
    sale_id: str | None = None
    """Sale that had fulfilled it."""
    recorded_at: datetime
    """When the wish was recorded: they have waited since then."""
    label: str | None = None
    """Maker they wait for."""
    sku: str | None = None
    """Article number they wait for."""
    size: str | None = None
    """Size they wait for."""


class WishWithdrawn(Event, frozen=True, kw_only=True):
    """The customer waits for it no longer, or never did."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    customer_id: str
    """Customer whose record it is."""
    wish_id: int
    """The wish."""


class HeroicDayOpened(Event, frozen=True, kw_only=True):
    """The first report about one hero, one customer and one day; later ones are linked to `act_id`."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    day_id: str
    """Stream of the first report about one hero, one customer and one day, derived from the three."""
    act_id: str
    """The act that was reported first."""


class HeroicActRejected(Event, frozen=True, kw_only=True):
    """A reported act did not happen, or not like that. It never counted."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    act_id: str
    """The heroic act whose history it is."""
    heroes: tuple[str, ...]
    """Associates who did it, at least one."""
    customer_id: str | None = None
    """Customer it was done for."""
    rejected_by: str | None = None
    """Associate who rejected it."""
    reason: str | None = None
    """Why, in their words."""


class HeroicActReported(Event, frozen=True, kw_only=True):
    """Somebody reported an act of service above and beyond; it counts for nothing until it is verified."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    act_id: str
    """The heroic act whose history it is."""
    heroes: tuple[str, ...]
    """Associates who did it, at least one."""
    customer_id: str | None = None
    """Customer it was done for."""
    kind: str
    """What was done. One of alteration, bought_elsewhere, comforted_customer, delivery, located_item, other,
    prepared_item, went_the_distance.
    """
    story: str
    """What happened, as it was told."""
    happened_on: date
    """Day of the act, by the store's clock."""
    store_id: str | None = None
    """Store that it happened in or for."""
    reporter: str = "witness"
    """Who told of it: a witness, the customer or a manager. One of customer, manager, witness."""
    reported_by: str | None = None
    """Associate who reported it; never one of the heroes."""
    cost_minor: int = 0
    """What it cost the house; it touches nobody's commission."""
    currency: str = "USD"
    """ISO 4217 code of the currency of `cost_minor`."""
    authorised_by: str | None = None
    """Associate who authorised the cost."""
    sale_id: str | None = None
    """Sale that it belongs to."""
    return_id: str | None = None
    """Return that it belongs to."""
    duplicate_of: str | None = None
    """First report that shares a hero, the customer and the day."""


class HeroicActRetold(Event, frozen=True, kw_only=True):
    """A verified act was told to a team; any number of times."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    act_id: str
    """The heroic act whose history it is."""
    heroes: tuple[str, ...]
    """Associates who did it, at least one."""
    customer_id: str | None = None
    """Customer it was done for."""
    told_to: str
    """Team, store or department that it was told to, as the shop calls it."""
    told_by: str | None = None
    """Associate who told it."""


class HeroicActRevoked(Event, frozen=True, kw_only=True):
    """A verified act is taken off the wall and counts no longer."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    act_id: str
    """The heroic act whose history it is."""
    heroes: tuple[str, ...]
    """Associates who did it, at least one."""
    customer_id: str | None = None
    """Customer it was done for."""
    kind: str
    """What was done, as reported. One of alteration, bought_elsewhere, comforted_customer, delivery,
    located_item, other, prepared_item, went_the_distance.
    """
    happened_on: date
    """Day of the act, as reported."""
    revoked_by: str | None = None
    """Associate who revoked it."""
    reason: str | None = None
    """Why, in their words."""


class HeroicActVerified(Event, frozen=True, kw_only=True):
    """Somebody who knows confirmed the act: from now on it is on the wall and counts in the score."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    act_id: str
    """The heroic act whose history it is."""
    heroes: tuple[str, ...]
    """Associates who did it, at least one."""
    customer_id: str | None = None
    """Customer it was done for."""
    kind: str
    """What was done, as reported. One of alteration, bought_elsewhere, comforted_customer, delivery,
    located_item, other, prepared_item, went_the_distance.
    """
    happened_on: date
    """Day of the act, as reported."""
    verified_by: str | None = None
    """Associate who confirmed it; neither the reporter nor a hero."""


class PayPeriodClosed(Event, frozen=True, kw_only=True):
    """Nothing more is posted to the period; one StatementIssued for each account of the scope follows. Late
    events go to an open period.
    """

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    scope: str
    """Whose calendar: `company`, or a store that keeps its own."""
    period_id: str
    """Name of the pay period, as the shop calls it; unique within its calendar."""
    starts_on: date
    """First day of the period."""
    ends_on: date
    """Last day of the period, included."""
    early: bool = False
    """True where it was closed before its last day, on request."""
    reopenable: bool = False
    """True where its first statement will be noted in the calendar (StatementsBegun), so that it can be
    opened again until then; false for periods that older versions closed.
    """


class PayPeriodOpened(Event, frozen=True, kw_only=True):
    """A pay period was added to the calendar: events of its days are posted to it."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    scope: str
    """Whose calendar: `company`, or a store that keeps its own."""
    period_id: str
    """Name of the pay period, as the shop calls it; unique within its calendar."""
    starts_on: date
    """First day."""
    ends_on: date
    """Last day, included."""
    time_zone: str = "UTC"
    """IANA time zone by whose clock the calendar's days begin."""


class PayPeriodReopened(Event, frozen=True, kw_only=True):
    """A closed period takes money events again; what was posted elsewhere meanwhile stays there."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    scope: str
    """Whose calendar: `company`, or a store that keeps its own."""
    period_id: str
    """Name of the pay period, as the shop calls it; unique within its calendar."""


class StatementsBegun(Event, frozen=True, kw_only=True):
    """The first statement of the period is issued: from now on it stays closed."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    scope: str
    """Whose calendar: `company`, or a store that keeps its own."""
    period_id: str
    """Name of the pay period, as the shop calls it; unique within its calendar."""


class QuestionAnswered(Event, frozen=True, kw_only=True):
    """Somebody else answered a question. What was corrected has events of its own."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    question_id: str
    """The question whose history it is."""
    associate_id: str
    """Associate who asked, about their own account."""
    customer_id: str | None = None
    """Customer of the sale or return that it is about."""
    outcome: str
    """corrected: another command has put it right; declined: it stays as it is. One of corrected, declined.
    """
    reason: str | None = None
    """Why, in their words; always there where it was declined."""
    correction_position: int | None = None
    """Position of the entry in the same account that corrects it."""
    answered_by: str | None = None
    """Associate who answered; never the one who asked."""


class EntryQuestioned(Event, frozen=True, kw_only=True):
    """An associate questioned an entry of their ledger, or a statement. It moves no money."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    question_id: str
    """The question whose history it is."""
    associate_id: str
    """Associate who asked, about their own account."""
    customer_id: str | None = None
    """Customer of the sale or return that it is about."""
    entry_position: int | None = None
    """Position of the entry, the event of the account that it came from."""
    line_no: int | None = None
    """Line of the sale or return that is meant."""
    period_id: str | None = None
    """Pay period of the statement, or that the entry is posted to."""
    waits_for: date | None = None
    """Business day of an entry that lies in no period yet."""
    sale_id: str | None = None
    """Sale of the entry."""
    return_id: str | None = None
    """Return of the entry."""
    question: str
    """What they ask, in their words."""
    follows: str | None = None
    """Answered question about the same thing that is asked again."""


class ReturnedLine(msgspec.Struct, frozen=True, kw_only=True):
    """Goods as taken back: units of one line of the sale, or goods that are on no receipt."""

    line_no: int | None = None
    """Line of the sale that they are of."""
    sku: str | None = None
    """Article number."""
    description: str = ""
    """What the goods were called at the counter, or on the sale; empty where nobody said."""
    label: str | None = None
    """Maker."""
    department: str | None = None
    """Department that sold them."""
    quantity: int
    """Units that came back."""
    refund_minor: int
    """What was given for them, without tax."""
    tax_minor: int = 0
    """Tax given back beside it; 0 for goods that are on no receipt."""
    sold_minor: int | None = None
    """What the units had been sold for, without tax."""
    kind: str = "goods"
    """What the line had been sold as; only goods come off a spend. One of gift_card, goods, zero."""


class ReturnAccepted(Event, frozen=True, kw_only=True):
    """Goods were taken back and the money was given. Units of a receipt are used up (UnitsReturned) and their
    sellers give back what they earned (CommissionClawedBack) in the same commit; goods on no receipt cost no
    associate anything.
    """

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    return_id: str
    """The return whose history it is."""
    customer_id: str | None = None
    """Customer whose spend the goods come off, or to whose it returns."""
    sale_id: str | None = None
    """Sale of the receipt."""
    sold_at: datetime | None = None
    """When that sale was made."""
    channel: str | None = None
    """Channel of that sale. One of online, outlet, store."""
    store_id: str
    """Store where the goods came back."""
    currency: str
    """ISO 4217 code of the currency of all amounts."""
    lines: tuple[ReturnedLine, ...]
    """The goods: each line of the receipt once, then what is on no receipt."""
    refund_minor: int
    """What was given for all lines, without tax."""
    tax_minor: int = 0
    """Tax given back beside it."""
    goodwill_minor: int = 0
    """What was given above what units of the receipt were sold for, summed over the lines."""
    open_minor: int = 0
    """What was given too little for units of the receipt, summed over the lines: the customer may still come
    for it.
    """
    accepted_by: str | None = None
    """Associate who took the goods in."""
    brought_by: str | None = None
    """Who came to the counter."""
    condition: str | None = None
    """State of the goods, in the words of the counter."""
    reason: str | None = None
    """Why they came back, in the words of the counter."""


class ExchangeLinked(Event, frozen=True, kw_only=True):
    """A sale replaced the goods of the return. No money moves by it."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    return_id: str
    """The return whose history it is."""
    customer_id: str | None = None
    """Customer whose spend the goods come off, or to whose it returns."""
    sale_id: str
    """The sale that replaced them."""


class ExchangeUnlinked(Event, frozen=True, kw_only=True):
    """A sale had been linked to the return by mistake. No money moves by it."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    return_id: str
    """The return whose history it is."""
    customer_id: str | None = None
    """Customer whose spend the goods come off, or to whose it returns."""
    sale_id: str
    """The sale that had been linked."""


class MatchedLine(msgspec.Struct, frozen=True, kw_only=True):
    """Units of a returned line traced to a line of a sale."""

    line_no: int
    """Line of the sale."""
    sku: str
    """Article number of the line of the sale."""
    label: str | None = None
    """Maker, as on the sale."""
    department: str | None = None
    """Department, as on the sale."""
    quantity: int
    """Units that are traced."""
    refund_minor: int
    """What had been given for them when they were taken back, without tax."""
    sold_minor: int
    """What they had been sold for, without tax."""
    return_line: int = 0
    """Line of the return, from 1; 0 in events of before matches in parts."""
    kind: str = "goods"
    """What the line had been sold as; only goods come off a spend. One of gift_card, goods, zero."""


class RefundPart(msgspec.Struct, frozen=True, array_like=True):
    """What was refunded for some units, and what the goods were called when they were taken in."""

    refund_minor: int
    """What comes off a spend for them, or returns to it, without tax; 0 for a gift card and what cost
    nothing.
    """
    label: str | None = None
    """Maker, as taken in."""
    department: str | None = None
    """Department, as taken in."""


class ReturnMatched(Event, frozen=True, kw_only=True):
    """Goods taken back without a receipt were traced to the sale they came from. Units are used up and
    commission is clawed back in the same commit; each unit once. `customer_id` is the sale's customer.
    """

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    return_id: str
    """The return whose history it is."""
    customer_id: str | None = None
    """Customer whose spend the goods come off, or to whose it returns."""
    sale_id: str
    """The sale the goods came from."""
    sold_at: datetime
    """When that sale was made."""
    channel: str | None = None
    """Channel of that sale. One of online, outlet, store."""
    currency: str
    """ISO 4217 code of the currency of all amounts."""
    lines: tuple[MatchedLine, ...]
    """Units that were traced, by line of the sale."""
    refund_minor: int
    """What had been given for them, without tax."""
    sold_minor: int
    """What they had been sold for, without tax."""
    goodwill_minor: int
    """`refund_minor` - `sold_minor`: what the house gave, below zero what it kept, for want of a receipt."""
    already_taken_off: bool = False
    """True where the refund came off this customer's spend before, because they brought the goods themselves;
    false: `sold_minor` comes off it now.
    """
    refunds: tuple[RefundPart, ...] = ()
    """The units as they were taken in; empty in events of before matches in parts."""


class SpendRestored(Event, frozen=True, kw_only=True):
    """The goods turned out to be from another customer's sale: the refund no longer comes off the spend of
    `customer_id`, who had brought them.
    """

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    return_id: str
    """The return whose history it is."""
    customer_id: str | None = None
    """Customer whose spend the goods come off, or to whose it returns."""
    currency: str
    """ISO 4217 code of the currency of the amounts."""
    refund_minor: int
    """What had been given for the units, without tax."""
    refunds: tuple[RefundPart, ...] = ()
    """The units as they were taken in; empty in events of before matches in parts."""


class SpendTakenOff(Event, frozen=True, kw_only=True):
    """A match holds no longer: the refund comes off the spend of `customer_id`, who brought them, again."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    return_id: str
    """The return whose history it is."""
    customer_id: str | None = None
    """Customer whose spend the goods come off, or to whose it returns."""
    currency: str
    """ISO 4217 code of the currency of the amounts."""
    refund_minor: int
    """What had been given for the units, without tax."""
    refunds: tuple[RefundPart, ...]
    """The units as they were taken in."""


class ReturnUnmatched(Event, frozen=True, kw_only=True):
    """A match was wrong and holds no longer: `customer_id`, the sale's customer, has these units again, and
    what the match moved goes back in the same commit.
    """

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    return_id: str
    """The return whose history it is."""
    customer_id: str | None = None
    """Customer whose spend the goods come off, or to whose it returns."""
    sale_id: str
    """The sale that the goods had been traced to."""
    currency: str
    """ISO 4217 code of the currency of all amounts."""
    lines: tuple[MatchedLine, ...]
    """The lines of the match."""
    refund_minor: int
    """As in the match."""
    sold_minor: int
    """As in the match."""
    goodwill_minor: int
    """As in the match."""
    restored: tuple[MatchedLine, ...] = ()
    """The same lines with what the units that the customer has again had been sold for; empty where that is
    as in `lines`.
    """


class Credit(msgspec.Struct, frozen=True, kw_only=True):
    """Who is credited with a line, frozen on the day it was sold: share, plan and rates."""

    associate_id: str
    """Associate who sold it."""
    share_bp: int
    """Their share of the line; the shares of a line add to 10,000."""
    plan_no: int = 0
    """Number of their pay plan that was in force on the day of the sale."""
    bands: tuple[Band, ...] = ()
    """Their part of the line by marginal rate; empty where an event says only who and how much."""
    sales_minor: int | None = None
    """Sales that the whole line means to them, after an allowance on it."""
    commission_minor: int | None = None
    """Commission that the whole line earns them, after an allowance on it."""


class AttributionCorrected(Event, frozen=True, kw_only=True):
    """A line was credited to others than before, or at the rates of another pay plan. The accounts carry the
    money that moves (CommissionMoved, same commit).
    """

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    sale_id: str
    """The sale whose history it is."""
    customer_id: str | None = None
    """Customer whom the sale belongs to at that moment."""
    line_no: int
    """Line of the sale."""
    before: tuple[Credit, ...] = ()
    """Its credits until now; empty: it was the house's."""
    after: tuple[Credit, ...] = ()
    """Its credits from now on; empty: it is the house's."""
    reason: str = "corrected"
    """Short code: corrected, pay_plan where the line was computed anew, or the shop's own."""


class SoldLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line as sold."""

    line_no: int
    """Number of the line in its sale, from 1."""
    sku: str
    """Article number."""
    description: str = ""
    """What the article is called; empty where nobody said."""
    label: str | None = None
    """Maker."""
    department: str | None = None
    """Department that sold it."""
    size: str | None = None
    """Size."""
    quantity: int
    """Units."""
    unit_price_minor: int
    """Price of one unit, without tax and before discounts."""
    discount_minor: int = 0
    """Discount on all units, with their part of the discount on the whole order."""
    net_minor: int
    """`quantity` x `unit_price_minor` - `discount_minor`: what the units were sold for, without tax."""
    tax_minor: int = 0
    """Tax on top; it earns nobody commission."""
    credits: tuple[Credit, ...] = ()
    """Who is credited; empty: the line is the house's, or no goods."""
    kind: str = "goods"
    """goods, a gift_card, or zero for goods that cost nothing; only goods count as a purchase. One of
    gift_card, goods, zero.
    """


class CustomerAttached(Event, frozen=True, kw_only=True):
    """The customer of a walk-in sale is known now, or a sale found its own customer after a mistake."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    sale_id: str
    """The sale whose history it is."""
    customer_id: str | None = None
    """Customer whom the sale belongs to at that moment."""
    store_id: str
    """Store that sold."""
    channel: str = "store"
    """Channel of the sale. One of online, outlet, store."""
    currency: str
    """ISO 4217 code of the currency of all amounts."""
    sold_at: datetime
    """When the sale was made; `occurred_at` is when the customer was recognised."""
    lines: tuple[SoldLine, ...]
    """What the customer still has of the sale, without returned units; credits say only who and how much."""
    net_minor: int
    """Sum of the lines' `net_minor`: what counts as their spend."""
    sold_on: date | None = None
    """Day of the sale by the store's clock."""


class CustomerDetached(Event, frozen=True, kw_only=True):
    """The sale was not this customer's: it is nobody's until its own customer is attached."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    sale_id: str
    """The sale whose history it is."""
    customer_id: str | None = None
    """Customer whom the sale belongs to at that moment."""
    currency: str
    """ISO 4217 code of the currency of all amounts."""
    sold_at: datetime
    """When the sale was made."""
    lines: tuple[SoldLine, ...]
    """What they seemed to have still of the sale, without returned units."""
    net_minor: int
    """Sum of the lines' `net_minor`: what comes off their spend."""
    sold_on: date | None = None
    """Day of the sale by the store's clock."""


class PriceAllowed(Event, frozen=True, kw_only=True):
    """Money was given back on goods that the customer keeps. What it had earned is taken back in the same
    commit (AllowanceClawedBack).
    """

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    sale_id: str
    """The sale whose history it is."""
    customer_id: str | None = None
    """Customer whom the sale belongs to at that moment."""
    channel: str = "store"
    """Channel of the sale. One of online, outlet, store."""
    currency: str
    """ISO 4217 code of the currency of all amounts."""
    sold_at: datetime
    """When the sale was made."""
    line_no: int
    """Line of the sale."""
    amount_minor: int
    """What was given back, without tax."""
    tax_minor: int = 0
    """Tax given back beside it."""
    line: SoldLine
    """What the customer has of the line from now on: the units left at the reduced price, with the credits
    that later returns and corrections go by.
    """
    reason: str = "allowance"
    """Short code: allowance, or the shop's own."""
    document_id: str | None = None
    """Identifier of the document that says so, by which the event is found."""


class ReceiptNumbered(Event, frozen=True, kw_only=True):
    """A sale carries this receipt number of its store, which another one may carry already. Written with
    SaleRecorded where the till gave a number.
    """

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    number_id: str
    """Stream of the sales that carry one receipt number of one store, derived from both."""
    sale_id: str
    """The sale."""


class SaleRecorded(Event, frozen=True, kw_only=True):
    """Goods were sold. What the sellers earn by it (CommissionEarned), the customer's first owner and wishes
    that it fulfils follow in the same commit.
    """

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    sale_id: str
    """The sale whose history it is."""
    customer_id: str | None = None
    """Customer whom the sale belongs to at that moment."""
    store_id: str
    """Store that sold."""
    channel: str = "store"
    """Channel: store, outlet or online. One of online, outlet, store."""
    currency: str
    """ISO 4217 code of the currency of all amounts."""
    lines: tuple[SoldLine, ...]
    """The lines of the receipt, at least one."""
    net_minor: int
    """Sum of the lines' `net_minor`."""
    tax_minor: int = 0
    """Sum of the lines' `tax_minor`."""
    receipt_no: str | None = None
    """Number of the receipt in its store."""
    sold_on: date | None = None
    """Day of the sale by the store's clock."""


class UnitsTakenBack(msgspec.Struct, frozen=True, array_like=True):
    """Units of a line that came back, and what they had been sold for."""

    line_no: int
    """Line of the sale."""
    quantity: int
    """Units that came back."""
    refund_minor: int
    """What they had been sold for, without tax; what was given for them is in the event of the return."""
    tax_minor: int = 0
    """Tax that lay on them."""


class UnitsRestored(Event, frozen=True, kw_only=True):
    """A return was not of this sale after all: the customer has these units still."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    sale_id: str
    """The sale whose history it is."""
    customer_id: str | None = None
    """Customer whom the sale belongs to at that moment."""
    return_id: str
    """The return that had been matched."""
    lines: tuple[UnitsTakenBack, ...]
    """The units, by line of the sale."""


class UnitsReturned(Event, frozen=True, kw_only=True):
    """Sold units are used up by a return; they cannot come back twice."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    sale_id: str
    """The sale whose history it is."""
    customer_id: str | None = None
    """Customer whom the sale belongs to at that moment."""
    return_id: str
    """The return."""
    lines: tuple[UnitsTakenBack, ...]
    """The units, by line of the sale."""


class FrozenScoreParameters(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers as adopted: every one is written, so that another default changes no score that was shown.
    Unlike the command's they let pass what a newer writer adds.
    """

    rhythm_hours: int = 1800
    """This shop's unit of time, a rhythm."""
    usual_visits_e3: int = 700
    """Visits in a rhythm that customers are taken to make as long as little is known of them."""
    leaving_e3: int = 400
    """How readily people leave for good (the shape of the hazard); small: hardly anybody ever leaves."""
    regularity_e3: int = 1200
    """1,000 is chance (a Poisson process); the larger, the more regular people's visits are."""
    patience_e2: int = 200
    """Rhythms of silence that pass before it says much about somebody of whom little is known."""
    typical_visit_minor: dict[str, int] = msgspec.field(default_factory=dict)
    """What a typical customer spends in a visit, by currency; `*` for any other one."""
    fading_e2: int = 400
    """Rhythms after which a visit, a sum spent or a department counts half."""
    newness_e2: int = 200
    """Rhythms for which a new customer is not blamed for visits they cannot have made yet."""
    doubling_points: int = 40
    """Points for twice the purchases to be expected."""
    recency_doublings: int = 8
    """Recency tells chances apart down to 2^-recency_doublings; times `doubling_points` it is the most that
    recency gives.
    """
    frequency_points_max: int = 340
    """The most that frequency gives."""
    net_spend_doubling_points: int = 12
    """Points for twice the net spend."""
    net_spend_points_max: int = 110
    """The most that net spend gives."""
    breadth_points_max: int = 55
    """The most that breadth (departments, channels) gives."""
    breadth_half_at: int = 3
    """Departments and channels, beyond the first of each, at which breadth gives half of the most."""
    tenure_doubling_points: int = 3
    """Points for twice the time as a customer."""
    tenure_points_max: int = 25
    """The most that tenure gives."""
    relationship_points_max: int = 150
    """The most that the relationship (contacts answered, wishes fulfilled, heroic acts) gives."""
    relationship_half_at: int = 6
    """Weighted events at which the relationship gives half of the most."""
    relationship_half_life_days: int = 365
    """Days after which an event of the relationship counts half."""
    contact_weight: int = 1
    """What an answered contact counts."""
    wish_weight: int = 3
    """What a fulfilled wish counts."""
    heroic_act_weight: int = 5
    """What a verified heroic act counts."""


class ScoreParametersAdopted(Event, frozen=True, kw_only=True):
    """From `occurred_at` on the loyalty score is computed with these parameters; scores of earlier dates stay
    what they were.
    """

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    version: int
    """Number of the version, from 2; version 1 is what holds before the first event."""
    parameters: FrozenScoreParameters
    """All numbers of the version."""
    reason: str | None = None
    """Short code for why."""


class ServiceStandardDefined(Event, frozen=True, kw_only=True):
    """A standard of service holds from `effective_on` on; a later version of the same scope and kind replaces
    it.
    """

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    scope: str
    """Whose standard: `company`, or a store whose own one stands in place of the company's."""
    kind: str
    """What is expected: thank_you, promise_kept, wish_told, lapsing_reached or act_retold. One of act_retold,
    lapsing_reached, promise_kept, thank_you, wish_told.
    """
    version: int
    """Number of the version among those of the scope and kind, from 1."""
    effective_on: date
    """First day on which what falls due is measured by it."""
    within_days: int
    """Days from the one on which it falls due; 0: on that day itself."""
    target_bp: int
    """Share that is to be kept in time."""


class ServiceStandardWithdrawn(Event, frozen=True, kw_only=True):
    """A standard of service is expected no more from `effective_on` on; a store goes by the company's."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    scope: str
    """Whose standard: `company`, or a store whose own one stands in place of the company's."""
    kind: str
    """What is expected: thank_you, promise_kept, wish_told, lapsing_reached or act_retold. One of act_retold,
    lapsing_reached, promise_kept, thank_you, wish_told.
    """
    version: int
    """Number of the version among those of the scope and kind, from 1."""
    effective_on: date
    """First day on which what falls due is measured by it."""


class ArrivedItem(msgspec.Struct, frozen=True, kw_only=True):
    """Goods as they came in. Unlike the command's item it ignores the fields that a newer writer adds."""

    sku: str
    """Article number."""
    label: str | None = None
    """Maker."""
    size: str | None = None
    """Size."""
    department: str | None = None
    """Department."""
    quantity: int = 1
    """Units that came in."""


class StockArrived(Event, frozen=True, kw_only=True):
    """Goods came in. Reactions plan a follow-up for every customer who waits for one of them."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    arrival_id: str
    """The arrival."""
    store_id: str
    """Store where they came in."""
    items: tuple[ArrivedItem, ...]
    """The goods, at least one."""


class StoreOpened(Event, frozen=True, kw_only=True):
    """A store as it is from now on; a later one of the same store corrects it."""

    occurred_at: datetime
    """When it happened in the shop; for imported history long before it was recorded."""
    store_id: str
    """The store, as the shop calls it."""
    name: str
    """Name for people."""
    time_zone: str
    """IANA time zone by whose clock its days begin."""
    currency: str
    """ISO 4217 code of the currency that it sells in."""
    channel: str = "store"
    """Channel: store, outlet or online. One of online, outlet, store."""


#: By `type` of a message.
TYPES: Final[dict[str, type[Event]]] = {
    "associate.hired.v1": AssociateHired,
    "associate.leaving_announced.v1": LeavingAnnounced,
    "associate.leaving_cancelled.v1": LeavingCancelled,
    "associate.left.v1": AssociateLeft,
    "associate.pay_plan_changed.v1": PayPlanChanged,
    "associate.rehired.v1": AssociateRehired,
    "associate.transferred.v1": AssociateTransferred,
    "commission_account.allowance_clawed_back.v1": AllowanceClawedBack,
    "commission_account.clawed_back.v1": CommissionClawedBack,
    "commission_account.deficit_carried.v1": DeficitCarried,
    "commission_account.deficit_forgiven.v1": DeficitForgiven,
    "commission_account.deficit_recouped.v1": DeficitRecouped,
    "commission_account.deficit_threatening.v1": DeficitThreatening,
    "commission_account.deficit_written_off.v1": DeficitWrittenOff,
    "commission_account.earned.v1": CommissionEarned,
    "commission_account.hours_recorded.v1": HoursRecorded,
    "commission_account.late_hours_recorded.v1": LateHoursRecorded,
    "commission_account.late_topped_up.v1": LateToppedUp,
    "commission_account.moved.v1": CommissionMoved,
    "commission_account.period_recomputed.v1": PeriodRecomputed,
    "commission_account.question_closed.v1": QuestionClosed,
    "commission_account.question_opened.v1": QuestionOpened,
    "commission_account.restored.v1": CommissionRestored,
    "commission_account.statement_issued.v1": StatementIssued,
    "commission_account.statement_signed.v1": StatementSigned,
    "commission_account.topped_up.v1": CommissionToppedUp,
    "customer.contact_logged.v1": ContactLogged,
    "customer.contact_point_added.v1": ContactPointAdded,
    "customer.contact_point_removed.v1": ContactPointRemoved,
    "customer.contact_preference_set.v1": ContactPreferenceSet,
    "customer.contact_removed.v1": ContactRemoved,
    "customer.follow_up_cancelled.v1": FollowUpCancelled,
    "customer.follow_up_completed.v1": FollowUpCompleted,
    "customer.follow_up_planned.v1": FollowUpPlanned,
    "customer.follow_up_reopened.v1": FollowUpReopened,
    "customer.forgotten.v1": CustomerForgotten,
    "customer.merged.v1": CustomersMerged,
    "customer.name_learned.v1": NameLearned,
    "customer.note_added.v1": NoteAdded,
    "customer.note_removed.v1": NoteRemoved,
    "customer.occasion_recorded.v1": OccasionRecorded,
    "customer.occasion_removed.v1": OccasionRemoved,
    "customer.owner_assigned.v1": OwnerAssigned,
    "customer.owner_reassigned.v1": OwnerReassigned,
    "customer.primary_owner_removed.v1": PrimaryOwnerRemoved,
    "customer.registered.v1": CustomerRegistered,
    "customer.secondary_owner_removed.v1": SecondaryOwnerRemoved,
    "customer.size_recorded.v1": SizeRecorded,
    "customer.size_removed.v1": SizeRemoved,
    "customer.taste_recorded.v1": TasteRecorded,
    "customer.unmerged.v1": CustomersUnmerged,
    "customer.wish_fulfilled.v1": WishFulfilled,
    "customer.wish_recorded.v1": WishRecorded,
    "customer.wish_reopened.v1": WishReopened,
    "customer.wish_withdrawn.v1": WishWithdrawn,
    "heroic_act.day_opened.v1": HeroicDayOpened,
    "heroic_act.rejected.v1": HeroicActRejected,
    "heroic_act.reported.v1": HeroicActReported,
    "heroic_act.retold.v1": HeroicActRetold,
    "heroic_act.revoked.v1": HeroicActRevoked,
    "heroic_act.verified.v1": HeroicActVerified,
    "pay_period.closed.v1": PayPeriodClosed,
    "pay_period.opened.v1": PayPeriodOpened,
    "pay_period.reopened.v1": PayPeriodReopened,
    "pay_period.statements_begun.v1": StatementsBegun,
    "pay_question.answered.v1": QuestionAnswered,
    "pay_question.asked.v1": EntryQuestioned,
    "return.accepted.v1": ReturnAccepted,
    "return.exchange_linked.v1": ExchangeLinked,
    "return.exchange_unlinked.v1": ExchangeUnlinked,
    "return.matched.v1": ReturnMatched,
    "return.spend_restored.v1": SpendRestored,
    "return.spend_taken_off.v1": SpendTakenOff,
    "return.unmatched.v1": ReturnUnmatched,
    "sale.attribution_corrected.v1": AttributionCorrected,
    "sale.customer_attached.v1": CustomerAttached,
    "sale.customer_detached.v1": CustomerDetached,
    "sale.price_allowed.v1": PriceAllowed,
    "sale.receipt_numbered.v1": ReceiptNumbered,
    "sale.recorded.v1": SaleRecorded,
    "sale.units_restored.v1": UnitsRestored,
    "sale.units_returned.v1": UnitsReturned,
    "score_parameters.adopted.v1": ScoreParametersAdopted,
    "service_standard.defined.v1": ServiceStandardDefined,
    "service_standard.withdrawn.v1": ServiceStandardWithdrawn,
    "stock_arrival.recorded.v1": StockArrived,
    "store.opened.v1": StoreOpened,
}

_DECODERS: Final = {topic: msgspec.json.Decoder(kind) for topic, kind in TYPES.items()}


def decoded(message: EventMessage) -> Event | None:
    """The event of a message, or None when it is of a type that this version does not know.

    Raises msgspec.DecodeError.
    """
    decoder = _DECODERS.get(message.type)
    return None if decoder is None else decoder.decode(message.data)

"""Hours of a closed period that come late: what it would have paid more with them."""

from datetime import date, datetime
from functools import reduce

import msgspec

from domain.associate.state import AssociateState
from domain.commission_account.events import LateReason, LateToppedUp
from domain.commission_account.posting import account_of, posting_on
from domain.commission_account.settlement import combined, net_of, rate_minutes_of
from domain.commission_account.stated_period import StatedPeriod
from domain.pay_period.state import PayPeriod
from domain.state_reader import StateReader


class LateTopUp(msgspec.Struct, frozen=True):
    """What a closed period would have paid more, and how much of that would be owed back (minor units)."""

    amount_minor: int
    owed_minor: int
    recoverable: bool


def late_top_up(
    states: StateReader, associate: AssociateState, period: PayPeriod, day: date, rate_minutes: int
) -> LateTopUp:
    """What the hours of a day (minutes times the rate per hour) in a closed period are worth; never less than
    nothing, since what was paid stays paid.

    Commission, policy and debts are those of its statement; while it has none, what it would include now.
    """
    account = account_of(states, associate.associate_id)
    stated = account.stated.get(period.period_id) or _without_statement(states, associate, period, day)
    late = account.late.get(period.period_id, 0)
    return top_up_between(stated, late, late + rate_minutes)


def late_topped_up(
    states: StateReader,
    associate: AssociateState,
    period_id: str,
    day: date,
    top_up: LateTopUp,
    at: datetime,
    reason: LateReason = "late_hours",
) -> list[LateToppedUp]:
    """The payment of a top-up, with the period that a late event of that day of the closed one is posted to;
    none of nothing.
    """
    if not top_up.amount_minor and not top_up.owed_minor:
        return []
    posting = posting_on(states, associate, day)
    return [
        LateToppedUp(
            occurred_at=at,
            associate_id=associate.associate_id,
            currency=associate.currency,
            for_period_id=period_id,
            period_id=posting.period_id,
            waits_for=posting.waits_for,
            amount_minor=top_up.amount_minor,
            owed_minor=top_up.owed_minor,
            recoverable=top_up.recoverable,
            reason=reason,
        )
    ]


def top_up_between(stated: StatedPeriod, late_before: int, late_after: int) -> LateTopUp:
    """What a period pays more when its late hours grow (minutes times the rate per hour)."""
    before, after = stated.settled_with(late_before), stated.settled_with(late_after)
    amount_minor = max(after.pay_minor - before.pay_minor, 0)
    return LateTopUp(
        amount_minor=amount_minor,
        owed_minor=min(max(after.owed_after_minor - before.owed_after_minor, 0), amount_minor),
        recoverable=after.recoverable,
    )


def corrected_top_up(
    stated: StatedPeriod, late_before: int, late_after: int, *, unpaid_minor: int, owed_minor: int
) -> LateTopUp:
    """What hours of a period with a statement are worth more, or less, once they are put right.

    What is worth less comes off what was topped up for them and is not paid yet (`unpaid_minor`); what was
    paid already is owed, beside `owed_minor`, and so never comes out of a guarantee (docs/domain.md, rule 6).
    """
    before, after = stated.settled_with(late_before), stated.settled_with(late_after)
    more_minor = after.pay_minor - before.pay_minor
    lent_minor = after.owed_after_minor - before.owed_after_minor
    return _topped_up(more_minor, lent_minor, unpaid_minor, owed_minor, recoverable=after.recoverable)


def recomputed_top_up(
    stated: StatedPeriod,
    late_before: int,
    late_after: int,
    net_minor: int,
    *,
    unpaid_minor: int,
    owed_minor: int,
) -> LateTopUp:
    """What a period with a statement pays more by another plan, beside the commission that it brings more
    (`net_minor`), which is posted elsewhere.

    What plans before it were topped up for and this one is not is taken back, as with corrected hours; what
    the statement itself paid is not.
    """
    anew = stated.computed_anew(late_before, late_after, net_minor)
    before, after = stated.settled_with(late_before), anew.settled_with(late_after)
    more_minor = anew.due_anew_minor - stated.due_anew_minor
    lent_minor = after.owed_after_minor - before.owed_after_minor
    lent_minor = max(min(lent_minor, max(more_minor, 0)), min(more_minor, 0))
    return _topped_up(more_minor, lent_minor, unpaid_minor, owed_minor, recoverable=after.recoverable)


def _topped_up(
    more_minor: int, lent_minor: int, unpaid_minor: int, owed_minor: int, *, recoverable: bool
) -> LateTopUp:
    kept_minor = more_minor - lent_minor
    amount_minor = max(more_minor, min(-unpaid_minor, 0), min(kept_minor - owed_minor, 0))
    return LateTopUp(amount_minor=amount_minor, owed_minor=amount_minor - kept_minor, recoverable=recoverable)


def _without_statement(
    states: StateReader, associate: AssociateState, period: PayPeriod, late_day: date
) -> StatedPeriod:
    """What the statement would include now but for the day, which may have found no period before."""
    account = account_of(states, associate.associate_id)
    totals = reduce(combined, map(account.in_period, account.settled_by(period)))
    return StatedPeriod(
        policy=associate.plan_on(associate.last_day_in(period)).plan.deficit_policy,
        net_minor=net_of(totals),
        rate_minutes=rate_minutes_of(worked for day, worked in totals.days.items() if day != late_day),
        owed_before_minor=account.owed_minor - account.late_owed_minor,
    )

"""The sums of a statement: what an associate is paid for a period, and what is still owed afterwards.

All amounts are integer minor units. Formulas: docs/domain.md, rules 5 and 6 and the worked numbers.
"""

from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from domain.associate.commands import DeficitPolicy
from domain.commission_account.settling import MINUTES_PER_HOUR, Settlement, settle
from domain.commission_account.state import NONE_PAID, AccountState, LatePaid, Unsettled, WorkedDay
from domain.money import WHOLE_BP, half_up


class WorkInformation(msgspec.Struct, frozen=True):
    """Information for overtime law, not law: the pay per hour, and how much of it was commission."""

    regular_rate_minor: int | None
    commission_share_bp: int | None


def combined(first: Unsettled, second: Unsettled) -> Unsettled:
    """Two buckets as one."""
    return Unsettled(
        sales_minor=first.sales_minor + second.sales_minor,
        earned_minor=first.earned_minor + second.earned_minor,
        clawed_back_minor=first.clawed_back_minor + second.clawed_back_minor,
        moved_minor=first.moved_minor + second.moved_minor,
        late_minor=first.late_minor + second.late_minor,
        days={**first.days, **second.days},
    )


def net_of(totals: Unsettled) -> int:
    """Net commission; it may be negative."""
    return totals.earned_minor - totals.clawed_back_minor + totals.moved_minor


def minutes_of(days: Iterable[WorkedDay]) -> int:
    """All minutes worked."""
    return sum(day.minutes for day in days)


def guarantee_of(days: Iterable[WorkedDay]) -> int:
    """Hours worked times the rate that held on their day, rounded once for the whole period."""
    return half_up(rate_minutes_of(days), MINUTES_PER_HOUR)


def rate_minutes_of(days: Iterable[WorkedDay]) -> int:
    """Minutes worked, each times the rate per hour of its day: the guarantee before it is rounded."""
    return sum(day.minutes * day.base_rate_minor for day in days)


def settle_after_late_hours(
    policy: DeficitPolicy,
    net_minor: int,
    guarantee_minor: int,
    account: AccountState,
    paid: LatePaid = NONE_PAID,
    *,
    timely_guarantee_minor: int,
    is_final: bool,
) -> Settlement:
    """Settle by a guarantee that includes the late hours, less what was `paid` for them already: so that both
    together pay what all the hours are worth, and as much is owed.

    Where the period was opened again and earned more since, what was paid too much is taken back, but never
    out of the guarantee of hours that came in time. What other periods without a statement lent is not taken
    back here.
    """
    due = settle(
        policy, net_minor, guarantee_minor, account.owed_minor - account.late_owed_minor, is_final=False
    )
    if due.recoverable:
        drawn_minor = due.topped_up_minor - due.recouped_minor - paid.owed_minor
        topped_up_minor, recouped_minor = max(drawn_minor, 0), max(-drawn_minor, 0)
    else:
        topped_up_minor = max(due.topped_up_minor - (paid.amount_minor - paid.owed_minor), 0)
        recouped_minor = due.recouped_minor + paid.owed_minor
    owed_minor = account.owed_minor - recouped_minor + due.carried_minor
    owed_minor += topped_up_minor if due.recoverable else 0
    written_off_minor = owed_minor if is_final else 0
    pay_minor = due.pay_minor + due.recouped_minor - due.topped_up_minor - recouped_minor + topped_up_minor
    too_much_minor = max(pay_minor + paid.amount_minor - due.pay_minor, 0)
    return replace(
        due,
        owed_before_minor=account.owed_minor,
        recouped_minor=recouped_minor,
        topped_up_minor=topped_up_minor,
        written_off_minor=written_off_minor,
        owed_after_minor=owed_minor - written_off_minor,
        pay_minor=pay_minor,
        late_taken_back_minor=min(too_much_minor, max(pay_minor - timely_guarantee_minor, 0)),
    )


def work_information(settlement: Settlement, net_minor: int, minutes: int) -> WorkInformation:
    """Regular rate = pay / hours; commission share = commission that was paid out / pay.

    None where hours do not allow it.
    """
    if minutes == 0:
        return WorkInformation(None, None)
    pay_minor = settlement.pay_minor
    commission_minor = max(net_minor - settlement.recouped_minor, 0)
    return WorkInformation(
        regular_rate_minor=half_up(pay_minor * MINUTES_PER_HOUR, minutes),
        commission_share_bp=half_up(commission_minor * WHOLE_BP, pay_minor) if pay_minor else None,
    )

"""What an associate's open periods would be paid: by now, and at the pace so far when they end.

It is information. What is paid is decided by the statement (domain/commission_account/settlement.py), whose
formula this uses.
"""

from collections.abc import Sequence
from datetime import date

import msgspec
from msgspec.structs import replace

from domain.associate.commands import DeficitPolicy
from domain.commission_account.settling import settle
from domain.money import half_up
from projections.associate_directory.fold import AgreedPlan, Associate
from projections.commission_ledger.account import Account
from projections.commission_ledger.queries import OpenPeriod, account_document, guarantee_of
from projections.pay_calendar.fold import Period


class PeriodSoFar(msgspec.Struct, frozen=True, kw_only=True):
    """A period without a statement; money in `currency`.

    `pay_minor` is what a statement would pay by now: net commission or the guarantee of the hours told so
    far, whichever is more, less what is recouped of `owed_before_minor`, and late top-ups. `projected_*` is
    the same with what is earned and guaranteed at the pace of the days begun (earned x days / days_begun, and
    what was taken back no more than it was); null without the days of the period, and once they are over.
    `period_id` null: what found no period and is paid with the next statement, or one that reaches
    `waits_for`; nothing is said of its pay.
    """

    period_id: str | None
    waits_for: date | None
    status: str | None
    starts_on: date | None
    ends_on: date | None
    days: int | None
    days_begun: int | None
    currency: str
    sales_minor: int
    earned_minor: int
    clawed_back_minor: int
    moved_minor: int
    late_topped_up_minor: int
    net_minor: int
    minutes: int
    guarantee_minor: int
    owed_before_minor: int | None
    recouped_minor: int | None
    topped_up_minor: int | None
    owed_after_minor: int | None
    pay_minor: int | None
    projected_net_minor: int | None
    projected_guarantee_minor: int | None
    projected_pay_minor: int | None


def periods_so_far(
    associate: Associate, account: Account, calendar: Sequence[Period], today: date
) -> list[PeriodSoFar]:
    """The periods of an account that have no statement yet, and the one that today lies in, by their days.

    What one leaves owed is owed before the next.
    """
    days = {period.period_id: period for period in calendar}
    found = account_document(account).open_periods
    named = {period.period_id for period in found}
    current = [
        _nothing_yet(period.period_id, currency)
        for period in calendar
        if period.starts_on <= today <= period.ends_on and period.status == "open"
        for currency in _currencies(associate, account)
        if period.period_id not in named
    ]
    ordered = sorted([*found, *current], key=lambda one: _order(one, days))
    owed = dict(account_document(account).owed)
    so_far: list[PeriodSoFar] = []
    for period in ordered:
        known = None if period.period_id is None else days.get(period.period_id)
        one = _so_far(period, known, account, associate, owed.get(period.currency, 0), today)
        if one.owed_after_minor is not None:
            owed[period.currency] = one.owed_after_minor
        so_far.append(one)
    return so_far


def _currencies(associate: Associate, account: Account) -> list[str]:
    if account.currencies:
        return sorted(account.currencies)
    return [associate.plans[-1].plan.currency] if associate.plans else []


def _nothing_yet(period_id: str, currency: str) -> OpenPeriod:
    return OpenPeriod(
        period_id=period_id,
        currency=currency,
        sales_minor=0,
        earned_minor=0,
        clawed_back_minor=0,
        moved_minor=0,
        net_minor=0,
        minutes=0,
        hours_on=[],
    )


def _order(period: OpenPeriod, days: dict[str, Period]) -> tuple[bool, date, str]:
    known = days.get(period.period_id or "")
    return (
        period.period_id is None,
        known.starts_on if known else period.waits_for or date.max,
        period.currency,
    )


def _so_far(
    period: OpenPeriod, known: Period | None, account: Account, associate: Associate, owed: int, today: date
) -> PeriodSoFar:
    balance = account.currencies.get(period.currency)
    totals = balance.open.get(period.period_id or "") if balance and period.waits_for is None else None
    late_minor = totals.late_topped_up_minor if totals else 0
    guarantee_minor = guarantee_of(account, period)
    days = (known.ends_on - known.starts_on).days + 1 if known else None
    begun = min(max((today - known.starts_on).days + 1, 0), days or 0) if known else None
    shown = PeriodSoFar(
        period_id=period.period_id,
        waits_for=period.waits_for,
        status=known.status if known else None,
        starts_on=known.starts_on if known else None,
        ends_on=known.ends_on if known else None,
        days=days,
        days_begun=begun,
        currency=period.currency,
        sales_minor=period.sales_minor,
        earned_minor=period.earned_minor,
        clawed_back_minor=period.clawed_back_minor,
        moved_minor=period.moved_minor,
        late_topped_up_minor=late_minor,
        net_minor=period.net_minor,
        minutes=period.minutes,
        guarantee_minor=guarantee_minor,
        owed_before_minor=None,
        recouped_minor=None,
        topped_up_minor=None,
        owed_after_minor=None,
        pay_minor=None,
        projected_net_minor=None,
        projected_guarantee_minor=None,
        projected_pay_minor=None,
    )
    plan = plan_of(associate, known.ends_on if known else today)
    if period.period_id is None or plan is None:
        return shown
    policy: DeficitPolicy = plan.plan.deficit_policy
    now = settle(policy, period.net_minor, guarantee_minor, owed, is_final=False)
    shown = replace(
        shown,
        owed_before_minor=owed,
        recouped_minor=now.recouped_minor,
        topped_up_minor=now.topped_up_minor,
        owed_after_minor=now.owed_after_minor,
        pay_minor=now.pay_minor + late_minor,
    )
    if not days or not begun or begun >= days:
        return shown
    net_minor = period.net_minor + half_up(max(period.earned_minor, 0) * (days - begun), begun)
    guaranteed_minor = half_up(guarantee_minor * days, begun)
    then = settle(policy, net_minor, guaranteed_minor, owed, is_final=False)
    return replace(
        shown,
        projected_net_minor=net_minor,
        projected_guarantee_minor=guaranteed_minor,
        projected_pay_minor=then.pay_minor + late_minor,
    )


def plan_of(associate: Associate, day: date) -> AgreedPlan | None:
    """The plan whose policy settles a period that ends on a day."""
    return associate.plan_on(day)

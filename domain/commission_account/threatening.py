"""The early warning: goods that come back bring a period's net commission below what the plan allows."""

from domain.associate.policies import known_associate
from domain.commission_account.events import AllowanceClawedBack, CommissionClawedBack, DeficitThreatening
from domain.commission_account.posting import account_of, day_at
from domain.commission_account.settlement import guarantee_of, net_of
from domain.money import WHOLE_BP, half_up
from domain.state_reader import StateReader


def deficit_threatening(
    states: StateReader, loss: CommissionClawedBack | AllowanceClawedBack
) -> list[DeficitThreatening]:
    """The warning that follows when an account loses commission; none where nothing is lost, where the period
    was warned of before, or stays above the share of the guarantee that the plan names.
    """
    associate = known_associate(states, loss.associate_id)
    account = account_of(states, loss.associate_id)
    totals = account.in_period(loss.period_id)
    day = day_at(states, associate.store_id, loss.occurred_at)
    share_bp = associate.plan_on(day).plan.deficit_warning_bp
    if (
        share_bp is None
        or loss.amount_minor <= 0
        or loss.period_id is None
        or loss.period_id in account.threatened
    ):
        return []
    guarantee_minor = guarantee_of(totals.days.values())
    threshold_minor = half_up(guarantee_minor * share_bp, WHOLE_BP)
    net_minor = net_of(totals) - loss.amount_minor
    if net_minor >= threshold_minor:
        return []
    return [
        DeficitThreatening(
            occurred_at=loss.occurred_at,
            associate_id=loss.associate_id,
            currency=loss.currency,
            store_id=associate.store_id,
            period_id=loss.period_id,
            net_minor=net_minor,
            guarantee_minor=guarantee_minor,
            threshold_minor=threshold_minor,
            sale_id=loss.sale_id,
            return_id=loss.return_id if isinstance(loss, CommissionClawedBack) else None,
        )
    ]

"""A pay run: what closing a pay period leads to, a statement of every account of its scope."""

from collections.abc import Iterable
from typing import Final

from domain.messages import Event
from domain.pay_period.events import PayPeriodClosed, PayPeriodOpened

#: Refusals of a statement that are as good as done: there is nothing to state in this period; or an earlier
#: one is open still, and its own closing leads to both statements.
NOTHING_TO_STATE: Final = frozenset({"not_in_this_period", "earlier_statement_missing", "pay_period_open"})


def periods_to_state(calendar: Iterable[Event | None], closed: PayPeriodClosed) -> list[str]:
    """The periods of a calendar (its events so far) that closing one leads to statements of, the first one
    first: that one, and later ones that were closed before it, which had to wait for it.
    """
    starts_on = {closed.period_id: closed.starts_on}
    periods = [closed.period_id]
    for event in calendar:
        if isinstance(event, PayPeriodOpened):
            starts_on[event.period_id] = event.starts_on
        elif isinstance(event, PayPeriodClosed) and event.starts_on >= closed.starts_on:
            periods.append(event.period_id)
    return sorted(dict.fromkeys(periods), key=lambda period_id: starts_on[period_id])

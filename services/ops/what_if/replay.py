"""Real history once more, decided by the domain's own code, in a world where the pay plans are others.

What happened in the shop is asked again, fact by fact, in the order of the log: sales, splits, returns, matches, corrections, hours, leaving,
statements. The money facts that followed then are passed over, for they follow anew. Nothing here reckons an amount.
"""

from collections.abc import Container, Iterable
from datetime import datetime
from typing import Any

import msgspec

from domain.associate.events import AssociateHired, AssociateTransferred, PayPlanChanged
from domain.associate.state import AssociateState
from domain.commission_account.commands import IssueStatement
from domain.commission_account.events import StatementIssued
from domain.commission_account.posting import account_of
from domain.decide import decide
from domain.evolve import evolve
from domain.messages import Command, Event, Refused
from domain.pay_period.events import PayPeriodClosed, PayPeriodOpened
from domain.return_.events import ReturnAccepted, ReturnMatched
from domain.sale.events import AttributionCorrected, SaleRecorded
from domain.state_reader import StateReader
from services.ops.what_if.asked_again import ASKED_AGAIN, asked_again
from services.ops.what_if.other_rules import OtherRules

#: Facts that no rule of pay changes.
_AS_THEY_WERE = (AssociateHired, PayPlanChanged, AssociateTransferred, PayPeriodOpened, PayPeriodClosed)
#: The facts a replay is told; every other one is passed over.
CONSUMES: tuple[type[Event], ...] = (*_AS_THEY_WERE, *ASKED_AGAIN, StatementIssued)
#: The facts by which a sale is looked at again.
LOOKS_BACK: tuple[type[Event], ...] = (ReturnAccepted, ReturnMatched, AttributionCorrected)

_GONE_BY_NOW = "not_in_this_period"


class Paid(msgspec.Struct, frozen=True):
    """The statement of an associate and a period: as it was issued, and as it would have been; None where there is none."""

    was: StatementIssued | None
    would_be: StatementIssued | None


class CannotReplay(RuntimeError):
    """A fact of the past that today's rules refuse."""


class Replay:
    """One run through history. `now` is when it is done (UTC); nothing that happened is later than that.

    `looked_at_again`: the sales that a later fact comes back to; None when that is not known. Only those are remembered.
    """

    def __init__(
        self, rules: OtherRules, now: datetime, looked_at_again: Container[str] | None = None
    ) -> None:
        self._rules = rules
        self._now = now
        self._looked_at_again = looked_at_again
        self._states: dict[str, Any] = {}
        self._employments: dict[str, tuple[AssociateState, AssociateState]] = {}
        self._was: dict[tuple[str, str], StatementIssued] = {}
        self._would_be: dict[tuple[str, str], StatementIssued] = {}
        self._world = StateReader(self._state_of)

    def take(self, event: Event) -> None:
        """The next fact of the log. Raises CannotReplay."""
        if isinstance(event, _AS_THEY_WERE):
            self._keep([event])
            return
        if isinstance(event, StatementIssued):
            self._was[event.associate_id, event.period_id] = event
            self._settle(event)
            return
        command = asked_again(event, self._world)
        if command is None:
            return
        try:
            self._keep(decide(command, self._world, self._now))
        except Refused as refusal:
            raise _cannot(event, refusal) from refusal

    def statements(self) -> list[Paid]:
        """Every statement so far, in the order in which they were issued."""
        return [
            Paid(self._was.get(key), self._would_be.get(key))
            for key in dict.fromkeys((*self._was, *self._would_be))
        ]

    def _state_of(self, stream_id: str) -> Any:
        state = self._states.get(stream_id)
        if not isinstance(state, AssociateState):
            return state
        known = self._employments.get(stream_id)
        if known is None or known[0] is not state:
            known = self._employments[stream_id] = (state, self._rules.employment(state))
        return known[1]

    def _keep(self, events: Iterable[Event]) -> None:
        for event in events:
            if self._is_worth_remembering(event):
                self._states[event.stream_id] = evolve(self._states.get(event.stream_id), event)
            if isinstance(event, StatementIssued):
                self._would_be[event.associate_id, event.period_id] = event

    def _is_worth_remembering(self, event: Event) -> bool:
        match event:
            case SaleRecorded():
                return self._looked_at_again is None or event.sale_id in self._looked_at_again
            case ReturnAccepted():
                # One with a receipt is never matched.
                return event.sale_id is None
            case _:
                return True

    def _settle(self, event: StatementIssued) -> None:
        """The statement again. What an earlier period holds under these rules, but did not then, is settled first."""
        try:
            for period_id in self._earlier_periods_that_hold_something(event):
                self._issue(event, period_id)
            self._issue(event, event.period_id)
        except Refused as refusal:
            if refusal.code != _GONE_BY_NOW:
                raise _cannot(event, refusal) from refusal

    def _issue(self, event: StatementIssued, period_id: str) -> None:
        command: Command = IssueStatement(
            occurred_at=event.occurred_at,
            associate_id=event.associate_id,
            period_id=period_id,
            scope=event.scope,
        )
        self._keep(decide(command, self._world, self._now))

    def _earlier_periods_that_hold_something(self, event: StatementIssued) -> list[str]:
        calendar = self._world.calendar(event.scope)
        unsettled = account_of(self._world, event.associate_id).unsettled
        earlier = [
            period
            for period in (calendar.periods.values() if calendar else ())
            if period.starts_on < event.starts_on and period.period_id in unsettled
        ]
        return [period.period_id for period in sorted(earlier, key=lambda period: period.starts_on)]


def sale_looked_back_at(event: Event) -> str | None:
    """The sale that a fact comes back to."""
    if isinstance(event, ReturnAccepted | ReturnMatched | AttributionCorrected):
        return event.sale_id
    return None


def _cannot(event: Event, refusal: Refused) -> CannotReplay:
    return CannotReplay(f"{type(event).__name__} of {event.occurred_at:%Y-%m-%d %H:%M}: {refusal.message}")

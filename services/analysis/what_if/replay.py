"""Replay: history decided again by the domain's own code, in a world with alternative pay plans.

The commands are reconstructed event by event, in the order of the log: sales, splits, returns, matches,
corrections, hours, leaving, statements. The commission events of history are skipped: they follow anew from
the commands. No amount is computed here.
"""

from collections.abc import Container, Iterable
from datetime import datetime
from typing import Any

import msgspec

from domain.associate.events import (
    AssociateHired,
    AssociateLeft,
    AssociateRehired,
    AssociateTransferred,
    PayPlanChanged,
)
from domain.associate.policies import known_associate
from domain.associate.state import AssociateState
from domain.commission_account.commands import IssueStatement
from domain.commission_account.events import AccountEvent, StatementIssued
from domain.commission_account.posting import account_of
from domain.commission_account.recomputing import compensated, recomputation
from domain.commission_account.writing_off import written_off
from domain.decide import decide
from domain.evolve import evolve
from domain.messages import Command, Event, Refused
from domain.pay_period.events import PayPeriodClosed, PayPeriodOpened, PayPeriodReopened
from domain.return_.events import ReturnAccepted, ReturnMatched, ReturnUnmatched
from domain.sale.events import AttributionCorrected, PriceAllowed, SaleRecorded
from domain.state_reader import StateReader
from domain.store.events import StoreOpened
from services.analysis.what_if.alternative_rules import AlternativeRules
from services.analysis.what_if.command_reconstruction import RECONSTRUCTED_EVENTS, reconstruct_command

#: Events that no pay rule changes.
_UNCHANGED_EVENTS = (
    AssociateHired,
    PayPlanChanged,
    AssociateTransferred,
    AssociateLeft,
    AssociateRehired,
    PayPeriodOpened,
    PayPeriodClosed,
    PayPeriodReopened,
    StoreOpened,
)
#: The events that a replay reads; every other one is skipped.
CONSUMES: tuple[type[Event], ...] = (*_UNCHANGED_EVENTS, *RECONSTRUCTED_EVENTS, StatementIssued)
#: The events that revisit a sale.
REVISITING_EVENTS: tuple[type[Event], ...] = (
    ReturnAccepted,
    ReturnMatched,
    ReturnUnmatched,
    AttributionCorrected,
    PriceAllowed,
)

_NOT_IN_PERIOD = "not_in_this_period"


class StatementPair(msgspec.Struct, frozen=True):
    """The statement of an associate and a period, as issued and as it would have been; None where there is
    none.
    """

    was: StatementIssued | None
    would_be: StatementIssued | None


class ReplayFailed(RuntimeError):
    """Raised when the rules refuse the command of a past event."""


class Replay:
    """One run through history. `now` is the time of the run (UTC); no event is later.

    `revisited_sales`: the sales that a later event comes back to; None when that is not known. Only those are
    remembered. `remembered`: the associates whose accounts are remembered event by event.
    """

    def __init__(
        self,
        rules: AlternativeRules,
        now: datetime,
        revisited_sales: Container[str] | None = None,
        remembered: Container[str] = (),
    ) -> None:
        self._rules = rules
        self._now = now
        self._revisited_sales = revisited_sales
        self._remembered = remembered
        self._histories: dict[str, list[Event]] = {}
        self._states: dict[str, Any] = {}
        self._employments: dict[str, tuple[AssociateState, AssociateState]] = {}
        self._was: dict[tuple[str, str], StatementIssued] = {}
        self._would_be: dict[tuple[str, str], StatementIssued] = {}
        self._world = StateReader(self._state_of, lambda stream_id: self._histories.get(stream_id, []))

    def apply_event(self, event: Event) -> None:
        """Apply the next event of the log. Raises ReplayFailed."""
        if isinstance(event, _UNCHANGED_EVENTS):
            self._apply([event])
            if isinstance(event, PayPlanChanged) and event.recomputed:
                self._recompute(event)
            if isinstance(event, AssociateLeft):
                leaver = known_associate(self._world, event.associate_id)
                account = account_of(self._world, event.associate_id)
                self._apply(written_off(self._world, leaver, account, event.left_on, event.occurred_at))
            return
        if isinstance(event, StatementIssued):
            self._was[event.associate_id, event.period_id] = event
            self._issue_statements(event)
            return
        command = reconstruct_command(event, self._world)
        if command is None:
            return
        try:
            self._apply(decide(command, self._world, self._now))
        except Refused as refusal:
            raise _failed(event, refusal) from refusal

    def _recompute(self, event: PayPlanChanged) -> None:
        """What a plan dated before sales and hours changes about them under these rules."""
        employment = known_associate(self._world, event.associate_id)
        try:
            for agreed in employment.plans:
                # From the first day of these rules on it is another plan, under the same number.
                if agreed.plan_no == event.plan_no:
                    found = recomputation(self._world, employment, agreed)
                    self._apply(compensated(self._world, employment, found, event.occurred_at))
        except Refused as refusal:
            raise _failed(event, refusal) from refusal

    def statements(self) -> list[StatementPair]:
        """Every statement so far, in the order in which they were issued."""
        return [
            StatementPair(self._was.get(key), self._would_be.get(key))
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

    def _apply(self, events: Iterable[Event]) -> None:
        for event in events:
            if self._is_needed_later(event):
                self._states[event.stream_id] = evolve(self._states.get(event.stream_id), event)
            if isinstance(event, AccountEvent) and event.associate_id in self._remembered:
                self._histories.setdefault(event.stream_id, []).append(event)
            if isinstance(event, StatementIssued):
                self._would_be[event.associate_id, event.period_id] = event

    def _is_needed_later(self, event: Event) -> bool:
        match event:
            case SaleRecorded():
                return self._revisited_sales is None or event.sale_id in self._revisited_sales
            case ReturnAccepted():
                # What came back on a receipt is never matched.
                return any(line.line_no is None for line in event.lines)
            case _:
                return True

    def _issue_statements(self, event: StatementIssued) -> None:
        """Issue a statement again.

        Earlier periods that only these rules leave unsettled are settled first.
        """
        try:
            for period_id in self._unsettled_earlier_periods(event):
                self._issue(event, period_id)
            self._issue(event, event.period_id)
        except Refused as refusal:
            if refusal.code != _NOT_IN_PERIOD:
                raise _failed(event, refusal) from refusal

    def _issue(self, event: StatementIssued, period_id: str) -> None:
        command: Command = IssueStatement(
            occurred_at=event.occurred_at,
            associate_id=event.associate_id,
            period_id=period_id,
            scope=event.scope,
        )
        self._apply(decide(command, self._world, self._now))

    def _unsettled_earlier_periods(self, event: StatementIssued) -> list[str]:
        calendar = self._world.calendar(event.scope)
        account = account_of(self._world, event.associate_id)
        held = account.held_by(calendar) if calendar else []
        earlier = {
            period.starts_on: period.period_id for period in held if period.starts_on < event.starts_on
        }
        return [earlier[starts_on] for starts_on in sorted(earlier)]


def revisited_sale_of(event: Event) -> str | None:
    """The sale that an event revisits."""
    if isinstance(
        event, ReturnAccepted | ReturnMatched | ReturnUnmatched | AttributionCorrected | PriceAllowed
    ):
        return event.sale_id
    return None


def _failed(event: Event, refusal: Refused) -> ReplayFailed:
    what = f"{type(event).__name__} of {event.occurred_at:%Y-%m-%d %H:%M}"
    return ReplayFailed(f"history cannot be replayed: {what}: {refusal.message}")

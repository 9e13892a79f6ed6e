"""What closing a pay period would lead to, by the domain's own rules on the log as it is."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any, Final

import msgspec

from domain.associate.commands import DeficitPolicy
from domain.commission_account.commands import IssueStatement
from domain.commission_account.events import StatementIssued
from domain.commission_account.pay_run import NOTHING_TO_STATE, periods_to_state
from domain.decide import decide
from domain.evolve import evolve
from domain.ids import account_id_of, calendar_id_of
from domain.messages import Event, Refused
from domain.pay_period.commands import ClosePayPeriod
from domain.pay_period.events import PayPeriodClosed
from domain.state_reader import StateReader
from infra.event_store.codec import decode
from infra.event_store.log import EventLog
from infra.event_store.states import States

#: States are forgotten before each page of associates.
STATES_MAX: Final = 10_000


class StatementToCome(msgspec.Struct, frozen=True, kw_only=True):
    """A statement that closing would issue, with the fields of one that is issued; money in `currency`."""

    associate_id: str
    period_id: str
    currency: str
    scope: str
    starts_on: date
    ends_on: date
    plan_no: int
    policy: DeficitPolicy
    minutes: int
    guarantee_minor: int
    sales_minor: int
    earned_minor: int
    clawed_back_minor: int
    moved_minor: int
    net_minor: int
    owed_before_minor: int
    recouped_minor: int
    topped_up_minor: int
    late_topped_up_minor: int
    carried_minor: int
    forgiven_minor: int
    written_off_minor: int
    owed_after_minor: int
    pay_minor: int


class StatementRefused(msgspec.Struct, frozen=True, kw_only=True):
    """A statement that could not be issued, and why."""

    associate_id: str
    period_id: str
    code: str
    message: str


class ClosePreviewed:
    """A pay period as if it were closed now. `early`: its last day has not come; `was_closed`: it is closed,
    and what is stated is what no statement was issued of yet. Raises NotFound for a period that is not known.
    """

    def __init__(self, log: EventLog, scope: str, period_id: str, now: datetime) -> None:
        self._states = States(log, STATES_MAX, saves=False)
        self._changed: dict[str, Any] = {}
        self._world = StateReader(self._load)
        self._scope = scope
        self._now = now
        calendar = [decode(one.topic, one.state) for one in log.read_stream(calendar_id_of(scope))]
        self.early = _is_early(self._world, scope, period_id, now)
        closing = decide(ClosePayPeriod(scope=scope, period_id=period_id, early=True), self._world, now)
        self.was_closed = not closing
        self._apply(closing)
        closed = [
            event
            for event in (*calendar, *closing)
            if isinstance(event, PayPeriodClosed) and event.period_id == period_id
        ][-1]
        self._at = closed.occurred_at
        self._periods = periods_to_state(calendar, closed)

    def statements_of(self, associates: Sequence[str]) -> list[StatementIssued | StatementRefused]:
        """What would be issued to each of these associates, in their order and that of the periods."""
        # Of the associates before these only what closing changed is kept.
        as_if_closed = dict(self._changed)
        self._states.forget_all()
        self._states.load([*associates, *map(account_id_of, associates)])
        found = [one for associate_id in associates for one in self._stated(associate_id)]
        self._changed = as_if_closed
        return found

    def _stated(self, associate_id: str) -> Iterator[StatementIssued | StatementRefused]:
        for period_id in self._periods:
            command = IssueStatement(
                associate_id=associate_id, period_id=period_id, scope=self._scope, occurred_at=self._at
            )
            try:
                events = decide(command, self._world, self._now)
            except Refused as refusal:
                if refusal.code not in NOTHING_TO_STATE:
                    yield StatementRefused(
                        associate_id=associate_id,
                        period_id=period_id,
                        code=refusal.code,
                        message=refusal.message,
                    )
                continue
            self._apply(events)
            yield from (event for event in events if isinstance(event, StatementIssued))

    def _apply(self, events: Iterable[Event]) -> None:
        for event in events:
            self._changed[event.stream_id] = evolve(self._load(event.stream_id), event)

    def _load(self, stream_id: str) -> Any:
        return self._changed[stream_id] if stream_id in self._changed else self._states.get(stream_id)[1]


def _is_early(world: StateReader, scope: str, period_id: str, now: datetime) -> bool:
    try:
        decide(ClosePayPeriod(scope=scope, period_id=period_id), world, now)
    except Refused as refusal:
        if refusal.code != "period_not_over":
            raise
        return True
    return False

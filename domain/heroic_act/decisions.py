"""Decides each command about a heroic act, or refuses it.

The cost of an act is carried by its report and belongs to the house: nothing here touches an associate's
account. That a story is more than white space is checked before it is encrypted; here it can no longer be
read.
"""

from collections.abc import Sequence
from datetime import date, datetime

from domain.commission_account.posting import store_day
from domain.heroic_act import policies
from domain.heroic_act.commands import (
    RejectHeroicAct,
    ReportHeroicAct,
    RetellHeroicAct,
    RevokeHeroicAct,
    VerifyHeroicAct,
)
from domain.heroic_act.events import (
    HeroicActEvent,
    HeroicActRejected,
    HeroicActReported,
    HeroicActRetold,
    HeroicActRevoked,
    HeroicActVerified,
    HeroicDayOpened,
)
from domain.ids import heroic_day_id_of
from domain.messages import Event, NotFound, Refused, Warnings, made_of
from domain.pay_period.commands import COMPANY
from domain.policies import Decisions, business_time, event_of, given_id, keeping
from domain.state_reader import StateReader
from domain.store.knowing import unknown_store_warnings

_Addressed = VerifyHeroicAct | RejectHeroicAct | RevokeHeroicAct | RetellHeroicAct


def _step(
    kind: type[HeroicActEvent],
    command: _Addressed,
    states: StateReader,
    now: datetime,
    rules: tuple[policies.StepPolicy, ...],
) -> list[Event]:
    """The event of a further step of the act that a command is addressed to, if it keeps all the rules."""
    act = states.heroic_act(command.act_id)
    if act is None:
        raise NotFound("heroic_act_unknown", f"There is no heroic act {command.act_id}.", "act_id")
    keeping(rules, act, command, states)
    return [made_of(kind, act, command, occurred_at=business_time(command, now))]


def _whom_it_was_for(command: ReportHeroicAct, states: StateReader) -> str | None:
    """The customer who is named, else the one of the linked sale or return."""
    if command.customer_id is not None:
        return command.customer_id
    sale = states.sale(command.sale_id) if command.sale_id is not None else None
    if sale is not None and sale.customer_id is not None:
        return sale.customer_id
    return_ = states.return_(command.return_id) if command.return_id is not None else None
    return return_.customer_id if return_ is not None else None


def _shop_day(command: ReportHeroicAct, states: StateReader, occurred_at: datetime) -> date:
    """The day of an instant in the store that is named, else where the first hero works."""
    hero = states.associate(command.heroes[0])
    store_id = command.store_id or (hero.store_id if hero is not None else COMPANY)
    return store_day(states, store_id, occurred_at)


def _days(heroes: tuple[str, ...], customer_id: str | None, happened_on: date) -> list[str]:
    """Where reports like this one are linked. Two customers nobody knows are not known to be the same one."""
    if customer_id is None:
        return []
    return [heroic_day_id_of(hero, customer_id, happened_on.isoformat()) for hero in heroes]


def _first_report(day_ids: list[str], states: StateReader) -> str | None:
    """The report that these days belong to; one that was rejected or revoked holds its day no longer."""
    days = [states.heroic_day(day_id) for day_id in day_ids]
    for day in days:
        first = states.heroic_act(day.act_id) if day is not None else None
        if first is not None and first.status in ("reported", "verified"):
            return first.act_id
    return None


def report_heroic_act(command: ReportHeroicAct, states: StateReader, now: datetime) -> list[Event]:
    """A report that shares a hero, the customer and the day with an earlier one is linked to it, and opens no
    day.

    A hero whom only the linked report names can still be reported in an act of their own.
    """
    act_id = given_id(command.act_id, "act_id")
    if states.heroic_act(act_id) is not None:
        raise Refused("already_exists", f"Heroic act {act_id} is reported already.", "act_id")
    for rule in policies.REPORTING_POLICIES:
        rule(command, states)
    occurred_at = business_time(command, now)
    happened_on = command.happened_on or _shop_day(command, states, occurred_at)
    policies.act_must_have_happened(happened_on, occurred_at)
    customer_id = _whom_it_was_for(command, states)
    policies.whom_it_was_for_must_be_remembered(customer_id, states)
    day_ids = _days(command.heroes, customer_id, happened_on)
    first_id = _first_report(day_ids, states)
    reported = event_of(
        HeroicActReported,
        command,
        now,
        act_id=act_id,
        customer_id=customer_id,
        happened_on=happened_on,
        duplicate_of=first_id,
    )
    if first_id is not None:
        return [reported]
    opened = [event_of(HeroicDayOpened, command, now, day_id=day_id, act_id=act_id) for day_id in day_ids]
    return [reported, *opened]


def verify_heroic_act(command: VerifyHeroicAct, states: StateReader, now: datetime) -> list[Event]:
    return _step(HeroicActVerified, command, states, now, policies.VERIFYING_POLICIES)


def reject_heroic_act(command: RejectHeroicAct, states: StateReader, now: datetime) -> list[Event]:
    return _step(HeroicActRejected, command, states, now, policies.REJECTING_POLICIES)


def revoke_heroic_act(command: RevokeHeroicAct, states: StateReader, now: datetime) -> list[Event]:
    return _step(HeroicActRevoked, command, states, now, policies.REVOKING_POLICIES)


def retell_heroic_act(command: RetellHeroicAct, states: StateReader, now: datetime) -> list[Event]:
    """A story may be told any number of times, to the same team as well."""
    return _step(HeroicActRetold, command, states, now, policies.RETELLING_POLICIES)


DECISIONS: Decisions = {
    ReportHeroicAct: report_heroic_act,
    VerifyHeroicAct: verify_heroic_act,
    RejectHeroicAct: reject_heroic_act,
    RevokeHeroicAct: revoke_heroic_act,
    RetellHeroicAct: retell_heroic_act,
}


def store_is_unknown(command: ReportHeroicAct, states: StateReader, events: Sequence[Event]) -> Warnings:
    """A story is not lost for a misspelt store; where a hero or the reporter works is known."""
    if command.store_id is not None:
        people = [who for who in (*command.heroes, command.reported_by) if who is not None]
        yield from unknown_store_warnings(states, command.store_id, people)


WARNINGS = {ReportHeroicAct: (store_is_unknown,)}

"""Decides which standards of service hold, and from when on."""

from collections.abc import Sequence
from datetime import date, datetime

from domain.messages import Event
from domain.pay_period.business_day import business_day
from domain.policies import Decisions, business_time, event_of
from domain.service_standard.commands import DefineServiceStandard, WithdrawServiceStandard
from domain.service_standard.events import ServiceStandardDefined, ServiceStandardWithdrawn
from domain.service_standard.policies import (
    DEFINING_POLICIES,
    WITHDRAWING_POLICIES,
    Policy,
    ServiceStandardCommand,
)
from domain.service_standard.state import LatestVersion
from domain.state_reader import StateReader


def define_service_standard(
    command: DefineServiceStandard, states: StateReader, now: datetime
) -> list[Event]:
    """The next version. Defining what holds already leads to no event."""
    day, latest = _checked(command, states, business_time(command, now), DEFINING_POLICIES)
    if latest is not None and (latest.within_days, latest.target_bp) == (
        command.within_days,
        command.target_bp,
    ):
        return []
    return [event_of(ServiceStandardDefined, command, now, version=_next(latest), effective_on=day)]


def withdraw_service_standard(
    command: WithdrawServiceStandard, states: StateReader, now: datetime
) -> list[Event]:
    day, latest = _checked(command, states, business_time(command, now), WITHDRAWING_POLICIES)
    return [event_of(ServiceStandardWithdrawn, command, now, version=_next(latest), effective_on=day)]


def _checked(
    command: ServiceStandardCommand, states: StateReader, at: datetime, rules: Sequence[Policy]
) -> tuple[date, LatestVersion | None]:
    """The day from which it is to hold, and the latest version of the kind. Raises Refused."""
    standards = states.service_standards(command.scope)
    latest = None if standards is None else standards.latest.get(command.kind)
    day = command.effective_on
    if day is None:
        store = states.store(command.scope)
        day = business_day(at, "UTC" if store is None else store.time_zone)
    for rule in rules:
        rule(command, states, latest, day)
    return day, latest


def _next(latest: LatestVersion | None) -> int:
    return 1 if latest is None else latest.version + 1


DECISIONS: Decisions = {
    DefineServiceStandard: define_service_standard,
    WithdrawServiceStandard: withdraw_service_standard,
}

"""Policies of the service standards; each name is the rule."""

from collections.abc import Callable
from datetime import date
from typing import Final

from domain.messages import NotFound, Refused
from domain.pay_period.commands import COMPANY
from domain.service_standard.commands import DefineServiceStandard, WithdrawServiceStandard
from domain.service_standard.state import LatestVersion
from domain.state_reader import StateReader

ServiceStandardCommand = DefineServiceStandard | WithdrawServiceStandard
#: A policy about a command, the latest version of its kind and the day from which it is to hold.
Policy = Callable[[ServiceStandardCommand, StateReader, LatestVersion | None, date], None]


def scope_must_be_the_company_or_a_known_store(
    command: ServiceStandardCommand, states: StateReader, latest: LatestVersion | None, day: date
) -> None:
    if command.scope != COMPANY and states.store(command.scope) is None:
        raise NotFound(
            "store_unknown",
            f"There is no store {command.scope}: open it (OpenStore), or say company.",
            "scope",
        )


def a_version_must_not_precede_the_one_before(
    command: ServiceStandardCommand, states: StateReader, latest: LatestVersion | None, day: date
) -> None:
    """Of the same day it replaces the one before entirely."""
    if latest is not None and day < latest.effective_on:
        raise Refused(
            "before_the_latest_version",
            f"Version {latest.version} holds from {latest.effective_on} on: the next cannot begin earlier.",
            "effective_on",
        )


def only_what_holds_can_be_withdrawn(
    command: ServiceStandardCommand, states: StateReader, latest: LatestVersion | None, day: date
) -> None:
    if latest is None or latest.within_days is None:
        raise Refused(
            "standard_not_defined",
            f"No standard {command.kind} of {command.scope} holds: there is nothing to withdraw.",
            "kind",
        )


DEFINING_POLICIES: Final[tuple[Policy, ...]] = (
    scope_must_be_the_company_or_a_known_store,
    a_version_must_not_precede_the_one_before,
)
WITHDRAWING_POLICIES: Final[tuple[Policy, ...]] = (
    only_what_holds_can_be_withdrawn,
    a_version_must_not_precede_the_one_before,
)

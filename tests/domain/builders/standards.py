"""The service standards' messages: a thank-you within three days, at every tenth purchase not."""

from datetime import date
from typing import Any

from msgspec.structs import replace

from domain.service_standard.commands import DefineServiceStandard, WithdrawServiceStandard
from domain.service_standard.events import ServiceStandardDefined, ServiceStandardWithdrawn
from tests.domain.builders.people_commands import TOLD_AT

MARCH = date(2024, 3, 1)


def define_service_standard(**changes: Any) -> DefineServiceStandard:
    command = DefineServiceStandard(
        occurred_at=TOLD_AT, kind="thank_you", within_days=3, target_bp=9_000, effective_on=MARCH
    )
    return replace(command, **changes)


def withdraw_service_standard(**changes: Any) -> WithdrawServiceStandard:
    return replace(
        WithdrawServiceStandard(occurred_at=TOLD_AT, kind="thank_you", effective_on=MARCH), **changes
    )


def service_standard_defined(**changes: Any) -> ServiceStandardDefined:
    event = ServiceStandardDefined(
        occurred_at=TOLD_AT,
        scope="company",
        kind="thank_you",
        version=1,
        effective_on=MARCH,
        within_days=3,
        target_bp=9_000,
    )
    return replace(event, **changes)


def service_standard_withdrawn(**changes: Any) -> ServiceStandardWithdrawn:
    event = ServiceStandardWithdrawn(
        occurred_at=TOLD_AT, scope="company", kind="thank_you", version=2, effective_on=MARCH
    )
    return replace(event, **changes)
